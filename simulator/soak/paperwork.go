package soak

import (
	"os"
	"path/filepath"
	"slices"
	"time"

	"kioskd/flows"
)

// drawnSheet is one sheet of one document.
type drawnSheet struct {
	issue  string
	number int
}

// job is one visit's paper, as the journal has it.
type job struct {
	issue   string
	of      int
	kept    int // copies
	intent  int // sheet under way
	unknown bool
}

// paperwork is I1, I3 and I6: whose sheets came out, how many, and where else
// they are.
type paperwork struct {
	visits  map[string]*job
	seen    int // sheets that came out, looked at
	out     map[drawnSheet]int
	intents map[drawnSheet]int
}

func (p *paperwork) take(w *world, e flows.Event) {
	if e.Visit == "" {
		return
	}
	j := p.visits[e.Visit]
	if j == nil {
		j = &job{}
		p.visits[e.Visit] = j
	}
	switch e.Kind {
	case flows.DocumentComplete:
		j.issue, j.of = e.Issue, e.Of
	case flows.SheetIntent:
		j.intent = e.Sheet
		p.intents[drawnSheet{e.Issue, e.Sheet}]++
		if j.unknown {
			w.violate("I10", "a sheet is printed although nobody knows what became of one before it")
		}
	case flows.SheetDelivered:
		j.intent = 0
	case flows.SheetUnknown:
		j.intent, j.unknown = 0, true
	case flows.VisitEnded:
		j.intent = 0 // a jam that nobody wanted to go on after
	case flows.FeeKept:
		j.kept++
		p.look(w)
		if whole := p.whole(j); j.kept > whole {
			w.violate("I3", "the fee of copy %d is kept, and %d copies came out whole", j.kept, whole)
		}
	}
}

// whole counts the copies of which every sheet came out.
func (p *paperwork) whole(j *job) int {
	if j.of == 0 {
		return 0
	}
	least := p.out[drawnSheet{j.issue, 1}]
	for n := 2; n <= j.of; n++ {
		least = min(least, p.out[drawnSheet{j.issue, n}])
	}
	return least
}

func (p *paperwork) check(w *world) { p.look(w) }

// look looks at every sheet that has come out.
func (p *paperwork) look(w *world) {
	sheets := w.machine.pages.Sheets()
	for _, s := range sheets {
		if s.ID <= p.seen {
			continue
		}
		p.seen = s.ID
		w.mu.Lock()
		d, known := w.drawn[s.Raster]
		c := w.customer
		w.mu.Unlock()
		if !known {
			w.violate("I1", "a sheet came out that the office never drew")
			continue
		}
		w.trace.add("sheet %d of %d", d.number, d.of)
		key := drawnSheet{d.issue, d.number}
		p.out[key]++
		switch {
		case c == nil:
			w.violate("I1", "a sheet came out and nobody was there")
		case !c.wants(d):
			w.violate("I1", "%s asked for %+v and got a sheet of %q", c.resident, c.asked, d.names)
		case d.at < c.came:
			w.violate("I1", "%s got a sheet drawn %v before", c.resident, (c.came - d.at).Round(time.Second))
		case s.Number != 1 || s.Back == nil:
			w.violate("I1", "a sheet of %s has no back", c.resident)
		}
		if p.out[key] > p.intents[key] {
			w.violate("I10", "sheet %d came out %d times, the journal has it %d times", d.number, p.out[key], p.intents[key])
		}
	}
}

func (p *paperwork) booted(w *world) {
	for _, j := range p.visits {
		if j.intent != 0 {
			w.violate("I10", "the kiosk serves, and what became of sheet %d is open", j.intent)
		}
	}
}

// keptFiles are what a kiosk may have in its folder.
var keptFiles = []string{"journal.db", "journal.log", "settings.json", "commands.json"}

// cleared is I6: nothing of a sheet is in a file or in the printer's queue.
func (b *books) cleared() {
	w := b.w
	if n := w.machine.pages.Queue(); n > 0 {
		w.violate("I6", "%d jobs are in the printer's queue at the start page", n)
	}
	for _, dir := range []string{w.state, w.temp} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			w.violate("I6", "the kiosk's folder cannot be read: %v", err)
		}
		for _, e := range entries {
			if !slices.Contains(keptFiles, e.Name()) {
				w.violate("I6", "the kiosk has left a file %s", filepath.Base(e.Name()))
			}
		}
	}
}
