//go:build cgo

package pcsc_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"kioskd/drivers/board"
	"kioskd/drivers/pcsc"
	"kioskd/flows/secret"
	"kioskd/simulator/card"
	"kioskd/simulator/card/vpcd"
	"kioskd/simulator/pcscd"
)

var daemon *pcscd.Daemon

const first, other = "Counter PICC", "Technician"

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "pcsc")
	if err != nil {
		return say(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if daemon, err = pcscd.Start(context.Background(), pcscd.Options{Dir: dir, Readers: []string{first, other}, Unpluggable: true}); err != nil {
		return say(err)
	}
	defer func() { _ = daemon.Close() }()
	if err := os.Setenv("PCSCLITE_CSOCK_NAME", daemon.Socket()); err != nil {
		return say(err)
	}
	return m.Run()
}

func say(err error) int {
	_, _ = fmt.Fprintln(os.Stderr, err)
	return 1
}

// whole brings pcscd back to what the next test expects.
func whole(t *testing.T) {
	t.Helper()
	if err := daemon.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		daemon.Thaw()
		daemon.Kill()
		if err := errors.Join(daemon.Plug(0), daemon.Restart(context.Background())); err != nil {
			t.Error(err)
		}
	})
}

// plug gives a slot a card.Reader.
func plug(t *testing.T, reader, slot int) *card.Reader {
	t.Helper()
	r := card.NewReader()
	p := vpcd.New(r, daemon.Address(reader, slot), nil)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return r
}

func open(t *testing.T, name string) *pcsc.Reader {
	t.Helper()
	r, err := pcsc.Open(pcsc.Options{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// nothing differs from whatever lies there.
var nothing = board.Presence{Change: ^uint32(0)}

// until waits for so many cards.
func until(t *testing.T, r *pcsc.Reader, last board.Presence, cards int) board.Presence {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for {
		p, err := r.Wait(ctx, last)
		if ctx.Err() != nil {
			t.Fatalf("%d cards did not come, there are %+v: %v", cards, last, err)
		}
		if err != nil {
			continue
		}
		if p == last {
			t.Fatalf("nothing has changed: %+v", p)
		}
		if last = p; p.Cards == cards {
			return p
		}
	}
}

func connect(t *testing.T, r *pcsc.Reader) board.Card {
	t.Helper()
	c, err := r.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func newCard(t *testing.T) *card.Card {
	t.Helper()
	c, err := card.New(card.Spec{PIN: "1234", Password: "ABC123"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func pin(t *testing.T, digits string) *secret.Text {
	t.Helper()
	s, err := secret.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Wipe)
	for i := range len(digits) {
		if err := s.Append(digits[i]); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

var selectAP = []byte{0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01}

func done(answer []byte) bool { return len(answer) >= 2 && answer[len(answer)-2] == 0x90 }

// laid is a reader that has seen its card, and the hand that laid it.
func laid(t *testing.T) (hand *card.Reader, r *pcsc.Reader, p board.Presence) {
	t.Helper()
	whole(t)
	hand = plug(t, 0, 0)
	hand.Lay(newCard(t))
	r = open(t, first)
	return hand, r, until(t, r, nothing, 1)
}

// works has the card that lies there answer once.
func works(t *testing.T, r *pcsc.Reader) {
	t.Helper()
	if answer, err := connect(t, r).Transmit(selectAP); err != nil || !done(answer) {
		t.Errorf("%X, %v", answer, err)
	}
}
