package card_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"kioskd/drivers/board"
	simboard "kioskd/simulator/board"
	"kioskd/simulator/card"
)

var selectCommand = []byte{0, 0xA4, 4, 0x0C, 10, 0xD3, 0x92, 0xF0, 0, 0x26, 1, 0, 0, 0, 1}

func laid(t *testing.T) (*card.Reader, *card.Card) {
	t.Helper()
	r, c := card.NewReader(), newCard(t, spec(t))
	r.Lay(c)
	if _, err := r.PowerOn(); err != nil {
		t.Fatal(err)
	}
	return r, c
}

func send(t *testing.T, r *card.Reader, command []byte, want string) {
	t.Helper()
	got, err := r.Transmit(command)
	if err != nil {
		t.Fatalf("%X: %v", command, err)
	}
	if !fits(got, want) {
		t.Fatalf("%X: got %X, want %s", command, got, want)
	}
}

func TestPresence(t *testing.T) {
	r := card.NewReader()
	told := 0
	r.OnChange(func() {
		told++
		r.Presence() // no lock is held
	})
	check := func(step string, cards int, change uint32) {
		t.Helper()
		if n, c := r.Presence(); n != cards || c != change || told != int(change) {
			t.Errorf("%s: %d cards, change %d, told %d; want %d and %d", step, n, c, told, cards, change)
		}
	}
	check("new", 0, 0)
	if _, err := r.PowerOn(); !errors.Is(err, board.ErrNoCard) {
		t.Errorf("power without a card: %v", err)
	}
	if _, err := r.Transmit(selectCommand); !errors.Is(err, board.ErrNoCard) {
		t.Errorf("transmit without power: %v", err)
	}
	a, b := newCard(t, spec(t)), newCard(t, spec(t))
	r.Lay(a)
	check("laid", 1, 1)
	atr, err := r.PowerOn()
	if err != nil {
		t.Fatal(err)
	}
	sum := byte(0)
	for _, x := range atr[1:] {
		sum ^= x
	}
	if sum != 0 {
		t.Errorf("ATR %X: check byte", atr)
	}
	r.Lay(b)
	check("second", 2, 2)
	if _, err := r.Transmit(selectCommand); !errors.Is(err, board.ErrCollision) {
		t.Errorf("transmit with two cards: %v", err)
	}
	if _, err := r.PowerOn(); !errors.Is(err, board.ErrCollision) {
		t.Errorf("power on two cards: %v", err)
	}
	if got := r.Take(); len(got) != 2 {
		t.Errorf("took %d cards", len(got))
	}
	check("taken", 0, 3)
	r.Lay(a)
	check("laid again", 1, 4)
	if err := r.Fault("unplugged"); err != nil {
		t.Fatal(err)
	}
	check("unplugged", card.NotThere, 5)
	if _, err := r.PowerOn(); !errors.Is(err, board.ErrNoReader) {
		t.Errorf("power without a reader: %v", err)
	}
	r.Clear()
	check("plugged in", 1, 6)
}

func TestSwap(t *testing.T) {
	r, c := laid(t)
	send(t, r, selectCommand, "9000")
	_, before := r.Presence()
	r.Swap(newCard(t, spec(t)))
	if n, change := r.Presence(); n != 1 || change != before+2 {
		t.Errorf("%d cards, change %d after %d", n, change, before)
	}
	if _, err := r.Transmit(selectCommand); !errors.Is(err, board.ErrRemoved) {
		t.Errorf("the swapped card answers: %v", err)
	}
	if r.Lying()[0] == c {
		t.Error("the same card lies there")
	}
}

// Counters survive the loss of power, what was verified does not.
func TestPowerOff(t *testing.T) {
	r, c := laid(t)
	send(t, r, selectCommand, "9000")
	send(t, r, unhex(t, "00200098 04 30303030"), "63C2")
	send(t, r, unhex(t, "0020009B 06 414243313233"), "9000")
	send(t, r, unhex(t, "00B0810004"), "308202B89000")
	r.PowerOff()
	r.PowerOff()
	if _, err := r.Transmit(selectCommand); !errors.Is(err, board.ErrNoCard) {
		t.Errorf("without power: %v", err)
	}
	if _, err := r.PowerOn(); err != nil {
		t.Fatal(err)
	}
	send(t, r, unhex(t, "00B0810004"), "6A82") // not selected any more
	send(t, r, selectCommand, "9000")
	send(t, r, unhex(t, "00B0810004"), "6982")
	send(t, r, unhex(t, "00200098"), "63C2")
	if c.Tries(card.PIN) != 2 {
		t.Errorf("%d tries", c.Tries(card.PIN))
	}
}

func TestUnreadable(t *testing.T) {
	s := spec(t)
	s.Kind = card.Unreadable
	r := card.NewReader()
	r.Lay(newCard(t, s))
	if _, err := r.PowerOn(); !errors.Is(err, board.ErrUnpowered) {
		t.Errorf("got %v", err)
	}
}

