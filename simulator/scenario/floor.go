package scenario

import (
	"context"
	"image"
	"time"

	"kioskd/daemon/office/protocol"
	"kioskd/simulator/board/pages"
	"kioskd/simulator/shop"
)

// Floor is what the player needs of a shop floor: the world around the kiosks.
type Floor interface {
	Kiosk(n int) (Kiosk, error)

	Now() time.Time
	// Advance moves the world's clock and fires what falls due on the way,
	// calling settled after each distinct due time.
	Advance(d time.Duration, settled func())
	SetWall(t time.Time)
	// Pace has settled called after each thing that happens by the clock in real
	// time, before the next; nil ends this.
	Pace(settled func())

	// The office.
	Set(key, value string) error // before the first kiosk starts
	Away() error
	Back() error // ends slow and lies too
	Slow(d time.Duration) error
	Lies(kind string) error
	// Command has a kiosk carry out a command of the office, Replay the last one
	// once more; a refusal is a protocol.CommandCode.
	Command(ctx context.Context, kiosk string, name protocol.CommandName) (protocol.CommandAnswer, error)
	Replay(ctx context.Context, kiosk string) (protocol.CommandAnswer, error)
	Events(kiosk string) []shop.Event // of the office's stream
	CloseIncidents(kiosk string)
	SheetText(digest [32]byte) (string, bool) // front of a sheet, by the SHA-256 of its raster
	Overheard() [][]byte                      // every message that crossed the office's server

	// Cards, by resident.
	Known(resident string) bool
	Expires(resident, certificate string, t time.Time) error
	Reissue(resident string) error
	Tries(resident, which string) (int, error)
	Secrets(resident string) []string
	PasswordWorks(resident, password string) (bool, error) // by the card's own door

	// The booking app on the resident's phone: "book", "fails" or "waits".
	Phone(resident, how string) error
	Booking(resident string) string // none, booked, started, unresolved, used or expired
}

// Kiosk is what the player needs of one kiosk.
type Kiosk interface {
	Name() string // k001

	Config(key, value string) error // before it is first started
	PowerOn() error                 // nothing, if it is on
	PowerCut()
	Kill()
	Running() bool
	Ended() string // how kioskd ended last, "" while it runs
	LogTail(n int) []string
	ArmCut(when, kind string)
	Armed() bool // a cut is armed and has not struck
	Fault(device, kind string) error
	Clear(device string) error

	Down(x, y int)
	Move(x, y int)
	Up()
	Touched(ctx context.Context) error // until the touch chip was read

	Lay(resident string) error
	LayTwo(resident string) error
	Take() []string       // whose cards lay there
	Insert(yen int) error // until the coin has come to rest, by the clock
	Returned() int        // yen that came back, ever
	Refill(ctx context.Context, yen, count int) error
	Sheets() []pages.Sheet // that came out, ever
	TakeSheets() []pages.Sheet
	Queued() int // sheets in the printer, waiting or under way
	Slips() []shop.Slip

	Tree() *shop.Tree // the latest since the process started; nil if none
	Trees(after int) []*shop.Tree
	Latest() int                // number of the latest tree, ever
	Shows(checksum string) bool // the panel's picture has it now
	Picture() image.Image
	State(ctx context.Context) (shop.State, error)
	Busy() bool // a device is in mid-action
	Lamp(name string) string
	Sounded() int // times the buzzer began
	Journal(ctx context.Context) (shop.Journal, error)
	Residue() []shop.Residue // everything it has written or said
	CoreLimit() (string, error)
}
