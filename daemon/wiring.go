package daemon

import (
	"context"
	"log/slog"
	"sync"

	"kioskd/daemon/office"
	"kioskd/daemon/serving"
	"kioskd/flows"
)

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

// updateLock is the update lock as flows see it. A lock that fails begins no
// visit: somebody may be changing the kiosk.
type updateLock struct {
	*serving.Lock
	log *slog.Logger
}

func (l updateLock) Take() bool {
	ok, err := l.Lock.Take()
	if err != nil {
		l.log.Error("update lock", "err", err)
	}
	return ok
}

func (l updateLock) Release() {
	if err := l.Lock.Release(); err != nil {
		l.log.Error("update lock", "err", err)
	}
}
