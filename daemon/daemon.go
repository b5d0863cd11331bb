// Package daemon wires a kiosk together and runs it: the same program on a real
// board, on a laptop and under a crash test. Its configuration says where the
// hardware is.
package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"periph.io/x/conn/v3/gpio"

	"kioskd/daemon/activity"
	"kioskd/daemon/attendant"
	"kioskd/daemon/config"
	"kioskd/daemon/control"
	"kioskd/daemon/health"
	"kioskd/daemon/journal"
	"kioskd/daemon/office"
	"kioskd/daemon/screen"
	"kioskd/daemon/serving"
	"kioskd/drivers/board"
	"kioskd/flows"
)

// Version is compared with the office's minimum (incident D6: a fix that had
// not reached one city).
const Version = 1

// Run serves customers until ctx ends, or until the kiosk can no longer go on:
// its panel or its board is gone. It waits for everything it started.
func Run(ctx context.Context, cfg config.Config, log *slog.Logger) (err error) {
	if err := harden(); err != nil {
		return fmt.Errorf("daemon: %w", err)
	}
	if err := os.MkdirAll(cfg.State, 0o700); err != nil {
		return fmt.Errorf("daemon: %w", err)
	}
	b, err := openBoard(ctx, cfg)
	if err != nil {
		return fmt.Errorf("daemon: %w", err)
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	k := &kiosk{cfg: cfg, board: b, lines: &logRing{}}
	k.log = k.lines.tee(log)
	return k.run(ctx)
}

// kiosk is what Run builds.
type kiosk struct {
	cfg   config.Config
	board board.Board
	log   *slog.Logger
	lines *logRing

	monitor *health.Monitor
	beat    func() // of the loop that serves the customer
	gauge   activity.Gauge
	rest    *attendant.Rest
	clock   *attendant.Clock
	screen  *screen.Screen
	devices *devices
	office  *line
	service *attendant.Service
	memory  *memory
	lock    *serving.Lock
	panel   panel

	greeted   atomic.Bool // the touch chip was tried once: from then on fingers count, or it is dead
	touchDead atomic.Bool
	panelDead atomic.Bool
	booting   atomic.Bool
}

func (k *kiosk) run(ctx context.Context) (err error) {
	k.booting.Store(true)
	k.monitor = newMonitor(k.log)
	var served func()
	k.beat, served = k.monitor.Loop("serve", serveBound)
	defer served()
	k.rest = attendant.NewRest(&k.gauge)
	k.clock = attendant.NewClock(k.board.Clock(), k.rest)
	defer k.stopClock()()
	watched, _ := k.board.(board.Watched)
	if k.lock, err = serving.Open(serving.Path(k.cfg.Control)); err != nil {
		return fmt.Errorf("daemon: %w", err)
	}
	defer func() { err = errors.Join(err, k.lock.Close()) }()

	var format screen.Format
	if k.panel, format, err = openPanel(k.board, k.cfg); err != nil {
		return fmt.Errorf("daemon: panel: %w", err)
	}
	defer func() { err = errors.Join(err, k.panel.Halt()) }()
	k.screen, err = screen.New(screen.Options{
		Panel: k.panel, Format: format, Fonts: k.cfg.Fonts, Clock: k.board.Clock(), Language: k.cfg.Language,
		Gauge: &k.gauge, Watched: watched, Log: k.log, Rest: k.rest.Down,
	})
	if err != nil {
		return fmt.Errorf("daemon: %w", err)
	}
	defer func() { err = errors.Join(err, k.screen.Close()) }()

	k.devices, err = k.opener().open(artist{k.screen})
	if err != nil {
		return fmt.Errorf("daemon: %w", err)
	}
	defer func() { err = errors.Join(err, k.devices.close()) }()

	heard, hungUp := k.monitor.Loop("office", health.Bound)
	defer hungUp()
	client, err := office.Dial(health.With(ctx, heard), office.Options{
		URL: k.cfg.Office.URL, AuthorityFile: k.cfg.Office.Authority, KeyFile: k.cfg.Office.Key,
		PublicKeyFile: k.cfg.Office.PublicKey, StateDir: k.cfg.State, Kiosk: k.cfg.Kiosk, Clock: k.clock, Log: k.log,
	})
	if err != nil {
		return fmt.Errorf("daemon: %w", err)
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	k.office = &line{Client: client}

	k.service = attendant.NewService(k.clock, client.Rules, Version, func() string {
		if device := k.broken(); device != "" {
			return device
		}
		if misconfigured(k.cfg, client.Rules().Topology) != "" {
			return "configuration"
		}
		return ""
	}, func(errand string) string { return withheld(k.monitor.Broken(), errand) }, k.rest)
	if watched != nil {
		watched.SetLooker(looker{&k.gauge, k.look})
	}
	return k.serve(ctx, watched, client)
}

// gone is why the board can do nothing any more, nil while it can.
func (k *kiosk) gone() error {
	select {
	case <-k.board.Lost():
		return fmt.Errorf("daemon: the board is gone: %w", k.board.Err())
	default:
		return k.clock.Stopped()
	}
}

// stopClock ends all waits when the board is gone, until the returned function is
// called.
func (k *kiosk) stopClock() (end func()) {
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-k.board.Lost():
			k.clock.Stop(k.gone())
		case <-over:
		}
	}()
	return func() { close(over); <-ended }
}

