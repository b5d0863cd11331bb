package scenario

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"kioskd/simulator/board/pages"
	"kioskd/simulator/shop"
)

// play plays lines on a fake floor, prepared by its caller.
func play(t *testing.T, f *fakeFloor, text string) error {
	t.Helper()
	s, err := Parse("x.scenario", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return Play(t.Context(), s, f, Options{Pictures: t.TempDir()})
}

func holds(t *testing.T, f *fakeFloor, text string) {
	t.Helper()
	if err := play(t, f, text); err != nil {
		t.Error(err)
	}
}

// fails wants the line that says so to fail, with words in the message.
func fails(t *testing.T, f *fakeFloor, text string, line int, words ...string) {
	t.Helper()
	err := play(t, f, text)
	var m *Mismatch
	if !errors.As(err, &m) {
		t.Errorf("%q: got %v, want a mismatch", text, err)
		return
	}
	if m.Line != line {
		t.Errorf("%q: line %d, want %d: %v", text, m.Line, line, err)
	}
	for _, w := range append(words, "x.scenario:", "expected:", "there was:") {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q: no %q in %v", text, w, err)
		}
	}
	if _, err := os.Stat(m.Picture); err != nil {
		t.Errorf("%q: no picture: %v", text, err)
	}
}

// visitFloor has a kiosk with a short way: home, menu, a page that passes, pay.
func visitFloor() *fakeFloor {
	f := newFakeFloor()
	k := f.kiosk
	k.tapped["start"] = func() { k.show("menu", nil, false, "certificate", "reset/disabled", "language") }
	k.tapped["certificate"] = func() {
		k.show("checking", nil, false)
		k.show("pay", map[string]string{"fee": "200", "paid": "0"}, false, "print/disabled", "cancel")
	}
	k.tapped["language"] = func() { k.show("language", nil, false, "en", "ja", "back") }
	k.tapped["en"] = func() {
		k.show("home", nil, false, "start", "language")
		k.current.Language = "en"
	}
	return f
}

func TestSee(t *testing.T) {
	holds(t, visitFloor(), "see home\ntap start\nsee menu\n")
	holds(t, visitFloor(), "see pay|home has=page of\nsee home lacks=menu\nnot menu\n")
	// A page that passed since the line before counts, once.
	holds(t, visitFloor(), "tap start\ntap certificate\nsee checking\nsee pay fee=200 paid=0\n")
	fails(t, visitFloor(), "tap start\ntap certificate\nsee pay\nsee checking within 20ms", 4, "see checking", "pay fee=200 paid=0", "cancel")
	// The page from which the tap came does not.
	fails(t, visitFloor(), "see home\ntap start\nsee home within 20ms", 3, "menu")
	fails(t, visitFloor(), "see home has=nowhere within 20ms", 1, "nowhere", "page of home")
	fails(t, visitFloor(), "see home lacks=page", 1, "without")
	fails(t, visitFloor(), "see home\nnot home", 2, "not home")
	fails(t, visitFloor(), "tap start\ntap certificate\nsee pay paid=100 within 20ms", 3, "paid=0")
}

// TestBlackPanelIsNoPage: a tree whose picture the panel does not hold is not
// seen, now or later.
func TestBlackPanelIsNoPage(t *testing.T) {
	f := visitFloor()
	f.kiosk.tapped["start"] = func() { f.kiosk.show("menu", nil, true, "certificate") }
	fails(t, f, "see home\ntap start\nsee menu within 20ms", 3, "does not hold this page's picture", "not on the panel")
	f = visitFloor()
	f.kiosk.tapped["start"] = func() {
		f.kiosk.show("menu", nil, true)
		f.kiosk.show("terms", nil, false)
	}
	fails(t, f, "see home\ntap start\nsee menu within 20ms", 3, "terms")
	f = visitFloor()
	f.kiosk.tapped["start"] = func() { f.kiosk.panel = "dead" }
	fails(t, f, "see home\ntap start\nsee home within 20ms", 3)
}

func TestTap(t *testing.T) {
	f := visitFloor()
	holds(t, f, "press start 3s\ndrag certificate\nsee pay\n")
	if got := strings.Join(f.kiosk.touches, " "); got != "start move move move move certificate" {
		t.Errorf("touches: %s", got)
	}
	if len(f.advance) != 1 || f.advance[0] != 3*time.Second {
		t.Errorf("the clock moved by %v", f.advance)
	}
	fails(t, visitFloor(), "tap agree within 20ms", 1, "agree", "start")
	// A disabled button is touched all the same, and nothing comes of it.
	f = visitFloor()
	holds(t, f, "tap start\ntap reset\nsee menu\n")
	if got := strings.Join(f.kiosk.touches, " "); got != "start reset" {
		t.Errorf("touches: %s", got)
	}
	f = visitFloor()
	holds(t, f, "language en\nsee home\n")
	f = newFakeFloor()
	f.kiosk.tapped["start"] = func() { f.kiosk.show("pin", map[string]string{"tries": "3"}, false, "1", "2", "enter/disabled") }
	holds(t, f, "tap start\nsee pin tries=3\ntype 1212\n")
	if got := strings.Join(f.kiosk.touches, ""); got != "start1212" {
		t.Errorf("touches: %s", got)
	}
}

