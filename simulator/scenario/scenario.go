// Package scenario reads and plays scripted customers: a text file, one verb a
// line, on the whole system with the production kioskd and no browser.
//
// The language is a contract with people who do not read this code. It may
// grow; a verb, id or value that is not in it is a SyntaxError with file and
// line before anything is played, and what belongs to a part that is not built
// yet is a NotYetError: it never passes. A line that does not hold is a
// Mismatch that says what was expected and what was there.
//
// The player looks at the kiosk only as a customer or a technician could: the
// virtual panel's picture with the tree that belongs to it, the trays, the
// journal through kioskd's own command, the office's stream. A page counts only
// when the picture that the panel decoded from the bus has the checksum that
// the page's tree names.
package scenario

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of a scenario file.
const (
	linesMax = 10_000
	lineMax  = 4096 // bytes
)

// DefaultStart is the clock's first time when a file says nothing else.
const DefaultStart = "2026-11-24T10:00:00+09:00"

// DefaultWithin is how long, of real time, a verb that looks waits for what it
// wants to see.
const DefaultWithin = 5 * time.Second

// Script is a scenario that has been read and found to be well formed.
type Script struct {
	Name  string // the file, as errors name it
	Start time.Time
	Board string // "" is the shop's usual one
	Lines []Line
}

// Line is one verb.
type Line struct {
	Number int // from 1
	Text   string
	Kiosk  int // the kiosk it speaks of, from 1

	phase  phase
	within time.Duration
	do     step
}

// step is what a line does. It is given the player as it stands at that line.
type step func(ctx context.Context, p *player) error

// phase says when a verb may stand.
type phase int

const (
	live  phase = iota // starts the kiosk if nothing else has
	setup              // only before the kiosk is started
	ahead              // needs no running kiosk and does not start one
	power              // power on: starts the kiosk, explicitly
)

// SyntaxError says that a line is not of the language (exit 2).
type SyntaxError struct {
	File string
	Line int // 0: the file as a whole
	Why  string
}

func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Why
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Why)
}

// NotYetError says that a line belongs to a part that is not built yet (exit 3).
type NotYetError struct {
	File string
	Line int
	What string
}

func (e *NotYetError) Error() string {
	if e.File == "" {
		return "not yet: " + e.What
	}
	return fmt.Sprintf("%s:%d: not yet: %s", e.File, e.Line, e.What)
}

func notYet(what string) error { return &NotYetError{What: what} }

// Load reads a scenario file.
func Load(path string) (*Script, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &SyntaxError{path, 0, "cannot be read: " + err.Error()}
	}
	s, err := Parse(path, f)
	return s, errors.Join(err, f.Close())
}

// Parse reads a scenario. The error is a *SyntaxError, or a *NotYetError when
// every line is of the language and at least one cannot be played yet, or what
// reading gave.
func Parse(name string, r io.Reader) (*Script, error) {
	p := parser{
		script:  &Script{Name: name},
		words:   newVocabulary(),
		verbs:   verbs(),
		kiosk:   1,
		started: map[int]bool{},
	}
	start, err := time.Parse(time.RFC3339, DefaultStart)
	if err != nil {
		return nil, fmt.Errorf("scenario: the default start: %w", err)
	}
	p.script.Start = start
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, lineMax), lineMax)
	n := 0
	var later *NotYetError
	for in.Scan() {
		n++
		if n > linesMax {
			return nil, &SyntaxError{name, n, fmt.Sprintf("a scenario has at most %d lines", linesMax)}
		}
		text := in.Text()
		if n == 1 {
			text = strings.TrimPrefix(text, "\ufeff")
		}
		err := p.line(n, text)
		var ny *NotYetError
		if errors.As(err, &ny) {
			if later == nil {
				later = &NotYetError{File: name, Line: n, What: ny.What}
			}
			continue
		}
		if err != nil {
			return nil, &SyntaxError{name, n, err.Error()}
		}
	}
	if errors.Is(in.Err(), bufio.ErrTooLong) {
		return nil, &SyntaxError{name, n + 1, fmt.Sprintf("a line has at most %d bytes", lineMax)}
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("scenario: read %s: %w", name, err)
	}
	if later != nil {
		return nil, later
	}
	if len(p.script.Lines) == 0 {
		return nil, &SyntaxError{name, n, "nothing to play: want at least one verb"}
	}
	p.explicitPower()
	return p.script, nil
}

