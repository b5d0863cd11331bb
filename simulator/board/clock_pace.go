package board

import "time"

// steps is a clock that keeps pace with somebody: time does not pass what is
// due before it has happened, and stands while its consequences are taken in.
type steps struct {
	settled func()        // nil: real time just passes
	held    bool          // time stands
	at      time.Duration // where it stands; else where it was last seen
	told    time.Duration // how far it had fallen behind when the watchers were told
	behind  time.Duration // real time, all told
}

// tellEvery is how far the clock may fall behind real time before those who
// count on by themselves are told.
const tellEvery = 20 * time.Millisecond

// Pace has settled called after each timer that real time makes due, as Advance
// does, while time stands: on a machine that is too busy the world waits for the
// kiosk, instead of a hopper dropping coins that a kiosk of its own speed would
// have stopped. Time also stands while Advance waits. settled must end by
// itself; nil ends the pace.
func (c *Clock) Pace(settled func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.uptime()
	c.steps.settled = settled
	c.steps.at = now
	c.moved = now - time.Since(c.origin)
	c.schedule()
}

func (c *Clock) paced() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.steps.settled != nil
}

// stepped is what the clock shows when real time has come to raw.
func (c *Clock) stepped(raw time.Duration) time.Duration {
	s := &c.steps
	switch {
	case s.settled == nil:
		return raw
	case s.held:
		return s.at
	case len(c.due) > 0:
		raw = min(raw, c.due[0].at)
	}
	s.at = max(s.at, raw)
	return s.at
}

// hold makes a paced clock stand until the function it returns is called. It
// waits for a timer that is under way.
func (c *Clock) hold() (release func()) {
	c.firing.Lock()
	defer c.firing.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.steps.settled == nil || c.steps.held {
		return func() {}
	}
	c.uptime()
	c.steps.held = true
	return c.release
}

// release lets time go on from where it stands.
func (c *Clock) release() {
	c.mu.Lock()
	s := &c.steps
	lost := time.Since(c.origin) + c.moved - s.at
	c.moved -= lost
	s.behind += lost
	s.held = false
	c.schedule()
	var watches []func()
	if s.behind-s.told > tellEvery {
		s.told = s.behind
		watches = c.watchers()
	}
	c.mu.Unlock()
	for _, f := range watches {
		f()
	}
}

// stepwise runs what has fallen due, one timer after the other. While an Advance
// holds the clock nothing falls due by itself.
func (c *Clock) stepwise() {
	for {
		c.mu.Lock()
		s := &c.steps
		if s.settled == nil || s.held || len(c.due) == 0 || c.due[0].at > c.uptime() {
			c.mu.Unlock()
			return
		}
		s.held = true
		settled, to := s.settled, s.at
		c.mu.Unlock()
		for t := c.take(to); t != nil; t = c.take(to) {
			t.f()
		}
		settled()
		c.release()
	}
}
