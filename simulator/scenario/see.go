package scenario

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"kioskd/simulator/shop"
)

// see waits for a page: the one the panel shows, or one that it showed since
// the line before.
func (p *player) see(ctx context.Context, want *sight) error {
	deadline := time.Now().Add(p.within)
	for {
		if t := p.found(want); t != nil {
			p.present.mark = &mark{after: t.Number, tree: t}
			return p.lacks(ctx, want, t)
		}
		if time.Now().After(deadline) {
			return mismatch("see "+want.String(), describe(p.kiosk)+p.since())
		}
		if err := pause(ctx, pollEvery); err != nil {
			return err
		}
	}
}

// found is a tree that agrees with what is wanted and whose picture was on the
// panel.
func (p *player) found(want *sight) *shop.Tree {
	now := p.kiosk.Tree()
	if now != nil && want.agrees(now) && p.kiosk.Shows(now.Checksum) {
		return now
	}
	for _, t := range p.fresh() {
		if t.Matched && want.agrees(t) {
			return t
		}
	}
	return nil
}

// fresh are the trees since the line before, without those that still show the
// page as it was then: a pressed button is not a new page.
func (p *player) fresh() []*shop.Tree {
	m := p.present.mark
	trees := p.kiosk.Trees(m.after)
	if m.tree == nil {
		return trees
	}
	for i, t := range trees {
		if !t.Same(m.tree) {
			return trees[i:]
		}
	}
	return nil
}

// since tells, for a mismatch, which pages there were since the line before.
func (p *player) since() string {
	var names []string
	for _, t := range p.fresh() {
		name := title(t)
		if !t.Matched {
			name += " (not on the panel)"
		}
		if len(names) == 0 || names[len(names)-1] != name {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "\nshown since the line before: " + strings.Join(names, ", ")
}

func (s *sight) agrees(t *shop.Tree) bool {
	if !slices.Contains(s.pages, t.Page) {
		return false
	}
	for _, k := range s.keys {
		if v, ok := t.Keys[k[0]]; !ok || v != k[1] {
			return false
		}
	}
	for _, text := range s.has {
		if !reads(t.Text(), text) {
			return false
		}
	}
	return true
}

// reads says whether a text can be read there, also across the ends of lines.
func reads(visible, text string) bool {
	return strings.Contains(visible, text) ||
		strings.Contains(strings.ReplaceAll(visible, "\n", " "), text) ||
		strings.Contains(strings.ReplaceAll(visible, "\n", ""), text)
}

// lacks looks once, after the kiosk has settled, at the page if it still is the
// one that was found, else at what was found.
func (p *player) lacks(ctx context.Context, want *sight, found *shop.Tree) error {
	if len(want.lacks) == 0 {
		return nil
	}
	p.settle(ctx, settleWithin)
	t := found
	if now := p.kiosk.Tree(); now != nil && want.agrees(now) {
		t = now
	}
	for _, text := range want.lacks {
		if reads(t.Text(), text) {
			return mismatch(fmt.Sprintf("%s without %q", strings.Join(want.pages, "|"), text), describeTree(t))
		}
	}
	return nil
}

func (p *player) not(ctx context.Context, pages []string) error {
	p.settle(ctx, settleWithin)
	if t := p.kiosk.Tree(); t != nil && slices.Contains(pages, t.Page) {
		return mismatch("not "+strings.Join(pages, "|"), describe(p.kiosk))
	}
	return nil
}

// describe says what the panel shows, for a person.
func describe(k Kiosk) string {
	t := k.Tree()
	switch {
	case t == nil && !k.Running():
		return "no page: the kiosk is off" + ended(k)
	case t == nil:
		return "no page: kioskd has shown none since it started" + ended(k)
	case !k.Shows(t.Checksum):
		return describeTree(t) + "\nbut the panel does not hold this page's picture (checksum " + t.Checksum + ")"
	}
	return describeTree(t)
}

// ended says why kioskd is not there, where it went by itself.
func ended(k Kiosk) string {
	how := k.Ended()
	if how == "" {
		return ""
	}
	const lines = 5
	return "\nkioskd ended: " + how + "\n" + strings.Join(k.LogTail(lines), "\n")
}

func describeTree(t *shop.Tree) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)", title(t), t.Language)
	for _, n := range t.Nodes {
		switch {
		case n.Role == "button":
			fmt.Fprintf(&b, "\nbutton %s: %s", n.ID, strings.TrimSpace(n.Label+" "+n.State))
		case n.Label != "":
			fmt.Fprintf(&b, "\n%s: %s", n.Role, n.Label)
		}
	}
	return b.String()
}

