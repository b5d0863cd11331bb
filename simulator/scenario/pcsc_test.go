package scenario_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kioskd/simulator/card"
	"kioskd/simulator/pcscd"
	"kioskd/simulator/scenario"
	"kioskd/simulator/shop"
)

// counter is one kiosk whose card reader is pcscd's: the production kioskd, a
// real pcscd, its virtual reader.
type counter struct {
	daemon *pcscd.Daemon
	floor  scenario.Floor
	dir    string
}

func open(t *testing.T) *counter {
	t.Helper()
	return openWith(t, pcscd.Options{})
}

func openWith(t *testing.T, o pcscd.Options) *counter {
	t.Helper()
	dir, err := os.MkdirTemp("", "pcsc") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	o.Dir = dir
	d, err := pcscd.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	supplies, err := shop.OpenSupplies("", shop.DefaultFonts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(supplies.Close)
	shops := &scenario.Shops{
		Kioskd: daemonOf(t), Fonts: shop.DefaultFonts, Supplies: supplies, Log: slog.New(slog.DiscardHandler), Logs: dir,
		PCSC: &shop.PCSC{Address: d.Address(0, 0), Env: d.Env()},
	}
	floor, closed, err := shops.Open(t.Context(), parse(t, "see home"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := closed(t.Failed()); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			if b, err := os.ReadFile(filepath.Join(dir, t.Name()+"-k001.log")); err == nil {
				t.Logf("%s", b)
			}
		}
	})
	return &counter{d, floor, dir}
}

