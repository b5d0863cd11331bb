package fleet_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"kioskd/daemon/office/protocol"
	simulated "kioskd/simulator/office"
)

// puppet is a kiosk that does at once what it is told, or what its test says.
type puppet struct {
	id string

	mu     sync.Mutex
	booked []protocol.CommandName
	hold   chan struct{} // not nil: a customer stays until it is closed
	held   int           // commands that wait, or did
	fails  error
}

func (p *puppet) Health() protocol.Health {
	return protocol.Health{Version: protocol.Version, Kiosk: p.id, Page: protocol.PageIdle}
}

func (p *puppet) wait(ctx context.Context) error {
	p.mu.Lock()
	hold, fails := p.hold, p.fails
	if hold != nil {
		p.held++
	}
	p.mu.Unlock()
	if hold == nil {
		return fails
	}
	select {
	case <-hold:
		return fails
	case <-ctx.Done():
		return protocol.CommandBusy
	}
}

func (p *puppet) SelfTest(ctx context.Context) (protocol.Health, error) {
	return p.Health(), p.wait(ctx)
}

func (p *puppet) Log(ctx context.Context) ([]string, error) { return []string{"a line"}, p.wait(ctx) }
func (p *puppet) Restart(ctx context.Context) error         { return p.wait(ctx) }

func (p *puppet) Book(c protocol.CommandName) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.booked = append(p.booked, c)
	return nil
}

// serve has a kiosk take commands until the test ends, and returns once it does.
func (w *world) serve(id, state string) (*puppet, func()) {
	w.t.Helper()
	c := w.dial(id, state)
	w.eventually("the line stands", c.Reachable)
	p := &puppet{id: id}
	ctx, cancel := context.WithCancel(w.t.Context())
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := c.Serve(ctx, 1, p); err != nil {
			w.t.Error(err)
		}
	})
	stop := func() { cancel(); serving.Wait() }
	w.t.Cleanup(stop)
	w.eventually("it takes commands", func() bool {
		_, err := w.office.Command(ctx, id, protocol.CommandStatus)
		return err == nil
	})
	return p, stop
}

// TestCommandRefusals: each thing that can be wrong with a command has its name.
func TestCommandRefusals(t *testing.T) {
	w := newWorld(t)
	state := t.TempDir()
	p, stop := w.serve("k001", state)
	w.serve("k002", t.TempDir())
	out := protocol.CommandOutOfService
	sign := func(kiosk string, name protocol.CommandName) []byte {
		data, err := w.office.SignCommand(kiosk, name)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	refused := func(what string, data []byte, want protocol.CommandCode) {
		t.Helper()
		var code protocol.CommandCode
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		if _, err := w.office.SendCommand(ctx, "k001", out, data); !errors.As(err, &code) || code != want {
			t.Errorf("%s: %v, want %s", what, err, want)
		}
	}
	other := sign("k001", out)
	var signed protocol.SignedCommand
	if err := json.Unmarshal(other, &signed); err != nil {
		t.Fatal(err)
	}
	signed.Body = bytes.Replace(signed.Body, []byte("out-of-service"), []byte("in-service"), 1)
	bent, err := json.Marshal(signed)
	if err != nil {
		t.Fatal(err)
	}
	refused("changed", bent, protocol.CommandUnsigned)
	refused("nonsense", []byte("restart, please"), protocol.CommandMalformed)
	refused("oversized", append(sign("k001", out), strings.Repeat(" ", protocol.MaxCommand)...), protocol.CommandMalformed)
	refused("another command's", sign("k001", protocol.CommandRestart), protocol.CommandMalformed)
	refused("another kiosk's", sign("k002", out), protocol.CommandForeign)
	late := sign("k001", out)
	w.clock.Advance(time.Minute, func() {})
	refused("late", late, protocol.CommandExpired)
	early := sign("k001", out)
	w.clock.SetWall(w.clock.Now().Add(-protocol.MaxCommandLife))
	refused("good for too long", early, protocol.CommandExpired)
	w.clock.SetWall(w.clock.Now().Add(protocol.MaxCommandLife))
	if len(p.booked) > 0 {
		t.Fatalf("refused, and done: %v", p.booked)
	}

	first := sign("k001", out)
	if _, err := w.office.SendCommand(t.Context(), "k001", out, first); err != nil {
		t.Fatal(err)
	}
	refused("again", first, protocol.CommandNumber)
	refused("an older one", other, protocol.CommandExpired)
	before := sign("k001", out)
	if _, err := w.office.Command(t.Context(), "k001", protocol.CommandStatus); err != nil {
		t.Fatal(err)
	}
	refused("overtaken", before, protocol.CommandNumber)
	if !slices.Equal(p.booked, []protocol.CommandName{out}) {
		t.Errorf("booked: %v", p.booked)
	}

	// The number outlives the process, and so does the order.
	stop()
	again := w.dial("k001", state)
	if !again.Rules().OutOfService {
		t.Error("the order is forgotten after a restart")
	}
	var h protocol.Health
	again.Standing(&h)
	if !h.Order || h.Number == 0 {
		t.Errorf("after a restart: %+v", h)
	}
	w.serve("k001", state)
	refused("again, after a restart", first, protocol.CommandNumber)
}

// TestCommandBusy: whoever is served is not disturbed, and one command waits for
// no other.
func TestCommandBusy(t *testing.T) {
	w := newWorld(t)
	p, _ := w.serve("k001", t.TempDir())
	hold := make(chan struct{})
	p.mu.Lock()
	p.hold = hold
	p.mu.Unlock()
	tested := make(chan error, 1)
	go func() {
		_, err := w.office.Command(t.Context(), "k001", protocol.CommandSelfTest)
		tested <- err
	}()
	w.eventually("the self-test waits", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.held == 1
	})
	if _, err := w.office.Command(t.Context(), "k001", protocol.CommandStatus); !errors.Is(err, protocol.CommandBusy) {
		t.Errorf("another command meanwhile: %v, want busy", err)
	}
	close(hold)
	if err := <-tested; err != nil {
		t.Error(err)
	}
	p.mu.Lock()
	p.hold, p.fails = nil, errors.New("no paper for a log")
	p.mu.Unlock()
	if _, err := w.office.Command(t.Context(), "k001", protocol.CommandSendLog); !errors.Is(err, protocol.CommandFailed) {
		t.Errorf("what fails: %v", err)
	}
}

