package office

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"kioskd/daemon/office/protocol"
	"kioskd/simulator/card"
	"kioskd/simulator/office/authority"
)

// ledger is a book of bookings and what a test does with it, at a time of its
// own.
type ledger struct {
	*bookings
	t   *testing.T
	now time.Time
}

func newLedger(t *testing.T) *ledger {
	t.Helper()
	b, err := openBookings(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &ledger{b, t, start}
}

func (l *ledger) at(d time.Duration) *ledger { l.now = start.Add(d); return l }

func (l *ledger) phone() {
	l.t.Helper()
	if err := l.book("adult", "card", l.now); err != nil {
		l.t.Fatal(err)
	}
}

func (l *ledger) want(state string) {
	l.t.Helper()
	if got := l.state("adult", l.now); got != state {
		l.t.Fatalf("at %v the booking is %s, want %s", l.now.Sub(start), got, state)
	}
}

func (l *ledger) starts(visit, code string) {
	l.t.Helper()
	got, err := l.start("adult", "card", "k001", visit, l.now)
	if err != nil || got != code {
		l.t.Fatalf("at %v visit %s starts with %q, %v; want %q", l.now.Sub(start), visit, got, err, code)
	}
}

func (l *ledger) ends(visit, outcome string) {
	l.t.Helper()
	if err := l.done("k001", visit, outcome, l.now); err != nil {
		l.t.Fatal(err)
	}
}

const second = time.Second

// TestBookingLasts: a day, to the second; a start, ten minutes.
func TestBookingLasts(t *testing.T) {
	l := newLedger(t)
	l.want(bookingNone)
	l.starts("a", noBooking)
	l.phone()
	l.at(24*time.Hour - second).want(bookingBooked)
	l.at(24 * time.Hour).want(bookingExpired)
	l.starts("a", refusedExpired)
	l.at(24*time.Hour-second).starts("a", "")
	l.want(bookingStarted)
	// Begun in time, it may run over the end; without an outcome it is over.
	l.at(24*time.Hour + 10*time.Minute - 2*second).want(bookingStarted)
	l.at(24*time.Hour + 10*time.Minute - second).want(bookingExpired)

	l = newLedger(t)
	l.phone()
	l.starts("a", "")
	l.at(10*time.Minute - second).want(bookingStarted)
	l.starts("b", refusedWait)
	l.at(10 * time.Minute).want(bookingBooked)
	l.starts("b", "")
	l.ends("b", protocol.ResetUnchanged)
	l.want(bookingBooked)
}

func TestBookingOutcomes(t *testing.T) {
	l := newLedger(t)
	l.phone()
	l.starts("a", "")
	l.ends("a", protocol.ResetProved)
	l.want(bookingUsed)
	l.starts("b", refusedUsed)
	l.ends("a", protocol.ResetUnknown) // told again, otherwise: a proof is a proof
	l.want(bookingUsed)
	l.at(48 * time.Hour).want(bookingUsed)
	l.phone()
	l.want(bookingBooked)

	// Unknown: the same card may come again, within the day, and what comes of
	// that leaves the first unknown.
	l = newLedger(t)
	l.phone()
	l.starts("a", "")
	l.ends("a", protocol.ResetUnknown)
	l.want(bookingUnresolved)
	l.starts("b", "")
	l.want(bookingStarted)
	l.ends("b", protocol.ResetUnchanged)
	l.want(bookingUnresolved)
	l.starts("c", "")
	l.at(10 * time.Minute).want(bookingUnresolved)
	if code, err := l.start("adult", "another", "k001", "d", l.now); err != nil || code != refusedOtherCard {
		t.Errorf("another card: %q, %v", code, err)
	}
	l.at(24 * time.Hour).want(bookingExpired)

	// An outcome that comes late still counts: the proof always, unknown where
	// nobody has proved since, unchanged never.
	l = newLedger(t)
	l.phone()
	l.starts("a", "")
	l.at(time.Hour).want(bookingBooked)
	l.starts("b", "")
	l.ends("a", protocol.ResetUnchanged)
	l.want(bookingStarted)
	l.ends("a", protocol.ResetUnknown)
	l.want(bookingStarted)
	l.ends("b", protocol.ResetUnchanged)
	l.want(bookingUnresolved)
	l.ends("a", protocol.ResetProved)
	l.want(bookingUsed)
}

// TestBookingIsOfItsKiosk: nobody else may tell what became of it, and a visit
// starts one booking once.
func TestBookingIsOfItsKiosk(t *testing.T) {
	l := newLedger(t)
	l.phone()
	l.starts("a", "")
	if err := l.done("k002", "a", protocol.ResetProved, l.now); !errors.Is(err, errNotStarted) {
		t.Errorf("another kiosk: %v", err)
	}
	if err := l.done("k001", "b", protocol.ResetProved, l.now); !errors.Is(err, errNotStarted) {
		t.Errorf("another visit: %v", err)
	}
	l.want(bookingStarted)
	for _, tc := range []struct{ resident, card, kiosk, visit string }{
		{"elderly", "card", "k001", "a"},
		{"adult", "another", "k001", "a"},
		{"adult", "card", "k002", "a"},
		{"adult", "card", "k001", "b"},
	} {
		if err := l.authorise(tc.resident, tc.card, tc.kiosk, tc.visit, l.now); !errors.Is(err, errNotStarted) {
			t.Errorf("%+v: %v", tc, err)
		}
	}
	if err := l.authorise("adult", "card", "k001", "a", l.now); err != nil {
		t.Error(err)
	}
	if err := l.authorise("adult", "card", "k001", "a", l.now); !errors.Is(err, errNotStarted) {
		t.Errorf("a second challenge of one start: %v", err)
	}
	if err := l.book("adult", "card", l.now); !errors.Is(err, errInUse) {
		t.Errorf("booked anew while a card may have been set: %v", err)
	}
	l.ends("a", protocol.ResetUnchanged)
	l.starts("a", refusedWait)
	l.phone()
	l.starts("b", "")
	l.phone() // started, and nothing allowed yet: that start is over
	if err := l.authorise("adult", "card", "k001", "b", l.now); !errors.Is(err, errNotStarted) {
		t.Errorf("a start of a booking that was replaced: %v", err)
	}
}

func TestFaceCheckImposesAWait(t *testing.T) {
	l := newLedger(t)
	if err := l.wait("adult", l.now); err != nil {
		t.Fatal(err)
	}
	l.want(bookingNone)
	l.at(time.Hour-second).starts("a", refusedWait)
	l.at(time.Hour).starts("a", noBooking)
	if err := l.wait("adult", l.now); err != nil {
		t.Fatal(err)
	}
	l.phone()
	l.starts("a", "")
}

// TestBookingsOutliveTheOffice: every state is the same after a restart.
func TestBookingsOutliveTheOffice(t *testing.T) {
	dir := t.TempDir()
	first := newOffice(t, dir)
	spec, err := first.CardSpec("adult")
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"adult", "elderly", "alone", "head"} {
		if err := first.Phone(who, "book"); err != nil {
			t.Fatal(err)
		}
	}
	now := first.clock.Now()
	begin := func(who string) {
		t.Helper()
		serial, err := first.cards.tokenSerial(who)
		if err != nil {
			t.Fatal(err)
		}
		if code, err := first.bookings.start(who, serial, "k001", "visit-"+who, now); err != nil || code != "" {
			t.Fatal(code, err)
		}
	}
	for who, outcome := range map[string]string{"elderly": "", "alone": protocol.ResetUnknown, "head": protocol.ResetProved} {
		begin(who)
		if outcome == "" {
			continue
		}
		if err := first.bookings.done("k001", "visit-"+who, outcome, now); err != nil {
			t.Fatal(err)
		}
	}
	if err := first.Phone("spouse", "waits"); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := newOffice(t, dir)
	for who, want := range map[string]string{
		"adult": bookingBooked, "elderly": bookingStarted, "alone": bookingUnresolved, "head": bookingUsed, "spouse": bookingNone,
	} {
		if got := second.Booking(who); got != want {
			t.Errorf("%s: %s after the restart, want %s", who, got, want)
		}
	}
	if code, err := second.bookings.start("spouse", "c", "k001", "v", now); err != nil || code != refusedWait {
		t.Errorf("the wait after the restart: %q, %v", code, err)
	}
	again, err := second.CardSpec("adult")
	if err != nil || !bytes.Equal(again.IssuerKey, spec.IssuerKey) {
		t.Errorf("the issuer's key of a card changed (%v)", err)
	}
	if err := second.Phone("nobody", "book"); !errors.Is(err, errNobody) {
		t.Errorf("nobody books: %v", err)
	}
	if err := second.Phone("adult", "sends a picture"); err == nil {
		t.Error("the phone did something else")
	}
}