// serveBound is how long the loop that serves the customer may go without a
// turn: a receipt is proved within 12 s of its last byte.
const serveBound = 20 * time.Second

// serve runs all loops until one that nobody can be served without fails, or ctx
// ends, and waits for all.
func (k *kiosk) serve(ctx context.Context, points journal.Points, client *office.Client) error {
	k.memory = openMemory(k.cfg, points, k.now, k.gone)
	k.memory.look(k.service, k.log) // before anybody is served
	g, ctx := errgroup.WithContext(ctx)
	part := func(name string, run func(context.Context) error) {
		g.Go(func() error { k.monitor.Run(ctx, name, health.Bound, run); return nil })
	}
	g.Go(func() error {
		select {
		case <-ctx.Done():
			return nil
		case <-k.board.Lost():
			return k.gone()
		}
	})
	part("service", k.service.Run)
	part("touch", func(ctx context.Context) error { return k.touch(ctx, k.panel.Bounds().Size()) })
	part("panel", k.watchPanel)
	part("acceptor", k.devices.cash.Run)
	part("reader", k.devices.reader.Run)
	fails := make(chan struct{})
	part("power-fail", func(ctx context.Context) error { return k.watchPower(ctx, fails) })
	g.Go(func() error { return k.powerFails(ctx, fails) })
	g.Go(func() error { // a print queue takes its time to be emptied
		k.monitor.Run(ctx, "printer", serveBound, func(ctx context.Context) error { k.devices.sheets.Find(ctx); return nil })
		return nil
	})

	disk, kept := k.monitor.Loop("disk", health.Bound)
	defer kept()
	g.Go(func() error { return k.memory.keep(health.With(ctx, disk), k.service, k.log) })
	g.Go(func() error {
		k.monitor.Run(ctx, "control", health.Asked, func(ctx context.Context) error {
			return control.Serve(ctx, k.cfg.Control, technicians{k.memory, k}, k.now, k.log)
		})
		return nil
	})
	g.Go(func() error { return k.watchTopology(ctx, client.Rules) })
	if j := k.memory.Journal; j != nil {
		client.OnReachable(func(up bool) {
			if up {
				j.Retry()
			}
		})
		part("journal", func(ctx context.Context) error { return j.Send(ctx, client, k.log) })
		part("door", func(ctx context.Context) error { return k.watchDoor(ctx, j) })
	}
	counter := k.counter()
	how := newCondition(k, client, k.memory, counter.Stands)
	part("health", how.run)
	part("commands", func(ctx context.Context) error { return client.Serve(ctx, Version, how) })
	part("report", func(ctx context.Context) error { return attendant.Report(ctx, counter, k.log) })
	g.Go(func() error {
		return attendant.Serve(health.With(ctx, k.beat), counter, k.service, k.log, func() {
			if k.booting.Swap(false) {
				tell(k.log, "READY=1")
			}
		})
	})
	err := g.Wait()
	if errors.Is(err, attendant.ErrLeave) {
		k.log.Info("ends at the office's command, to be started again")
		err = nil
	}
	return errors.Join(err, k.memory.close())
}