func title(t *shop.Tree) string {
	s := t.Page
	for _, k := range slices.Sorted(maps.Keys(t.Keys)) {
		s += " " + k + "=" + t.Keys[k]
	}
	return s
}

func (p *player) sheets(ctx context.Context, n int) error {
	s := p.present
	if n == 0 {
		p.settle(ctx, settleWithin)
	}
	err := p.eventually(ctx, fmt.Sprintf("%d sheets since last asked", n), func() (bool, string, error) {
		out := len(p.kiosk.Sheets()) - s.sheets
		return out == n, fmt.Sprintf("%d came out\n%s", out, describe(p.kiosk)), nil
	})
	s.batch = s.sheets
	s.sheets += n
	return err
}

// sheet finds sheet n: of those counted by the last `sheets`, else of all.
func (p *player) sheet(ctx context.Context, n int, has bool, text string) error {
	find := func() (bool, string, error) {
		all := p.kiosk.Sheets()
		i := n - 1
		if p.present.batch+i < p.present.sheets {
			i += p.present.batch
		}
		if i >= len(all) {
			return false, fmt.Sprintf("only %d sheets came out", len(all)), errMissing
		}
		front, known := p.floor.SheetText(all[i].Raster)
		if !known {
			return false, "a sheet that the office did not draw", errMissing
		}
		return reads(front, text), front, nil
	}
	return p.readable(ctx, fmt.Sprintf("sheet %d", n), has, text, find)
}

// errMissing says that there is nothing to read yet.
var errMissing = errors.New("nothing there")

// readable looks for a text, or for its absence, on a paper.
func (p *player) readable(ctx context.Context, what string, has bool, text string, find func() (bool, string, error)) error {
	if has {
		return p.eventually(ctx, fmt.Sprintf("%s has %q", what, text), func() (bool, string, error) {
			ok, got, err := find()
			if errors.Is(err, errMissing) {
				err = nil
			}
			return ok, got, err
		})
	}
	p.settle(ctx, settleWithin)
	reads, got, err := find()
	if err != nil && !errors.Is(err, errMissing) {
		return err
	}
	if reads || err != nil {
		return mismatch(fmt.Sprintf("%s lacks %q", what, text), got)
	}
	return nil
}

// slip reads the last receipt or slip that came out of the printer.
func (p *player) slip(ctx context.Context, what string, has bool, text string) error {
	return p.readable(ctx, "the last "+what, has, text, func() (bool, string, error) {
		all := p.kiosk.Slips()
		if len(all) == 0 {
			return false, "none was printed", errMissing
		}
		last := all[len(all)-1]
		if !last.Printed {
			return false, "kioskd says it printed one, but the printer has not printed such dots", errMissing
		}
		return reads(last.Text(), text), last.Text(), nil
	})
}

func (p *player) coinsOut(ctx context.Context, yen int) error {
	s := p.present
	if yen == 0 {
		p.settle(ctx, settleWithin)
	}
	err := p.eventually(ctx, fmt.Sprintf("%d yen back since last asked", yen), func() (bool, string, error) {
		out := p.kiosk.Returned() - s.returned
		return out == yen, fmt.Sprintf("%d yen came back\n%s", out, describe(p.kiosk)), nil
	})
	s.returned += yen
	return err
}

func (p *player) owed(ctx context.Context, yen int) error {
	return p.eventually(ctx, fmt.Sprintf("%d yen owed", yen), func() (bool, string, error) {
		j, err := p.kiosk.Journal(ctx)
		return err == nil && j.Owed == yen, orError(fmt.Sprintf("%d yen owed", j.Owed), err), nil
	})
}

