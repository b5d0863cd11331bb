package bench

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strconv"
	"strings"

	"kioskd/daemon/office/protocol"
)

//go:embed page
var page embed.FS

// requestError is an answer that tells somebody what was wrong with a request.
type requestError struct {
	status int
	text   string
}

func (e *requestError) Error() string { return e.text }

func badRequest(format string, args ...any) error {
	return &requestError{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) error {
	return &requestError{http.StatusNotFound, fmt.Sprintf(format, args...)}
}

// Handler answers the page's requests: the page itself, and under /kiosk/N what
// is seen of one kiosk and done to it.
func (b *Bench) Handler() http.Handler {
	mux := http.NewServeMux()
	files, err := fs.Sub(page, "page")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	mux.Handle("GET /", http.FileServerFS(files))
	mux.HandleFunc("GET /setup", b.setup)
	for path, f := range map[string]func(http.ResponseWriter, *http.Request, *stand) error{
		"GET /kiosk/{n}/events":            b.events,
		"GET /kiosk/{n}/panel.png":         b.panelPicture,
		"GET /kiosk/{n}/panel/tree":        b.tree,
		"GET /kiosk/{n}/sheet/{id}/{side}": b.sheetPicture,
		"GET /kiosk/{n}/paper/{id}":        b.paperPicture,
		"GET /kiosk/{n}/trace":             b.trace,
		"GET /kiosk/{n}/journal":           b.journal,
		"GET /kiosk/{n}/log":               b.logTail,
		"GET /kiosk/{n}/fleet":             b.fleet,
		"POST /kiosk/{n}/do/{what}":        b.do,
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			n, err := strconv.Atoi(r.PathValue("n"))
			if err != nil {
				n = 0
			}
			s, err := b.stand(n)
			if err == nil {
				err = f(w, r, s)
			}
			b.answer(w, r, err)
		})
	}
	return guard(mux)
}

// answer tells the page how a request went, if it was not well.
func (b *Bench) answer(w http.ResponseWriter, r *http.Request, err error) {
	var bad *requestError
	switch {
	case err == nil:
	case errors.As(err, &bad):
		refuse(w, bad.status, bad.text)
	case r.Context().Err() != nil: // nobody listens any more
	default:
		b.log.Warn("bench", "request", r.URL.Path, "err", err)
		refuse(w, http.StatusConflict, strings.ReplaceAll(err.Error(), "\n", "; "))
	}
}

func refuse(w http.ResponseWriter, status int, text string) { http.Error(w, text, status) }

func writeJSON(w http.ResponseWriter, v any) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		return fmt.Errorf("bench: answer: %w", err)
	}
	return nil
}

// setup is what the page is built from once.
func (b *Bench) setup(w http.ResponseWriter, r *http.Request) {
	type card struct {
		person
		Name string `json:"name"`
	}
	var cards []card
	names := b.floor.People()
	for _, p := range hand() {
		cards = append(cards, card{p, names[p.ID]})
	}
	b.answer(w, r, writeJSON(w, map[string]any{
		"kiosks": kiosksMax, "cards": cards, "devices": devices(), "lies": lies(), "events": kinds(),
		"settings": settings(), "commands": protocol.Commands(),
	}))
}

// tree is what the panel says to somebody who cannot see it, and where its
// buttons are.
func (b *Bench) tree(w http.ResponseWriter, _ *http.Request, s *stand) error {
	t := s.kiosk.Tree()
	if t == nil {
		return notFound("kioskd has shown no page since it started")
	}
	return writeJSON(w, t)
}

func (b *Bench) trace(w http.ResponseWriter, r *http.Request, s *stand) error {
	after, err := strconv.Atoi(r.URL.Query().Get("after"))
	if err != nil || after < 0 {
		return badRequest("after=%q: want the number of a line, or 0", clip(r.URL.Query().Get("after")))
	}
	return writeJSON(w, s.record.since(after))
}

func (b *Bench) journal(w http.ResponseWriter, r *http.Request, s *stand) error {
	j, err := s.kiosk.Journal(r.Context())
	if err != nil {
		return err
	}
	j.Events = j.Events[max(0, len(j.Events)-eventsShown):]
	return writeJSON(w, j)
}

// How much of journal and log the page looks back on.
const (
	eventsShown   = 300
	logLinesShown = 400
)

func (b *Bench) logTail(w http.ResponseWriter, _ *http.Request, s *stand) error {
	return writeJSON(w, s.kiosk.LogTail(logLinesShown))
}
