package daemon

import (
	"log/slog"
	"strings"
	"sync"
)

// Bounds of the log that is kept for the office's asking.
const (
	logLines = 400
	logLine  = 400 // bytes of one
)

// logRing keeps the last lines of the log. They are those that stderr gets: no
// secret is in them, and no person's name.
type logRing struct {
	mu    sync.Mutex
	lines []string // oldest first
}

// Write takes one line, as slog's text handler writes it.
func (r *logRing) Write(line []byte) (int, error) {
	s := strings.TrimRight(string(line), "\n")
	if len(s) > logLine {
		s = strings.ToValidUTF8(s[:logLine], "")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.lines) == logLines {
		r.lines = r.lines[1:]
	}
	r.lines = append(r.lines, s)
	return len(line), nil
}

func (r *logRing) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.lines...)
}

// tee gives what is logged to the ring as well.
func (r *logRing) tee(log *slog.Logger) *slog.Logger {
	return slog.New(slog.NewMultiHandler(log.Handler(), slog.NewTextHandler(r, nil)))
}
