package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"kioskd/daemon/attendant"
	"kioskd/daemon/config"
	"kioskd/daemon/control"
	"kioskd/daemon/health"
	"kioskd/daemon/journal"
	"kioskd/flows"
)

// errAnew ends the process for a fresh start: what a disk has of a commit that
// failed, only that can tell, and it books what is open before anybody is served.
var errAnew = errors.New("starting anew")

// memory is the journal as flows and a technician see it, also where it could not
// be opened: the page that says so still has to be shown.
type memory struct {
	*journal.Journal       // nil where it could not be opened
	err              error // why
	dir              string
	now              func() time.Time
	gone             func() error  // why the board can do nothing any more, nil while it can
	begun            chan struct{} // holds one when a technician has begun a new journal
}

// openMemory opens the kiosk's memory; a new one begins with the coins that the
// configuration says are in the hoppers.
func openMemory(cfg config.Config, points journal.Points, now func() time.Time, gone func() error) *memory {
	m := &memory{dir: cfg.State, now: now, gone: gone, begun: make(chan struct{}, 1)}
	j, err := journal.Open(cfg.State, points)
	if err != nil {
		m.err = err
		return m
	}
	m.Journal = j
	if !j.New() {
		return m
	}
	for _, c := range []control.Count{{Yen: 100, Coins: cfg.Hopper.Hundreds}, {Yen: 50, Coins: cfg.Hopper.Fifties}, {Yen: 10, Coins: cfg.Hopper.Tens}} {
		e := c.Event(now())
		e.Reason = flows.ReasonFound
		if err := j.Write(e); err != nil {
			return m // and j.Err says so
		}
	}
	return m
}

// why is what is wrong with the journal; nil for nothing.
func (m *memory) why() error {
	if m.Journal == nil {
		return m.err
	}
	return m.Journal.Err()
}

// Write commits an event. With the board gone nothing can happen any more, so
// nothing is written that would say it was about to.
func (m *memory) Write(e flows.Event) error {
	if m.Journal == nil {
		return m.err
	}
	if err := m.gone(); err != nil {
		return err
	}
	return m.Journal.Write(e)
}

func (m *memory) Ledger() *flows.Ledger {
	if m.Journal == nil {
		return flows.NewLedger()
	}
	return m.Journal.Ledger()
}

// Unsent is how many events the office has not acknowledged.
func (m *memory) Unsent() uint64 {
	if m.Journal == nil {
		return 0
	}
	return m.Journal.Unsent()
}

// Report reads the journal; one that could not be opened is looked at as it
// lies.
func (m *memory) Report() (journal.Report, error) {
	if m.Journal == nil {
		return journal.Read(m.dir)
	}
	return m.Journal.Report()
}

// BeginAnew is the technician's word, while the kiosk is out of service.
func (m *memory) BeginAnew() (journal.Aside, error) {
	var a journal.Aside
	var err error
	if m.Journal == nil {
		a, err = journal.BeginAnew(m.dir, m.now())
	} else {
		a, err = m.Journal.BeginAnew(m.now())
	}
	if err == nil {
		select {
		case m.begun <- struct{}{}:
		default: // it was begun before, and the start is under way
		}
	}
	return a, err
}

// full says that nobody new may be served.
func (m *memory) full() bool { return m.Journal != nil && m.Journal.Full() }

func (m *memory) close() error {
	if m.Journal == nil {
		return nil
	}
	return m.Journal.Close()
}

// keep puts the kiosk out of service when its journal fails, or is bound to at the
// next event, and back when it can be written again: at once where no commit has
// failed, else with a fresh start.
func (m *memory) keep(ctx context.Context, s *attendant.Service, log *slog.Logger) error {
	tick := time.NewTicker(diskRetry)
	defer tick.Stop()
	refused := 0
	for {
		health.Beat(ctx)
		m.look(s, log)
		select {
		case <-ctx.Done():
			return nil
		case <-m.begun:
			return fmt.Errorf("daemon: %w: a new journal was begun", errAnew)
		case <-tick.C:
		}
		err := m.probe()
		if errors.Is(err, journal.ErrDisk) {
			refused++
		} else {
			refused = 0
		}
		switch failed := s.Failed() != ""; {
		case !failed && refused == diskDoubts:
			log.Error("out of service", "reason", "disk", "err", err)
			s.Fail("disk")
		case failed && err == nil && m.why() != nil:
			return fmt.Errorf("daemon: %w: the journal can be written again", errAnew)
		case failed && err == nil:
			log.Info("the journal can be written again")
			s.Mend()
		}
	}
}

// look puts the kiosk out of service when its journal has failed.
func (m *memory) look(s *attendant.Service, log *slog.Logger) {
	err := m.why()
	if err == nil || s.Failed() != "" {
		return
	}
	log.Error("out of service", "reason", attendant.JournalReason(err), "err", err)
	s.Fail(attendant.JournalReason(err))
}

// probe is nil when the journal can be written, or could be after a fresh start.
func (m *memory) probe() error {
	if m.Journal != nil {
		return m.Journal.Probe()
	}
	if attendant.JournalReason(m.err) == "version" || errors.Is(m.err, journal.ErrDamaged) {
		return m.err // a person's matter
	}
	j, err := journal.Open(m.dir, nil)
	if err != nil {
		return err
	}
	return j.Close()
}