// TestCommandWithoutDisk: what changes the service must be kept; what only asks
// is answered all the same, and never twice.
func TestCommandWithoutDisk(t *testing.T) {
	w := newWorld(t)
	state := filepath.Join(t.TempDir(), "state")
	if err := os.Mkdir(state, 0o700); err != nil {
		t.Fatal(err)
	}
	p, _ := w.serve("k001", state)
	if err := os.RemoveAll(state); err != nil {
		t.Fatal(err)
	}
	if _, err := w.office.Command(t.Context(), "k001", protocol.CommandOutOfService); !errors.Is(err, protocol.CommandFailed) {
		t.Errorf("out of service: %v, want failed", err)
	}
	if _, err := w.office.Command(t.Context(), "k001", protocol.CommandSendLog); err != nil {
		t.Errorf("the log: %v", err)
	}
	if _, err := w.office.Replay(t.Context(), "k001"); !errors.Is(err, protocol.CommandNumber) {
		t.Errorf("the log, again: %v, want number", err)
	}
	if len(p.booked) > 0 {
		t.Errorf("booked: %v", p.booked)
	}
}

// TestFleetIsFound: the ordinary tools' own questions find every kiosk by its id.
func TestFleetIsFound(t *testing.T) {
	w := newWorld(t)
	want := []string{"k001", "k002", "k003"}
	for _, id := range want {
		w.serve(id, t.TempDir())
	}
	nc := operator(t, w.office)
	for _, verb := range []micro.Verb{micro.PingVerb, micro.InfoVerb, micro.StatsVerb} {
		subject, err := micro.ControlSubject(verb, protocol.ServiceName, "")
		if err != nil {
			t.Fatal(err)
		}
		inbox := nc.NewInbox()
		answers, err := nc.SubscribeSync(inbox)
		if err != nil {
			t.Fatal(err)
		}
		if err := nc.PublishRequest(subject, inbox, nil); err != nil {
			t.Fatal(err)
		}
		found := make(map[string]int)
		for len(found) < len(want) {
			m, err := answers.NextMsg(5 * time.Second)
			if err != nil {
				t.Fatalf("%s: found %v: %v", subject, found, err)
			}
			var info micro.Info
			if err := json.Unmarshal(m.Data, &info); err != nil {
				t.Fatal(err)
			}
			found[info.Metadata["kiosk"]]++
			if verb == micro.InfoVerb && len(info.Endpoints) != len(protocol.Commands()) {
				t.Errorf("%s has %d endpoints", info.Metadata["kiosk"], len(info.Endpoints))
			}
		}
		if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, want) {
			t.Errorf("%s found %v", subject, got)
		}
	}
}

// operator connects as the ordinary tools do.
func operator(t *testing.T, o *simulated.Office) *nats.Conn {
	t.Helper()
	key, err := nats.NkeyOptionFromSeed(o.OperatorFile())
	if err != nil {
		t.Fatal(err)
	}
	nc, err := nats.Connect(o.URL(), key, nats.RootCAs(o.AuthorityFile()), nats.CustomInboxPrefix(simulated.OperatorInbox),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { slog.Error("operator", "err", err) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// TestHealth: the last word of each kiosk stays, for the office alone to see;
// what a kiosk has not signed is not its.
func TestHealth(t *testing.T) {
	w := newWorld(t)
	c := w.kiosk("k001")
	if _, err := w.office.Health(t.Context(), "k001"); !errors.Is(err, simulated.ErrNoHealth) {
		t.Errorf("before it has spoken: %v", err)
	}
	for _, owed := range []int{0, 200, 300} {
		h := protocol.Health{Page: protocol.PageOut, Out: "journal", Owed: owed}
		c.Standing(&h)
		if err := c.PublishHealth(h); err != nil {
			t.Fatal(err)
		}
	}
	w.eventually("the last word", func() bool {
		h, err := w.office.Health(t.Context(), "k001")
		return err == nil && h.Owed == 300 && h.Out == "journal" && h.Kiosk == "k001"
	})
	w.office.Away()
	if err := c.PublishHealth(protocol.Health{Version: 1, Kiosk: "k001", Page: protocol.PageIdle}); err == nil {
		w.eventually("the line is down", func() bool { return !c.Reachable() })
	}
	if err := w.office.Back(); err != nil {
		t.Fatal(err)
	}
	if h, err := w.office.Health(t.Context(), "k001"); err != nil || h.Owed != 300 {
		t.Errorf("after an outage: %+v, %v", h, err)
	}
}
