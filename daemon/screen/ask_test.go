package screen

import (
	"context"
	"errors"
	"image"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kioskd/flows"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func terms() flows.Page {
	return flows.Page{Name: flows.PageTerms, Buttons: buttons("agree disagree cancel help"), Idle: time.Minute}
}

func TestTouchCountsWhereItCameDown(t *testing.T) {
	v := newVisit(t, small)
	v.asks(t.Context(), terms(), nil)
	agree, cancel := v.at("agree"), v.at("cancel")

	v.Finger([]image.Point{agree})
	v.Finger([]image.Point{cancel}) // rolls off
	v.Finger([]image.Point{cancel, agree})
	v.settle()
	v.want("agree")

	// The finger still lies there when the next page comes: it has not pressed it.
	v.asks(t.Context(), terms(), nil)
	v.Finger([]image.Point{agree})
	v.settle()
	v.waiting()
	v.Finger(nil)
	v.settle()
	v.waiting()
	v.tap("cancel")
	v.want("cancel")
}

func TestTouchBesideAButtonIsNothing(t *testing.T) {
	v := newVisit(t, large)
	v.asks(t.Context(), terms(), nil)
	for _, p := range []image.Point{{2, 2}, {640, 400}, {-5, 9000}} {
		v.Finger([]image.Point{p})
		v.Finger(nil)
		v.settle()
		v.waiting()
	}
	v.tap("disagree")
	v.want("disagree")
}

func TestDisabledButtonDoesNothing(t *testing.T) {
	v := newVisit(t, small)
	v.asks(t.Context(), flows.Page{Name: flows.PagePay, Keys: keys("fee=200 paid=0 sheets=1"), Buttons: buttons("-print cancel")}, nil)
	v.tap("print")
	v.waiting()
	v.tap("cancel")
	v.want("cancel")
}

func TestLanguageComesBackWithAnswersKept(t *testing.T) {
	v := newVisit(t, small)
	v.asksPIN(flows.Page{Name: flows.PagePIN, Keys: keys("tries=3"), Buttons: buttons("cancel help"), Idle: time.Minute})
	v.tap("1")
	v.tap("2")
	v.tap("language")
	v.sees("language")
	v.tap("zh") // to come
	v.sees("language")
	v.tap("back")
	v.sees("pin")
	v.tap("language")
	v.tap("en")
	v.sees("pin")
	if l := v.tree().Language; l != "en" || v.Language() != "en" {
		t.Fatalf("language is %s", l)
	}
	if !strings.Contains(v.looker.last(), "2 of 4 digits") {
		t.Fatalf("digits are lost: %s", v.looker.last())
	}
	v.tap("3")
	v.tap("4")
	v.tap("enter")
	if a := <-v.answers; a.pin != "1234" {
		t.Fatalf("PIN is %q, %v", a.pin, a)
	}
	v.Clear()
	if v.Language() != "ja" {
		t.Fatal("the next customer finds English")
	}
}

func TestPINKeypad(t *testing.T) {
	v := newVisit(t, small)
	page := flows.Page{Name: flows.PagePIN, Keys: keys("tries=2"), Buttons: buttons("cancel help")}
	v.asksPIN(page)
	for _, k := range []string{"9", "enter", "8", "enter", "7", "enter", "clear", "enter", "9", "0", "9", "0"} {
		v.tap(k)
		v.waiting()
	}
	v.tap("5") // a fifth digit
	v.waiting()
	v.tap("enter")
	if a := <-v.answers; a.pin != "9090" || a.id != "" || a.err != nil {
		t.Fatalf("answer is %+v", a)
	}
	for _, tree := range v.looker.trees {
		if strings.Contains(tree, "9090") {
			t.Fatal("the PIN is in a tree")
		}
	}
	v.asksPIN(page)
	if !strings.Contains(v.looker.last(), "入力 0／4桁") {
		t.Fatal("the last digits are still there")
	}
	v.tap("1")
	v.tap("cancel")
	v.want("cancel")
}

// Two PINs give the same trees and pictures once the finger is up.
func TestPictureDoesNotTellThePIN(t *testing.T) {
	var trees [2]jsonTree
	for i, pin := range []string{"1234", "9870"} {
		v := newVisit(t, small)
		v.asksPIN(flows.Page{Name: flows.PagePIN, Keys: keys("tries=2"), Buttons: buttons("cancel help")})
		for _, d := range pin {
			v.tap(string(d))
		}
		trees[i] = v.tree()
		v.tap("cancel")
		v.want("cancel")
	}
	if !reflect.DeepEqual(trees[0], trees[1]) {
		t.Fatalf("the pictures differ:\n%v\n%v", trees[0], trees[1])
	}
}

func TestIdle(t *testing.T) {
	v := newVisit(t, small)
	v.asks(t.Context(), terms(), nil)
	v.advance(39 * time.Second)
	v.sees("terms")
	v.Finger([]image.Point{{400, 200}}) // somebody is there
	v.Finger(nil)
	v.settle()
	v.advance(39 * time.Second)
	v.sees("terms")
	v.advance(2 * time.Second)
	v.sees("more-time")
	v.tap("more-time")
	v.sees("terms")
	v.advance(41 * time.Second)
	v.sees("more-time")
	v.advance(18 * time.Second)
	v.waiting()
	v.advance(2 * time.Second)
	if a := <-v.answers; !errors.Is(a.err, flows.ErrIdle) {
		t.Fatalf("answer is %+v", a)
	}
}

