package bench

import (
	"context"
	"image"
	"time"

	"kioskd/daemon/office/protocol"
	"kioskd/simulator/board"
	"kioskd/simulator/board/pages"
	"kioskd/simulator/board/receipts"
	"kioskd/simulator/shop"
)

// Floor is what the page needs of the shop floor: the world around the kiosks.
type Floor interface {
	// Kiosk is kiosk n, from 1. One that was never asked for is set up, off.
	Kiosk(n int) (Kiosk, error)

	Now() time.Time
	// Advance moves the world's clock and fires what falls due on the way,
	// calling settled after each distinct due time.
	Advance(d time.Duration, settled func())
	SetWall(t time.Time) // the time of day alone

	// People are the names on the residents' cards, by resident.
	People() map[string]string

	// The booking app on the resident's phone: its face check passes ("book"),
	// fails ("fails") or imposes a wait ("waits").
	Phone(resident, how string) error
	Booking(resident string) string // none, booked, started, unresolved, used or expired

	// The office.
	Away() error
	Back() error // ends slow and lies, too
	Slow(d time.Duration) error
	Lies(kind string) error // "" ends it
	Set(key, value string) error
	Command(ctx context.Context, kiosk string, name protocol.CommandName) (protocol.CommandAnswer, error)
	Health(ctx context.Context, kiosk string) (protocol.Health, error) // what it told last
}

// Kiosk is what the page needs of one kiosk: what somebody in front of it could
// see and do, and what a technician could measure.
type Kiosk interface {
	Name() string // k001

	PowerOn() error // nothing, if it is on
	PowerCut()
	Kill()
	Running() bool   // kioskd is meant to run
	Connected() bool // kioskd speaks with the board
	Ended() string   // how kioskd ended last, "" while it runs or never did
	ArmCut(when, kind string)
	Armed() bool
	Fault(device, kind string) error
	Clear(device string) error
	SetDoor(open bool)
	Open() bool // the door

	Down(x, y int)
	Move(x, y int)
	Up()
	Touched(ctx context.Context) error // until the touch chip was read
	Picture() image.Image              // of the panel, as the bus brought it
	Shows(checksum string) bool
	Tree() *shop.Tree // of the page on the panel; nil if there is none

	Lay(resident string) error
	LayTwo(resident string) error
	Take() []string
	Laid() []string

	Insert(yen int) error // returns when the coin has come to rest
	Lying() int           // yen in the coin tray
	TakeCoins() int
	HopperLevel(yen int) int

	Sheets() []pages.Sheet // that came out, ever
	Tray() []pages.Sheet   // that lie in the tray
	TakeSheets() []pages.Sheet
	Queued() int
	Papers() []receipts.Slip // receipts and slips that were cut

	Lamp(name string) string // off, on, blink
	Sounding() bool
	Sounded() int
	Busy() bool // a device is in mid-action

	State(ctx context.Context) (shop.State, error)
	Journal(ctx context.Context) (shop.Journal, error)
	Trace() (latest []board.TraceEntry, ever int)
	LogTail(lines int) []string
}

// Shop makes a shop the floor of a bench.
func Shop(s *shop.Shop) Floor { return shopFloor{s} }

type shopFloor struct{ *shop.Shop }

func (f shopFloor) Kiosk(n int) (Kiosk, error) {
	k, err := f.Shop.Kiosk(n)
	if err != nil {
		return nil, err
	}
	return shopKiosk{k}, nil
}

func (f shopFloor) People() map[string]string {
	names := make(map[string]string)
	for _, r := range f.Office().Residents() {
		names[r.Name] = r.FullName
	}
	return names
}

type shopKiosk struct{ *shop.Kiosk }

func (k shopKiosk) Connected() bool { return k.Board().Connected() }
