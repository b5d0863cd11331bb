package flows

import (
	"context"
	"fmt"
	"slices"
	"testing"
)

// presser answers each page with the next id of its list.
type presser struct {
	Screen
	t      *testing.T
	answer []string
	pages  []Page
}

func (s *presser) Ask(_ context.Context, p Page, _ <-chan struct{}) (string, error) {
	s.pages = append(s.pages, p)
	if len(s.answer) == 0 {
		return "", errHome
	}
	id := s.answer[0]
	s.answer = s.answer[1:]
	if !slices.ContainsFunc(p.Buttons, func(b Button) bool { return b.ID == id && !b.Disabled }) {
		s.t.Errorf("page %d of %s has no button %s", len(s.pages), p.Name, id)
	}
	return id, nil
}

// A household of more members than a page holds is on several pages, in a ring;
// what was chosen on one is kept on the others.
func TestManyMembers(t *testing.T) {
	for n, c := range map[int]struct{ press, want []string }{
		15: {[]string{"m3", "next"}, []string{"m3"}},
		16: {[]string{"m3", "more", "m15", "more", "m4", "m3", "next"}, []string{"m4", "m15"}},
		31: {[]string{"more", "more", "m30", "more", "m0", "more", "next"}, []string{"m0", "m30"}},
	} {
		s := &presser{t: t, answer: c.press}
		v := &visit{c: &Counter{Screen: s}}
		var list []Button
		for i := range n {
			list = append(list, Button{ID: fmt.Sprintf("m%d", i), Toggle: true})
		}
		got, err := v.toggle(t.Context(), PageMembers, list, true)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%d members: chosen %v, %v; want %v", n, got, err, c.want)
		}
		for _, p := range s.pages {
			if shown := slices.DeleteFunc(slices.Clone(p.Buttons), func(b Button) bool { return !b.Toggle }); len(shown) > membersMax {
				t.Errorf("%d members: %d on a page", n, len(shown))
			}
		}
	}
}
