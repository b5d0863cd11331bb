package daemon

import (
	"context"
	"errors"
	"sync"
	"time"

	"kioskd/daemon/config"
	"kioskd/daemon/control"
	"kioskd/daemon/journal"
	"kioskd/daemon/office"
	"kioskd/flows"
)

// openJournal opens the kiosk's memory; a new one begins with the coins that
// the configuration says are in the hoppers.
func openJournal(cfg config.Config, points journal.Points, now func() time.Time) (*journal.Journal, error) {
	j, err := journal.Open(cfg.State, points)
	if err != nil {
		return nil, err
	}
	if !j.New() {
		return j, nil
	}
	for _, c := range []control.Count{{Yen: 100, Coins: cfg.Hopper.Hundreds}, {Yen: 50, Coins: cfg.Hopper.Fifties}, {Yen: 10, Coins: cfg.Hopper.Tens}} {
		if err := j.Write(c.Event(now())); err != nil {
			return nil, errors.Join(err, j.Close())
		}
	}
	return j, nil
}

// memory is the journal as flows see it, also where it could not be opened: the
// page that says so still has to be shown.
type memory struct{ *journal.Journal }

var errNoJournal = errors.New("journal is not open")

func (m memory) Write(e flows.Event) error {
	if m.Journal == nil {
		return errNoJournal
	}
	return m.Journal.Write(e)
}

func (m memory) Ledger() *flows.Ledger {
	if m.Journal == nil {
		return flows.NewLedger()
	}
	return m.Journal.Ledger()
}

func (m memory) Unsent() uint64 {
	if m.Journal == nil {
		return 0
	}
	return m.Journal.Unsent()
}

// line is the office's client that remembers whether a customer's session is
// open, and how many sheets are in memory.
type line struct {
	*office.Client
	mu      sync.Mutex
	session *session
}

func (l *line) Begin(ctx context.Context, certificate []byte) (flows.Session, error) {
	s, err := l.Client.Begin(ctx, certificate)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.session = &session{Session: s, line: l}
	return l.session, nil
}

func (l *line) open() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.session != nil
}

func (l *line) sheets() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.session == nil {
		return 0
	}
	return l.session.sheets
}

// session notes what it holds.
type session struct {
	flows.Session
	line   *line
	sheets int // guarded by line.mu
}

func (s *session) Order(ctx context.Context, r flows.Request, progress func(sheet, of int)) (*flows.Document, error) {
	d, err := s.Session.Order(ctx, r, progress)
	if err != nil {
		return nil, err
	}
	s.line.mu.Lock()
	defer s.line.mu.Unlock()
	s.sheets = len(d.Sheets)
	return d, nil
}

func (s *session) Close() {
	s.Session.Close()
	s.line.mu.Lock()
	defer s.line.mu.Unlock()
	if s.line.session == s {
		s.line.session = nil
	}
}
