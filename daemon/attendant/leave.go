package attendant

import (
	"context"
	"errors"
)

// ErrLeave is the end of Serve after Leave.
var ErrLeave = errors.New("attendant: asked to leave")

// Leave asks the attendant to serve nobody any more, and returns once it does
// not; whoever is being served is served to the end. When ctx ends first,
// nothing was asked.
func (s *Service) Leave(ctx context.Context) error {
	s.mu.Lock()
	if s.leaving == nil {
		s.leaving = make(chan struct{})
	}
	left := s.leaving
	s.wake()
	s.mu.Unlock()
	select {
	case <-left:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-left:
		return nil
	default:
		s.leaving = nil
		return context.Cause(ctx)
	}
}

// leave says whether the attendant is to leave, which it then has. It asks
// between two customers.
func (s *Service) leave() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leaving == nil {
		return false
	}
	select {
	case <-s.leaving:
	default:
		close(s.leaving)
	}
	return true
}

// wake ends the wait of whoever waits for a change. s.mu is held.
func (s *Service) wake() {
	select {
	case <-s.changed:
	default:
		if s.asked { // else nobody would put the work down again
			s.rest.Up()
		}
		close(s.changed)
	}
}
