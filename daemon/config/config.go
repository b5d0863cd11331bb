// Package config reads kioskd's configuration file (TOML).
//
// It refuses what it does not know: a mistyped key would otherwise be a limit
// that is silently not in force. Every refusal is one line that says what was
// wrong and what would be right.
package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"kioskd/daemon/passcode"
)

// The boards this version knows.
const (
	SPI7 = "spi7" // RA8875 over SPI and GT911: 800x480
	FB10 = "fb10" // a display the kernel drives and FT5x06: 1280x800
)

// Config is one kiosk's configuration.
type Config struct {
	Kiosk        string `toml:"kiosk"`        // its name at the office: k001
	Municipality string `toml:"municipality"` // where it stands: inagi
	Board        string `toml:"board"`        // host, unix:PATH or tcp:HOST:PORT
	Model        string `toml:"model"`        // SPI7 or FB10
	Reader       string `toml:"reader"`       // board or pcsc
	ReaderName   string `toml:"reader-name"`  // which of pcsc's readers: * and ?, or a part of its name; "" is any
	State        string `toml:"state"`        // folder of the journal and the office's settings
	Control      string `toml:"control"`      // socket for "kioskd journal" and its like
	Language     string `toml:"language"`     // the first page's
	Fonts        string `toml:"fonts"`        // folder of BIZ UDGothic

	Contact      Contact      `toml:"contact"`
	Office       Office       `toml:"office"`
	SheetPrinter SheetPrinter `toml:"sheet-printer"`
	Hopper       Hopper       `toml:"hopper"`
	Maintenance  Maintenance  `toml:"maintenance"`
	Limit        Limit        `toml:"limit"`
	Wiring       Wiring       `toml:"wiring"`
	Host         Host         `toml:"host"`
	Link         Link         `toml:"link"`
}

// Contact is the desk of the municipality where the kiosk stands, for the pages
// before the office has named the customer's.
type Contact struct {
	Municipality string `toml:"municipality"`
	Office       string `toml:"office"`
	Phone        string `toml:"phone"`
	Hours        string `toml:"hours"`
}

// Office is how to reach the office, and which keys to trust.
type Office struct {
	URL       string `toml:"url"`
	Authority string `toml:"authority"`  // pinned CA of its NATS servers, PEM
	Key       string `toml:"key"`        // this kiosk's NKey seed, mode 0600
	PublicKey string `toml:"public-key"` // the office's pinned keys, JSON
	Region    string `toml:"region"`     // the office's name for itself; "" takes any
	Servers   int    `toml:"servers"`    // that this kiosk was set up for
}

// SheetPrinter is the page printer.
type SheetPrinter struct {
	URL string `toml:"url"` // ipp://HOST:PORT/ipp/print
}

// Hopper is how many coins the hoppers hold when the journal is new. After that
// the journal counts.
type Hopper struct {
	Hundreds int `toml:"100"`
	Fifties  int `toml:"50"`
	Tens     int `toml:"10"`
}

// Maintenance is the technician's page.
type Maintenance struct {
	// Code is the hash of the code that opens it, as "kioskd maintenance-code"
	// makes it; "" means that there is no such page.
	Code string `toml:"code"`
}

// Hash is the code's; nil where there is none.
func (m Maintenance) Hash() *passcode.Hash {
	h, err := passcode.Parse(m.Code)
	if m.Code == "" || err != nil { // check has refused the latter
		return nil
	}
	return &h
}

// Limit is how long things may take, in the board's time.
type Limit struct {
	Idle      Duration `toml:"idle"`
	Pay       Duration `toml:"pay"`
	End       Duration `toml:"end"`
	Card      Duration `toml:"card"`
	Fetch     Duration `toml:"fetch"`
	Sheet     Duration `toml:"sheet"`
	Settle    Duration `toml:"settle"`
	Visit     Duration `toml:"visit"`
	LastStart Duration `toml:"last-start"`
}

