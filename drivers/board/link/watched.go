package link

import (
	"time"

	"kioskd/drivers/board"
)

// settleWithin is how long a question for the state waits for edges to be
// taken by whoever watches them. One that takes longer is at work, and its
// Looker will say so.
const settleWithin = 50 * time.Millisecond

// watched takes what the other end says about looking on.
func (b *Board) watched(f Frame) error {
	switch f.Kind {
	case KindAsk:
		m, err := DecodeAsk(f.Body)
		b.asked.Store(m.Trees)
		return err
	case KindArmed:
		m, err := DecodeArmed(f.Body)
		if err == nil {
			b.arm(m.Points)
		}
		return err
	default:
		id := f.ID
		b.events.add(func() { b.tellState(id) })
		return nil
	}
}

// SetLooker says who answers the board's questions. Until then a state is
// empty.
func (b *Board) SetLooker(l board.Looker) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.looker = l
}

// catchUp waits until each edge that came before was taken: what the board saw
// first is looked at first, however late the process is. A line that nobody
// reads holds this up for settleWithin at most.
func (b *Board) catchUp() {
	late := time.NewTimer(settleWithin)
	defer late.Stop()
	for _, end := range b.ends {
		in, ok := end.(*input)
		if !ok {
			continue
		}
		drained := in.drained()
		if drained == nil {
			continue
		}
		select {
		case <-drained:
		case <-late.C:
			late.Reset(0)
		case <-b.lost:
		}
	}
}

// tellState answers what the kiosk is doing.
func (b *Board) tellState(id uint32) {
	b.catchUp()
	b.mu.Lock()
	l := b.looker
	b.mu.Unlock()
	var state raw
	if l != nil {
		state = l.State()
	}
	// A lost board asks nothing.
	_ = b.send(KindState, 0, id, state)
}

// Asked says whether the other end wants trees.
func (b *Board) Asked() bool { return b.asked.Load() }

// ShowTree sends a tree, JSON, of at most BodyMax bytes.
func (b *Board) ShowTree(tree []byte) error { return b.send(KindTree, 0, 0, raw(tree)) }

func (b *Board) arm(points []Commit) {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.armed)
	for _, p := range points {
		b.armed[p] = true
	}
	b.nArmed.Store(int32(len(b.armed)))
}

// CommitPoint reports a commit point if it is armed; when is "before" or
// "after". If it is where the power is cut, it does not return while the
// process lives, except to Close: what comes after must not happen.
func (b *Board) CommitPoint(when, kind string) {
	if b.nArmed.Load() == 0 {
		return
	}
	point := Commit{After: when == "after", Kind: kind}
	b.mu.Lock()
	armed := b.armed[point] || b.armed[Commit{After: point.After, Kind: EveryKind}]
	b.mu.Unlock()
	if !armed {
		return
	}
	if b.ask(newCall(), KindCommit, 0, point) != nil {
		<-b.closed
	}
}
