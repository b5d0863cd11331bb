package office

import (
	"sync"

	"github.com/nats-io/nats.go"
	"golang.org/x/time/rate"

	"kioskd/daemon/office/protocol"
)

// What a kiosk may send of one kind, questions or messages for its journal. It
// waits for each to be answered or on the office's disk; a full journal of a
// million events is some 16,000 messages.
const (
	sendRate  = 500 // messages a second, of process time
	sendBurst = 20_000
)

// watchman counts what kiosks send. The server takes from each as much as its
// line carries, and all share one disk and one front: who sends without end is
// shut out, and stays out until somebody admits it again.
type watchman struct {
	mu   sync.Mutex
	pace map[sender]*rate.Limiter
	out  map[string]bool
}

// sender is a kiosk and the kind of what it sends.
type sender struct {
	kiosk   string
	journal bool
}

func newWatchman() *watchman {
	return &watchman{pace: make(map[sender]*rate.Limiter), out: make(map[string]bool)}
}

// watchJournals counts what is written to the stream. o.line is held.
func (o *Office) watchJournals() error {
	_, err := o.front.Subscribe(protocol.JournalSubject("*"), func(m *nats.Msg) {
		o.watch(sender{protocol.Asker(m.Subject), true})
	})
	return err
}

// watch counts one message, and shuts its sender out when it is one too many.
func (o *Office) watch(s sender) {
	if !o.watchman.floods(s) || !o.desk.enterWork(&o.work) {
		return
	}
	go func() {
		defer o.work.Done()
		o.log.Error("office: a kiosk sends without end: shut out", "kiosk", s.kiosk, "journal", s.journal)
		if err := o.server.admit(map[string]string{s.kiosk: ""}); err != nil {
			o.log.Error("office: shut out", "kiosk", s.kiosk, "err", err)
		}
	}()
}

// floods says once that a kiosk has sent too much.
func (w *watchman) floods(s sender) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	pace := w.pace[s]
	if pace == nil {
		pace = rate.NewLimiter(sendRate, sendBurst)
		w.pace[s] = pace
	}
	if pace.Allow() || w.out[s.kiosk] {
		return false
	}
	w.out[s.kiosk] = true
	return true
}

// forgive begins anew with kiosks that somebody has admitted.
func (w *watchman) forgive(kiosks []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, k := range kiosks {
		delete(w.out, k)
		delete(w.pace, sender{k, true})
		delete(w.pace, sender{k, false})
	}
}
