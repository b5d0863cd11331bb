package glass

import "fmt"

// Fault breaks the chip: "dead" (no acknowledge on the bus) or "ghost" (touches
// that nobody makes). It replaces the fault before it.
func (c *Chip) Fault(kind string) error {
	switch kind {
	case "dead":
		c.Clear()
		c.mu.Lock()
		c.dead = true
		c.forget()
		c.mu.Unlock()
		c.settleINT(false)
	case "ghost":
		c.Clear()
		c.mu.Lock()
		c.ghost = true
		c.ghostEnd = c.clock.AfterFunc(ghostEvery, c.haunt)
		c.mu.Unlock()
	default:
		return fmt.Errorf("glass: no fault %q (there is dead, ghost)", kind)
	}
	return nil
}

// Clear mends the chip.
func (c *Chip) Clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dead, c.ghost = false, false
	if c.ghostEnd != nil {
		c.ghostEnd()
		c.ghostEnd = nil
	}
}

// haunt touches the glass somewhere, and arms the next time.
func (c *Chip) haunt() {
	c.mu.Lock()
	if !c.ghost {
		c.mu.Unlock()
		return
	}
	width, height := c.mem.size()
	x, y := c.random.IntN(width), c.random.IntN(height)
	c.ghostEnd = c.clock.AfterFunc(ghostEvery, c.haunt)
	c.mu.Unlock()
	c.Down(x, y)
	c.Up()
}