// TestSignatureEnds: the certificate's last second is good, the next is not.
func TestSignatureEnds(t *testing.T) {
	o := newOffice(t, t.TempDir())
	end := time.Date(2026, 11, 24, 12, 0, 0, 0, start.Location())
	if err := o.Expire("adult", "signature", end); err != nil {
		t.Fatal(err)
	}
	der, err := o.cards.signature("adult")
	if err != nil {
		t.Fatal(err)
	}
	for after, want := range map[time.Duration]error{-second: nil, 0: nil, second: authority.ErrExpired} {
		if err := o.cards.authority.VerifySign(der, end.Add(after)); !errors.Is(err, want) {
			t.Errorf("%v after its end: %v, want %v", after, err, want)
		}
	}
	for who, want := range map[string]string{
		"child": noSignatureCertificate, "ward": noSignatureCertificate, "signature-expired": signatureExpired,
		"moved": signatureRevoked, "elderly": "", "blocked-password": "",
	} {
		if code, no := o.judgeSignature(who); no != nil || code != want {
			t.Errorf("%s: %q, %v; want %q", who, code, no, want)
		}
	}
}

// TestCardsHaveTheirOwnKeys: no card's issuer key is another's, and a cryptogram
// for one is nothing to the other.
func TestCardsHaveTheirOwnKeys(t *testing.T) {
	o := newOffice(t, t.TempDir())
	seen := map[string]string{}
	for _, who := range []string{"adult", "elderly", "alone"} {
		spec, err := o.CardSpec(who)
		if err != nil {
			t.Fatal(err)
		}
		if other := seen[string(spec.IssuerKey)]; other != "" || len(spec.IssuerKey) != cardKeySize {
			t.Errorf("%s has the key of %s", who, other)
		}
		seen[string(spec.IssuerKey)] = who
	}
	before, err := o.CardSpec("adult")
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Reissue("adult"); err != nil {
		t.Fatal(err)
	}
	after, err := o.CardSpec("adult")
	if err != nil || bytes.Equal(before.IssuerKey, after.IssuerKey) {
		t.Errorf("a new card has the old one's key (%v)", err)
	}
	// Held against the card itself, which makes its own sum.
	c, err := card.New(after)
	if err != nil {
		t.Fatal(err)
	}
	talk := func(command ...byte) []byte { return c.Process(command) }
	talk(append([]byte{0x00, 0xA4, 0x04, 0x0C, 0x0A}, 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01)...)
	for serial, want := range map[string]byte{before.Serial: 0x63, after.Serial: 0x90} {
		challenge := talk(0x00, 0x84, 0x00, 0x00, 0x10)[:16]
		cryptogram, err := o.issuer.cryptogram(serial, challenge)
		if err != nil {
			t.Fatal(err)
		}
		if got := talk(append([]byte{0x00, 0x82, 0x00, 0x00, 0x10}, cryptogram...)...); got[0] != want {
			t.Errorf("card %s, cryptogram for %s: %X", after.Serial, serial, got)
		}
	}
}
