package soak

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kioskd/flows"
	"kioskd/simulator/card"
)

// customer is one person who comes to the kiosk, and what they mean to do there.
type customer struct {
	number      int
	resident    string
	fullName    string
	address     string
	came        time.Duration
	card        *card.Card
	pin         string
	oldPassword string
	newPassword string
	errand      string
	booked      bool

	plan     plan
	troubles []trouble
	here     bool // has not walked away
	begun    bool // has touched the start page
	over     bool // goes home
	copies   int
	pins     int // typed so far
	dropped  int // coins tried
	coins    []int
	laid     int // times they laid their card
	asked    asked

	sawDone  bool
	provedIn string
}

// asked is whose records this customer asked for, as the kiosk's pages said it
// back to them.
type asked struct {
	scope  string
	chosen map[string]bool // members of the household, by name
}

// hears takes what a page says of it.
func (a *asked) hears(s sight) {
	switch s.Name {
	case flows.PageMembers:
		if a.chosen == nil {
			a.chosen = make(map[string]bool)
		}
		for _, b := range s.Buttons {
			if b.Toggle {
				a.chosen[b.Label] = b.On
			}
		}
	case flows.PageConfirm:
		a.scope = s.key("scope")
	}
}

// wants says whether a sheet with these names and that address is what this
// customer asked for.
func (c *customer) wants(d drawn) bool {
	if !strings.HasSuffix(d.address, c.address) {
		return false
	}
	switch c.asked.scope {
	case "self":
		return slices.Equal(d.names, []string{c.fullName})
	case "all":
		return slices.Contains(d.names, c.fullName)
	case "some":
		n := 0
		for name, on := range c.asked.chosen {
			if on != slices.Contains(d.names, name) {
				return false
			}
			if on {
				n++
			}
		}
		return n == len(d.names)
	}
	return false
}

// plan is how this customer behaves.
type plan struct {
	cancelAt string // page on which they change their mind; "" for none
	leaveAt  string // page from which they walk away
	pullAt   string // page on which they take the card
	wrong    int    // wrong PINs
	scope    string
	items    []string
	copies   int
	pays     []int // coins, again and again until it is enough
	double   float64
	slow     float64
	monkey   float64 // taps whatever is there
	early    bool    // lays the card while the terms show
	two      bool    // lays another card beside it
	stop     bool    // stops after a jam
}

func (c *customer) secrets() []string {
	return []string{c.pin, c.wrongPIN(), c.oldPassword, c.newPassword}
}

// wrongPIN is another one.
func (c *customer) wrongPIN() string {
	if c.pin[0] == '9' {
		return "8" + c.pin[1:]
	}
	return "9" + c.pin[1:]
}

const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"

// newCustomer draws the next one.
func (w *world) newCustomer(number int) (*customer, error) {
	r := w.rng
	c := &customer{number: number, here: true, came: w.clock.Uptime()}
	// Half of them are people of whom nothing is known but that all is well.
	good := []string{"adult", "head", "spouse", "elderly", "alone", "big-household", "foreign-resident", "foreign-alias", "other-town"}
	c.resident = good[r.IntN(len(good))]
	if r.IntN(3) == 0 {
		c.resident = residents[r.IntN(len(residents))]
	}
	for _, p := range w.office.Residents() {
		if p.Name == c.resident {
			c.fullName, c.address = p.FullName, p.Address
		}
	}
	// Above 5000, never a round number: no sum, year or count looks like it.
	c.pin = fmt.Sprintf("%d%d", 500+r.IntN(400), 1+r.IntN(9))
	c.oldPassword = fmt.Sprintf("OLD%c%06d", letters[r.IntN(len(letters))], r.IntN(1e6))
	c.newPassword = fmt.Sprintf("NEW%c%06d", letters[r.IntN(len(letters))], r.IntN(1e6))
	spec, err := w.office.CardSpec(c.resident)
	if err != nil {
		return nil, err
	}
	spec.PIN = c.pin
	if spec.Password != "" {
		spec.Password = c.oldPassword
	}
	if spec.PINTries == 0 && r.IntN(8) == 0 {
		spec.PINTries = 1 + r.IntN(2)
	}
	if c.card, err = card.New(spec); err != nil {
		return nil, err
	}
	c.errand = flows.ErrandCertificate
	if r.IntN(4) == 0 {
		c.errand = flows.ErrandReset
		if err := w.phone(c); err != nil {
			return nil, err
		}
	}
	c.plan = w.newPlan(c)
	c.troubles = w.newTroubles()
	return c, nil
}

// phone is what the customer did with the booking app.
func (w *world) phone(c *customer) error {
	how := "book"
	switch w.rng.IntN(12) {
	case 0:
		how = "fails"
	case 1:
		how = "waits"
	case 2:
		return nil
	}
	if w.office.Booking(c.resident) == "started" {
		return nil // the app says: come back later
	}
	c.booked = how == "book"
	return w.office.Phone(c.resident, how)
}