func (k *kiosk) opener() opener {
	return opener{board: k.board, cfg: k.cfg, gauge: &k.gauge, rest: k.rest, log: k.log, turn: k.beat}
}

func (k *kiosk) now() time.Time {
	now, _ := k.board.Clock().Now()
	return now
}

func (k *kiosk) counter() *flows.Counter {
	l := k.cfg.Limit
	c := &flows.Counter{
		Kiosk: k.cfg.Kiosk, Municipality: k.cfg.Municipality, Contact: flows.Contact(k.cfg.Contact),
		Screen: k.screen, Reader: k.devices.reader, Cash: k.devices.cash, Sheets: k.devices.sheets,
		Slips: k.devices.slips, Signals: k.devices.signals, Office: k.office, Journal: acting{k.memory, k.beat},
		Clock: k.clock, Service: k.service, Log: k.log,
		Limits: flows.Limits{
			Idle: time.Duration(l.Idle), Pay: time.Duration(l.Pay), End: time.Duration(l.End), Card: time.Duration(l.Card),
			Fetch: time.Duration(l.Fetch), Sheet: time.Duration(l.Sheet), Settle: time.Duration(l.Settle),
			Visit: time.Duration(l.Visit), LastStart: time.Duration(l.LastStart),
		},
	}
	c.Lock = updateLock{k.lock, k.log}
	c.Technician = k.technician()
	return c
}

// technician is whoever knows the code; nobody where none was set.
func (k *kiosk) technician() *flows.Technician {
	code := k.cfg.Maintenance.Hash()
	if code == nil {
		return nil
	}
	return &flows.Technician{Door: k.devices.door, Pad: k.screen, Admits: code.Admits, Check: k.tryAll, Unsent: k.memory.Unsent}
}

// clockTolerance is how far before its own journal's beginning a kiosk may find
// itself without distrusting its clock.
const clockTolerance = 31 * 24 * time.Hour

// broken is what this kiosk cannot serve anybody with or without, or "": a clock
// that lies, a dead device, the technician's word.
func (k *kiosk) broken() string {
	ledger := k.memory.Ledger()
	switch {
	case k.now().Before(ledger.Begun().Add(-clockTolerance)):
		// A clock that lost its battery believes in a past the journal was not
		// there in. Its last event is no measure: one that was written by a clock
		// running ahead would lock out the right time for good.
		return "clock"
	case k.panelDead.Load():
		return "panel"
	case k.touchDead.Load():
		return "touch"
	case ledger.TakenOut():
		return "technician"
	case k.memory.full():
		return "journal"
	}
	return stopping(k.monitor.Broken())
}

// watchDoor books when the door is opened and shut: whoever was at the coins was
// there in between.
func (k *kiosk) watchDoor(ctx context.Context, j *journal.Journal) error {
	for open := gpio.High; ; open = !open {
		if err := waitTurning(ctx, k.devices.door, open); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("daemon: door: %w", err)
		}
		e := flows.Event{Kind: flows.DeviceFault, At: k.now(), Device: "door", Reason: "shut"}
		if open {
			e.Reason, e.Action = "open", "maintenance"
		}
		if err := j.Write(e); err != nil {
			k.log.Error("door not booked", "err", err)
		}
	}
}

// waitTurning waits until a contact has that level, and turns meanwhile.
func waitTurning(ctx context.Context, c interface {
	Wait(ctx context.Context, level gpio.Level) error
}, level gpio.Level,
) error {
	for {
		health.Beat(ctx)
		turn, cancel := context.WithTimeout(ctx, health.Turn)
		err := c.Wait(turn, level)
		late := turn.Err() != nil && ctx.Err() == nil
		cancel()
		if err == nil || !late {
			return err
		}
	}
}

// look fills in what the board asks for.
func (k *kiosk) look(s *State) {
	s.Page = k.screen.Page()
	s.Session = k.office.open()
	s.Card = k.devices.reader.Handles() > 0
	s.Sheets = k.office.sheets()
	s.Office = k.office.Reachable()
	s.Booting = k.booting.Load() || !k.greeted.Load()
}
