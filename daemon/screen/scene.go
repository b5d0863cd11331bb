package screen

import (
	"fmt"
	"image"
	"strings"

	"kioskd/daemon/screen/draw"
	"kioskd/flows"
)

// view is all that decides a picture, but for the language and the ring.
type view struct {
	page  flows.Page
	over  overlay
	asked bool     // somebody waits for an answer
	pad   *padView // of the keypad; nil without one
	entry *entry   // of the keyboard; nil without one
}

// scene is what a picture shows.
type scene struct {
	view   view
	name   string
	keys   []flows.Key
	nodes  []node
	faults []string // what did not fit or has no words; none in a right page
}

// hit finds the enabled button at a place, "" for none.
func (sc *scene) hit(at image.Point) string {
	for _, n := range sc.nodes {
		if n.Role == "button" && n.State != "disabled" && at.In(n.Bounds) {
			return n.ID
		}
	}
	return ""
}

func (sc *scene) bounds(id string) (image.Rectangle, bool) {
	for _, n := range sc.nodes {
		if n.Role == "button" && n.ID == id {
			return n.Bounds, true
		}
	}
	return image.Rectangle{}, false
}

// rings draws the ring around a button; false when the page has none of that
// name.
func (sc *scene) rings(c *draw.Canvas, id string) bool {
	r, ok := sc.bounds(id)
	if ok {
		w := max(4, r.Dy()/18)
		c.Ring(r, radius(r), min(w, tile), ringColour)
	}
	return ok
}

// radius is that of a button's corners.
func radius(r image.Rectangle) int { return min(r.Dx(), r.Dy()) / 6 }

// compose draws a view on the canvas. Called with turn held.
func (s *Screen) compose(v view) (*scene, error) {
	sc := &scene{view: v, name: v.page.Name, keys: v.page.Keys}
	p := v.page
	switch v.over {
	case overLanguage:
		p = languagePage()
	case overMoreTime:
		p = flows.Page{Name: flows.PageMoreTime, Buttons: []flows.Button{{ID: idMoreTime}, {ID: idCancel}}}
	case overNone:
	}
	sc.name, sc.keys = p.Name, p.Keys
	l, ok := lookOf(p.Name)
	if !ok {
		return nil, fmt.Errorf("screen: no page %q", p.Name)
	}
	if v.over != overNone {
		v.pad, v.entry = nil, nil
	} else if v.entry != nil {
		sc.keys = append(sc.keys[:len(sc.keys):len(sc.keys)], v.entry.keys(p.Name)...)
	}
	b := &builder{
		c: s.canvas, sc: sc, book: s.book, language: s.Language(), page: p, look: l, pad: v.pad, entry: v.entry,
		width: s.frame.Rect.Dx(), high: unitsHigh(s.frame.Rect),
	}
	if v.asked && l.language && v.over == overNone && !b.has(idLanguage) {
		b.page.Buttons = append([]flows.Button{{ID: idLanguage}}, b.page.Buttons...)
	}
	if err := b.build(); err != nil {
		return nil, err
	}
	if len(sc.faults) > 0 {
		s.o.Log.Warn("screen: page is not as it should be", "page", p.Name, "faults", strings.Join(sc.faults, "; "))
	}
	return sc, nil
}
