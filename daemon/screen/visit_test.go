package screen

import (
	"context"
	"encoding/json"
	"image"
	"sync"
	"testing"
	"time"

	"kioskd/daemon/activity"
	"kioskd/flows"
	"kioskd/flows/secret"
)

// answer is what a question ended with.
type answer struct {
	id  string
	pin string
	err error
}

// visit is a flow at work on a stage: it holds a piece of work except while a
// question waits.
type visit struct {
	*stage
	t       *testing.T
	answers chan answer
	mu      sync.Mutex
	work    func()
}

func newVisit(t *testing.T, bounds image.Rectangle) *visit {
	t.Helper()
	v := &visit{t: t, answers: make(chan answer, 1)}
	v.stage = newStage(t, bounds, "ja", func(o *Options) { o.Rest = v.rest })
	return v
}

func (v *visit) rest() func() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.work()
	return func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.work = v.gauge.Begin()
	}
}

// asks runs one question and waits until it rests.
func (v *visit) asks(ctx context.Context, p flows.Page, until <-chan struct{}) {
	v.t.Helper()
	v.run(func() answer {
		id, err := v.Ask(ctx, p, until)
		return answer{id: id, err: err}
	})
}

func (v *visit) asksPIN(p flows.Page) {
	v.t.Helper()
	v.run(func() answer {
		pin, id, err := v.AskPIN(context.Background(), p, nil)
		a := answer{id: id, err: err}
		if pin != nil {
			a.pin = spell(pin)
			pin.Wipe()
		}
		return a
	})
}

func spell(t *secret.Text) string {
	var s string
	if err := t.Use(func(b []byte) error { s = string(b); return nil }); err != nil {
		return err.Error()
	}
	return s
}

func (v *visit) run(ask func() answer) {
	v.t.Helper()
	v.mu.Lock()
	v.work = v.gauge.Begin()
	v.mu.Unlock()
	go func() {
		a := ask()
		v.answers <- a
		v.mu.Lock()
		defer v.mu.Unlock()
		v.work()
	}()
	v.settle()
}

// settle waits until nobody works: twice the same, as a player would.
func (v *visit) settle() {
	v.t.Helper()
	waitSettled(v.t, v.gauge)
}

func waitSettled(t *testing.T, g *activity.Gauge) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		ok, turn := g.Settled()
		again, same := g.Settled()
		if ok && again && turn == same {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("never settles")
		}
		time.Sleep(100 * time.Microsecond)
	}
}

func (v *visit) advance(d time.Duration) {
	v.clock.advance(d, v.settle)
	v.settle()
}

// at is the middle of a button of the picture last told.
func (v *visit) at(id string) image.Point {
	v.t.Helper()
	for _, n := range v.tree().Nodes {
		if n.Role == "button" && n.ID == id {
			return image.Pt((n.Bounds[0]+n.Bounds[2])/2, (n.Bounds[1]+n.Bounds[3])/2)
		}
	}
	v.t.Fatalf("no button %s on %s", id, v.Page())
	return image.Point{}
}

func (v *visit) tree() jsonTree {
	v.t.Helper()
	var t jsonTree
	if err := json.Unmarshal([]byte(v.looker.last()), &t); err != nil {
		v.t.Fatal(err)
	}
	return t
}

func (v *visit) tap(id string) {
	v.t.Helper()
	v.Finger([]image.Point{v.at(id)})
	v.settle()
	v.Finger(nil)
	v.settle()
}

func (v *visit) want(id string) {
	v.t.Helper()
	select {
	case a := <-v.answers:
		if a.err != nil || a.id != id {
			v.t.Fatalf("answer is %q, %v; want %q", a.id, a.err, id)
		}
	default:
		v.t.Fatalf("no answer; want %q", id)
	}
}

func (v *visit) waiting() {
	v.t.Helper()
	select {
	case a := <-v.answers:
		v.t.Fatalf("answer %q, %v; want none yet", a.id, a.err)
	default:
	}
}

func (v *visit) sees(page string) {
	v.t.Helper()
	if v.Page() != page {
		v.t.Fatalf("panel shows %s, want %s", v.Page(), page)
	}
	tree := v.tree()
	if got := checksum(v.glass.pix); tree.Page != page || tree.Checksum != got {
		v.t.Fatalf("tree is of %s with %s, the glass has %s", tree.Page, tree.Checksum, got)
	}
}