// Wiring is which of the board's buses and lines goes to which device. On a board
// at the other end of a socket, "host:NAME" is this machine's own; of the inputs
// only the touch chip's can be that.
type Wiring struct {
	Panel       string `toml:"panel"`       // SPI port of the RA8875
	Framebuffer string `toml:"framebuffer"` // display of the fb10 board
	Touch       string `toml:"touch"`       // I2C bus of the touch chip
	TouchReset  string `toml:"touch-reset"` // output
	TouchIRQ    string `toml:"touch-irq"`   // input
	Receipts    string `toml:"receipts"`    // UART of the receipt printer
	Reader      string `toml:"reader"`      // card reader

	CoinPulse   string `toml:"coin-pulse"`
	CoinInhibit string `toml:"coin-inhibit"`
	HopperMotor string `toml:"hopper-motor"` // %d is the coin's yen
	HopperCoin  string `toml:"hopper-coin"`  // %d is the coin's yen

	Lamp   string `toml:"lamp"` // %s is READER, COINS, SHEETS or ATTENTION
	Buzzer string `toml:"buzzer"`

	SheetExit string `toml:"sheet-exit"`
	SheetTray string `toml:"sheet-tray"`
	Door      string `toml:"door"`

	PowerFail string `toml:"power-fail"` // high while the supply fails; "" where the board has no such line
}

// Duration is a time span as Go writes it: 60s, 10m.
type Duration time.Duration

// UnmarshalText reads it.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil {
		return fmt.Errorf("%q is no time span; write it as 60s or 10m", b)
	}
	*d = Duration(v)
	return nil
}

// Error is a configuration that cannot be used: one line.
type Error struct{ What string }

func (e *Error) Error() string { return e.What }

// Default is what a file need not say.
func Default() Config {
	return Config{
		Model:    SPI7,
		Reader:   "board",
		State:    "/var/lib/kioskd",
		Control:  "/run/kioskd/control",
		Language: "ja",
		Fonts:    "/usr/share/fonts/truetype/bizud-gothic",
		Office:   Office{Servers: 1},
		Contact:  Contact{Municipality: "稲城市", Office: "市民課", Phone: "042-378-2111", Hours: "8:30-17:15"},
		Limit: Limit{
			Idle: Duration(60 * time.Second), Pay: Duration(180 * time.Second), End: Duration(20 * time.Second),
			Card: Duration(60 * time.Second), Fetch: Duration(30 * time.Second), Sheet: Duration(60 * time.Second),
			Settle: Duration(10 * time.Minute), Visit: Duration(15 * time.Minute), LastStart: Duration(10 * time.Minute),
		},
		Wiring: Wiring{
			Panel: "SPI0.0", Framebuffer: "fb0", Touch: "I2C1", TouchReset: "TOUCH_RST", TouchIRQ: "TOUCH_INT", Receipts: "UART0", Reader: "reader",
			CoinPulse: "COIN_PULSE", CoinInhibit: "COIN_INHIBIT", HopperMotor: "HOPPER_%d_MOTOR", HopperCoin: "HOPPER_%d_COIN",
			Lamp: "LAMP_%s", Buzzer: "BUZZER", SheetExit: "SHEET_EXIT", SheetTray: "SHEET_TRAY", Door: "DOOR", PowerFail: "POWER_FAIL",
		},
	}
}

// Load reads and checks a file. Relative paths in it are from its own folder.
func Load(path string) (Config, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Config{}, &Error{fmt.Sprintf("config: %v; name the file with -config", err)}
	}
	c, err := parse(b)
	if err != nil {
		return Config{}, &Error{fmt.Sprintf("config: %s: %v", path, err)}
	}
	dir := filepath.Dir(path)
	for _, p := range []*string{&c.State, &c.Control, &c.Fonts} {
		*p = beside(dir, *p)
	}
	for _, p := range []*string{
		&c.Office.Authority, &c.Office.Key, &c.Office.PublicKey,
		&c.Link.Authority, &c.Link.Certificate, &c.Link.Key,
	} {
		*p = credential(dir, *p)
	}
	return c, nil
}

