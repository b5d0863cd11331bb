package check

import (
	"fmt"

	"kioskd/daemon/config"
)

// Wire is one connection that the configuration expects.
type Wire struct {
	Device string `json:"device"`
	Name   string `json:"name"`           // in [wiring]
	At     string `json:"at"`             // on this machine; the name where the board knows it
	Is     string `json:"is"`             // what kind of connection
	Note   string `json:"note,omitempty"` // address, level at rest
}

// The kinds of connections.
const (
	isSPI, isI2C, isUART = "SPI port", "I2C bus", "UART"
	isInput, isOutput    = "input", "output"
)

// Wiring is all of a kiosk's: the board's model decides what there is, the
// configuration where it is.
func Wiring(c config.Config) []Wire {
	w := c.Wiring
	var list []Wire
	add := func(device, name, is, note string) {
		if name != "" {
			list = append(list, Wire{device, name, host(c, name), is, note})
		}
	}
	if c.Model == config.FB10 {
		add(Panel, w.Framebuffer, "display", "1280x800, DRM or fbdev")
		add(Touch, w.Touch, isI2C, "FT5x06 at 0x38, 400 kHz")
	} else {
		add(Panel, w.Panel, isSPI, "RA8875, mode 0, 800x480")
		add(Touch, w.Touch, isI2C, "GT911 at 0x5D or 0x14, 400 kHz")
		add(Touch, w.TouchReset, isOutput, "RST, low resets")
	}
	add(Touch, w.TouchIRQ, isInput, "INT")
	if c.Reader == "pcsc" {
		name := c.ReaderName
		if name == "" {
			name = "*"
		}
		list = append(list, Wire{Reader, name, "/run/pcscd/pcscd.comm", "PC/SC", "any reader whose name fits"})
	} else {
		add(Reader, w.Reader, "reader", "of the board")
	}
	add(ReceiptPrinter, w.Receipts, isUART, "ESC/POS, 115200 8N1, RTS/CTS: printer's DTR on our CTS")
	list = append(list, Wire{SheetPrinter, c.SheetPrinter.URL, c.SheetPrinter.URL, "IPP", "PWG raster 300 dpi, both sides"})
	add(Exit, w.SheetExit, isInput, "low at rest, high while paper passes; pull-up")
	add(Tray, w.SheetTray, isInput, "low when empty, high while paper lies there; pull-up")
	add(Acceptor, w.CoinPulse, isInput, "high at rest, a low pulse for each 10 yen; pull-up")
	add(Acceptor, w.CoinInhibit, isOutput, "high refuses; pull-up, so that a dead board refuses")
	for _, yen := range []int{100, 50, 10} {
		add(Hopper(yen), fmt.Sprintf(w.HopperMotor, yen), isOutput, "low runs; pull-up, so that a dead board stops it")
		add(Hopper(yen), fmt.Sprintf(w.HopperCoin, yen), isInput, "high at rest, low while a coin passes; pull-up")
	}
	for _, lamp := range []string{"READER", "COINS", "SHEETS", "ATTENTION"} {
		add(Signals, fmt.Sprintf(w.Lamp, lamp), isOutput, "high lights; pull-down")
	}
	add(Signals, w.Buzzer, isOutput, "high sounds; pull-down")
	add(Door, w.Door, isInput, "low when shut, high when open; pull-up, normally closed")
	add(PowerFail, w.PowerFail, isInput, "low while the supply is well; pull-up")
	return list
}

// host is what this machine calls a thing of the board's; another board calls it
// by its own name.
func host(c config.Config, name string) string {
	real, _ := c.Own(name)
	return real
}
