package soak

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"kioskd/daemon/activity"
	"kioskd/daemon/attendant"
	"kioskd/daemon/health"
	"kioskd/daemon/journal"
	client "kioskd/daemon/office"
	"kioskd/drivers/coin"
	"kioskd/drivers/contact"
	"kioskd/drivers/escpos"
	"kioskd/drivers/ipp"
	"kioskd/drivers/lamp"
	"kioskd/flows"
)

// version is what the office's minimum is compared with.
const version = 1

// printerPoll is never at the instant at which the printer has done something:
// what is asked then has no answer that is the same twice.
const printerPoll = 47*time.Millisecond + 301*time.Microsecond + 7*time.Nanosecond

// The parts of the kiosk that have a clock of their own; see boardClock.
const (
	partFlows = iota
	partFace
	partAcceptor
	partSheets
	partExit
	partTray
	partDoor
	partHoppers // and as many more as there are hoppers
)

// apart is how long after one loop of the daemon the next one begins, times its
// number: what they do again and again, they never do at one instant.
const apart = 11*time.Microsecond + 3*time.Nanosecond

// life is one run of the daemon, from power on to its end. It is wired as
// daemon.Run does it, but for panel and touch.
type life struct {
	w       *world
	p       *plug
	face    *face
	ctx     context.Context
	cancel  context.CancelFunc
	group   *errgroup.Group
	loops   int
	gauge   activity.Gauge
	monitor *health.Monitor
	rest    *attendant.Rest
	clock   *attendant.Clock
	log     *slog.Logger

	cash    *attendant.Cash
	sheets  *attendant.Sheets
	slips   *attendant.Slips
	signals *attendant.Signals
	reader  *attendant.Reader
	exit    *contact.Dev
	tray    *contact.Dev
	door    *attendant.Door
	client  *client.Client
	service *attendant.Service
	journal *journal.Journal
	tape    *tape
	counter *flows.Counter
	ended   chan struct{}
	err     error
}

// powerOn starts a daemon on what disk and machine have.
func (w *world) powerOn() error {
	l := &life{w: w, p: newPlug(w.machine), ended: make(chan struct{}), log: w.log}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	l.monitor = health.New(w.log, 0, nil)
	l.rest = attendant.NewRest(&l.gauge)
	l.clock = attendant.NewClock(l.p.clock(partFlows), l.rest)
	l.face = newFace(w, l.p)
	if err := errors.Join(l.openCoins(), l.openLamps(), l.openPaper(), l.openOthers()); err != nil {
		return fmt.Errorf("soak: power on: %w", err)
	}
	var err error
	l.client, err = client.On(wire{w, l.p}, w.pinned, client.Options{
		StateDir: w.state, Kiosk: kioskID, Clock: l.clock, Log: l.log,
	}, w.retries)
	if err != nil {
		return err
	}
	w.mu.Lock()
	w.life = l
	w.mu.Unlock()
	w.tellSettings()
	l.service = attendant.NewService(l.clock, l.client.Rules, version, l.broken, l.withheld, l.rest)
	return l.serve()
}

func (l *life) openCoins() error {
	pulse, err := l.p.Input("COIN_PULSE")
	if err != nil {
		return err
	}
	inhibit, err := l.p.Output("COIN_INHIBIT")
	if err != nil {
		return err
	}
	acceptor, err := coin.NewAcceptor(pulse, inhibit, l.p.clock(partAcceptor), coin.Opts{Work: l.gauge.Begin})
	if err != nil {
		return err
	}
	hoppers := make(map[int]*coin.Hopper)
	l.cash = attendant.NewCash(acceptor, hoppers, l.rest, l.log)
	for i, yen := range hopperCoins {
		motor, err := l.p.Output(fmt.Sprintf("HOPPER_%d_MOTOR", yen))
		if err != nil {
			return err
		}
		exit, err := l.p.Input(fmt.Sprintf("HOPPER_%d_COIN", yen))
		if err != nil {
			return err
		}
		if hoppers[yen], err = coin.NewHopper(motor, exit, l.p.clock(partHoppers+i), coin.HopperOpts{}); err != nil {
			return err
		}
	}
	return nil
}

