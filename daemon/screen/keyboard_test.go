package screen

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"kioskd/flows"
	"kioskd/flows/secret"
)

// resetSamples are the pages of the reset, and those that it shares with the
// other errand.
func resetSamples(contact *flows.Contact) []sample {
	var out []sample
	add := func(name, ks, bs string) *view {
		p := flows.Page{Name: name, Keys: keys(ks), Buttons: buttons(bs), Contact: contact}
		out = append(out, sample{strings.TrimSpace(name + " " + ks), view{page: p, asked: true}})
		return &out[len(out)-1].view
	}
	const r = "errand=reset"
	add("reset-about", r, "next four-digit-pin cancel help")
	add("booked", r, "yes no cancel help")
	add("how-to-book", r, "next cancel help")
	add("terms", r, "agree disagree cancel help")
	add("lay-card", r, "cancel help")
	add("blocked", r, "next cancel help")
	add("card-gone", r, "next cancel help")
	for _, reason := range []string{"hours", "closed", "maintenance", "office", "reader", "not-offered"} {
		add("unavailable", "reason="+reason+" "+r, "back cancel help")
	}
	for _, e := range []entry{
		{},
		{n: 5, rule: secret.Rule{Letter: true}},
		{n: 16, rule: secret.Rule{Length: true, Letter: true, Digit: true}},
	} {
		add("new-password", r, "show cancel help").entry = &e
		add("again", r, "cancel help").entry = &e
	}
	add("mismatch", r, "next cancel help")
	add("writing", "", "")
	add("reset-done", "", "next")
	add("reset-unchanged", "incident=1a2b-3c4d", "next")
	add("reset-unknown", "incident=1a2b-3c4d", "next")
	add("reset-unknown", "incident=1a2b-3c4d slip=yes", "next")
	add("reset-unknown", "incident=1a2b-3c4d slip=no", "next")
	add("goodbye", r, "")
	add("cancelled", r, "")
	add("sorry", r+" incident=1a2b-3c4d owed=0", "next")
	for _, reason := range []string{"later", "start-again", "fault", "never-heard-of"} {
		add("sorry", r+" incident=1a2b-3c4d owed=0 reason="+reason, "next")
	}
	return out
}

func (v *visit) asksPassword(page string, more string) {
	v.t.Helper()
	p := flows.Page{Name: page, Buttons: buttons(more + " cancel help"), Idle: time.Minute}
	v.run(func() answer {
		text, id, err := v.AskPassword(context.Background(), p, nil)
		a := answer{id: id, err: err}
		if text != nil {
			a.pin = spell(text)
			text.Wipe()
		}
		return a
	})
}

func (v *visit) types(keys string) {
	v.t.Helper()
	for _, k := range keys {
		v.tap(string(k))
	}
}

// wantTicks are length, letter and digit.
func (v *visit) wantTicks(want ...string) {
	v.t.Helper()
	k := v.tree().Keys
	if got := []string{k["length"], k["letter"], k["digit"]}; !slices.Equal(got, want) {
		v.t.Fatalf("ticks are %v, want %v", got, want)
	}
}

func TestPasswordKeyboard(t *testing.T) {
	v := newVisit(t, small)
	v.asksPassword(flows.PageNewPassword, "show")
	v.wantTicks("no", "no", "no")
	v.types("ABCDE")
	v.wantTicks("no", "yes", "no")
	v.tap("enter") // not yet
	v.waiting()
	v.types("F")
	v.wantTicks("yes", "yes", "no")
	v.tap("enter")
	v.waiting()
	v.types("0")
	v.wantTicks("yes", "yes", "yes")
	v.tap("clear")
	v.wantTicks("no", "no", "no")
	v.types("OI01OI01OI01OI01")
	v.types("X") // a seventeenth
	v.tap("language")
	v.tap("en")
	v.sees(flows.PageNewPassword)
	v.wantTicks("yes", "yes", "yes")
	v.tap("enter")
	if a := <-v.answers; a.pin != "OI01OI01OI01OI01" || a.id != "" || a.err != nil {
		t.Fatalf("answer is %+v", a)
	}
	for _, tree := range v.looker.trees {
		if strings.Contains(tree, "OI01") || strings.Contains(tree, "ABCDEF") {
			t.Fatal("the password is in a tree")
		}
	}
	v.asksPassword(flows.PageAgain, "")
	if v.tree().Keys["length"] != "" {
		t.Error("the second page has ticks")
	}
	v.tap("enter") // nothing to compare
	v.waiting()
	v.types("A")
	v.tap("cancel")
	v.want("cancel")
}

// The password can be read while "show" shows it, and at no other time: two
// passwords give the same picture before and after.
func TestPasswordIsRevealedBriefly(t *testing.T) {
	var masked, shown, after [2]string
	for i, text := range []string{"ABC123", "XYZ789"} {
		v := newVisit(t, small)
		v.asksPassword(flows.PageNewPassword, "show")
		v.types(text)
		masked[i] = v.tree().Checksum
		v.tap("show")
		shown[i] = v.tree().Checksum
		v.advance(revealLasts)
		after[i] = v.tree().Checksum
		v.tap("show")
		v.types("1") // any key covers it
		v.tap("clear")
		v.tap("show")
		v.tap("cancel")
		v.want("cancel")
		v.advance(time.Minute)
	}
	if masked[0] != masked[1] || after[0] != after[1] || masked != after {
		t.Error("a masked picture tells the password")
	}
	if shown[0] == shown[1] || shown[0] == masked[0] {
		t.Error("show shows nothing")
	}
}

// Zero and O, one and I are told apart by their shape and by a word.
func TestLookAlikes(t *testing.T) {
	for _, language := range []string{"ja", "en"} {
		st := newStage(t, small, language, nil)
		sc, err := st.compose(view{page: flows.Page{Name: flows.PageNewPassword, Buttons: buttons("show cancel help")}, asked: true})
		if err != nil {
			t.Fatal(err)
		}
		words := map[string]string{}
		for _, n := range sc.nodes {
			words[n.ID] = n.Label
		}
		for _, id := range []string{"0", "1", "O", "I"} {
			if words[id] == id || !strings.HasSuffix(words[id], " "+id) {
				t.Errorf("%s: key %s says %q", language, id, words[id])
			}
		}
	}
}

// A key press costs at most 2 % of a full frame, and at most 7 % where ticks
// change and enter comes alive with it.
func TestLetterPressIsCheap(t *testing.T) {
	const full = 800 * 480 * 2
	v := newVisit(t, small)
	v.asksPassword(flows.PageNewPassword, "show")
	for _, k := range []string{"A", "B", "7", "O", "0", "Z"} {
		before := v.glass.sent()
		v.tap(k)
		cost := v.glass.sent() - before
		t.Logf("key %s: %d bytes, %.2f %%", k, cost, 100*float64(cost)/full)
		most := 2
		if strings.Contains("A7Z", k) {
			most = 7
		}
		if cost*100 > full*most {
			t.Errorf("key %s costs %d bytes of %d", k, cost, full)
		}
	}
	v.tap("cancel")
	v.want("cancel")
}
