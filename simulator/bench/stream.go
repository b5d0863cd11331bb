package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// How often an open page hears of changes.
const (
	atMost   = 100 * time.Millisecond // ten times a second
	lookEach = 250 * time.Millisecond // for what changes without telling: clock, blinking
	sayEach  = 10 * time.Second       // so that a page that has gone is noticed
)

// events streams the view of a kiosk to one open page (Server-Sent Events), at
// once and then whenever it changed, until the page closes.
func (b *Bench) events(w http.ResponseWriter, r *http.Request, s *stand) error {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	// A finger whose page has gone would stay on the glass for ever.
	defer s.kiosk.Up()
	look := time.NewTicker(lookEach)
	defer look.Stop()
	var last []byte
	var said time.Time
	for {
		woken := b.watch.next()
		now, err := json.Marshal(b.view(s))
		if err != nil {
			return fmt.Errorf("bench: view: %w", err)
		}
		if !bytes.Equal(now, last) || time.Since(said) > sayEach {
			if _, err := fmt.Fprintf(w, "data: %s\n\n", now); err != nil {
				return nil // the page has gone
			}
			if err := out.Flush(); err != nil {
				return nil
			}
			last, said = now, time.Now()
		}
		if !b.rest(r, atMost) {
			return nil
		}
		select {
		case <-woken:
		case <-look.C:
		case <-r.Context().Done():
			return nil
		case <-b.closing:
			return nil
		}
	}
}

// rest says whether the page is still there after d.
func (b *Bench) rest(r *http.Request, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
	case <-b.closing:
	}
	return false
}