func TestHandAndTrays(t *testing.T) {
	f := visitFloor()
	k := f.kiosk
	k.tapped["start"] = func() {
		k.returned += 300
		k.sheets = append(k.sheets, pages.Sheet{ID: 1, Raster: [32]byte{1}}, pages.Sheet{ID: 2, Raster: [32]byte{2}})
		k.slips = []shop.Slip{{Kind: "receipt", Lines: []string{"領収書", "200円"}, Printed: true}}
		k.sounded++
		k.lamp = "blink"
	}
	f.texts = map[[32]byte]string{{1}: "住民票\n氏名 甲", {2}: "住民票\n氏名 乙"}
	holds(t, f, `resident adult
lay card
take card
lay two cards
take card
coins in 100 500
coins out 0
sheets 0
tap start
sound
lamp reader blink
coins out 300
sheets 2
sheet 2 has 乙
sheet 2 lacks 甲
receipt has 200円
slip has 領収書
receipt lacks 甲
coins out 0
tries pin 3
hopper 100 30
fault reader hangs
clear reader
take sheets
`)
	if len(k.inserted) != 2 {
		t.Errorf("coins in: %v", k.inserted)
	}
	fails(t, f, "sheet 1 has 丙 within 20ms", 1, "甲")
	fails(t, f, "sheet 3 has 甲 within 20ms", 1, "only 2")
	fails(t, f, "tap start\nsheets 1 within 20ms", 2, "2 came out") // and not what came before the file began
	fails(t, f, "tap start\ncoins out 200 within 20ms", 2, "300 yen")
	fails(t, f, "lamp reader on within 20ms", 1, "blink")
	fails(t, f, "take card", 1, "none lies there")
	fails(t, f, "lay card", 1, "nobody was named")
	k.slips[0].Printed = false
	fails(t, f, "receipt has 領収書 within 20ms", 1, "has not printed")
	// A pulled card is in hand: there is nothing to take, and nothing wrong.
	holds(t, f, "fault reader pulled:3\ntake card\n")
}

// TestPassingAmount: an amount that is only passed on the way to another is not
// what came back.
func TestPassingAmount(t *testing.T) {
	f := visitFloor()
	k := f.kiosk
	k.tapped["start"] = func() {
		k.busy = true
		k.returned = 200
		time.AfterFunc(30*time.Millisecond, func() { k.locked(func() { k.returned, k.busy = 300, false }) })
	}
	fails(t, f, "tap start\ncoins out 200 within 200ms", 2, "300 yen")
}

func TestBooks(t *testing.T) {
	f := visitFloor()
	f.kiosk.journal = shop.Journal{Owed: 100, Unsent: 2, Events: []shop.Event{
		{"kind": "coin-in", "yen": 100.0}, {"kind": "coin-in", "yen": 500.0}, {"kind": "visit-ended", "how": "done"},
	}}
	f.events = f.kiosk.journal.Events
	holds(t, f, "owed 100\njournal unsent 2\njournal has coin-in\njournal has coin-in 2\njournal has paid 0\n"+
		"office has coin-in 1 yen=500\noffice has visit-ended how=done\n")
	fails(t, f, "owed 0 within 20ms", 1, "100 yen")
	fails(t, f, "journal has coin-in 1 within 20ms", 1, "2 of 3")
	fails(t, f, "office has coin-in yen=10 within 20ms", 1, "0 of 3")
	fails(t, f, "journal unsent 0 within 20ms", 1, "2 unsent")
}

func TestTimeAndPower(t *testing.T) {
	f := visitFloor()
	holds(t, f, "config limit.idle=30s\noffice sets tariff.inagi=300\noffice version 2\nsee home\nwait 90s\nclock 2026-12-24T10:00:00+09:00\n"+
		"clock 2026-11-24T10:00:00+09:00\ncut power\npower on\nsee home\nkill\nwait 1s\npower on\npower on\nsee home\noffice away\noffice back\n")
	if f.kiosk.starts != 3 {
		t.Errorf("%d starts, want 3", f.kiosk.starts)
	}
	if got := strings.Join(append(f.kiosk.config, f.set...), " "); got != "limit.idle=30s tariff.inagi=300 version.minimum=2" {
		t.Errorf("set up with %q", got)
	}
	if f.advance[0] != 90*time.Second || f.advance[1] != longest {
		t.Errorf("the clock moved by %v", f.advance)
	}
	fails(t, visitFloor(), "see home\nkill\nsee home within 20ms", 3, "the kiosk is off")
	// What needs no kiosk does not start it.
	f = visitFloor()
	holds(t, f, "fault disk damaged\nresident adult\n")
	if f.kiosk.starts != 0 {
		t.Errorf("%d starts, want none", f.kiosk.starts)
	}
	// An armed cut is waited for.
	f = visitFloor()
	f.kiosk.tapped["start"] = func() {
		time.AfterFunc(20*time.Millisecond, func() {
			f.kiosk.off()
			f.kiosk.locked(func() { f.kiosk.armed = false })
		})
	}
	holds(t, f, "cut power at before:paid\ntap start\npower on\nsee home\n")
	if f.kiosk.starts != 2 {
		t.Errorf("%d starts, want 2", f.kiosk.starts)
	}
}

