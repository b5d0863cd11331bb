package shop

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"kioskd/simulator/board"
	"kioskd/simulator/card"
)

// traceMax is how many exchanges the technician can look back on.
const traceMax = 4096

// trace is what went over the buses, without secrets.
type trace struct {
	mu      sync.Mutex
	entries []board.TraceEntry
	count   int
	hidden  bool // a PIN or password is being typed
	raw     bytes.Buffer
}

// hide keeps touches out of the trace: who knows the page reads the digits from
// where the finger was.
func (t *trace) hide(on bool) {
	t.mu.Lock()
	t.hidden = on
	t.mu.Unlock()
}

func (k *Kiosk) traced(e board.TraceEntry) {
	k.trace.mu.Lock()
	defer k.trace.mu.Unlock()
	t := &k.trace
	if t.hidden && e.Device == "I2C1" {
		e.Bytes, e.Text = nil, "[masked]"
	}
	t.count++
	t.entries = append(t.entries, e)
	if len(t.entries) > traceMax {
		t.entries = slices.Delete(t.entries, 0, traceMax/4)
	}
	if e.Device != "SPI0.0" && t.raw.Len()+len(e.Bytes)+len(e.Text) < remembered {
		t.raw.Write(e.Bytes)
		t.raw.WriteString("\n" + e.Text + "\n")
	}
}

// exchange puts an exchange with the card into the trace, as the card masked it.
func (k *Kiosk) exchange(e card.Exchange) {
	text := e.Name + "  " + e.Command + "  →  " + e.Answer
	if e.Err != nil {
		text += e.Err.Error()
	}
	k.board.Trace(board.TraceEntry{Device: "reader", Direction: board.ToDevice, Text: text})
	k.changed("trace")
}

// Trace is the latest of what went over the buses, oldest first, and how many
// exchanges there have ever been.
func (k *Kiosk) Trace() (latest []board.TraceEntry, ever int) {
	k.trace.mu.Lock()
	defer k.trace.mu.Unlock()
	return slices.Clone(k.trace.entries), k.trace.count
}

// journalOfLines is what kioskd wrote on its standard error: the newest part.
type journalOfLines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write takes what kioskd wrote.
func (l *journalOfLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.buf.Len()+len(p) > remembered {
		kept := bytes.Clone(l.buf.Bytes()[l.buf.Len()/2:])
		l.buf.Reset()
		l.buf.Write(kept)
	}
	return l.buf.Write(p)
}

func (l *journalOfLines) note(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(&l.buf, "--- %s\n", text)
}

func (l *journalOfLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// Log is what kioskd wrote on its standard error.
func (k *Kiosk) Log() string { return k.log.String() }

// LogTail is its last n lines.
func (k *Kiosk) LogTail(n int) []string {
	lines := strings.Split(strings.TrimRight(k.log.String(), "\n"), "\n")
	return lines[max(0, len(lines)-n):]
}

// Journal asks kioskd for its journal: what happened, what is owed and unsent.
func (k *Kiosk) Journal(ctx context.Context) (Journal, error) {
	out, err := k.command(ctx, "journal", "-json")
	if err != nil {
		return Journal{}, err
	}
	var j Journal
	if err := json.Unmarshal(out, &j); err != nil {
		return Journal{}, fmt.Errorf("shop: kioskd journal -json: %w", err)
	}
	return j, nil
}

// Refill puts coins into a hopper or takes them out until it holds count, and
// tells kioskd.
func (k *Kiosk) Refill(ctx context.Context, yen, count int) error {
	armed := k.Armed()
	_, err := k.command(ctx, "refill", fmt.Sprintf("%d=%d", yen, count))
	if err != nil && (!armed || !k.struck(ctx)) {
		return err
	}
	// Where an armed cut struck, the coins are in, whatever the kiosk knows.
	if err := k.hoppers.Refill(yen, count); err != nil {
		return fmt.Errorf("shop: %w", err)
	}
	k.changed("coins")
	return nil
}

// Residue is everything this kiosk has written, said or shown, as bytes.
func (k *Kiosk) Residue() []Residue {
	all := []Residue{{"log", []byte(k.log.String())}}
	k.shown.mu.Lock()
	all = append(all, Residue{"tree or slip", bytes.Clone(k.shown.raw.Bytes())})
	k.shown.mu.Unlock()
	k.trace.mu.Lock()
	all = append(all, Residue{"trace", bytes.Clone(k.trace.raw.Bytes())})
	k.trace.mu.Unlock()
	ctx, cancel := context.WithTimeout(k.shop.ctx, commandWithin)
	defer cancel()
	if j, err := k.command(ctx, "journal", "-json"); err == nil {
		all = append(all, Residue{"journal", j})
	}
	files, err := os.ReadDir(filepath.Join(k.dir, "state"))
	if err != nil {
		return all
	}
	for _, f := range files {
		if b, err := os.ReadFile(filepath.Join(k.dir, "state", f.Name())); err == nil {
			all = append(all, Residue{"state file " + f.Name(), b})
		}
	}
	return all
}
