package scenario

import (
	"context"
	"errors"
	"fmt"
	"image"
	"strings"
	"sync"
	"time"

	"kioskd/daemon/office/protocol"
	"kioskd/simulator/board/pages"
	"kioskd/simulator/shop"
)

// fakeFloor is a world without a kioskd: one kiosk that does what its test says.
type fakeFloor struct {
	kiosk   *fakeKiosk
	now     time.Time
	set     []string
	away    bool
	events  []shop.Event
	texts   map[[32]byte]string
	heard   [][]byte
	advance []time.Duration
	booking string
	answer  func(command string) (protocol.CommandAnswer, error)
}

func newFakeFloor() *fakeFloor {
	f := &fakeFloor{now: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC), texts: map[[32]byte]string{}}
	f.kiosk = &fakeKiosk{floor: f, panel: "00000000", core: "0", tapped: map[string]func(){}, lamp: "off"}
	return f
}

func (f *fakeFloor) Kiosk(int) (Kiosk, error) { return f.kiosk, nil }
func (f *fakeFloor) Now() time.Time           { return f.now }
func (f *fakeFloor) Advance(d time.Duration, settled func()) {
	f.now = f.now.Add(d)
	f.advance = append(f.advance, d)
	settled()
}
func (f *fakeFloor) Pace(func())                 {}
func (f *fakeFloor) SetWall(t time.Time)         { f.now = t }
func (f *fakeFloor) Set(key, value string) error { f.set = append(f.set, key+"="+value); return nil }
func (f *fakeFloor) Away() error                 { f.away = true; return nil }
func (f *fakeFloor) Back() error                 { f.away = false; return nil }
func (f *fakeFloor) Slow(time.Duration) error    { return nil }
func (f *fakeFloor) Lies(string) error           { return nil }
func (f *fakeFloor) CloseIncidents(string)       {}
func (f *fakeFloor) Command(_ context.Context, _ string, name protocol.CommandName) (protocol.CommandAnswer, error) {
	return f.answer(string(name))
}

func (f *fakeFloor) Replay(context.Context, string) (protocol.CommandAnswer, error) {
	return f.answer("replay")
}

func (f *fakeFloor) Events(string) []shop.Event                     { return f.events }
func (f *fakeFloor) SheetText(d [32]byte) (string, bool)            { t, ok := f.texts[d]; return t, ok }
func (f *fakeFloor) Overheard() [][]byte                            { return f.heard }
func (f *fakeFloor) Known(resident string) bool                     { return resident != "ward" }
func (f *fakeFloor) Expires(string, string, time.Time) error        { return nil }
func (f *fakeFloor) Reissue(string) error                           { return nil }
func (f *fakeFloor) Tries(string, string) (int, error)              { return 3, nil }
func (f *fakeFloor) PasswordWorks(_, password string) (bool, error) { return password == "ABC123", nil }
func (f *fakeFloor) Phone(_, how string) error                      { f.booking = how; return nil }
func (f *fakeFloor) Booking(string) string {
	if f.booking == "book" {
		return "booked"
	}
	return "none"
}
func (f *fakeFloor) Secrets(string) []string { return []string{"1234", "ABC123"} }

// fakeKiosk shows the trees it is given. Its buttons stand in a row; tapped is
// what each does.
type fakeKiosk struct {
	floor *fakeFloor

	mu       sync.Mutex
	on       bool
	starts   int
	config   []string
	trees    []*shop.Tree
	current  *shop.Tree
	panel    string
	turn     uint64
	finger   image.Point
	touches  []string
	tapped   map[string]func()
	laid     []string
	inserted []int
	returned int
	sheets   []pages.Sheet
	slips    []shop.Slip
	journal  shop.Journal
	residue  []shop.Residue
	core     string
	lamp     string
	sounded  int
	armed    bool
	busy     bool
	faults   []string
	queued   int
}

// show puts a page up; its picture is on the panel unless dark.
func (k *fakeKiosk) show(page string, keys map[string]string, dark bool, buttons ...string) {
	t := &shop.Tree{
		Page: page, Keys: keys, Language: "ja", Size: [2]int{800, 480}, Number: len(k.trees) + 1,
		Checksum: fmt.Sprintf("%08x", len(k.trees)+1), Matched: !dark,
		Nodes: []shop.Node{{Role: "heading", Label: "page of " + page}},
	}
	for i, id := range buttons {
		id, state, _ := strings.Cut(id, "/")
		t.Nodes = append(t.Nodes, shop.Node{Role: "button", ID: id, State: state, Bounds: [4]int{i * 10, 0, i*10 + 10, 10}})
	}
	k.trees = append(k.trees, t)
	k.current = t
	if !dark {
		k.panel = t.Checksum
	}
	k.turn++
}