func parse(t *testing.T, text string) *scenario.Script {
	t.Helper()
	s, err := scenario.Parse(t.Name(), strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// play has lines played, and says how long they took.
func (c *counter) play(t *testing.T, text string) time.Duration {
	t.Helper()
	begun := time.Now()
	if err := c.try(t, text); err != nil {
		t.Fatal(err)
	}
	return time.Since(begun)
}

// try is play where the lines need not hold.
func (c *counter) try(t *testing.T, text string) error {
	t.Helper()
	return scenario.Play(t.Context(), parse(t, text), c.floor, scenario.Options{Pictures: c.dir})
}

const (
	untilLayCard = "resident adult\nsee home\ntap start\ntap certificate\ntap agree\nsee lay-card\n"
	untilPIN     = untilLayCard + "lay card\nsee pin\n"
	fromKind     = `
		tap residence-certificate
		tap self
		tap next
		tap next
		tap go-on
		see pay fee=200
		coins in 100 100
		see pay paid=200
		tap print
		see take-sheets within 30s
		sheet 1 has 住民票
		take sheets
		see goodbye
		wait 30s
		see home
		owed 0
		tries pin 3`
	untilKind = untilPIN + "type 1234\ntap enter\nsee take-card\ntake card\nsee kind\n"
)

// A whole visit, from the card to the sheets.
func TestVisitOverPCSC(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.play(t, untilKind+fromKind+"\noffice has sheet-delivered 1\ncanary\nquiet")
}

// pcscd is killed and started again in the middle of a visit: it goes on where
// no card is needed, and is told where one was.
func TestPcscdKilledInMidVisit(t *testing.T) {
	t.Parallel()
	c := open(t)
	again := func() {
		t.Helper()
		if err := c.daemon.Restart(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	// While the card is waited for, and again when it is not needed any more.
	c.play(t, untilLayCard)
	c.daemon.Kill()
	again()
	c.play(t, "resident adult\nlay card\nsee pin within 10s\ntype 1234\ntap enter\nsee take-card\ntake card\nsee kind")
	c.daemon.Kill()
	c.play(t, "see kind\ntap residence-certificate\nsee scope")
	again()
	c.play(t, "resident adult"+strings.Replace(fromKind, "tap residence-certificate", "", 1))
	// While the PIN is asked for: the card lies there, but nobody can tell.
	c.play(t, untilPIN)
	c.daemon.Kill()
	c.play(t, "see card-gone\ntap next\nsee home")
	again()
	c.play(t, "resident adult\ntake card\ntries pin 3\n"+untilKind+fromKind+"\ncanary\nquiet")
}

// The card is taken after every single exchange of the login, one customer each:
// the kiosk says so, and is ready for the next within two seconds.
func TestCardTakenAfterEachExchange(t *testing.T) {
	t.Parallel()
	c := open(t)
	// The first customer's card shows that it does not know extended length; from
	// then on a login takes nine exchanges, two of them after the last digit.
	const exchanges = 9
	c.play(t, untilKind+"tap cancel\nsee cancelled\nwait 30s\nsee home")
	const ready = 2 * time.Second
	for n := 1; n <= exchanges; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			c.play(t, untilLayCard)
			steps := fmt.Sprintf("resident adult\nfault reader pulled:%d\nlay card\n", n)
			if n > exchanges-2 {
				steps += "see pin\ntype 1234\ntap enter\n"
			}
			c.play(t, steps)
			if n == exchanges {
				// It has signed, and the card is not needed any more; or the answer was
				// lost with the card, when pcscd noticed that first.
				c.play(t, "see kind|card-gone\ntap cancel\nsee cancelled\nwait 30s")
			} else {
				took := c.play(t, "see card-gone within 2s\ntap next\nsee home within 2s")
				if took > ready {
					t.Errorf("ready after %v", took)
				}
			}
			c.play(t, "resident adult\ntries pin 3\nclear reader\nsee home")
		})
	}
	c.play(t, untilKind+fromKind+"\nquiet")
}

// A wrong PIN spends exactly one try, by the card's own counter: heard, or with
// its answer lost because the card left at that instant.
func TestWrongPINOverPCSC(t *testing.T) {
	t.Parallel()
	c := open(t)
	home := "tap cancel\nsee cancelled|take-card\ntake card\nwait 30s\nsee home"
	c.play(t, untilKind+"tap cancel\nsee cancelled\nwait 30s\nsee home")
	c.play(t, untilPIN+"type 9876\ntap enter\nsee wrong-pin tries=2\ntries pin 2\ntap next\nsee pin tries=2\n"+home)
	const beforeVerify = 7 // exchanges, once the kiosk has learnt that extended length does not work
	c.play(t, untilLayCard+fmt.Sprintf("fault reader lost:%d\nlay card\nsee pin tries=2\ntype 9876\ntap enter\nsee card-gone\ntries pin 1\ntap next\nsee home\nclear reader", beforeVerify))
	c.play(t, untilLayCard+"lay card\nsee last-try\ntap go-on\nsee pin tries=1\ntype 1234\ntap enter\nsee last-try\ntap go-on\nsee take-card\ntries pin 3\ntake card\nsee kind\ntap cancel\nsee cancelled\nwait 30s\nsee home")
}

// The reader is unplugged while the card has the PIN in hand: one try, whatever
// the kiosk hears of it, and the next customer is served as soon as the reader is
// back.
func TestReaderUnpluggedAtVerify(t *testing.T) {
	t.Parallel()
	c := openWith(t, pcscd.Options{Unpluggable: true})
	k, err := c.floor.Kiosk(1)
	if err != nil {
		t.Fatal(err)
	}
	var heard atomic.Int32
	k.(*shop.Kiosk).OnExchange(func(e card.Exchange) {
		if e.Name == "VERIFY" && heard.Add(1) == 1 {
			if err := c.daemon.Unplug(0); err != nil {
				t.Error(err)
			}
		}
	})
	c.play(t, untilPIN+"type 9876\ntap enter\nsee card-gone|wrong-pin within 5s\ntries pin 2\nsee card-gone within 5s\ntap next\nsee home within 2s\ntries pin 2")
	if n := heard.Load(); n != 1 {
		t.Errorf("the card heard VERIFY %d times", n)
	}
	const told = "working=false" // by pcscd, at its next look
	for end := time.Now().Add(10 * time.Second); !strings.Contains(k.(*shop.Kiosk).Log(), told); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the kiosk never heard that its reader has gone")
		}
	}
	c.play(t, "resident adult\ntake card\ntap start\ntap certificate\nsee unavailable reason=reader\ntap back\nsee menu\ntap cancel\nsee cancelled|home")
	if err := c.daemon.Plug(0); err != nil {
		t.Fatal(err)
	}
	if err := c.daemon.Await(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	// pcscd tells its readers anew for a second or two; until then the gate is shut.
	const gate = "resident adult\nwait 30s\nsee home within 5s\ntap start\ntap certificate\nsee terms within 1s\ntap disagree\nsee cancelled\nwait 30s"
	for end := time.Now().Add(10 * time.Second); ; {
		err := c.try(t, gate)
		if err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
		c.play(t, "tap back\ntap cancel\nsee cancelled|home")
	}
	c.play(t, untilKind+fromKind+"\nquiet")
	if n := heard.Load(); n != 2 {
		t.Errorf("the card heard VERIFY %d times, want 2", n)
	}
}

// Answers that are torn, empty, too long or never come, and something that is no
// card of this sort: a page that says so, nothing spent, and the next customer is
// served.
func TestBadAnswersOverPCSC(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.play(t, untilLayCard+"fault reader garbage\nlay card\nsee wrong-card kind=unreadable")
	c.play(t, "resident adult\nclear reader\ntake card\nsee lay-card\nlay card\nsee pin tries=3\ntake card\nsee card-gone\ntap next\nsee home")
	// A command that hangs: the reader needs attention, and is well again by itself.
	for _, fault := range []string{"late:5s", "hangs"} {
		c.play(t, untilLayCard+"fault reader "+fault+"\nlay card\nsee unavailable reason=reader within 8s")
		c.play(t, "resident adult\nclear reader\ntake card\ntap cancel\nsee cancelled\nwait 30s\nsee home\n"+untilPIN+"tries pin 3\ntake card\nsee card-gone\ntap next\nsee home")
	}
	c.play(t, strings.Replace(untilLayCard, "adult", "transit-card", 1)+"lay card\nsee wrong-card kind=foreign\ntake card\nsee lay-card\ntap cancel\nsee cancelled\nwait 30s\nsee home")
	c.play(t, untilKind+fromKind+"\ncanary\nquiet")
}
