package bench

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
)

// act is the body of everything that is done to a kiosk; each act has its own
// fields of it.
type act struct {
	Kind     string `json:"kind"` // of a touch, a fault, a lie, an event
	X        int    `json:"x"`
	Y        int    `json:"y"`
	Resident string `json:"resident"`
	Yen      int    `json:"yen"`
	Device   string `json:"device"`
	When     string `json:"when"` // before, after
	For      string `json:"for"`  // a duration
	To       string `json:"to"`   // RFC 3339
	Open     bool   `json:"open"`
	Key      string `json:"key"` // of a setting
	Value    string `json:"value"`
}

// bodyMax bounds a request.
const bodyMax = 4 << 10

// do does one thing to the kiosk, or to the world around it.
func (b *Bench) do(w http.ResponseWriter, r *http.Request, s *stand) error {
	what := r.PathValue("what")
	f, ok := b.acts()[what]
	if !ok {
		return notFound("there is nothing called %q to do", clip(what))
	}
	a, err := readAct(w, r)
	if err != nil {
		return err
	}
	if err := f(r.Context(), s, a); err != nil {
		return err
	}
	b.watch.Changed(s.kiosk.Name(), what)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func readAct(w http.ResponseWriter, r *http.Request) (act, error) {
	var a act
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return a, badRequest("content type: want application/json")
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyMax))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		return a, badRequest("body: %s", clip(strings.TrimPrefix(err.Error(), "json: ")))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return a, badRequest("body: want one JSON object and nothing after it")
	}
	return a, nil
}

func (b *Bench) acts() map[string]func(context.Context, *stand, act) error {
	return map[string]func(context.Context, *stand, act) error{
		"touch":          b.touch,
		"lay":            b.lay,
		"lay-two":        b.layTwo,
		"phone":          b.phone,
		"take-card":      func(_ context.Context, s *stand, _ act) error { s.kiosk.Take(); return nil },
		"coin":           b.coin,
		"take-coins":     func(_ context.Context, s *stand, _ act) error { s.kiosk.TakeCoins(); return nil },
		"take-sheets":    func(_ context.Context, s *stand, _ act) error { s.kiosk.TakeSheets(); return nil },
		"door":           b.door,
		"fault":          b.fault,
		"clear":          b.clear,
		"power-on":       func(_ context.Context, s *stand, _ act) error { return s.kiosk.PowerOn() },
		"power-cut":      func(_ context.Context, s *stand, _ act) error { s.kiosk.PowerCut(); return nil },
		"power-cut-at":   b.cutAt,
		"kill":           func(_ context.Context, s *stand, _ act) error { s.kiosk.Kill(); return nil },
		"office-away":    b.officeAway,
		"office-back":    b.officeBack,
		"office-slow":    b.officeSlow,
		"office-lies":    b.officeLies,
		"office-sets":    b.officeSets,
		"office-command": b.officeCommand,
		"clock-advance":  b.clockAdvance,
		"clock-set":      b.clockSet,
	}
}

// readWithin is how long a finger waits for the touch chip to be read before it
// does the next thing; a chip that is broken is not read at all.
const readWithin = 300 * time.Millisecond

func (b *Bench) touch(ctx context.Context, s *stand, a act) error {
	t := s.kiosk.Tree()
	width, height := 1280, 800 // the largest panel there is
	if t != nil {
		width, height = t.Size[0], t.Size[1]
	}
	if a.X < 0 || a.Y < 0 || a.X >= width || a.Y >= height {
		return badRequest("touch at %d,%d: want a point on the panel, %dx%d", a.X, a.Y, width, height)
	}
	s.touch.Lock()
	defer s.touch.Unlock()
	switch a.Kind {
	case "down":
		s.kiosk.Down(a.X, a.Y)
	case "move":
		s.kiosk.Move(a.X, a.Y)
	case "up":
		s.kiosk.Up()
	default:
		return badRequest("touch %q: want down, move or up", clip(a.Kind))
	}
	limited, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	if err := s.kiosk.Touched(limited); err != nil {
		// Whether the chip is read is the kiosk's affair; the finger goes on.
		b.log.Debug("touch chip not read", "kiosk", s.kiosk.Name(), "err", err)
	}
	return nil
}

func (b *Bench) lay(_ context.Context, s *stand, a act) error {
	if err := known(a.Resident); err != nil {
		return err
	}
	return s.kiosk.Lay(a.Resident)
}

func (b *Bench) layTwo(_ context.Context, s *stand, a act) error {
	if err := known(a.Resident); err != nil {
		return err
	}
	return s.kiosk.LayTwo(a.Resident)
}

// phone is the booking app on the resident's phone.
func (b *Bench) phone(_ context.Context, _ *stand, a act) error {
	if err := known(a.Resident); err != nil {
		return err
	}
	if !slices.Contains([]string{"book", "fails", "waits"}, a.Kind) {
		return badRequest("phone %q: want book, fails or waits", clip(a.Kind))
	}
	return b.floor.Phone(a.Resident, a.Kind)
}

func known(resident string) error {
	if !slices.ContainsFunc(hand(), func(p person) bool { return p.ID == resident }) {
		return badRequest("resident %q: want one of the cards in the hand, such as adult", clip(resident))
	}
	return nil
}

func (b *Bench) coin(_ context.Context, s *stand, a act) error {
	if !slices.Contains([]int{10, 50, 100, 500}, a.Yen) {
		return badRequest("coin %d: want 10, 50, 100 or 500", a.Yen)
	}
	return s.kiosk.Insert(a.Yen)
}

// door moves the door; it is the door's fault, too.
func (b *Bench) door(_ context.Context, s *stand, a act) error {
	s.kiosk.SetDoor(a.Open)
	s.faults.set("door", map[bool]string{true: "open"}[a.Open])
	return nil
}

func (b *Bench) fault(_ context.Context, s *stand, a act) error {
	if err := checkFault(a.Device, a.Kind); err != nil {
		return err
	}
	if err := s.kiosk.Fault(a.Device, a.Kind); err != nil {
		return err
	}
	s.faults.set(a.Device, a.Kind)
	return nil
}

func (b *Bench) clear(_ context.Context, s *stand, a act) error {
	if !slices.ContainsFunc(devices(), func(d device) bool { return d.ID == a.Device }) {
		return badRequest("device %q: want one of the kiosk's, such as reader", clip(a.Device))
	}
	if err := s.kiosk.Clear(a.Device); err != nil {
		return err
	}
	s.faults.set(a.Device, "")
	return nil
}

func (b *Bench) cutAt(_ context.Context, s *stand, a act) error {
	if a.When != "before" && a.When != "after" {
		return badRequest("cut %q: want before or after", clip(a.When))
	}
	if !slices.Contains(kinds(), a.Kind) {
		return badRequest("event %q: want a kind of journal event, such as paid", clip(a.Kind))
	}
	s.kiosk.ArmCut(a.When, a.Kind)
	return nil
}

// kinds are the journal's events that a power cut can wait for.
func kinds() []string {
	return []string{
		"visit-begun", "login-ok", "login-refused", "order-placed", "document-complete", "document-refused",
		"coin-in", "paid", "sheet-intent", "sheet-delivered", "sheet-unknown", "fee-kept", "coin-intent", "coin-out",
		"debt-booked", "debt-settled", "receipt-printed", "incident", "device", "cash-count", "visit-ended",
		"reset-intent", "reset-proved", "reset-unchanged", "reset-unknown", "reset-reported",
		"acceptor-open", "acceptor-shut", "slip-intent", "slip-printed",
	}
}
