package flows

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// notes is a journal in memory.
type notes struct {
	ledger *Ledger
	events []Event
}

func (n *notes) Write(e Event) error {
	n.events = append(n.events, e)
	n.ledger.Apply(e)
	return nil
}
func (n *notes) Ledger() *Ledger      { return n.ledger }
func (n *notes) Person([]byte) string { return "" }

// story is what was written, a word an event.
func (n *notes) story() string {
	var words []string
	for _, e := range n.events {
		switch e.Kind {
		case CoinIntent, CashCount, DeviceFault:
		case CoinOut, CoinIn, DebtBooked:
			words = append(words, fmt.Sprintf("%s:%d", e.Kind, e.Yen))
		case Incident:
			words = append(words, fmt.Sprintf("%s:%d", strings.ReplaceAll(e.Reason, " ", "-"), e.Yen))
		default:
			words = append(words, e.Kind)
		}
	}
	return strings.Join(words, " ")
}

// hoppers give as many coins as their script says, then one each time.
type hoppers struct {
	Cash
	motor, late map[int][]int
	queue       []Coin
	out         int // yen that left
}

func take(script map[int][]int, yen, otherwise int) int {
	if len(script[yen]) == 0 {
		return otherwise
	}
	n := script[yen][0]
	script[yen] = script[yen][1:]
	return n
}

func (h *hoppers) PayOut(yen int) (int, error) {
	n := take(h.motor, yen, 1)
	h.out += n * yen
	if n == 0 {
		return 0, errors.New("no coin")
	}
	return n, nil
}

func (h *hoppers) Late(yen int) (int, error) {
	n := take(h.late, yen, 0)
	h.out += n * yen
	return n, nil
}

func (h *hoppers) Next() (Coin, bool) {
	if len(h.queue) == 0 {
		return Coin{}, false
	}
	c := h.queue[0]
	h.queue = h.queue[1:]
	return c, true
}

type stopped struct{ Clock }

func (stopped) Now() (time.Time, bool) { return time.Time{}, true }

func (stopped) WithTimeout(ctx context.Context, _ time.Duration, _ error) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}

func till(h *hoppers, hundreds, fifties, tens int) (*Counter, *notes) {
	n := &notes{ledger: NewLedger()}
	for yen, count := range map[int]int{100: hundreds, 50: fifties, 10: tens} {
		n.ledger.Apply(Event{Kind: CashCount, Yen: yen, Count: count})
	}
	return &Counter{Cash: h, Journal: n, Clock: stopped{}, Log: slog.New(slog.DiscardHandler)}, n
}

type script = map[int][]int

