// Package ccid is a card reader on USB, for a guest of QEMU: a contactless one with
// one slot, of the class that every system has a driver for. It is at the other end
// of QEMU's device usb-redir. To the guest it is a reader like any other, behind the
// kernel's USB stack, pcscd and libccid; the card in it is package card's.
//
// It takes whole APDUs of short length and refuses extended ones, as the plainer
// readers do. Power is the guest's: the card forgets what it must when the guest
// takes it. Two cards at once are one that does not answer. A reader that is
// unplugged leaves the bus.
//
// QEMU's own reader (usb-ccid with a ccid-card-passthru) is not used. That of QEMU 7.2
// offers T=0 alone, and libccid refuses the T=1 of a contactless card; it does not
// tell the card when the guest takes its power; and when a card is pulled in the
// middle of a command it throws away the answer that says so, for which libccid then
// waits for minutes (hw/usb/dev-smartcard-reader.c: ccid_card_card_removed flushes the
// answer and clears it).
//
// Source: CCID, Smart Card Integrated Circuit(s) Cards Interface Devices, revision
// 1.1; USB 2.0, chapter 9; USB Network Redirection protocol 0.7 (usbredir).
package ccid

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"

	"kioskd/simulator/card"
)

// waitMax bounds the commands that wait for the slot, the answers that wait for the
// guest and its transfers that wait for an answer; a driver has one of each.
const waitMax = 16

// Reader shows what lies on a card.Reader to one guest at a time. Safe for
// concurrent use.
type Reader struct {
	cards *card.Reader

	mu      sync.Mutex
	changed chan struct{} // closed when something changed
}

// New makes a reader; Serve plugs it in.
func New(cards *card.Reader) *Reader {
	r := &Reader{cards: cards, changed: make(chan struct{})}
	cards.OnChange(r.wake)
	return r
}

func (r *Reader) wake() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.changed)
	r.changed = make(chan struct{})
}

func (r *Reader) next() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

// Serve is one life of a guest: until ctx or the connection ends, and it says why
// it did. It closes the connection.
func (r *Reader) Serve(ctx context.Context, conn io.ReadWriteCloser) error {
	ctx, cancel := context.WithCancelCause(ctx)
	p := &plug{conn: conn, slot: slot{cards: r.cards}, commands: make(chan []byte, waitMax)}
	var work sync.WaitGroup
	defer p.slot.off()
	defer work.Wait()
	work.Go(func() {
		<-ctx.Done()
		_ = conn.Close() // the guest may have done so
		p.slot.off()     // ends an exchange that hangs
	})
	err := p.greet()
	if err == nil {
		work.Go(func() { cancel(p.watch(ctx, r)) })
		work.Go(func() { cancel(p.work(ctx)) })
		err = p.listen()
	}
	cancel(err)
	return context.Cause(ctx)
}

// plug is the reader on one guest's bus.
type plug struct {
	conn     io.ReadWriter
	slot     slot
	commands chan []byte

	mu        sync.Mutex // of all that follows, and of writing
	there     bool       // on the bus
	asked     []bulk     // transfers that wait for an answer
	answers   [][]byte   // that wait for a transfer
	notifying bool
	news      bool // of the card, that the guest was not told
	notes     uint64
}

func (p *plug) say(m message) error { return send(p.conn, headSize, m) }

func (p *plug) greet() error {
	if err := send(p.conn, helloHead, hello()); err != nil {
		return err
	}
	m, err := receive(p.conn, helloHead)
	if err != nil {
		return err
	}
	return greeted(m)
}

