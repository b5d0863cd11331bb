package screen

import (
	"image"
	"testing"

	"kioskd/flows"
)

// A page that is only shown anew, for a coin or a new notice, loses no finger that
// came down on it; another page takes none.
func TestFingerOnAPageThatIsShownAnew(t *testing.T) {
	for _, tc := range []struct {
		name string
		next flows.Page
		want string
	}{
		{"the same page", terms(), "agree"},
		{"the same page without that button", flows.Page{Name: flows.PageTerms, Buttons: buttons("cancel help")}, ""},
		{"another page", flows.Page{Name: flows.PageKind, Buttons: buttons("residence-certificate cancel help")}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := newVisit(t, small)
			until := make(chan struct{})
			v.asks(t.Context(), terms(), until)
			agree := v.at("agree")
			close(until)
			if a := <-v.answers; a.id != "" || a.err != nil {
				t.Fatalf("answer is %+v", a)
			}
			v.settle()
			v.Finger([]image.Point{agree})
			v.Finger(nil)
			v.asks(t.Context(), tc.next, nil)
			v.settle()
			if tc.want == "" {
				v.waiting()
				v.tap("cancel")
				v.want("cancel")
				return
			}
			v.want(tc.want)
		})
	}
}

// A finger that came down before the page was to be shown anew answers it.
func TestFingerBeforeTheEnd(t *testing.T) {
	v := newVisit(t, small)
	for range 50 {
		until := make(chan struct{})
		v.asks(t.Context(), terms(), until)
		v.Finger([]image.Point{v.at("agree")})
		close(until)
		if a := <-v.answers; a.id != "agree" {
			t.Fatalf("answer is %+v", a)
		}
		v.settle()
		v.Finger(nil)
	}
}

// Who is choosing a language goes on choosing when the page beneath is shown anew.
func TestLanguagesStayOverAPageThatIsShownAnew(t *testing.T) {
	v := newVisit(t, small)
	until := make(chan struct{})
	v.asks(t.Context(), terms(), until)
	v.tap("language")
	v.sees("language")
	close(until)
	if a := <-v.answers; a.id != "" || a.err != nil {
		t.Fatalf("answer is %+v", a)
	}
	v.settle()
	v.asks(t.Context(), terms(), nil)
	v.sees("language")
	v.tap("en")
	v.sees("terms")
	if l := v.tree().Language; l != "en" {
		t.Errorf("language is %s", l)
	}
	v.tap("agree")
	v.want("agree")
}
