package soak

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"

	"kioskd/flows"
	"kioskd/simulator/card"
)

// triesbook is I5: one VERIFY of the PIN for each confirmation, and the last try
// confirmed twice.
type triesbook struct {
	mu        sync.Mutex
	confirmed int // enter was pressed on the PIN's page
	verified  int // VERIFY with a PIN that reached the reader
	goOns     int // since the last VERIFY
	left      int // tries of the card that is here
}

// PIN's VERIFY, as the reader shows it: the file's short identifier 18.
const verifyPIN = "00200098 "

func (t *triesbook) exchange(w *world, e card.Exchange) {
	if e.Name != "VERIFY" || !strings.HasPrefix(e.Command, verifyPIN) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.verified++
	w.trace.add("verify %s", e.Answer)
	if t.verified > t.confirmed {
		w.violate("I5", "%d PINs went to the card, %d were confirmed", t.verified, t.confirmed)
	}
	if t.left == 1 && t.goOns < 2 {
		w.violate("I5", "the last try was confirmed %d times, want twice", t.goOns)
	}
	t.goOns = 0
	if c := w.who(); c != nil && c.card != nil {
		t.left = c.card.Tries(card.PIN)
	}
}

func (t *triesbook) pressed(page, id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case page == flows.PagePIN && id == tapEnter:
		t.confirmed++
	case page == flows.PageLastTry && id == "go-on":
		t.goOns++
	}
}

// comes is a new customer with a card.
func (t *triesbook) comes(left int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.left, t.goOns = left, 0
}

// resetbook is I8: a booking is spent by the card's proof and by nothing else.
type resetbook struct {
	mu       sync.Mutex
	resident map[string]string // by visit
}

func (r *resetbook) take(w *world, e flows.Event) {
	if e.Kind != flows.ResetIntent {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.resident == nil {
		r.resident = make(map[string]string)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.customer != nil {
		r.resident[e.Visit] = w.customer.resident
	}
}

// rest holds at the start page.
func (r *resetbook) rest(w *world) {
	w.mu.Lock()
	c := w.customer
	w.mu.Unlock()
	if c == nil || c.card == nil {
		return
	}
	state := w.office.Booking(c.resident)
	if state == "used" && c.booked && !c.card.Works(c.newPassword) {
		w.violate("I8", "the booking of %s is spent, and the card has another password", c.resident)
	}
	proved, reported := "", false
	for _, e := range w.record.all() {
		if e.Kind == flows.ResetProved && r.resident[e.Visit] == c.resident {
			proved, reported = e.Visit, false
		}
		if e.Kind == flows.ResetReported && e.Visit == proved {
			reported = true
		}
	}
	if proved != "" && c.provedIn == proved && reported && state != "used" {
		w.violate("I8", "the office has the proof of %s, and the booking is %s", c.resident, state)
	}
	if c.sawDone && !c.card.Works(c.newPassword) {
		w.violate("I8", "the kiosk said done to %s, and the card has another password", c.resident)
	}
}

// quiet is I9: at the start page nothing of a customer is left.
func (b *books) quiet() {
	w := b.w
	w.mu.Lock()
	l, open := w.life, w.open
	w.mu.Unlock()
	if l == nil {
		return
	}
	if len(open) > 0 {
		w.violate("I9", "a session or a sheet is left in memory at the start page")
	}
	if n := l.reader.Handles(); n > 0 {
		w.violate("I9", "a card is held open at the start page")
	}
	l.face.mu.Lock()
	language, typed := l.face.begins, l.face.typed
	l.face.typed = nil
	l.face.mu.Unlock()
	if language != firstLanguage {
		w.violate("I9", "the start page speaks the last customer's %s", language)
	}
	for _, t := range typed {
		if t.Use(func([]byte) error { return nil }) == nil {
			w.violate("I9", "what a customer typed is still in memory")
		}
	}
	if len(w.machine.pages.Tray()) > 0 && w.machine.inputs["SHEET_TRAY"].Level() {
		w.violate("I9", "the start page, and somebody's paper lies in the tray")
	}
}

// listen is I4: what was typed is in nothing that was said, logged or kept.
func (w *world) listen(c *customer) {
	w.mu.Lock()
	said := w.said
	w.said = nil
	w.mu.Unlock()
	said = append(said, w.logged.take())
	if c == nil {
		return
	}
	for _, b := range said {
		for _, secret := range append(c.secrets(), technicianCode) {
			if leaks(b, secret) {
				w.violate("I4", "what %s typed was said aloud: %q", c.resident, around(b, secret))
			}
		}
	}
}

// leaks says whether the secret stands in b as a word of its own: four digits in
// a longer number are no PIN.
func leaks(b []byte, secret string) bool {
	for at := 0; ; {
		i := bytes.Index(b[at:], []byte(secret))
		if i < 0 {
			return false
		}
		i += at
		end := i + len(secret)
		if (i == 0 || !wordish(b[i-1])) && (end == len(b) || !wordish(b[end])) {
			return true
		}
		at = i + 1
	}
}

func wordish(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '.' || c == ':' || c == '-' || c == '+' || c == '/'
}

func around(b []byte, secret string) string {
	i := bytes.Index(b, []byte(secret))
	return string(b[max(0, i-40):min(len(b), i+len(secret)+20)])
}

// uploaded is I7: what the office has is the journal's beginning, event by event.
func (b *books) uploaded(events []flows.Event) {
	w := b.w
	have := w.stream.all()
	for ; b.sent < len(have); b.sent++ {
		var e flows.Event
		if err := json.Unmarshal(have[b.sent], &e); err != nil {
			w.violate("I7", "the office has something that is no event: %v", err)
			return
		}
		if b.sent >= len(events) {
			w.violate("I7", "the office has %d events, the journal %d", len(have), len(events))
			return
		}
		want := events[b.sent]
		if e.Number != want.Number || e.Kind != want.Kind || e.Visit != want.Visit || e.Yen != want.Yen || !e.At.Equal(want.At) {
			w.violate("I7", "event %d is %s of %d yen at the office, %s of %d yen in the journal", b.sent+1, e.Kind, e.Yen, want.Kind, want.Yen)
			return
		}
	}
}