type parser struct {
	script  *Script
	words   *vocabulary
	verbs   map[string]verb
	kiosk   int
	started map[int]bool // by kiosk: a line so far starts it
	clocked bool         // a clock line has given the start
}

func (p *parser) line(n int, text string) error {
	if !utf8.ValidString(text) {
		return errors.New("not UTF-8")
	}
	text = strings.TrimSpace(withoutComment(text))
	if text == "" {
		return nil
	}
	body, within, err := cutWithin(text)
	if err != nil {
		return err
	}
	w := &words{rest: body}
	name, _ := w.next()
	v, ok := p.verbs[name]
	if !ok {
		return fmt.Errorf("unknown verb %q%s", name, nearest(name, keysOf(p.verbs)))
	}
	if within != 0 && !v.looks {
		return fmt.Errorf("within: %q does not wait for anything", name)
	}
	if within == 0 {
		within = DefaultWithin
	}
	line := Line{Number: n, Text: text, Kiosk: p.kiosk, within: within, phase: v.phase}
	line.do, err = v.parse(p, w, &line)
	if err != nil {
		return err
	}
	if extra, ok := w.next(); ok {
		return fmt.Errorf("%s: nothing belongs after it, but %q does stand there", name, extra)
	}
	if line.phase == setup && p.started[p.kiosk] {
		return fmt.Errorf("%s: only before the kiosk is started (power on, or the first verb that needs it)", name)
	}
	if line.phase == live || line.phase == power {
		p.started[p.kiosk] = true
	}
	p.script.Lines = append(p.script.Lines, line)
	return nil
}

// explicitPower looks for kiosks whose file starts them by hand: the first line
// about power is `power on`, so that nothing before it starts them.
func (p *parser) explicitPower() {
	first := map[int]int{}
	for i, l := range p.script.Lines {
		verb, _, _ := strings.Cut(l.Text, " ")
		if verb != "power" && verb != "cut" && verb != "kill" {
			continue
		}
		if _, seen := first[l.Kiosk]; seen {
			continue
		}
		first[l.Kiosk] = i
		if l.phase != power {
			continue
		}
		for j := range p.script.Lines[:i] {
			if b := &p.script.Lines[j]; b.Kiosk == l.Kiosk && b.phase == live {
				b.phase = ahead
			}
		}
	}
}

// withoutComment cuts at the first # that is not between double quotes.
func withoutComment(s string) string {
	quoted := false
	for i, c := range s {
		switch {
		case c == '"':
			quoted = !quoted
		case c == '#' && !quoted:
			return s[:i]
		}
	}
	if quoted { // a lone quotation mark quotes nothing
		if i := strings.IndexByte(s, '#'); i >= 0 {
			return s[:i]
		}
	}
	return s
}

// cutWithin takes `within D` off the end of a line.
func cutWithin(s string) (body string, d time.Duration, err error) {
	f := strings.Fields(s)
	if len(f) < 3 || f[len(f)-2] != "within" {
		return s, 0, nil
	}
	d, err = time.ParseDuration(f[len(f)-1])
	if err != nil || d <= 0 {
		return "", 0, fmt.Errorf("within: %q is not a duration like 30s", f[len(f)-1])
	}
	body = strings.TrimSpace(s[:strings.LastIndex(s, f[len(f)-1])])
	return strings.TrimSpace(strings.TrimSuffix(body, "within")), d, nil
}

// words is what stands on a line, from left to right.
type words struct{ rest string }

func (w *words) next() (string, bool) {
	w.rest = strings.TrimLeft(w.rest, " \t\u3000")
	if w.rest == "" {
		return "", false
	}
	end := strings.IndexAny(w.rest, " \t\u3000")
	if end < 0 {
		end = len(w.rest)
	}
	word := w.rest[:end]
	w.rest = w.rest[end:]
	return word, true
}

func (w *words) need(what string) (string, error) {
	s, ok := w.next()
	if !ok {
		return "", fmt.Errorf("want %s", what)
	}
	return s, nil
}

// text takes all that is left; surrounding quotation marks are dropped.
func (w *words) text() (string, error) {
	s := unquote(strings.TrimSpace(w.rest))
	w.rest = ""
	if s == "" {
		return "", errors.New("want TEXT")
	}
	return s, nil
}

func unquote(s string) string {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}
