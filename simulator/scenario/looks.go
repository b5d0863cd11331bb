package scenario

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// sight is what `see` wants.
type sight struct {
	pages []string
	keys  [][2]string
	has   []string
	lacks []string
}

func (s *sight) String() string {
	var b strings.Builder
	b.WriteString(strings.Join(s.pages, "|"))
	for _, k := range s.keys {
		fmt.Fprintf(&b, " %s=%s", k[0], k[1])
	}
	for _, t := range s.has {
		fmt.Fprintf(&b, " has=%s", t)
	}
	for _, t := range s.lacks {
		fmt.Fprintf(&b, " lacks=%s", t)
	}
	return b.String()
}

func parseSee(p *parser, w *words, _ *Line) (step, error) {
	names, err := w.need("a page")
	if err != nil {
		return nil, err
	}
	s := &sight{pages: strings.Split(names, "|")}
	keys := map[string][]value{}
	for _, name := range s.pages {
		page, err := p.words.page(name)
		if err != nil {
			return nil, err
		}
		for k, v := range page.keys {
			keys[k] = append(keys[k], v)
		}
	}
	var text *string // the TEXT that is still growing, word by word
	for {
		word, ok := w.next()
		if !ok {
			break
		}
		key, val, pair := strings.Cut(word, "=")
		switch {
		case pair && key == "has":
			s.has = append(s.has, val)
			text = &s.has[len(s.has)-1]
		case pair && key == "lacks":
			s.lacks = append(s.lacks, val)
			text = &s.lacks[len(s.lacks)-1]
		case pair && keys[key] != nil:
			if err := s.key(names, key, val, keys[key]); err != nil {
				return nil, err
			}
			text = nil
		case text != nil:
			*text += " " + word
		case pair:
			return nil, fmt.Errorf("unknown key %q: page %s has %s", key, names, keysInWords(keys))
		default:
			return nil, fmt.Errorf("%q: want KEY=VALUE, has=TEXT or lacks=TEXT", word)
		}
	}
	for _, texts := range [][]string{s.has, s.lacks} {
		for i := range texts {
			texts[i] = unquote(strings.TrimSpace(texts[i]))
			if texts[i] == "" {
				return nil, fmt.Errorf("want a TEXT after has= and lacks=")
			}
		}
	}
	return func(ctx context.Context, p *player) error { return p.see(ctx, s) }, nil
}

// key takes one KEY=VALUE; the value must suit at least one of the pages.
func (s *sight) key(names, key, val string, checks []value) error {
	why := ""
	for _, check := range checks {
		if why = check(val); why == "" {
			s.keys = append(s.keys, [2]string{key, val})
			return nil
		}
	}
	return fmt.Errorf("%s %s=%s: %s", names, key, val, why)
}

func keysInWords(keys map[string][]value) string {
	if len(keys) == 0 {
		return "no keys"
	}
	return strings.Join(keysOf(keys), ", ")
}

func parseNot(p *parser, w *words, _ *Line) (step, error) {
	names, err := w.need("a page")
	if err != nil {
		return nil, err
	}
	pages := strings.Split(names, "|")
	for _, name := range pages {
		if _, err := p.words.page(name); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context, p *player) error { return p.not(ctx, pages) }, nil
}

func parseSheets(_ *parser, w *words, _ *Line) (step, error) {
	n, err := count(w, "a number of sheets")
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, p *player) error { return p.sheets(ctx, n) }, nil
}

func hasOrLacks(w *words) (has bool, text string, err error) {
	word, err := w.need("has or lacks")
	if err != nil {
		return false, "", err
	}
	if word != "has" && word != "lacks" {
		return false, "", fmt.Errorf("%q: want has TEXT or lacks TEXT", word)
	}
	text, err = w.text()
	return word == "has", text, err
}

func parseSheet(_ *parser, w *words, _ *Line) (step, error) {
	n, err := count(w, "a sheet's number")
	if err != nil {
		return nil, err
	}
	if n < 1 {
		return nil, fmt.Errorf("sheet %d: sheets are counted from 1", n)
	}
	has, text, err := hasOrLacks(w)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, p *player) error { return p.sheet(ctx, n, has, text) }, nil
}

func parseSlip(kind string) parse {
	return func(_ *parser, w *words, _ *Line) (step, error) {
		has, text, err := hasOrLacks(w)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, p *player) error { return p.slip(ctx, kind, has, text) }, nil
	}
}