func (k *fakeKiosk) locked(f func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f()
}

func (k *fakeKiosk) Name() string { return "k001" }
func (k *fakeKiosk) Config(key, value string) error {
	k.config = append(k.config, key+"="+value)
	return nil
}

func (k *fakeKiosk) PowerOn() error {
	k.locked(func() {
		k.on = true
		k.starts++
		k.show("home", nil, false, "start", "language")
	})
	return nil
}

func (k *fakeKiosk) off()                    { k.locked(func() { k.on, k.current = false, nil }) }
func (k *fakeKiosk) PowerCut()               { k.off() }
func (k *fakeKiosk) Kill()                   { k.off() }
func (k *fakeKiosk) Running() bool           { k.mu.Lock(); defer k.mu.Unlock(); return k.on }
func (k *fakeKiosk) Ended() string           { return "" }
func (k *fakeKiosk) LogTail(int) []string    { return nil }
func (k *fakeKiosk) ArmCut(_, _ string)      { k.locked(func() { k.armed = true }) }
func (k *fakeKiosk) Armed() bool             { k.mu.Lock(); defer k.mu.Unlock(); return k.armed }
func (k *fakeKiosk) Clear(d string) error    { k.faults = append(k.faults, "-"+d); return nil }
func (k *fakeKiosk) Fault(d, f string) error { k.faults = append(k.faults, d+" "+f); return nil }

func (k *fakeKiosk) Down(x, y int) { k.finger = image.Pt(x, y) }
func (k *fakeKiosk) Move(_, _ int) { k.touches = append(k.touches, "move") }

// Up is where this kiosk reacts, to the button on which the finger came down.
func (k *fakeKiosk) Up() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.turn++
	if k.current == nil {
		return
	}
	for _, n := range k.current.Nodes {
		if n.Role == "button" && n.Bounds[0] <= k.finger.X && k.finger.X < n.Bounds[2] {
			k.touches = append(k.touches, n.ID)
			if f := k.tapped[n.ID]; f != nil {
				f()
			}
			return
		}
	}
}

func (k *fakeKiosk) Touched(context.Context) error { return nil }

func (k *fakeKiosk) Lay(who string) error    { k.laid = append(k.laid, who); return nil }
func (k *fakeKiosk) LayTwo(who string) error { k.laid = append(k.laid, who, "stranger"); return nil }
func (k *fakeKiosk) Take() []string          { l := k.laid; k.laid = nil; return l }
func (k *fakeKiosk) Insert(yen int) error    { k.inserted = append(k.inserted, yen); return nil }

func (k *fakeKiosk) Refill(_ context.Context, yen, count int) error {
	k.faults = append(k.faults, fmt.Sprintf("hopper %d %d", yen, count))
	return nil
}

func (k *fakeKiosk) Returned() int             { k.mu.Lock(); defer k.mu.Unlock(); return k.returned }
func (k *fakeKiosk) Sheets() []pages.Sheet     { k.mu.Lock(); defer k.mu.Unlock(); return k.sheets }
func (k *fakeKiosk) TakeSheets() []pages.Sheet { return nil }
func (k *fakeKiosk) Queued() int               { return k.queued }
func (k *fakeKiosk) Slips() []shop.Slip        { return k.slips }
func (k *fakeKiosk) Tree() *shop.Tree          { k.mu.Lock(); defer k.mu.Unlock(); return k.current }

func (k *fakeKiosk) Latest() int             { k.mu.Lock(); defer k.mu.Unlock(); return len(k.trees) }
func (k *fakeKiosk) Picture() image.Image    { return image.NewGray(image.Rect(0, 0, 4, 4)) }
func (k *fakeKiosk) Busy() bool              { k.mu.Lock(); defer k.mu.Unlock(); return k.busy }
func (k *fakeKiosk) Lamp(string) string      { return k.lamp }
func (k *fakeKiosk) Sounded() int            { return k.sounded }
func (k *fakeKiosk) Residue() []shop.Residue { return k.residue }

func (k *fakeKiosk) Trees(after int) []*shop.Tree {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]*shop.Tree(nil), k.trees[after:]...)
}

func (k *fakeKiosk) Shows(sum string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.panel == sum
}

func (k *fakeKiosk) State(context.Context) (shop.State, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.on {
		return shop.State{}, errors.New("off")
	}
	s := shop.State{Settled: true, Turn: k.turn, Office: !k.floor.away}
	if k.current != nil {
		s.Page = k.current.Page
	}
	return s, nil
}

func (k *fakeKiosk) Journal(context.Context) (shop.Journal, error) { return k.journal, nil }
func (k *fakeKiosk) CoreLimit() (string, error)                    { return k.core, nil }
