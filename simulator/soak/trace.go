package soak

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"log"
	"sync"

	"kioskd/flows"
)

// traceShown is how many of the last lines a violation shows.
const traceShown = 60

// trace is what could be observed, in order, as one hash: the same seed gives the
// same. Nothing random by its nature (numbers of visits, keys) is in it.
type trace struct {
	clock *worldClock

	mu    sync.Mutex
	sum   hash.Hash
	lines []string
}

func newTrace(clock *worldClock) *trace { return &trace{clock: clock, sum: sha256.New()} }

func (t *trace) add(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := fmt.Sprintf("%12.6f %s", t.clock.Uptime().Seconds(), fmt.Sprintf(format, args...))
	_, _ = io.WriteString(t.sum, text+"\n") // a hash takes all
	t.lines = append(t.lines, text)
}

func (t *trace) event(e flows.Event) {
	t.add("journal %s yen=%d count=%d sheet=%d of=%d copy=%d how=%s code=%s paid=%d device=%s reason=%q",
		e.Kind, e.Yen, e.Count, e.Sheet, e.Of, e.Copy, e.How, e.Code, e.Paid, e.Device, e.Reason)
}

func (t *trace) hash() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return hex.EncodeToString(t.sum.Sum(nil))
}

// all are the lines until now.
func (t *trace) all() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lines[:len(t.lines):len(t.lines)]
}

// last are the last of them.
func (t *trace) last() []string {
	all := t.all()
	return all[max(0, len(all)-traceShown):]
}

func silent() *log.Logger { return log.New(io.Discard, "", 0) }

// sum is one hash over many.
type sum struct{ h hash.Hash }

func newSum() sum { return sum{sha256.New()} }

func (s sum) add(hash string) { _, _ = io.WriteString(s.h, hash) } // a hash takes all

func (s sum) hex() string { return hex.EncodeToString(s.h.Sum(nil)) }
