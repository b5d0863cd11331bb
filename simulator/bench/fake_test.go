package bench

import (
	"context"
	"errors"
	"fmt"
	"image"
	"sync"
	"time"

	"kioskd/daemon/office/protocol"
	"kioskd/simulator/board"
	"kioskd/simulator/board/pages"
	"kioskd/simulator/board/receipts"
	"kioskd/simulator/shop"
)

// fakeFloor writes down what is done to it.
type fakeFloor struct {
	mu    sync.Mutex
	calls []string
	now   time.Time
	kiosk fakeKiosk
}

func newFloor() *fakeFloor {
	f := &fakeFloor{now: time.Date(2026, 11, 24, 10, 0, 0, 0, time.FixedZone("JST", 9*60*60))}
	f.kiosk.floor = f
	f.kiosk.tree = &shop.Tree{Page: "pay", Number: 3, Language: "ja", Size: [2]int{800, 480}, Keys: map[string]string{"fee": "200"}, Checksum: "00000000"}
	f.kiosk.picture = image.NewRGBA(image.Rect(0, 0, 800, 480))
	return f
}

func (f *fakeFloor) call(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, fmt.Sprintf(format, args...))
}

func (f *fakeFloor) called() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := f.calls
	f.calls = nil
	return list
}

func (f *fakeFloor) Kiosk(int) (Kiosk, error)  { return &f.kiosk, nil }
func (f *fakeFloor) Now() time.Time            { return f.now }
func (f *fakeFloor) SetWall(t time.Time)       { f.call("set wall %s", t.Format(time.RFC3339)) }
func (f *fakeFloor) People() map[string]string { return map[string]string{"adult": "見本 太郎"} }

func (f *fakeFloor) Phone(who, how string) error {
	f.call("phone %s %s", who, how)
	return nil
}
func (f *fakeFloor) Booking(string) string { return "none" }
func (f *fakeFloor) Away() error           { f.call("away"); return nil }
func (f *fakeFloor) Back() error           { f.call("back"); return nil }
func (f *fakeFloor) Slow(d time.Duration) error {
	f.call("slow %s", d)
	return nil
}

func (f *fakeFloor) Lies(kind string) error {
	f.call("lies %s", kind)
	return nil
}

func (f *fakeFloor) Set(key, value string) error {
	f.call("set %s=%s", key, value)
	if value == "-1" {
		return errors.New("price -1: want 0 to 100000 yen")
	}
	return nil
}

func (f *fakeFloor) Command(_ context.Context, kiosk string, name protocol.CommandName) (protocol.CommandAnswer, error) {
	f.call("command %s %s", kiosk, name)
	if name == protocol.CommandRestart {
		return protocol.CommandAnswer{}, protocol.CommandBusy
	}
	h, err := f.Health(context.Background(), kiosk)
	return protocol.CommandAnswer{Health: &h}, err
}

func (f *fakeFloor) Health(_ context.Context, kiosk string) (protocol.Health, error) {
	return protocol.Health{Kiosk: kiosk, Page: protocol.PageIdle, Settings: 3, Devices: []protocol.Device{{Name: "reader", State: "hangs"}, {Name: "touch", State: "ok"}}}, nil
}

func (f *fakeFloor) Advance(d time.Duration, settled func()) {
	f.call("advance %s", d)
	settled()
}

type fakeKiosk struct {
	floor   *fakeFloor
	tree    *shop.Tree
	picture image.Image
	sheets  []pages.Sheet
	papers  []receipts.Slip
	entries []board.TraceEntry
	ever    int
	lying   int
	refuses error // what Lay gives
}

func (k *fakeKiosk) Name() string             { return "k001" }
func (k *fakeKiosk) PowerOn() error           { k.floor.call("power on"); return nil }
func (k *fakeKiosk) PowerCut()                { k.floor.call("power cut") }
func (k *fakeKiosk) Kill()                    { k.floor.call("kill") }
func (k *fakeKiosk) Running() bool            { return true }
func (k *fakeKiosk) Connected() bool          { return false }
func (k *fakeKiosk) Ended() string            { return "" }
func (k *fakeKiosk) ArmCut(when, kind string) { k.floor.call("cut %s %s", when, kind) }
func (k *fakeKiosk) Armed() bool              { return false }
func (k *fakeKiosk) SetDoor(open bool)        { k.floor.call("door %t", open) }
func (k *fakeKiosk) Open() bool               { return false }
func (k *fakeKiosk) Down(x, y int)            { k.floor.call("down %d,%d", x, y) }
func (k *fakeKiosk) Move(x, y int)            { k.floor.call("move %d,%d", x, y) }
func (k *fakeKiosk) Up()                      { k.floor.call("up") }
func (k *fakeKiosk) Picture() image.Image     { return k.picture }
func (k *fakeKiosk) Shows(string) bool        { return true }
func (k *fakeKiosk) Tree() *shop.Tree         { return k.tree }
func (k *fakeKiosk) Laid() []string           { return nil }
func (k *fakeKiosk) Lying() int               { return k.lying }
func (k *fakeKiosk) HopperLevel(int) int      { return 30 }
func (k *fakeKiosk) Sheets() []pages.Sheet    { return k.sheets }
func (k *fakeKiosk) Tray() []pages.Sheet      { return k.sheets }
func (k *fakeKiosk) Queued() int              { return 0 }
func (k *fakeKiosk) Papers() []receipts.Slip  { return k.papers }
func (k *fakeKiosk) Lamp(string) string       { return "off" }
func (k *fakeKiosk) Sounding() bool           { return false }
func (k *fakeKiosk) Sounded() int             { return 0 }
func (k *fakeKiosk) Busy() bool               { return false }
func (k *fakeKiosk) LogTail(int) []string     { return []string{"level=INFO msg=hello"} }

func (k *fakeKiosk) Touched(context.Context) error { return nil }

func (k *fakeKiosk) Fault(device, kind string) error {
	k.floor.call("fault %s %s", device, kind)
	return nil
}

func (k *fakeKiosk) Clear(device string) error {
	k.floor.call("clear %s", device)
	return nil
}

func (k *fakeKiosk) Lay(resident string) error {
	k.floor.call("lay %s", resident)
	return k.refuses
}

func (k *fakeKiosk) LayTwo(resident string) error {
	k.floor.call("lay two %s", resident)
	return nil
}

func (k *fakeKiosk) Take() []string {
	k.floor.call("take card")
	return nil
}

func (k *fakeKiosk) Insert(yen int) error {
	k.floor.call("insert %d", yen)
	return nil
}

func (k *fakeKiosk) TakeCoins() int {
	k.floor.call("take coins")
	return k.lying
}

func (k *fakeKiosk) TakeSheets() []pages.Sheet {
	k.floor.call("take sheets")
	return k.sheets
}

func (k *fakeKiosk) State(context.Context) (shop.State, error) { return shop.State{Settled: true}, nil }

func (k *fakeKiosk) Journal(context.Context) (shop.Journal, error) {
	return shop.Journal{Events: []shop.Event{{"kind": "paid", "n": 1}}, Owed: 300}, nil
}

func (k *fakeKiosk) Trace() (latest []board.TraceEntry, ever int) { return k.entries, k.ever }