// watch follows what lies on the reader, and the reader itself.
func (p *plug) watch(ctx context.Context, r *Reader) error {
	var told uint32
	for first := true; ctx.Err() == nil; first = false {
		changed := r.next()
		cards, change := r.cards.Presence()
		if first || change != told {
			told = change
			if err := p.look(cards != card.NotThere); err != nil {
				return err
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
	return context.Cause(ctx)
}

// look says what has changed: that the reader came or went, else that a card did.
func (p *plug) look(there bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case there && p.there:
		p.news = true
		return p.notify()
	case there:
		p.there = true
		for _, m := range arrival() {
			if err := p.say(m); err != nil {
				return err
			}
		}
	case p.there:
		p.there, p.notifying, p.news, p.asked, p.answers = false, false, false, nil, nil
		return p.say(message{kind: msgDisconnect})
	}
	return nil
}

// notify tells of news, where the guest listens.
func (p *plug) notify() error {
	if !p.news || !p.notifying {
		return nil
	}
	p.news = false
	b := p.slot.change()
	m := message{msgInterrupt, p.notes, append([]byte{endNotify, success, byte(len(b)), 0}, b...)}
	p.notes++
	return p.say(m)
}

// work answers the guest's commands one after the other.
func (p *plug) work(ctx context.Context) error {
	for {
		select {
		case c := <-p.commands:
			b := p.slot.answer(c)
			clear(c) // it may hold a secret
			p.mu.Lock()
			p.answers = append(p.answers, b)
			err := p.hand()
			p.mu.Unlock()
			if err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// hand gives answers to the transfers that wait for them.
func (p *plug) hand() error {
	for len(p.answers) > 0 && len(p.asked) > 0 {
		b, t := p.answers[0], p.asked[0]
		n := min(len(b), t.length)
		p.asked = p.asked[1:]
		if p.answers[0] = b[n:]; n == len(b) {
			p.answers = p.answers[1:]
		}
		if err := p.say(t.answered(success, b[:n])); err != nil {
			return err
		}
	}
	return nil
}

// listen hears the guest out. It waits for nothing else: QEMU stands still while
// nobody takes what it sends.
func (p *plug) listen() error {
	for {
		m, err := receive(p.conn, headSize)
		if err != nil {
			return err
		}
		p.mu.Lock()
		err = p.hear(m)
		p.mu.Unlock()
		if err != nil {
			return err
		}
	}
}

func (p *plug) hear(m message) error {
	switch m.kind {
	case msgControl:
		c, err := parseControl(m.body)
		if err != nil {
			return err
		}
		if data, ok := respond(c); ok {
			return p.say(c.answered(m.id, success, data))
		}
		return p.say(c.answered(m.id, stall, nil))
	case msgBulk:
		t, err := parseBulk(m)
		if err != nil {
			return err
		}
		return p.transfer(t)
	case msgCancel:
		if i := slices.IndexFunc(p.asked, func(t bulk) bool { return t.id == m.id }); i >= 0 {
			t := p.asked[i]
			p.asked = slices.Delete(p.asked, i, i+1)
			return p.say(t.answered(cancelled, nil))
		}
		return nil // it was answered meanwhile
	case msgStartInterrupts, msgStopInterrupts:
		p.notifying = m.kind == msgStartInterrupts
		if err := p.say(message{msgInterrupts, m.id, []byte{success, endNotify}}); err != nil {
			return err
		}
		return p.notify()
	case msgReset:
		p.answers = nil
		p.slot.off()
		return nil
	case msgSetConfig, msgGetConfig:
		return p.say(message{msgConfig, m.id, []byte{success, 1}})
	case msgSetAlternate, msgGetAlternate:
		return p.say(message{msgAlternate, m.id, []byte{success, 0, 0}})
	case msgDisconnected:
		return nil
	}
	return fmt.Errorf("%w: message %d", ErrProtocol, m.kind)
}

// transfer takes a command, or a place for an answer.
func (p *plug) transfer(t bulk) error {
	if t.endpoint == endAnswer {
		if len(p.asked) == waitMax {
			return fmt.Errorf("%w: more than %d transfers wait", ErrProtocol, waitMax)
		}
		p.asked = append(p.asked, t)
		return p.hand()
	}
	if t.endpoint != endCommand || !whole(t.data) || len(p.answers) >= waitMax {
		return p.say(t.answered(stall, nil))
	}
	if t.data[0] == askPowerOff {
		p.slot.off() // ends an exchange that hangs, before which it would wait
	}
	select {
	case p.commands <- t.data:
		return p.say(t.answered(success, nil))
	default:
		return p.say(t.answered(stall, nil))
	}
}