func parseOwed(_ *parser, w *words, _ *Line) (step, error) {
	yen, err := count(w, "an amount in yen")
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, p *player) error { return p.owed(ctx, yen) }, nil
}

// anyNumber is the N of `journal has KIND` without one: at least one.
const anyNumber = -1

func parseJournal(p *parser, w *words, _ *Line) (step, error) {
	what, err := w.need("has or unsent")
	if err != nil {
		return nil, err
	}
	switch what {
	case "unsent":
		n, err := count(w, "a number of events")
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, p *player) error { return p.unsent(ctx, n) }, nil
	case "has":
		kind, n, where, err := p.events(w)
		if err != nil {
			return nil, err
		}
		if len(where) > 0 {
			return nil, fmt.Errorf("journal has: want KIND [N]")
		}
		return func(ctx context.Context, p *player) error { return p.journalHas(ctx, kind, n) }, nil
	}
	return nil, fmt.Errorf("journal %s: want journal has KIND [N] or journal unsent N", what)
}

// events reads KIND [N] [KEY=VALUE…].
func (p *parser) events(w *words) (kind string, n int, where [][2]string, err error) {
	kind, err = w.need("an event's kind")
	if err != nil {
		return "", 0, nil, err
	}
	if err := p.words.event(kind); err != nil {
		return "", 0, nil, err
	}
	n = anyNumber
	for first := true; ; first = false {
		word, ok := w.next()
		if !ok {
			return kind, n, where, nil
		}
		if first && wholeNumber.MatchString(word) {
			n, err = strconv.Atoi(word)
			if err != nil {
				return "", 0, nil, err
			}
			continue
		}
		key, val, pair := strings.Cut(word, "=")
		if !pair {
			return "", 0, nil, fmt.Errorf("%q: want [N] [KEY=VALUE…]", word)
		}
		if err := p.words.word("field", key, p.words.fields); err != nil {
			return "", 0, nil, err
		}
		if key == "how" {
			if err := p.words.word("how", val, []string{"done", "cancelled", "refused", "timeout", "failed"}); err != nil {
				return "", 0, nil, err
			}
		}
		where = append(where, [2]string{key, val})
	}
}

func parseOffice(p *parser, w *words, l *Line) (step, error) {
	what, err := w.need("sets, version, has, away, back, slow, lies, closes or command")
	if err != nil {
		return nil, err
	}
	switch what {
	case "sets":
		l.phase = setup
		key, val, err := keyValue(w)
		if err != nil {
			return nil, err
		}
		if err := setting(key, val); err != nil {
			return nil, err
		}
		return func(_ context.Context, p *player) error { return p.floor.Set(key, val) }, nil
	case "version":
		l.phase = setup
		n, err := count(w, "a version number")
		if err != nil {
			return nil, err
		}
		return func(_ context.Context, p *player) error { return p.floor.Set("version.minimum", strconv.Itoa(n)) }, nil
	case "has":
		kind, n, where, err := p.events(w)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, p *player) error { return p.officeHas(ctx, kind, n, where) }, nil
	case "away":
		return func(ctx context.Context, p *player) error { return p.officeAway(ctx) }, nil
	case "back":
		return func(ctx context.Context, p *player) error { return p.officeBack(ctx) }, nil
	case "slow":
		l.phase = ahead
		d, err := duration(w)
		if err != nil {
			return nil, err
		}
		return func(_ context.Context, p *player) error { return p.officeSlow(d) }, nil
	case "lies":
		l.phase = ahead
		kind, err := w.need("a lie")
		if err != nil {
			return nil, err
		}
		if err := p.words.word("lie", kind, p.words.lies); err != nil {
			return nil, err
		}
		return func(_ context.Context, p *player) error { return p.officeLies(kind) }, nil
	case "closes":
		what, err := w.need("incidents")
		if err != nil {
			return nil, err
		}
		if what != "incidents" {
			return nil, fmt.Errorf("office closes %s: want incidents", what)
		}
		return func(_ context.Context, p *player) error { p.floor.CloseIncidents(p.kiosk.Name()); return nil }, nil
	case "command":
		return parseCommand(p, w)
	}
	return nil, fmt.Errorf("office %s: want sets, version, has, away, back, slow, lies, closes or command", what)
}