func orError(got string, err error) string {
	if err != nil {
		return err.Error()
	}
	return got
}

func (p *player) unsent(ctx context.Context, n int) error {
	return p.eventually(ctx, fmt.Sprintf("%d events unsent", n), func() (bool, string, error) {
		j, err := p.kiosk.Journal(ctx)
		return err == nil && j.Unsent == n, orError(fmt.Sprintf("%d unsent of %d", j.Unsent, len(j.Events)), err), nil
	})
}

func (p *player) journalHas(ctx context.Context, kind string, n int) error {
	return p.eventually(ctx, "journal has "+times(kind, n), func() (bool, string, error) {
		j, err := p.kiosk.Journal(ctx)
		if err != nil {
			return false, err.Error(), nil
		}
		ok, got := counted(j.Events, kind, n, nil)
		return ok, got, nil
	})
}

func (p *player) officeHas(ctx context.Context, kind string, n int, where [][2]string) error {
	return p.eventually(ctx, "office has "+times(kind, n), func() (bool, string, error) {
		ok, got := counted(p.floor.Events(p.kiosk.Name()), kind, n, where)
		return ok, got, nil
	})
}

func times(kind string, n int) string {
	if n == anyNumber {
		return kind
	}
	return fmt.Sprintf("%s %d", kind, n)
}

// foundInHoppers is the reason of a cash count that is of before the file began:
// with what a new kiosk finds in its hoppers its journal begins.
const foundInHoppers = "found"

// counted counts the events of a kind; n of them are wanted, or at least one.
func counted(events []shop.Event, kind string, n int, where [][2]string) (bool, string) {
	found := 0
	var all []string
	for _, e := range events {
		all = append(all, e.Kind())
		if e.Kind() != kind || e.Field("reason") == foundInHoppers {
			continue
		}
		suits := true
		for _, w := range where {
			suits = suits && e.Field(w[0]) == w[1]
		}
		if suits {
			found++
		} else {
			all[len(all)-1] += fmt.Sprint(map[string]any(e))
		}
	}
	got := fmt.Sprintf("%d of %d events: %s", found, len(events), strings.Join(all, " "))
	if n == anyNumber {
		return found > 0, got
	}
	return found == n, got
}

func (p *player) lamp(ctx context.Context, name, state string) error {
	return p.eventually(ctx, fmt.Sprintf("lamp %s %s", name, state), func() (bool, string, error) {
		now := p.kiosk.Lamp(name)
		return now == state, "it is " + now + "\n" + describe(p.kiosk), nil
	})
}

// sound wants the buzzer to have begun since it was last asked about.
func (p *player) sound(ctx context.Context) error {
	deadline := time.Now().Add(p.within)
	for {
		if n := p.kiosk.Sounded(); n > p.present.sounded {
			p.present.sounded = n
			return nil
		}
		if time.Now().After(deadline) {
			return mismatch("the buzzer sounds", "it was silent\n"+describe(p.kiosk))
		}
		if err := pause(ctx, pollEvery); err != nil {
			return err
		}
	}
}

func (p *player) quiet(ctx context.Context) error {
	want := "the start page, no session, no card handle, no sheet in memory or in the printer's queue"
	return p.eventually(ctx, want, func() (bool, string, error) {
		s, err := p.kiosk.State(ctx)
		if err != nil {
			return false, err.Error(), nil
		}
		t := p.kiosk.Tree()
		home := t != nil && t.Page == "home" && p.kiosk.Shows(t.Checksum)
		queued := p.kiosk.Queued()
		ok := home && s.Page == "home" && !s.Session && !s.Card && s.Sheets == 0 && queued == 0
		return ok, fmt.Sprintf("page %s, session %t, card handle %t, %d sheets in memory, %d in the printer\n%s",
			s.Page, s.Session, s.Card, s.Sheets, queued, describe(p.kiosk)), nil
	})
}
