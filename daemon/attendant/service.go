package attendant

import (
	"context"
	"sync"
	"time"

	"kioskd/daemon/health"
	"kioskd/flows"
)

// serviceEvery is how often the reasons are looked at, in process time.
const serviceEvery = 250 * time.Millisecond

// Service says whether the kiosk may serve. It only looks, and calls nothing
// that can block.
type Service struct {
	clock   flows.Clock
	rules   func() flows.Rules
	version int
	broken  func() string // what nobody can be served with: panel, touch, configuration or ""
	without func(errand string) string
	rest    *Rest

	mu      sync.Mutex
	failed  string // the journal's reason, until Mend
	given   answer
	changed chan struct{}
	asked   bool          // somebody waits for changed: since the last answer, it was asked for
	leaving chan struct{} // not nil after Leave; closed once nobody is served any more
}

// answer is what was told last.
type answer struct {
	reason   string
	revision uint64 // of the office's settings, which the first page shows a part of
}

// NewService asks these for their reasons. without is what one errand cannot be
// had with, in the words of the page unavailable, or "".
func NewService(clock flows.Clock, rules func() flows.Rules, version int, broken func() string, without func(errand string) string, rest *Rest) *Service {
	return &Service{clock: clock, rules: rules, version: version, broken: broken, without: without, rest: rest, changed: make(chan struct{})}
}

// Fail puts the kiosk out of service until Mend, or a restart.
func (s *Service) Fail(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == "" {
		s.failed = reason
	}
}

// Failed is what Fail was told.
func (s *Service) Failed() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}

// Mend takes a failure back.
func (s *Service) Mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = ""
}

func (s *Service) reason() string {
	if s.failed != "" {
		return s.failed
	}
	if _, trusted := s.clock.Now(); !trusted {
		return "clock"
	}
	if device := s.broken(); device != "" {
		return device
	}
	rules := s.rules()
	if rules.VersionMinimum > s.version {
		return "version"
	}
	if rules.OutOfService || s.leaving != nil {
		return "office-order"
	}
	return ""
}

func (s *Service) answer() answer { return answer{s.reason(), s.rules().Revision} }

// OutOfService is the reason the kiosk may not serve, or "".
func (s *Service) OutOfService() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = false
	s.given = s.answer()
	s.renew() // also when what had changed is as it was
	return s.given.reason
}

// Reason is what OutOfService would say, for whoever only wants to know.
func (s *Service) Reason() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reason()
}

// Withheld is why an errand cannot be had although the kiosk serves, or "".
func (s *Service) Withheld(errand string) string { return s.without(errand) }

// Changed is closed when the answer, or the office's settings, differ from when
// the last answer was given.
func (s *Service) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = true
	return s.changed
}

// renew makes a new question of a closed one.
func (s *Service) renew() {
	select {
	case <-s.changed:
		s.changed = make(chan struct{})
	default:
	}
}

// Run looks again and again until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(serviceEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		health.Beat(ctx)
		s.look()
	}
}

func (s *Service) look() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.answer() != s.given {
		s.wake()
	}
}
