package soak_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kioskd/drivers/board"
)

// strike is what goes wrong, and when.
type strike struct {
	what     string // pulled or power
	when     string // before, unheard (the card has done it, nobody hears), after
	exchange int    // of the write, from 1; 0: at a commit
	kind     string // of the event whose commit it is
}

func (s *strike) String() string {
	if s.exchange > 0 {
		return fmt.Sprintf("%s %s exchange %d", s.what, s.when, s.exchange)
	}
	return fmt.Sprintf("%s %s %s", s.what, s.when, s.kind)
}

// plug is the simulated reader as a board's.
type plug struct{ k *kiosk }

func (p plug) String() string { return "reader" }

func (p plug) Wait(ctx context.Context, last board.Presence) (board.Presence, error) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		n, change := p.k.reader.Presence()
		if now := (board.Presence{Cards: n, Change: change}); now != last {
			return now, nil
		}
		select {
		case <-ctx.Done():
			return last, context.Cause(ctx)
		case <-tick.C:
		}
	}
}

func (p plug) Connect() (board.Card, error) {
	if _, err := p.k.reader.PowerOn(); err != nil {
		return nil, err
	}
	return handle(p), nil
}

type handle struct{ k *kiosk }

func (h handle) Close() error { h.k.reader.PowerOff(); return nil }

const insChallenge = 0x84

func (h handle) Transmit(command []byte) ([]byte, error) {
	k := h.k
	if k.alive() != nil {
		return nil, board.ErrRemoved
	}
	k.mu.Lock()
	k.sent = append(k.sent, slices.Clone(command))
	if command[1] == insChallenge || k.write > 0 {
		k.write++
	}
	s := k.strike
	now := s != nil && s.exchange > 0 && s.exchange == k.write
	k.mu.Unlock()
	if now && s.when == "before" {
		k.hit(s)
		return nil, board.ErrRemoved
	}
	answer, err := k.reader.Transmit(command)
	if now {
		k.hit(s)
		if s.when == "unheard" {
			return nil, board.ErrRemoved
		}
	}
	return answer, err
}

func (k *kiosk) hit(s *strike) {
	if s.what == "power" {
		k.cut()
		return
	}
	k.reader.Take()
}
