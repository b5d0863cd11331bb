package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"kioskd/daemon/activity"
	"kioskd/daemon/attendant"
	"kioskd/daemon/config"
	"kioskd/daemon/health"
	"kioskd/drivers/board"
	"kioskd/drivers/coin"
	"kioskd/drivers/contact"
	"kioskd/drivers/escpos"
	"kioskd/drivers/ipp"
	"kioskd/drivers/lamp"
	"kioskd/drivers/pcsc"
	"kioskd/flows"
)

// devices are what hangs on the board besides the screen.
type devices struct {
	coin    *coin.Acceptor
	hoppers map[int]*coin.Hopper // by yen
	cash    *attendant.Cash      // both
	sheets  *attendant.Sheets
	slips   *attendant.Slips
	signals *attendant.Signals
	reader  *attendant.Reader
	exit    *contact.Dev
	tray    *contact.Dev
	door    *attendant.Door
	power   *contact.Dev // nil where the board has no such line
}

// opener opens devices one after the other, and stops at the first error.
type opener struct {
	board board.Board
	cfg   config.Config
	gauge *activity.Gauge
	rest  *attendant.Rest
	log   *slog.Logger
	turn  func() // of the loop that serves the customer
}

func (o opener) open(artist attendant.Artist) (*devices, error) {
	d := &devices{}
	for _, step := range []struct {
		name string
		open func() error
	}{
		{"coins", func() error { return o.coins(d) }},
		{"lamps", func() error { return o.lights(d) }},
		{"sheet printer", func() error { return o.paper(d) }},
		{"receipt printer", func() error { return o.receipts(d, artist) }},
		{"card reader", func() error { return o.card(d) }},
		{"door", func() error { return o.doorway(d) }},
		{"power-fail line", func() error { return o.power(d) }},
	} {
		if err := step.open(); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", step.name, err), d.close())
		}
	}
	return d, nil
}

// hopperCoins are the coins that can be paid out, in yen.
func hopperCoins() []int { return []int{100, 50, 10} }

func (o opener) coins(d *devices) error {
	if err := o.acceptor(d); err != nil {
		return err
	}
	d.hoppers = make(map[int]*coin.Hopper)
	d.cash = attendant.NewCash(d.coin, d.hoppers, o.rest, o.log)
	for _, yen := range hopperCoins() {
		if err := o.hopper(d, yen); err != nil {
			return err
		}
	}
	return nil
}

func (o opener) acceptor(d *devices) error {
	pulse, err := o.board.Input(o.cfg.Wiring.CoinPulse)
	if err != nil {
		return err
	}
	inhibit, err := o.board.Output(o.cfg.Wiring.CoinInhibit)
	if err != nil {
		return err
	}
	d.coin, err = coin.NewAcceptor(pulse, inhibit, o.board.Clock(), coin.Opts{Work: o.gauge.Begin, Turn: health.Beat})
	return err
}

// noCoin is how long a hopper's motor may run for one coin. A customer waits, and
// three hoppers may have to be tried, one after the other; a coin takes a tenth of
// it.
const noCoin = 3 * time.Second

func (o opener) hopper(d *devices, yen int) error {
	motor, err := o.board.Output(fmt.Sprintf(o.cfg.Wiring.HopperMotor, yen))
	if err != nil {
		return err
	}
	exit, err := o.board.Input(fmt.Sprintf(o.cfg.Wiring.HopperCoin, yen))
	if err != nil {
		return err
	}
	h, err := coin.NewHopper(motor, exit, o.board.Clock(), coin.HopperOpts{NoCoin: noCoin})
	if err != nil {
		return err
	}
	d.hoppers[yen] = h
	return nil
}

func (o opener) lights(d *devices) error {
	lamps := make(map[string]*lamp.Lamp)
	for _, name := range []string{flows.LampReader, flows.LampCoins, flows.LampSheets, flows.LampAttention} {
		pin, err := o.board.Output(fmt.Sprintf(o.cfg.Wiring.Lamp, strings.ToUpper(name)))
		if err != nil {
			return err
		}
		if lamps[name], err = lamp.New(pin, lamp.Opts{}); err != nil {
			return err
		}
	}
	pin, err := o.board.Output(o.cfg.Wiring.Buzzer)
	if err != nil {
		return err
	}
	buzzer, err := lamp.NewBuzzer(pin)
	if err != nil {
		return err
	}
	d.signals = attendant.NewSignals(lamps, buzzer, o.log)
	return nil
}

