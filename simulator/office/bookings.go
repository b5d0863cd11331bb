package office

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"kioskd/daemon/office/protocol"
)

// bookingsFile is where they are kept: an office that starts anew has them.
const bookingsFile = "bookings.json"

const (
	bookingLife = 24 * time.Hour   // from the booking on
	startLife   = 10 * time.Minute // a start without outcome lapses
	faceWait    = time.Hour        // that a face check may impose
	startsMost  = 32               // starts of one booking that are remembered
)

// The states of a booking, as the scenario language names them.
const (
	bookingNone       = "none"
	bookingBooked     = "booked"
	bookingStarted    = "started"
	bookingUnresolved = "unresolved"
	bookingUsed       = "used"
	bookingExpired    = "expired"
)

// What a reset is refused with, as the scenario language names it.
const (
	noBooking              = "no-booking"
	refusedExpired         = "booking-expired"
	refusedUsed            = "booking-used"
	refusedOtherCard       = "booking-other-card"
	refusedWait            = "booking-wait"
	noSignatureCertificate = "no-signature-certificate"
	signatureExpired       = "signature-expired"
	signatureRevoked       = "signature-revoked"
)

// booking is a resident's reservation for one reset of one card. It is spent by
// the card's proof and by nothing else.
type booking struct {
	Card  string    `json:"card"` // serial of the card it was made with
	Made  time.Time `json:"made"`
	State string    `json:"state"` // booked, started, unresolved or used
	// Of a start: when, and the state to which it lapses.
	Started time.Time `json:"started"`
	Before  string    `json:"before,omitempty"`
	// Starts are the visits that ever started it, and at which kiosk. An outcome
	// that comes late still counts.
	Starts []hold `json:"starts,omitempty"`
}

// hold is one visit's start of a booking.
type hold struct {
	Visit      string `json:"visit"`
	Kiosk      string `json:"kiosk"`
	Authorised bool   `json:"authorised"` // the issuer has answered a challenge of it
}

// bookings are all of them. Each change is on disk before it counts.
type bookings struct {
	file string

	mu sync.Mutex
	booked
}

// booked is what is kept.
type booked struct {
	By    map[string]*booking  `json:"by"`    // resident
	Waits map[string]time.Time `json:"waits"` // resident: no face check before then
}

func openBookings(dir string) (*bookings, error) {
	b := &bookings{file: filepath.Join(dir, bookingsFile)}
	b.By, b.Waits = make(map[string]*booking), make(map[string]time.Time)
	data, err := os.ReadFile(b.file)
	if errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &b.booked)
	}
	if err != nil {
		return nil, fmt.Errorf("office: bookings: %w", err)
	}
	return b, nil
}

// keep writes them all, whole or not at all. b.mu is held.
func (b *bookings) keep() error {
	data, err := json.Marshal(b.booked)
	if err != nil {
		return fmt.Errorf("office: bookings: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(b.file), ".bookings-*")
	if err != nil {
		return fmt.Errorf("office: bookings: %w", err)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), b.file)
	}
	if err != nil {
		return fmt.Errorf("office: bookings: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

// errInUse says that the phone cannot book anew: the issuer has allowed a card a
// new password, and what became of it is not known yet.
var errInUse = errors.New("office: the booking is in use at a kiosk")

// book makes a booking after a face check that passed, in place of an old one.
func (b *bookings) book(resident, card string, now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if old := b.By[resident]; old.state(now) == bookingStarted && old.Starts[len(old.Starts)-1].Authorised {
		return errInUse
	}
	b.By[resident] = &booking{Card: card, Made: now, State: bookingBooked}
	delete(b.Waits, resident)
	return b.keep()
}

// wait notes that the face check failed so that it imposes a wait.
func (b *bookings) wait(resident string, now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.Waits[resident] = now.Add(faceWait)
	return b.keep()
}

// state is what the booking is at that time: starts lapse, and what was not used
// ends after a day.
func (b *booking) state(now time.Time) string {
	if b == nil {
		return bookingNone
	}
	state := b.State
	if state == bookingStarted {
		if now.Sub(b.Started) < startLife {
			return state
		}
		state = b.Before
	}
	if state != bookingUsed && now.Sub(b.Made) >= bookingLife {
		return bookingExpired
	}
	return state
}

func (b *bookings) state(resident string, now time.Time) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.By[resident].state(now)
}

// start starts the booking for this visit, or says with which code it cannot be.
// Of several that try at once, one does.
func (b *bookings) start(resident, card, kiosk, visit string, now time.Time) (code string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.By[resident]
	state := k.state(now)
	switch state {
	case bookingNone:
		if now.Before(b.Waits[resident]) {
			return refusedWait, nil
		}
		return noBooking, nil
	case bookingUsed:
		return refusedUsed, nil
	case bookingExpired:
		return refusedExpired, nil
	}
	if k.Card != card {
		return refusedOtherCard, nil
	}
	if state == bookingStarted || k.by(visit) != nil || len(k.Starts) == startsMost {
		return refusedWait, nil // somebody is at it
	}
	was := *k
	k.State, k.Before, k.Started = bookingStarted, state, now
	k.Starts = append(k.Starts[:len(k.Starts):len(k.Starts)], hold{Visit: visit, Kiosk: kiosk})
	if err := b.keep(); err != nil {
		*k = was
		return "", err
	}
	return "", nil
}

// by is the start of that visit; nil for none.
func (b *booking) by(visit string) *hold {
	for i := range b.Starts {
		if b.Starts[i].Visit == visit {
			return &b.Starts[i]
		}
	}
	return nil
}

// errNotStarted says that a visit has no hold on a booking.
var errNotStarted = errors.New("office: this visit has started no booking")

// authorise lets the issuer answer one challenge for this visit.
func (b *bookings) authorise(resident, card, kiosk, visit string, now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.By[resident]
	if k.state(now) != bookingStarted || k.Card != card {
		return errNotStarted
	}
	last := &k.Starts[len(k.Starts)-1] // the one that holds it now
	if last.Visit != visit || last.Kiosk != kiosk || last.Authorised {
		return errNotStarted
	}
	last.Authorised = true
	return b.keep()
}

// done notes what became of a start. A proof uses the booking up, whatever has
// happened to it since; nothing else does.
func (b *bookings) done(kiosk, visit, outcome string, now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, k := range b.By {
		s := k.by(visit)
		if s == nil {
			continue
		}
		if s.Kiosk != kiosk {
			return errNotStarted
		}
		k.settle(visit, outcome, now)
		return b.keep()
	}
	return errNotStarted
}

func (b *booking) settle(visit, outcome string, now time.Time) {
	held := b.State == bookingStarted && b.Starts[len(b.Starts)-1].Visit == visit
	switch {
	case b.State == bookingUsed:
	case outcome == protocol.ResetProved:
		b.State, b.Before = bookingUsed, ""
	case outcome == protocol.ResetUnknown && b.State == bookingStarted && !held && now.Sub(b.Started) < startLife:
		b.Before = bookingUnresolved // another visit is at it: what it lapses to
	case outcome == protocol.ResetUnknown:
		b.State, b.Before = bookingUnresolved, ""
	case held:
		b.State, b.Before = b.Before, ""
	}
}