func TestPulled(t *testing.T) {
	for _, n := range []int{0, 1, 3} {
		r, _ := laid(t)
		told := false
		r.OnChange(func() { told = true })
		if err := r.Fault(fmt.Sprintf("pulled:%d", n)); err != nil {
			t.Fatal(err)
		}
		for range n {
			send(t, r, selectCommand, "9000")
		}
		if _, err := r.Transmit(selectCommand); !errors.Is(err, board.ErrRemoved) {
			t.Errorf("after %d exchanges: %v", n, err)
		}
		if cards, _ := r.Presence(); cards != 0 || !told {
			t.Errorf("after %d exchanges: %d cards, told %v", n, cards, told)
		}
		r.Lay(newCard(t, spec(t))) // the fault is spent
		if _, err := r.PowerOn(); err != nil {
			t.Fatal(err)
		}
		send(t, r, selectCommand, "9000")
	}
}

func TestLost(t *testing.T) {
	r, c := laid(t)
	send(t, r, selectCommand, "9000")
	if err := r.Fault("lost:0"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Transmit(unhex(t, "00200098 04 30303030")); !errors.Is(err, board.ErrRemoved) {
		t.Errorf("got %v", err)
	}
	if got := c.Tries(card.PIN); got != 2 {
		t.Errorf("%d tries: the card did not hear the command", got)
	}
}

func TestGarbage(t *testing.T) {
	r, _ := laid(t)
	if err := r.Fault("garbage"); err != nil {
		t.Fatal(err)
	}
	for range 8 {
		got, err := r.Transmit(selectCommand)
		if err != nil {
			t.Fatal(err)
		}
		if fits(got, "9000") {
			t.Errorf("a whole answer: %X", got)
		}
	}
	r.Clear()
	send(t, r, selectCommand, "9000")
}

func TestHangs(t *testing.T) {
	for name, end := range map[string]func(*card.Reader){
		"cleared":     func(r *card.Reader) { r.Clear() },
		"power off":   func(r *card.Reader) { r.PowerOff() },
		"other fault": func(r *card.Reader) { _ = r.Fault("unplugged") },
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := laid(t)
			if err := r.Fault("hangs"); err != nil {
				t.Fatal(err)
			}
			result := make(chan error)
			go func() {
				_, err := r.Transmit(selectCommand)
				result <- err
			}()
			select {
			case err := <-result:
				t.Fatalf("answered: %v", err)
			case <-time.After(20 * time.Millisecond):
			}
			r.Presence() // the reader's lock is free
			end(r)
			if err := <-result; !errors.Is(err, board.ErrHung) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestNoSuchFault(t *testing.T) {
	r := card.NewReader()
	for _, kind := range []string{"", "hang", "pulled", "pulled:", "pulled:-1", "pulled:x", "pulled:99999", "hangs:1", "late", "late:x", "late:-1s", "late:2h"} {
		if err := r.Fault(kind); !errors.Is(err, card.ErrNoSuchFault) {
			t.Errorf("%q: %v", kind, err)
		}
	}
}

// No secret and no certificate is in what the tracing hook sees, however
// mangled the command was.
func TestTrace(t *testing.T) {
	s := spec(t)
	s.Product.ExtendedLength = true
	r := card.NewReader()
	r.Lay(newCard(t, s))
	if _, err := r.PowerOn(); err != nil {
		t.Fatal(err)
	}
	var seen []string
	r.OnExchange(func(e card.Exchange) {
		seen = append(seen, fmt.Sprintf("%d %s %s > %s %v", e.Number, e.Name, e.Command, e.Answer, e.Err))
	})
	for _, command := range []string{
		"00A4040C0AD392F000260100000001", "00200098", "0020009804 31323334", "0020009B06 414243313233",
		"00200098000004 31323334", "0020009803 31323334", "9920009804 31323334", "313233 34", "3132 33", "003132333441424331323300",
		"002C029B06 414243313233", "00B0880003", "00B0860000", "00B08A0000", "00B0810000", "802A009701 AA 00",
	} {
		if _, err := r.Transmit(unhex(t, command)); err != nil {
			t.Fatal(err)
		}
	}
	r.Take()
	if _, err := r.Transmit(unhex(t, "0020009804 31323334")); err == nil {
		t.Fatal("answered")
	}
	all := strings.Join(seen, "\n")
	for _, secret := range []string{"31323334", "414243313233", "A1A1", "A2A2", "1234", "ABC123"} {
		if strings.Contains(all, secret) {
			t.Errorf("%q is in the trace:\n%s", secret, all)
		}
	}
	for _, want := range []string{
		"1 SELECT 00A4040C0AD392F000260100000001 > 9000 <nil>",
		"2 VERIFY (tries?) 00200098 > 63C3 <nil>",
		"3 VERIFY 00200098 [masked] > 9000 <nil>",
		"12 READ BINARY 00B0880003 > 8F8F009000 <nil>",
		"14 READ BINARY 00B08A0000 > [256 bytes] 9000 <nil>",
		"17 VERIFY 00200098 [masked] >  card was removed",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("no line %q in:\n%s", want, all)
		}
	}
}

// The reader is what the simulated board plugs in.
var _ simboard.CardReader = (*card.Reader)(nil)