func (l *life) openLamps() error {
	lamps := make(map[string]*lamp.Lamp)
	for _, name := range []string{flows.LampReader, flows.LampCoins, flows.LampSheets, flows.LampAttention} {
		pin, err := l.p.Output("LAMP_" + strings.ToUpper(name))
		if err != nil {
			return err
		}
		if lamps[name], err = lamp.New(pin, lamp.Opts{}); err != nil {
			return err
		}
	}
	pin, err := l.p.Output("BUZZER")
	if err != nil {
		return err
	}
	buzzer, err := lamp.NewBuzzer(pin)
	if err != nil {
		return err
	}
	l.signals = attendant.NewSignals(lamps, buzzer, l.log)
	return nil
}

func (l *life) openPaper() (err error) {
	if l.exit, err = l.sensor("SHEET_EXIT", partExit, contact.Opts{}); err != nil {
		return err
	}
	l.sheets = attendant.NewSheets(func(ctx context.Context) (*ipp.Dev, error) {
		return ipp.New(ctx, "ipp://printer/ipp/print", ipp.Opts{Poll: printerPoll, Dial: l.w.machine.network.dial(l.p)})
	}, l.exit, l.p.clock(partSheets), l.rest)
	if l.tray, err = l.sensor("SHEET_TRAY", partTray, contact.Opts{Changed: l.sheets.TrayChanged, Work: l.gauge.Begin}); err != nil {
		return err
	}
	l.sheets.SetTray(l.tray)
	return nil
}

func (l *life) sensor(name string, part int, o contact.Opts) (*contact.Dev, error) {
	in, err := l.p.Input(name)
	if err != nil {
		return nil, err
	}
	return contact.New(in, l.p.clock(part), o)
}

func (l *life) openOthers() (err error) {
	l.slips = attendant.NewSlips(func() (*escpos.Dev, error) {
		port, err := l.p.UART("UART0")
		if err != nil {
			return nil, err
		}
		return escpos.New(port, escpos.Opts{})
	}, artist{l.w, l.p})
	dev, err := l.p.Reader("reader")
	if err != nil {
		return err
	}
	l.reader = attendant.NewReader(dev, l.rest, l.log)
	l.door = attendant.NewDoor(l.rest)
	door, err := l.sensor("DOOR", partDoor, contact.Opts{Changed: l.door.Changed, Work: l.gauge.Begin})
	if err != nil {
		return err
	}
	l.door.SetContact(door)
	return nil
}

// serve starts all loops.
func (l *life) serve() error {
	g, ctx := errgroup.WithContext(l.ctx)
	l.group = g
	l.part(ctx, "service", l.service.Run)
	l.part(ctx, "acceptor", l.cash.Run)
	l.part(ctx, "reader", l.reader.Run)
	l.part(ctx, "printer", func(ctx context.Context) error { l.sheets.Find(ctx); return nil })
	var memory flows.Journal = unopened{}
	j, err := journal.Open(l.w.state, nil)
	if err != nil {
		l.log.Error("out of service", "err", err)
		l.service.Fail(attendant.JournalReason(err))
	} else {
		l.journal = j
		j.Spread(l.w.pauses)
		l.tape = &tape{w: l.w, p: l.p, j: j}
		memory = l.tape
		if err := l.firstCount(); err != nil {
			return err
		}
		var to journal.Office = upload{l.w.stream, l.p}
		if f := l.w.o.sabotage.upload; f != nil {
			to = f(to)
		}
		l.part(ctx, "journal", func(ctx context.Context) error { return j.Send(ctx, to, l.log) })
		l.begin(func() error { return l.mendDisk(ctx) })
		l.part(ctx, "door", l.watchDoor)
	}
	l.counter = l.w.newCounter(l, memory)
	l.part(ctx, "report", func(ctx context.Context) error { return attendant.Report(ctx, l.counter, l.log) })
	l.begin(func() error {
		return attendant.Serve(ctx, l.counter, l.service, l.log, func() { l.say("ready") })
	})
	go func() {
		defer close(l.ended)
		l.err = g.Wait()
		if l.ctx.Err() == nil && !l.p.dead() {
			l.w.violate("I10", "the daemon ended by itself: %v", l.err)
		}
	}()
	return nil
}

