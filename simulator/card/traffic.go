package card

import "time"

// Traffic is what has passed between a reader and its cards: how many exchanges,
// how many bytes of commands and answers, and how long the slowest card in use
// (TypeB) would have taken for them.
type Traffic struct {
	Exchanges       int
	Commands, Bytes int // bytes of the commands; of commands and answers
	Air, Chip       time.Duration
}

// Time is how long it takes on the air and in the chip.
func (t Traffic) Time() time.Duration { return t.Air + t.Chip }

func (t Traffic) sub(o Traffic) Traffic {
	return Traffic{
		Exchanges: t.Exchanges - o.Exchanges, Commands: t.Commands - o.Commands, Bytes: t.Bytes - o.Bytes,
		Air: t.Air - o.Air, Chip: t.Chip - o.Chip,
	}
}

func (t Traffic) plus(o Traffic) Traffic {
	return Traffic{
		Exchanges: t.Exchanges + o.Exchanges, Commands: t.Commands + o.Commands, Bytes: t.Bytes + o.Bytes,
		Air: t.Air + o.Air, Chip: t.Chip + o.Chip,
	}
}

// counter counts a reader's traffic.
type counter struct {
	all      Traffic
	selected Traffic // the command before this one, where it was a selection
	secret   bool    // one was presented
	mark     Traffic // all that came before it
}

func (c *counter) add(command, answer []byte) {
	one := cost(command, answer)
	if carries(command, insVerify) {
		c.secret, c.mark = true, c.all.sub(c.selected)
	}
	c.all = c.all.plus(one)
	c.selected = Traffic{}
	if len(command) > 1 && command[1] == insSelect {
		c.selected = one
	}
}

func cost(command, answer []byte) Traffic {
	model := TypeB()
	return Traffic{
		Exchanges: 1, Commands: len(command), Bytes: len(command) + len(answer),
		Air: model.Air(len(command), len(answer)), Chip: model.Chip(command),
	}
}

// Traffic is what has passed since the reader was made; fromSecret is the part of
// it since a secret was last presented, with that command and the selection
// directly before it.
func (r *Reader) Traffic() (all, fromSecret Traffic) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.traffic.secret {
		fromSecret = r.traffic.all.sub(r.traffic.mark)
	}
	return r.traffic.all, fromSecret
}

// Since is the traffic after an earlier count.
func (t Traffic) Since(earlier Traffic) Traffic { return t.sub(earlier) }