func (o opener) paper(d *devices) error {
	if err := o.exit(d); err != nil {
		return err
	}
	d.sheets = attendant.NewSheets(o.sheetPrinter, d.exit, o.board.Clock(), o.rest)
	return o.tray(d)
}

func (o opener) sheetPrinter(ctx context.Context) (*ipp.Dev, error) {
	return ipp.New(ctx, o.cfg.SheetPrinter.URL, ipp.Opts{})
}

func (o opener) exit(d *devices) (err error) {
	d.exit, err = o.sensor(o.cfg.Wiring.SheetExit, contact.Opts{})
	return err
}

func (o opener) tray(d *devices) (err error) {
	d.tray, err = o.sensor(o.cfg.Wiring.SheetTray, contact.Opts{Changed: d.sheets.TrayChanged, Work: o.gauge.Begin})
	d.sheets.SetTray(d.tray)
	return err
}

func (o opener) sensor(name string, opts contact.Opts) (*contact.Dev, error) {
	in, err := o.board.Input(name)
	if err != nil {
		return nil, err
	}
	return contact.New(in, o.board.Clock(), opts)
}

// powerDebounce is how long a failing supply rings before it is believed.
const powerDebounce = 20 * time.Millisecond

func (o opener) power(d *devices) (err error) {
	if o.cfg.Wiring.PowerFail == "" {
		return nil
	}
	d.power, err = o.sensor(o.cfg.Wiring.PowerFail, contact.Opts{Debounce: powerDebounce})
	return err
}

func (o opener) doorway(d *devices) error {
	door := attendant.NewDoor(o.rest)
	c, err := o.sensor(o.cfg.Wiring.Door, contact.Opts{Changed: door.Changed, Work: o.gauge.Begin})
	if err != nil {
		return err
	}
	door.SetContact(c)
	d.door = door
	return nil
}

func (o opener) receipts(d *devices, artist attendant.Artist) error {
	d.slips = attendant.NewSlips(o.receiptPrinter, artist)
	return nil
}

func (o opener) receiptPrinter() (*escpos.Dev, error) {
	port, err := o.board.UART(o.cfg.Wiring.Receipts)
	if err != nil {
		return nil, err
	}
	dev, err := escpos.New(port, escpos.Opts{})
	if err != nil {
		return nil, errors.Join(err, port.Close())
	}
	return dev, nil
}

func (o opener) card(d *devices) error {
	dev, err := o.cardReader()
	if err != nil {
		return err
	}
	d.reader = attendant.NewReader(turning{dev, o.turn}, o.rest, o.log)
	return nil
}

// cardReader is the board's, or one of PC/SC's.
func (o opener) cardReader() (board.Reader, error) {
	if o.cfg.Reader == "pcsc" {
		return pcsc.Open(pcsc.Options{Name: o.cfg.ReaderName, Log: o.log})
	}
	return o.board.Reader(o.cfg.Wiring.Reader)
}

// close leaves every device in its inert state: coins refused, motors off,
// lamps dark.
func (d *devices) close() error {
	var errs []error
	if d.coin != nil {
		errs = append(errs, d.coin.Halt())
	}
	for _, h := range d.hoppers {
		errs = append(errs, h.Close())
	}
	if d.signals != nil {
		errs = append(errs, d.signals.Close())
	}
	if d.slips != nil {
		errs = append(errs, d.slips.Close())
	}
	for _, c := range []*contact.Dev{d.exit, d.tray, d.power} {
		if c != nil {
			errs = append(errs, c.Halt())
		}
	}
	if d.door != nil {
		errs = append(errs, d.door.Halt())
	}
	if d.sheets != nil {
		errs = append(errs, d.sheets.Close())
	}
	return errors.Join(errs...)
}
