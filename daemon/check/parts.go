package check

import (
	"fmt"
	"strings"
	"time"

	"kioskd/daemon/config"
)

// The lines, by their names.
const (
	Configuration  = "configuration"
	Fonts          = "fonts"
	Disk           = "disk"
	Journal        = "journal"
	Office         = "office"
	Board          = "board"
	Clock          = "clock"
	Panel          = "panel"
	Touch          = "touch"
	Reader         = "card reader"
	ReceiptPrinter = "receipt printer"
	SheetPrinter   = "sheet printer"
	Exit           = "exit sensor"
	Tray           = "tray sensor"
	Acceptor       = "coin acceptor"
	Signals        = "lamps, buzzer"
	Door           = "door"
	PowerFail      = "power-fail"
	TestSheet      = "test sheet"
)

// Hopper is the line of the hopper of that coin.
func Hopper(yen int) string { return fmt.Sprintf("hopper %d", yen) }

// Slug is a line's name, or a state, in letters, digits and hyphens alone.
func Slug(name string) string { return strings.NewReplacer(", ", "-", " ", "-").Replace(name) }

// Part is a line before it was tried.
type Part struct{ Device, Tried, Todo string }

// within is how long it may take.
func (p Part) within() time.Duration {
	if p.Device == TestSheet {
		return sheetWithin
	}
	return Within
}

// sheetWithin is how long a sheet may take: a cold printer warms up first.
const sheetWithin = 2 * time.Minute

// Parts are all lines of a kiosk, in the order in which they are tried: first
// what the others stand on. What a kiosk that runs has open is only asked.
func Parts(c config.Config, running bool) []Part {
	w := c.Wiring
	at := func(name string) string {
		if real := host(c, name); real != name {
			return fmt.Sprintf("%s (%s)", name, real)
		}
		return name
	}
	tried := func(off, on string) string {
		if running {
			return on
		}
		return off
	}
	list := []Part{
		{Fonts, "opened the four fonts in " + c.Fonts, "install fonts-morisawa-bizud-gothic, or correct fonts = in the configuration"},
		{Disk, "wrote a file into " + c.State + " and looked for room", "make room, or mount the disk for writing; a disk that turned read-only by itself is worn: change it"},
		{Journal, "read the journal in " + c.State, "kioskd journal shows what can still be read; it also says what to do with a damaged one"},
		{Office, "connected to " + c.Office.URL + " with this kiosk's key, and fetched the settings", "look at the network cable, the address and the firewall (kioskd devices prints the addresses the unit must allow)"},
		{Configuration, "compared it with what the office says of this kiosk", "set office.region, office.servers and municipality as the office has them"},
		{Board, tried("opened "+c.Board, "asked the kiosk that has it open"), "look whether the board runs, whether another program holds it, and at board = in the configuration"},
		{Clock, "asked whether the time of day was ever set", "let systemd-timesyncd reach a time server, or change the clock's battery"},
	}
	if c.Model == config.FB10 {
		list = append(list,
			Part{Panel, tried("opened the display "+at(w.Framebuffer)+" and wrote to it", "asked for the display "+at(w.Framebuffer)), "look at the display's cable and power, its overlay, and that no other program has the display"},
			Part{Touch, tried("greeted", "asked for") + " the FT5x06 on " + at(w.Touch) + ", 0x38", "look at SDA, SCL, INT and 3.3 V of the touch ribbon, and that the bus is on in the device tree"})
	} else {
		list = append(list,
			Part{Panel, tried("set the RA8875 on "+at(w.Panel)+" up and read it back", "read the RA8875 on "+at(w.Panel)+" back"), "look at MOSI, MISO, SCLK, CE and 5 V of the panel, and that SPI is on in the device tree"},
			Part{Touch, tried("reset and greeted", "asked for") + " the GT911 on " + at(w.Touch) + ", 0x5D or 0x14", "look at SDA, SCL, RST, INT and 3.3 V of the touch ribbon, and that the bus is on in the device tree"})
	}
	reader := Part{Reader, "asked the board's reader what lies on it", "plug the reader in, and look at its lamp"}
	if c.Reader == "pcsc" {
		reader = Part{Reader, "asked pcscd for its readers", "plug the reader in; pcscd must run (systemctl status pcscd.socket), and reader-name must fit the reader's"}
	}
	list = append(list, reader,
		Part{ReceiptPrinter, "asked on " + at(w.Receipts) + " for its status (DLE EOT 1 to 4)", "look at power, cable and speed (115200 8N1, DTR on our CTS), and that its switch says: busy only when the buffer is full"},
		Part{SheetPrinter, "asked " + c.SheetPrinter.URL + " what it can do and how it is", "look at its power and cable; on USB ipp-usb must run; it must take PWG raster at 300 dpi on both sides"},
		Part{Exit, "read " + at(w.SheetExit), "take out what lies in the slot, and look at the sensor and its wire: a cut one reads as paper"},
		Part{Tray, "read " + at(w.SheetTray), "take the paper out, and look at the sensor and its wire: a cut one reads as paper"},
		Part{Acceptor, tried("refused coins by "+at(w.CoinInhibit)+" and ", "") + "read " + at(w.CoinPulse), "the pulse line must rest high: look at its pull-up and at the acceptor's plug"})
	for _, yen := range []int{100, 50, 10} {
		motor, coin := fmt.Sprintf(w.HopperMotor, yen), fmt.Sprintf(w.HopperCoin, yen)
		list = append(list, Part{
			Hopper(yen), tried("stopped its motor by "+at(motor)+" and ", "") + "read " + at(coin),
			"the coin line must rest high: take a coin out of the exit, and look at the pull-up and the plug",
		})
	}
	return append(list,
		Part{Signals, "lit " + fmt.Sprintf(w.Lamp, "ATTENTION, COINS, READER, SHEETS") + " one after the other, and sounded " + at(w.Buzzer), "look at that line's name and driver"},
		Part{Door, "read " + at(w.Door), "look at that line's name and wire"},
		Part{TestSheet, "printed one sheet, both sides, and waited for the exit sensor", "look at the sheet printer's display, and whether the exit sensor sees the sheet"},
		Part{PowerFail, "read " + at(w.PowerFail), "the supply says that it fails: look at its voltage and at the wire, a cut one reads the same"},
	)
}