func TestIdleAtOnce(t *testing.T) {
	v := newVisit(t, small)
	v.asks(t.Context(), terms(), nil)
	v.advance(time.Hour)
	if a := <-v.answers; !errors.Is(a.err, flows.ErrIdle) {
		t.Fatalf("answer is %+v", a)
	}
	p := terms()
	p.Idle = 10 * time.Second
	v.asks(t.Context(), p, nil)
	v.advance(6 * time.Second)
	v.sees("more-time")
	v.tap("cancel")
	v.want("cancel")
	p.Buttons = buttons("agree")
	v.asks(t.Context(), p, nil)
	v.advance(6 * time.Second)
	v.tap("cancel")
	if a := <-v.answers; !errors.Is(a.err, flows.ErrIdle) {
		t.Fatalf("answer is %+v", a)
	}
}

func TestMoreTimeOverTheLanguages(t *testing.T) {
	v := newVisit(t, small)
	v.asks(t.Context(), terms(), nil)
	v.tap("language")
	v.advance(45 * time.Second)
	v.sees("more-time")
	v.tap("more-time")
	v.sees("language")
	v.tap("back")
	v.tap("agree")
	v.want("agree")
}

// Somebody chose English on the first page and went away.
func TestHomeComesBackToItsLanguage(t *testing.T) {
	v := newVisit(t, small)
	v.asks(t.Context(), flows.Page{Name: flows.PageHome, Buttons: buttons("start help")}, nil)
	v.tap("language")
	v.tap("en")
	if v.tree().Language != "en" {
		t.Fatal("not English")
	}
	v.advance(2 * time.Minute)
	v.sees("home")
	if v.tree().Language != "ja" {
		t.Fatal("the next customer finds English")
	}
	v.tap("language")
	v.advance(2 * time.Minute)
	v.sees("home")
	v.tap("start")
	v.want("start")
}

func TestLasts(t *testing.T) {
	v := newVisit(t, small)
	p := flows.Page{Name: flows.PageGoodbye, Lasts: 20 * time.Second}
	v.asks(t.Context(), p, nil)
	v.advance(19 * time.Second)
	v.waiting()
	v.advance(2 * time.Second)
	v.want("")
}

func TestUntilAndContext(t *testing.T) {
	v := newVisit(t, small)
	until := make(chan struct{})
	v.asks(t.Context(), terms(), until)
	close(until)
	if a := <-v.answers; a.id != "" || a.err != nil {
		t.Fatalf("answer is %+v", a)
	}
	v.settle()
	why := errors.New("the card left")
	ctx, cancel := context.WithCancelCause(t.Context())
	v.asks(ctx, terms(), nil)
	cancel(why)
	if a := <-v.answers; !errors.Is(a.err, why) {
		t.Fatalf("answer is %+v", a)
	}
	if err := v.Show(ctx, terms()); !errors.Is(err, why) {
		t.Fatalf("Show says %v", err)
	}
	v.settle()
}

// From the touch on, the kiosk is never settled before the flow has its answer
// and has begun its next work.
func TestNeverSettledBetweenTouchAndAnswer(t *testing.T) {
	v := newVisit(t, small)
	for range 100 {
		v.asks(t.Context(), terms(), nil)
		v.Finger([]image.Point{v.at("agree")})
		waitSettled(t, v.gauge)
		v.want("agree")
		v.Finger(nil)
	}
	for range 20 {
		v.asks(t.Context(), flows.Page{Name: flows.PageCancelled, Lasts: time.Second}, nil)
		v.clock.advance(time.Second, func() { waitSettled(t, v.gauge) })
		v.want("")
	}
}

func TestToggleKeepsTheRingUntilTheFingerLeaves(t *testing.T) {
	v := newVisit(t, small)
	p := flows.Page{Name: flows.PageItems, Buttons: buttons("~head-and-relation ~my-number next cancel")}
	v.asks(t.Context(), p, nil)
	v.Finger([]image.Point{v.at("my-number")})
	v.settle()
	v.want("my-number")
	p.Buttons[1].On = true
	v.asks(t.Context(), p, nil)
	held := v.tree().Checksum
	v.Finger(nil)
	v.settle()
	if v.tree().Checksum == held {
		t.Fatal("the ring stays")
	}
	v.tap("next")
	v.want("next")
}

func TestPanelError(t *testing.T) {
	v := newVisit(t, small)
	broken := errors.New("no answer on the bus")
	v.glass.fail = broken
	if err := v.Show(t.Context(), terms()); !errors.Is(err, broken) {
		t.Fatalf("Show says %v", err)
	}
	v.glass.fail = nil
	if err := v.Show(t.Context(), terms()); err != nil {
		t.Fatal(err)
	}
	if v.glass.sent() != 800*480*2 {
		t.Fatalf("sent %d bytes after an error, want the whole frame", v.glass.sent())
	}
	v.sees("terms")
}

// A key press, with its ring on and off, its dot, and the enter key that comes
// alive, costs at most 3 % of a full frame.
func TestKeyPressIsCheap(t *testing.T) {
	const full = 800 * 480 * 2
	v := newVisit(t, small)
	v.asksPIN(flows.Page{Name: flows.PagePIN, Keys: keys("tries=3"), Buttons: buttons("cancel help")})
	for _, k := range []string{"1", "5", "0", "9", "3"} {
		before := v.glass.sent()
		v.tap(k)
		cost := v.glass.sent() - before
		t.Logf("key %s: %d bytes, %.2f %%", k, cost, 100*float64(cost)/full)
		if cost*100 > full*3 {
			t.Errorf("key %s costs %d bytes of %d", k, cost, full)
		}
	}
	v.tap("cancel")
	v.want("cancel")
}
