package journal

import (
	"slices"
	"time"
)

// paceMost is how many commits are remembered.
const paceMost = 512

// Pace is how long the latest commits took: a disk that dies slows down first.
type Pace struct {
	Commits int           `json:"commits"` // how many these are of
	Median  time.Duration `json:"median"`  // nanoseconds
	Worst   time.Duration `json:"worst"`   // nanoseconds
	// Checkpoint is the latest one.
	Checkpoint Checkpoint `json:"checkpoint"`
}

// Checkpoint is how many events went from the log into the file at once, and how
// long that took.
type Checkpoint struct {
	Events int           `json:"events"`
	Took   time.Duration `json:"took"` // nanoseconds
}

// pace remembers commits, the latest in place of the oldest.
type pace struct {
	took []time.Duration
	next int

	checkpoint Checkpoint
}

func (p *pace) note(d time.Duration) {
	if len(p.took) < paceMost {
		p.took = append(p.took, d)
		return
	}
	p.took[p.next] = d
	p.next = (p.next + 1) % paceMost
}

func (p *pace) read() Pace {
	if len(p.took) == 0 {
		return Pace{Checkpoint: p.checkpoint}
	}
	all := slices.Sorted(slices.Values(p.took))
	return Pace{Commits: len(all), Median: all[len(all)/2], Worst: all[len(all)-1], Checkpoint: p.checkpoint}
}