// moments are where somebody may change their mind, or leave.
var moments = []string{
	flows.PageMenu, flows.PageTerms, flows.PageLayCard, flows.PagePIN, flows.PageTakeCard, flows.PageKind, flows.PageScope,
	flows.PageItems, flows.PageCopies, flows.PageConfirm, flows.PageFetching, flows.PagePay, flows.PagePrinting, flows.PageTakeSheets,
	flows.PageGoodbye, flows.PageNewPassword, flows.PageAgain, flows.PageWriting, flows.PageResetDone, flows.PageJam, flows.PageSlip,
}

func (w *world) newPlan(c *customer) plan {
	r := w.rng
	p := plan{scope: "self", copies: 1, pays: []int{100}}
	if r.IntN(4) == 0 {
		p.copies = 2 + r.IntN(2)
	}
	if r.IntN(3) == 0 {
		p.scope = []string{"all", "some"}[r.IntN(2)]
	}
	if r.IntN(3) == 0 {
		p.items = []string{[]string{"head-and-relation", "registered-domicile", "my-number", "nationality"}[r.IntN(4)]}
	}
	switch r.IntN(8) {
	case 0:
		p.pays = []int{500}
	case 1:
		p.pays = []int{50, 100}
	case 2:
		p.pays = []int{10, 10, 100, 5}
	}
	at := func() string { return moments[r.IntN(len(moments))] }
	switch r.IntN(10) {
	case 0:
		p.cancelAt = at()
	case 1:
		p.leaveAt = at()
	case 2:
		p.pullAt = at()
	case 3:
		p.wrong = 1 + r.IntN(3)
	case 4:
		p.double = 0.3
	case 5:
		p.slow = 0.1
	case 6:
		p.monkey = 0.2
	}
	p.early = r.IntN(10) == 0
	p.two = r.IntN(40) == 0
	p.stop = r.IntN(2) == 0
	return p
}

// delay is how long somebody takes to act.
func (w *world) delay(c *customer) time.Duration {
	d := 300*time.Millisecond + time.Duration(w.rng.Int64N(int64(2*time.Second)))
	if c.plan.slow > 0 && w.rng.Float64() < c.plan.slow {
		d += time.Duration(w.rng.Int64N(int64(65 * time.Second)))
	}
	return d.Round(time.Microsecond) + 137*time.Nanosecond // never at the instant of a timer
}

// act does the next thing that this page asks of the customer, and says whether
// there was one.
func (w *world) act(c *customer, f *face, s sight) bool {
	if c.plan.leaveAt == s.Name {
		c.plan.leaveAt = ""
		c.here = false
		w.trace.add("walks away")
		return true
	}
	if c.plan.pullAt == s.Name && len(w.machine.reader.Lying()) > 0 {
		c.plan.pullAt = ""
		w.takeCard()
		return true
	}
	if c.plan.cancelAt == s.Name && s.has(tapCancel) {
		c.plan.cancelAt = ""
		w.press(c, f, s, tapCancel)
		return true
	}
	if c.plan.monkey > 0 && len(s.Buttons) > 0 && w.rng.Float64() < c.plan.monkey {
		b := s.Buttons[w.rng.IntN(len(s.Buttons))]
		if !b.Disabled {
			w.press(c, f, s, b.ID)
			return true
		}
	}
	return w.follow(c, f, s)
}

// press is a finger on a button, sometimes twice.
func (w *world) press(c *customer, f *face, s sight, id string) {
	w.trace.add("tap %s", id)
	w.books.tries.pressed(s.Name, id)
	f.tap(id)
	if c.plan.double > 0 && w.rng.Float64() < c.plan.double {
		w.pass(60*time.Millisecond+91*time.Nanosecond, nil)
		now, _ := f.sees()
		w.books.tries.pressed(now.Name, id)
		f.tap(id)
	}
}

func (w *world) types(c *customer, f *face, s sight, text string) {
	f.tap(text[:1])
	f.tap(tapClear)
	for i := range len(text) {
		f.tap(text[i : i+1])
		w.pass(90*time.Millisecond+13*time.Nanosecond, nil)
	}
	w.press(c, f, s, tapEnter)
}

func (w *world) takeCard() {
	if len(w.machine.reader.Lying()) > 0 {
		w.trace.add("takes the card") // before the kiosk can see it: what it does then comes after
		w.machine.reader.Take()
		w.settle() // one act at a time: what two of one instant come to is in no order
	}
}

func (w *world) layCard(c *customer) bool {
	if len(w.machine.reader.Lying()) > 0 {
		return false
	}
	cards := []*card.Card{c.card}
	if c.plan.two {
		c.plan.two = false
		if other, err := card.New(card.Spec{Resident: "stranger", Kind: card.Transit}); err == nil {
			cards = append(cards, other)
		}
	}
	w.trace.add("lays the card")
	w.machine.reader.Lay(cards...)
	w.settle()
	return true
}

func (w *world) takePaper() bool {
	n := len(w.machine.pages.Tray())
	if n == 0 {
		return false
	}
	w.trace.add("takes %d sheets", n)
	w.machine.pages.Take()
	w.settle()
	return true
}

func contains(list []string, what string) bool { return slices.Contains(list, what) }