func parse(b []byte) (Config, error) {
	c := Default()
	d := toml.NewDecoder(strings.NewReader(string(b)))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return Config{}, oneLine(err)
	}
	return c, c.check()
}

// oneLine turns the library's report, which draws the file, into a sentence.
func oneLine(err error) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		first := &strict.Errors[0]
		row, _ := first.Position()
		return fmt.Errorf("line %d: unknown key %q", row, strings.Join(first.Key(), "."))
	}
	var bad *toml.DecodeError
	if errors.As(err, &bad) {
		row, _ := bad.Position()
		return fmt.Errorf("line %d: %s", row, strings.TrimPrefix(bad.Error(), "toml: "))
	}
	return err
}

var kioskName = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// The values that are known.
var (
	languages = []string{"ja", "en"}
	models    = []string{SPI7, FB10}
	readers   = []string{"board", "pcsc"}
)

func (c Config) check() error {
	if !kioskName.MatchString(c.Kiosk) {
		return fmt.Errorf("kiosk = %q: write 1 to 32 of a-z, 0-9 and -, as in k001", c.Kiosk)
	}
	if c.Board != "host" && !strings.HasPrefix(c.Board, "unix:") && !strings.HasPrefix(c.Board, "tcp:") {
		return fmt.Errorf("board = %q: write host, unix:PATH or tcp:HOST:PORT", c.Board)
	}
	for _, v := range []struct {
		key, value string
		known      []string
	}{{"model", c.Model, models}, {"reader", c.Reader, readers}, {"language", c.Language, languages}} {
		if !slices.Contains(v.known, v.value) {
			return fmt.Errorf("%s = %q: this version knows %s", v.key, v.value, strings.Join(v.known, ", "))
		}
	}
	if c.ReaderName != "" && c.Reader != "pcsc" {
		return fmt.Errorf("reader-name = %q: it chooses among PC/SC's readers; write reader = \"pcsc\"", c.ReaderName)
	}
	for _, v := range []struct{ key, value string }{
		{"municipality", c.Municipality},
		{"office.url", c.Office.URL},
		{"office.authority", c.Office.Authority},
		{"office.key", c.Office.Key},
		{"office.public-key", c.Office.PublicKey},
		{"sheet-printer.url", c.SheetPrinter.URL},
	} {
		if v.value == "" {
			return fmt.Errorf("%s is missing", v.key)
		}
	}
	if c.Office.Servers < 1 {
		return fmt.Errorf("office.servers = %d: write how many servers the office has, 1 or more", c.Office.Servers)
	}
	if c.Hopper.Hundreds < 0 || c.Hopper.Fifties < 0 || c.Hopper.Tens < 0 {
		return errors.New("hopper: a number of coins is 0 or more")
	}
	if err := c.Link.check(c.Board); err != nil {
		return err
	}
	if err := c.Wiring.check(); err != nil {
		return err
	}
	if c.Maintenance.Code != "" {
		if _, err := passcode.Parse(c.Maintenance.Code); err != nil {
			return fmt.Errorf("maintenance.code: %w", err) // and not what was written: it may be the code itself
		}
	}
	return c.Limit.check()
}

const (
	limitMin = time.Millisecond
	limitMax = 24 * time.Hour
)

func (l Limit) check() error {
	for _, v := range []struct {
		key   string
		value Duration
	}{
		{"idle", l.Idle},
		{"pay", l.Pay},
		{"end", l.End},
		{"card", l.Card},
		{"fetch", l.Fetch},
		{"sheet", l.Sheet},
		{"settle", l.Settle},
		{"visit", l.Visit},
		{"last-start", l.LastStart},
	} {
		// A bare number is nanoseconds to TOML's reader: 30 is not half a minute.
		if time.Duration(v.value) < limitMin || time.Duration(v.value) > limitMax {
			return fmt.Errorf("limit.%s = %q: write a time span from 1ms to 24h, as in \"60s\"", v.key, time.Duration(v.value))
		}
	}
	return nil
}