func TestPayOut(t *testing.T) {
	for name, c := range map[string]struct {
		amount      int
		motor, late script // coins at each turn of a hopper; at each look after it
		want        string
	}{
		"exact":           {260, nil, nil, "coin-out:100 coin-out:100 coin-out:50 coin-out:10"},
		"nothing":         {0, nil, nil, ""},
		"two at once":     {200, script{100: {2}}, nil, "coin-out:100 coin-out:100"},
		"one too many":    {100, script{100: {2}}, nil, "coin-out:100 coin-out:100 hopper-overran:100"},
		"one after":       {100, nil, script{100: {0, 1}}, "coin-out:100 coin-out:100 hopper-overran:100"},
		"one in between":  {150, nil, script{100: {0, 1}}, "coin-out:100 coin-out:100 hopper-overran:50"},
		"late and wanted": {160, nil, script{50: {0, 1}}, "coin-out:100 coin-out:50 coin-out:50 hopper-overran:40"},
		"nobody's":        {100, nil, script{100: {1}}, "coin-out:100 hopper-overran:100 coin-out:100"},
		"stops":           {200, script{100: {1, 0}}, nil, "coin-out:100 coin-did-not-leave-the-hopper:100 coin-out:50 coin-out:50"},
		"all stop": {
			70,
			script{50: {0}, 10: {0}},
			nil,
			"coin-did-not-leave-the-hopper:50 coin-did-not-leave-the-hopper:10",
		},
	} {
		t.Run(name, func(t *testing.T) {
			counter, n := till(&hoppers{motor: c.motor, late: c.late}, 9, 9, 9)
			if err := counter.payOut("v", c.amount); err != nil {
				t.Fatal(err)
			}
			if got := n.story(); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// Whatever the hoppers do: what left is booked to the yen, the customer gets the
// whole amount unless no hopper can go on, and what went beyond it is an incident
// of that size.
func TestPayOutKeepsCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := &hoppers{motor: script{}, late: script{}}
		for _, yen := range coinsOut {
			h.motor[yen] = rapid.SliceOfN(rapid.SampledFrom([]int{0, 1, 1, 1, 1, 2}), 0, 8).Draw(t, fmt.Sprint("motor ", yen))
			h.late[yen] = rapid.SliceOfN(rapid.SampledFrom([]int{0, 0, 0, 1}), 0, 4).Draw(t, fmt.Sprint("late ", yen))
		}
		levels := rapid.SliceOfN(rapid.IntRange(0, 30), 3, 3).Draw(t, "levels")
		counter, n := till(h, levels[0], levels[1], levels[2])
		amount := 10 * rapid.IntRange(0, 150).Draw(t, "amount")
		if err := counter.payOut("v", amount); err != nil {
			t.Fatal(err)
		}
		var booked, mine, lost int
		failed := map[int]bool{}
		for _, e := range n.events {
			switch {
			case e.Kind == CoinOut && e.Visit == "v":
				mine += e.Yen
				booked += e.Yen
			case e.Kind == CoinOut:
				booked += e.Yen
			case e.Kind == Incident && e.Reason == reasonOverran:
				lost += e.Yen
			case e.Kind == Incident:
				failed[e.Yen] = true
			}
		}
		if booked != h.out {
			t.Fatalf("%d yen left, %d are booked", h.out, booked)
		}
		if over := max(0, mine-amount) + booked - mine; lost != over {
			t.Fatalf("%d yen too many left, incidents say %d", over, lost)
		}
		for _, yen := range coinsOut {
			if rest := amount - mine; rest >= yen && !failed[yen] && n.ledger.Hopper(yen) > 0 {
				t.Fatalf("%d yen are still owed, and the hopper of %d has not failed", rest, yen)
			}
		}
	})
}

// slips are a receipt printer that prints all.
type slips struct {
	SlipPrinter
	printed []Slip
}

func (s *slips) Print(_ context.Context, p Slip) error {
	s.printed = append(s.printed, p)
	return nil
}

// glass is a screen before which somebody touches the first button.
type glass struct {
	Screen
	asked []Page
}

func (g *glass) Show(context.Context, Page) error { return nil }

func (g *glass) Ask(_ context.Context, p Page, _ <-chan struct{}) (string, error) {
	g.asked = append(g.asked, p)
	return p.Buttons[0].ID, nil
}

// A coin that was on its way when the acceptor was closed comes back, or is owed,
// and that on a slip.
func TestStrayCoins(t *testing.T) {
	for name, c := range map[string]struct {
		queue []Coin
		motor script
		want  string
	}{
		"back":       {[]Coin{{Yen: 500}}, nil, "coin-in:500 coin-out:100 coin-out:100 coin-out:100 coin-out:100 coin-out:100 visit-ended"},
		"no coin":    {[]Coin{{Fault: "glitch"}}, nil, ""},
		"no hopper":  {[]Coin{{Yen: 10}}, script{10: {0}}, "coin-in:10 coin-did-not-leave-the-hopper:10 debt-booked:10 visit-ended slip-intent slip-printed"},
		"and others": {[]Coin{{Yen: 10}, {Fault: "glitch"}, {Yen: 50}}, nil, "coin-in:10 coin-out:10 visit-ended coin-in:50 coin-out:50 visit-ended"},
	} {
		t.Run(name, func(t *testing.T) {
			counter, n := till(&hoppers{motor: c.motor, queue: c.queue}, 9, 9, 9)
			paper, glass := &slips{}, &glass{}
			counter.Slips, counter.Screen = paper, glass
			if err := counter.returnStray(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := n.story(); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			owes := strings.Contains(c.want, "debt")
			if owes != (len(paper.printed) == 1) || owes != (len(glass.asked) == 1) {
				t.Errorf("slips %+v, pages %+v", paper.printed, glass.asked)
			}
			if owes && (paper.printed[0].Owed != 10 || paper.printed[0].Incident == "" || glass.asked[0].Name != PageSlip) {
				t.Errorf("slip %+v, page %+v", paper.printed[0], glass.asked[0])
			}
		})
	}
}

// A hopper that gave no coin is no change until it gives one or is counted.
func TestStoppedHopperIsNoChange(t *testing.T) {
	h := &hoppers{motor: script{100: {0}}}
	counter, n := till(h, 9, 0, 0)
	if !counter.canReturn(700) {
		t.Fatal("nine hundreds are no 700 yen")
	}
	if err := counter.payOut("v", 100); err != nil {
		t.Fatal(err)
	}
	if counter.canReturn(100) {
		t.Error("a hopper that stopped is counted on")
	}
	if err := counter.write(Event{Kind: CashCount, Device: DeviceHopper, Yen: 100, Count: 9}); err != nil {
		t.Fatal(err)
	}
	if !counter.canReturn(700) {
		t.Errorf("a count does not help: %v", n.events)
	}
}
