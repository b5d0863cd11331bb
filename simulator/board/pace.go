package board

import "time"

// Speeds of the wires when a board is paced.
const (
	i2cHertz    = 400_000
	spiHertzMax = 20_000_000
)

// paceLag is the shortest rest worth taking: a sleep is not exact, and what it
// overshoots is credited to the next transaction.
const paceLag = 200 * time.Microsecond

// pacer makes transactions take as long as they would on a wire.
type pacer struct{ free time.Time }

// take occupies the wire for d.
func (p *pacer) take(d time.Duration) {
	now := time.Now()
	if p.free.Before(now.Add(-paceLag)) {
		p.free = now
	}
	p.free = p.free.Add(d)
	if rest := time.Until(p.free); rest > paceLag {
		time.Sleep(rest)
	}
}

// wireTime is how long so many bits take.
func wireTime(bits int, hertz uint32) time.Duration {
	return time.Duration(bits) * time.Second / time.Duration(max(hertz, 1))
}
