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
	cash    *attendant.Cash
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

func (o opener) coins(d *devices) error {
	w, clock := o.cfg.Wiring, o.board.Clock()
	pulse, err := o.board.Input(w.CoinPulse)
	if err != nil {
		return err
	}
	inhibit, err := o.board.Output(w.CoinInhibit)
	if err != nil {
		return err
	}
	acceptor, err := coin.NewAcceptor(pulse, inhibit, clock, coin.Opts{Work: o.gauge.Begin, Turn: health.Beat})
	if err != nil {
		return err
	}
	hoppers := make(map[int]*coin.Hopper)
	d.cash = attendant.NewCash(acceptor, hoppers, o.rest, o.log)
	for _, yen := range []int{10, 50, 100} {
		motor, err := o.board.Output(fmt.Sprintf(w.HopperMotor, yen))
		if err != nil {
			return err
		}
		exit, err := o.board.Input(fmt.Sprintf(w.HopperCoin, yen))
		if err != nil {
			return err
		}
		if hoppers[yen], err = coin.NewHopper(motor, exit, clock, coin.HopperOpts{}); err != nil {
			return err
		}
	}
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
	exit, err := o.sensor(o.cfg.Wiring.SheetExit, contact.Opts{})
	if err != nil {
		return err
	}
	d.exit = exit
	d.sheets = attendant.NewSheets(func(ctx context.Context) (*ipp.Dev, error) {
		return ipp.New(ctx, o.cfg.SheetPrinter.URL, ipp.Opts{})
	}, exit, o.board.Clock(), o.rest)
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
	d.slips = attendant.NewSlips(func() (*escpos.Dev, error) {
		port, err := o.board.UART(o.cfg.Wiring.Receipts)
		if err != nil {
			return nil, err
		}
		dev, err := escpos.New(port, escpos.Opts{})
		if err != nil {
			return nil, errors.Join(err, port.Close())
		}
		return dev, nil
	}, artist)
	return nil
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
	if d.cash != nil {
		errs = append(errs, d.cash.Close())
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