// begin starts a loop and lets it come to its first rest. A panic in it is a
// finding like any other.
func (l *life) begin(loop func() error) {
	l.group.Go(func() (err error) {
		defer func() {
			if p := recover(); p != nil {
				l.w.violate("I10", "the daemon panics: %v: %s", p, panicked(debug.Stack()))
				err = errCut
			}
		}()
		return loop()
	})
	l.loops++
	time.Sleep(time.Duration(l.loops) * apart)
}

// part is a loop that is started again when it dies.
func (l *life) part(ctx context.Context, name string, run func(context.Context) error) {
	l.begin(func() error { l.monitor.Run(ctx, name, health.Bound, run); return nil })
}

// panicked is the line in which it happened: below the panic's own frames, and
// the function's name above it.
func panicked(stack []byte) string {
	_, below, _ := strings.Cut(string(stack), "panic(")
	lines := strings.Split(below, "\n")
	const name, place = 2, 3
	if len(lines) <= place {
		return "nobody knows where"
	}
	return lines[name] + strings.TrimPrefix(lines[place], "\t")
}

func (w *world) newCounter(l *life, j flows.Journal) *flows.Counter {
	c := &flows.Counter{
		Kiosk: kioskID, Municipality: "inagi", Contact: flows.Contact{Municipality: "稲城市", Office: "市民課", Phone: "042-378-2111", Hours: "8:30-17:15"},
		Screen: l.face, Reader: l.reader, Cash: l.cash, Sheets: l.sheets, Slips: l.slips, Signals: l.signals,
		Office: sessions{l.client, w, l.p}, Journal: j, Clock: l.clock, Service: l.service, Log: l.log,
		Limits: flows.Limits{
			Idle: time.Minute, Pay: 3 * time.Minute, End: 20 * time.Second, Card: time.Minute, Fetch: 30 * time.Second,
			Sheet: time.Minute, Settle: 10 * time.Minute, Visit: 15 * time.Minute, LastStart: 10 * time.Minute,
		},
	}
	c.Technician = &flows.Technician{Door: l.door, Pad: l.face, Admits: admits, Check: check, Unsent: l.unsent}
	if f := w.o.sabotage.counter; f != nil {
		f(c)
	}
	if f := w.o.sabotage.state; f != nil {
		f(c, w.state)
	}
	return c
}

// say writes into the trace what a living daemon does.
func (l *life) say(format string, args ...any) { l.p.say(l.w, format, args...) }

func (p *plug) say(w *world, format string, args ...any) {
	if !p.dead() {
		w.trace.add(format, args...)
	}
}

// end waits for a life that was cut, or ends one in order.
func (l *life) end() error {
	l.cancel()
	<-l.ended
	err := errors.Join(l.cash.Close(), l.signals.Close(), l.slips.Close(), l.exit.Halt(), l.tray.Halt(), l.door.Halt(), l.sheets.Close())
	if l.p.dead() {
		err = nil // they could not reach what they would leave in order
	}
	l.p.cut()
	if l.journal != nil {
		err = errors.Join(err, l.journal.Close())
	}
	return err
}

// unopened is a journal that could not be opened.
type unopened struct{}

var errUnopened = errors.New("soak: the journal is not open")

func (unopened) Write(flows.Event) error { return errUnopened }
func (unopened) Ledger() *flows.Ledger   { return flows.NewLedger() }
func (unopened) Person([]byte) string    { return "" }
