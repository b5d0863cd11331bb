package office

import (
	"sync"

	"github.com/nats-io/nats.go"
	"golang.org/x/time/rate"

	"kioskd/daemon/office/protocol"
)

// What a kiosk may write to its journal. A kiosk waits for each message to be on
// the office's disk; a full journal of a million events is some 16,000 messages.
const (
	writeRate  = 500 // messages a second, of process time
	writeBurst = 20_000
)

// watchman counts what kiosks write to the stream. The server takes from each as
// much as its line carries, and all share one disk: who writes without end is
// shut out, and stays out until somebody admits it again.
type watchman struct {
	mu   sync.Mutex
	pace map[string]*rate.Limiter
	out  map[string]bool
}

// openWatch starts to count. o.line is held.
func (o *Office) openWatch() error {
	w := &watchman{pace: make(map[string]*rate.Limiter), out: make(map[string]bool)}
	_, err := o.front.Subscribe(protocol.JournalSubject("*"), func(m *nats.Msg) {
		kiosk := protocol.Asker(m.Subject)
		if !w.floods(kiosk) || !o.desk.enterWork(&o.work) {
			return
		}
		go func() {
			defer o.work.Done()
			o.log.Error("office: a kiosk writes without end: shut out", "kiosk", kiosk)
			if err := o.server.admit(map[string]string{kiosk: ""}); err != nil {
				o.log.Error("office: shut out", "kiosk", kiosk, "err", err)
			}
		}()
	})
	return err
}

// floods says once that a kiosk has written too much.
func (w *watchman) floods(kiosk string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	pace := w.pace[kiosk]
	if pace == nil {
		pace = rate.NewLimiter(writeRate, writeBurst)
		w.pace[kiosk] = pace
	}
	if pace.Allow() || w.out[kiosk] {
		return false
	}
	w.out[kiosk] = true
	return true
}
