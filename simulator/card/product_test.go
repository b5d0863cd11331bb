package card_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"kioskd/drivers/board"
	"kioskd/simulator/card"
)

func TestParseProduct(t *testing.T) {
	for names, want := range map[string]card.Product{
		"plain":                    {},
		"extended+first-fails":     {ExtendedLength: true, FirstFails: true},
		"no-short-ids+late:2s":     {NoShortIDs: true},
		"blocked-6983+much-filler": {Blocked: card.BlockedISO, Filler: 1024},
	} {
		got, fault, err := card.ParseProduct(names)
		if err != nil || got != want || (fault != "") != strings.Contains(names, ":") {
			t.Errorf("%s is %+v, fault %q, %v", names, got, fault, err)
		}
	}
	for _, bad := range []string{"", "golden", "plain+", "hangs+garbage", "pulled:x"} {
		if _, _, err := card.ParseProduct(bad); !errors.Is(err, card.ErrNoSuchProduct) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, name := range card.Products() {
		if _, _, err := card.ParseProduct(name); err != nil {
			t.Error(err)
		}
	}
}

// A byte at 106 kbit/s takes 94 µs; what does not fit into one frame takes two,
// with an acknowledgement between them; a signature takes its quarter second.
func TestTiming(t *testing.T) {
	b := card.TypeB()
	if b.Byte < 94*time.Microsecond || b.Byte > 95*time.Microsecond {
		t.Errorf("%v a byte", b.Byte)
	}
	if one, two := b.Air(5, 250), b.Air(5, 258); two-one < 8*b.Byte+2*b.Turn {
		t.Errorf("an answer of two frames takes %v, of one %v", two, one)
	}
	if got := b.Air(1726, 0); got < 160*time.Millisecond {
		t.Errorf("%v for 1,726 bytes: less than the air allows", got)
	}
	if got := b.Chip([]byte{0x80, 0x2A, 0x00, 0x97}); got < 250*time.Millisecond {
		t.Errorf("%v for a signature", got)
	}
	if got := b.Chip([]byte{0x00, 0xB0}); got > 10*time.Millisecond {
		t.Errorf("%v for a read", got)
	}
}

// A card that is switched to a card's speed takes its time, a late one more; who
// waits is freed when the power goes.
func TestSlow(t *testing.T) {
	r, _ := laid(t)
	slow := card.Timing{Byte: time.Millisecond, Frame: 256}
	r.SetTiming(&slow)
	begun := time.Now()
	send(t, r, selectCommand, "9000")
	if took := time.Since(begun); took < time.Duration(len(selectCommand)+2)*time.Millisecond {
		t.Errorf("%v", took)
	}
	r.SetTiming(nil)
	if err := r.Fault("late:20ms"); err != nil {
		t.Fatal(err)
	}
	begun = time.Now()
	send(t, r, selectCommand, "9000")
	if took := time.Since(begun); took < 20*time.Millisecond {
		t.Errorf("%v", took)
	}
	if err := r.Fault("late:1m"); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(10*time.Millisecond, r.PowerOff)
	if _, err := r.Transmit(selectCommand); err != nil && !errors.Is(err, board.ErrHung) {
		t.Error(err)
	}
}

func TestATR(t *testing.T) {
	r := card.NewReader()
	if r.ATR() != nil {
		t.Error("an ATR of nothing")
	}
	r.Lay(newCard(t, spec(t)))
	if len(r.ATR()) == 0 {
		t.Error("no ATR")
	}
	r.Lay(newCard(t, spec(t)))
	if r.ATR() != nil {
		t.Error("an ATR of two cards")
	}
}

// What passes is counted; from the secret on, with the selection of its file.
func TestTraffic(t *testing.T) {
	r, _ := laid(t)
	send(t, r, selectCommand, "9000")
	first, _ := r.Traffic()
	if first.Exchanges != 1 || first.Commands != 15 || first.Bytes != 17 || first.Time() <= 0 {
		t.Errorf("%+v", first)
	}
	send(t, r, unhex(t, "00A4020C020018"), "9000")
	send(t, r, unhex(t, "00200080 04 31323334"), "9000")
	send(t, r, unhex(t, "00A4020C020017"), "9000")
	all, from := r.Traffic()
	if since := all.Since(first); since.Exchanges != 3 || since != from {
		t.Errorf("%+v since the first, %+v with the secret", since, from)
	}
	send(t, r, unhex(t, "00A4020C020018"), "9000")
	send(t, r, unhex(t, "00200080"), "63C3")
	send(t, r, unhex(t, "00200080 04 31323334"), "9000")
	if _, from := r.Traffic(); from.Exchanges != 1 {
		t.Errorf("%+v", from)
	}
}
