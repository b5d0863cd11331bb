package scenario_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"kioskd/simulator/shop"
)

const (
	coinIn   = 500 // yen, what the customer of these tests drops in
	feeACopy = 200
	ordered  = 2
	// cutsAtATime is how many kiosks are open together: a visit is mostly waiting
	// for coins and paper.
	cutsAtATime = 12
)

// point is one commit of the journal: before or after, its kind, and which of
// that kind since kioskd was first started.
type point struct {
	when, kind string
	nth        int
}

func (p point) String() string { return fmt.Sprintf("%s:%s #%d", p.when, p.kind, p.nth) }

// TestEveryCommitPoint ends the real kioskd with SIGKILL at every commit of a
// certificate visit, alone and with the power of the whole board, one run each:
// 500 yen in, two copies, change. The points come from a visit in which nothing
// goes wrong. Power on again: the money agrees to the yen with what lies in
// the machine and in the customer's hand (I2), the sheets that came out are those
// that the office has as delivered (I3), and its events are the journal's, each
// once and in order (I7, I10).
func TestEveryCommitPoint(t *testing.T) {
	dir := t.TempDir()
	kioskd := filepath.Join(dir, "kioskd")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", kioskd, "kioskd/daemon/kioskd").CombinedOutput(); err != nil {
		t.Fatalf("build kioskd: %v\n%s", err, out)
	}
	supplies, err := shop.OpenSupplies("", shop.DefaultFonts)
	if err != nil {
		t.Fatal(err)
	}
	defer supplies.Close()
	one := func(ctx context.Context, at *point, power bool) outcome {
		where, err := os.MkdirTemp(dir, "run")
		if err != nil {
			return outcome{err: err}
		}
		s, err := shop.New(ctx, shop.Options{
			Dir: where, Kioskd: kioskd, Supplies: supplies, Start: time.Date(2026, 11, 24, 10, 0, 0, 0, time.FixedZone("JST", 9*3600)),
		})
		if err != nil {
			return outcome{err: err}
		}
		o := crashRun(ctx, s, at, power)
		if err := s.Close(); o.err == nil {
			o.err = err
		}
		return o
	}
	dry := one(t.Context(), nil, false)
	if dry.err != nil {
		t.Fatal(dry.err)
	}
	if len(dry.points) < 36 || dry.kept != ordered*feeACopy || dry.returned != coinIn-ordered*feeACopy || dry.physical != ordered {
		t.Fatalf("a visit in which nothing goes wrong: %+v", dry)
	}
	type job struct {
		at    point
		power bool
		outcome
	}
	var jobs []*job
	for _, at := range dry.points {
		jobs = append(jobs, &job{at: at, power: true}, &job{at: at})
	}
	g, ctx := errgroup.WithContext(t.Context())
	g.SetLimit(cutsAtATime)
	for _, j := range jobs {
		g.Go(func() error { j.outcome = one(ctx, &j.at, j.power); return nil })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	var table bytes.Buffer
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	row := func(cells ...any) {
		if _, err := fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf(strings.Repeat("%v\t", len(cells)), cells...), "\t")); err != nil {
			t.Fatal(err)
		}
	}
	row("SIGKILL", "at", "in", "kept", "returned", "owed", "unwitnessed", "sheets out", "delivered", "unknown", "events", "incidents")
	for _, j := range jobs {
		how := "alone"
		if j.power {
			how = "power"
		}
		row(how, j.at, j.in, j.kept, j.returned, j.owed, j.unwitnessed(), j.physical, j.delivered, j.unknown, j.events, strings.Join(j.incidents, "; "))
		for _, wrong := range j.wrong(j.at) {
			t.Errorf("%s %s: %s", how, j.at, wrong)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d runs\n%s", len(jobs), table.String())
}

// outcome is what lies in the machine and in the customer's hand when everything
// is over, and what journal and office say of it.
type outcome struct {
	err                          error
	points                       []point
	in, kept, returned, owed     int // yen
	physical, delivered, unknown int // sheets
	events                       int
	incidents                    []string // their reasons, of the journal
	trouble                      []string // with the events at the office
}

// unwitnessed is what nobody has booked; below 0 it is the house's loss.
func (o outcome) unwitnessed() int { return o.in - o.kept - o.returned - o.owed }

func (o outcome) wrong(at point) []string {
	if o.err != nil {
		return []string{o.err.Error()}
	}
	wrong := o.trouble
	has := func(reason string) bool { return strings.Contains(strings.Join(o.incidents, ";"), reason) }
	switch un := o.unwitnessed(); {
	case un == 0:
	case un < 0 && has("hopper overran"): // booked, and the house's loss: a coin that slips out on a slow machine
	case un == coinIn && at.when == "before" && at.kind == "coin-in" && has("coins were let in"):
	case un == 100 && (at.kind == "coin-intent" || at.kind == "coin-out") && has("coin in motion"):
	default:
		wrong = append(wrong, fmt.Sprintf("%d yen are nobody's, with the incidents %q", un, o.incidents))
	}
	if o.kept != feeACopy*o.delivered {
		wrong = append(wrong, fmt.Sprintf("%d yen were kept for %d copies delivered", o.kept, o.delivered))
	}
	if o.delivered > o.physical || o.physical > o.delivered+o.unknown || o.unknown > 1 {
		wrong = append(wrong, fmt.Sprintf("%d sheets came out, %d delivered and %d unknown at the office", o.physical, o.delivered, o.unknown))
	}
	if o.owed != 0 && !has("") {
		wrong = append(wrong, "money is owed without an incident")
	}
	return wrong
}

// crashRun plays one visit to its end, with a crash at that commit; nil for none.
func crashRun(ctx context.Context, s *shop.Shop, at *point, power bool) (o outcome) {
	k, err := s.Kiosk(1)
	if err != nil {
		return outcome{err: err}
	}
	if o.err = k.Config("limit.end", "1s"); o.err != nil {
		return o
	}
	c := &shopper{shop: s, kiosk: k, struck: make(chan struct{})}
	var mu sync.Mutex
	counts := make(map[string]int)
	s.Pace(func() { c.keepUp(ctx) })
	defer s.Pace(nil)
	k.Board().OnCommit(func(when, kind string) bool {
		mu.Lock()
		defer mu.Unlock()
		counts[when+kind]++
		p := point{when, kind, counts[when+kind]}
		if kind != "cash-count" {
			o.points = append(o.points, p)
		}
		if at == nil || p != *at {
			return false
		}
		close(c.struck)
		return true
	})
	if o.err = k.PowerOn(); o.err != nil {
		return o
	}
	o.err = c.until(ctx, at != nil)
	if o.err == nil && at != nil {
		if power {
			k.PowerCut()
		} else {
			k.Kill()
		}
		k.Board().OnCommit(nil)
		c = c.comesBack()
		if o.err = k.PowerOn(); o.err == nil {
			o.err = c.until(ctx, false)
		}
	}
	if o.err != nil {
		o.err = fmt.Errorf("%w; %s; log: %s", o.err, c.describe(ctx), strings.Join(k.LogTail(3), " | "))
		return o
	}
	o.in, o.returned, o.physical = c.inserted, k.Returned(), len(k.Sheets())
	o.err = o.compare(ctx, s, k)
	return o
}

// compare waits until the office has everything, and reads journal and office.
func (o *outcome) compare(ctx context.Context, s *shop.Shop, k *shop.Kiosk) error {
	var journal shop.Journal
	for until := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		var err error
		if journal, err = k.Journal(ctx); err != nil {
			return err
		}
		if journal.Unsent == 0 {
			break
		}
		if time.Now().After(until) {
			return fmt.Errorf("%d events do not reach the office", journal.Unsent)
		}
	}
	o.owed = journal.Owed
	there := s.Office().Events(k.Name())
	o.events = len(there)
	if len(there) != len(journal.Events) {
		o.trouble = append(o.trouble, fmt.Sprintf("the journal has %d events, the office %d", len(journal.Events), len(there)))
	}
	for i, e := range there {
		if e.Trouble != "" || e.N != uint64(i+1) || i >= len(journal.Events) || e.Kind != journal.Events[i].Kind() {
			o.trouble = append(o.trouble, fmt.Sprintf("event %d at the office: %s, number %d, %s", i+1, e.Kind, e.N, e.Trouble))
		}
		switch e.Kind {
		case "fee-kept":
			yen := 0
			if _, err := fmt.Sscan(e.Field("yen"), &yen); err != nil {
				return err
			}
			o.kept += yen
		case "sheet-delivered":
			o.delivered++
		case "sheet-unknown":
			o.unknown++
		case "incident":
			o.incidents = append(o.incidents, e.Field("reason"))
		}
	}
	return nil
}
