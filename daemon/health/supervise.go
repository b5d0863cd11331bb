package health

import (
	"context"
	"time"
)

// How a part that dies is started again.
const (
	restFirst  = 100 * time.Millisecond // before the first new start; doubling
	restMost   = 5 * time.Second
	longLife   = 30 * time.Second // a life that was no quick death
	quickMost  = 5                // quick deaths in a row, then the part is broken
	afterwards = 16               // doublings that are told apart
)

// Asked is the bound of a part that only answers when it is asked: it has no loop
// that could hang.
const Asked time.Duration = 0

// Run runs a part under ctx until ctx ends or the part is over without an error,
// and starts it again when it dies. The part's loop is that of its context: it
// beats by Beat, or by what New's Loop would have given it. A bound of Asked has
// no loop.
func (m *Monitor) Run(ctx context.Context, name string, bound time.Duration, part func(context.Context) error) {
	if bound != Asked {
		beat, end := m.Loop(name, bound)
		defer end()
		ctx = With(ctx, beat)
	}
	quick := 0
	for ctx.Err() == nil {
		born := time.Now()
		healed := time.AfterFunc(longLife, func() { m.setBroken(name, false) })
		err := part(ctx)
		healed.Stop()
		if ctx.Err() != nil {
			break
		}
		if err == nil {
			break // it is over
		}
		quick++
		if time.Since(born) >= longLife {
			quick = 1
		}
		rest := min(restFirst<<min(quick-1, afterwards), restMost)
		m.log.Error("part died", "part", name, "err", err, "lived", time.Since(born).Round(time.Millisecond), "again", rest)
		if quick >= quickMost {
			m.setBroken(name, true)
		}
		Sleep(ctx, rest)
	}
	m.setBroken(name, false)
}

func (m *Monitor) setBroken(name string, broken bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if broken == m.broken[name] {
		return
	}
	if broken {
		m.broken[name] = true
		m.log.Error("part dies too often", "part", name)
		return
	}
	delete(m.broken, name)
	m.log.Info("part lives again", "part", name)
}
