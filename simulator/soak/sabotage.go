package soak

import (
	"kioskd/daemon/journal"
	"kioskd/flows"
)

// sabotage is what tests put around the counter's ports, to see each invariant
// bite. Empty, it is nothing.
type sabotage struct {
	counter func(c *flows.Counter)
	state   func(c *flows.Counter, dir string)
	upload  func(to journal.Office) journal.Office
}