func TestNotYetAtPlay(t *testing.T) {
	err := play(t, visitFloor(), "see home\nresident ward\n")
	var later *NotYetError
	if !errors.As(err, &later) || later.Line != 2 || ExitCode(err) != ExitNotYet {
		t.Errorf("got %v", err)
	}
}

func TestQuiet(t *testing.T) {
	holds(t, visitFloor(), "quiet")
	fails(t, visitFloor(), "tap start\nquiet within 20ms", 2, "page menu")
	f := visitFloor()
	f.kiosk.queued = 1
	fails(t, f, "quiet within 20ms", 1, "1 in the printer")
}

func TestCanary(t *testing.T) {
	for _, clean := range []string{
		"", "n=12345", "id=a1234b", "2026-11-24T10:00:00.1234567", "9c1234ef", "31323334ff", "abc123", "ABC12",
	} {
		f := visitFloor()
		f.kiosk.residue = []shop.Residue{{Where: "log", Bytes: []byte(clean)}}
		holds(t, f, "resident adult\nsee home\ncanary\n")
	}
	for _, dirty := range []string{
		"pin=1234", "1234", "x\x041234\x00", "31323334", "31 32 33 34", "MTIzNA==", "1\x002\x003\x004\x00", "\x001\x002\x003\x004",
		"password ABC123", "xABC123x", "414243313233", "A\x00B\x00C\x001\x002\x003\x00", "QUJDMTIz", "eEFCQzEyMw==", "eHhBQkMxMjM=",
	} {
		f := visitFloor()
		f.kiosk.residue = []shop.Residue{{Where: "log", Bytes: []byte(dirty)}}
		fails(t, f, "resident adult\nsee home\ncanary\n", 3, "log")
		f = visitFloor()
		f.heard = [][]byte{[]byte(dirty)}
		fails(t, f, "resident adult\nsee home\ncanary\n", 3, "message")
	}
	// Four digits among sealed bytes are chance; what can be read beside them is not,
	// and a password is none anywhere.
	f := visitFloor()
	f.heard = [][]byte{[]byte("2 ask session\n\xff\x041234\x00\xfe")}
	holds(t, f, "resident adult\nsee home\ncanary\n")
	for _, dirty := range []string{"2 ask session pin=1234\n\xff\xfe", "2 ask session\n\xffABC123\xfe"} {
		f.heard = [][]byte{[]byte(dirty)}
		fails(t, f, "resident adult\nsee home\ncanary\n", 3, "message")
	}
	// What was typed counts too; nobody's secret counts where nobody was named.
	f = newFakeFloor()
	f.kiosk.tapped["start"] = func() { f.kiosk.show("pin", nil, false, "9", "8") }
	f.kiosk.residue = []shop.Residue{{Where: "log", Bytes: []byte("1234 and 9898")}}
	fails(t, f, "tap start\ntype 9898\ncanary\n", 3)
	holds(t, f, "canary\n")
	f = visitFloor()
	f.kiosk.core = "unlimited"
	fails(t, f, "see home\ncanary\n", 2, "core")
}

// oneFloor opens the same kind of fake floor for every file.
type oneFloor struct{ opened, closed int }

func (c *oneFloor) Open(context.Context, *Script) (Floor, func(bool) error, error) {
	c.opened++
	return visitFloor(), func(bool) error { c.closed++; return nil }, nil
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := dir + "/" + name
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, bad := write("good", "see home\n"), write("bad", "see menu within 10ms\n")
	later, wrong := write("later", "see home\nlanguage zh\n"), write("wrong", "see home\nfly\n")
	for _, tc := range []struct {
		files []string
		want  int
		text  string
	}{
		{[]string{good}, ExitOK, "ok "},
		{[]string{good, bad}, ExitMismatch, "FAIL "},
		{[]string{good, later}, ExitNotYet, "later:2: not yet: language zh"},
		{[]string{later, bad}, ExitMismatch, "expected: see menu"},
		{[]string{wrong, bad, good}, ExitSyntax, "wrong:2: unknown verb \"fly\""},
		{[]string{dir + "/absent"}, ExitSyntax, "absent: cannot be read"},
	} {
		var out strings.Builder
		c := &oneFloor{}
		code := Run(t.Context(), tc.files, c, &out, RunOptions{Parallel: 1, Options: Options{Pictures: dir}, Verbose: true})
		if code != tc.want || !strings.Contains(out.String(), tc.text) {
			t.Errorf("%v: exit %d, want %d with %q:\n%s", tc.files, code, tc.want, tc.text, out.String())
		}
		if c.opened != c.closed {
			t.Errorf("%v: %d floors opened, %d closed", tc.files, c.opened, c.closed)
		}
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if code := Run(stopped, []string{good}, &oneFloor{}, io.Discard, RunOptions{}); code != ExitMismatch {
		t.Errorf("stopped: exit %d", code)
	}
}
