// Package control lets a technician's command speak to the running daemon: a
// unix socket that only root and the daemon's own user can open.
//
// It reads the journal, counts coins, has a damaged journal kept aside, and has the
// devices tried while no customer is there. It can pay out nothing, print nothing
// but a test sheet, and read no card.
package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"kioskd/daemon/check"
	"kioskd/daemon/journal"
	"kioskd/daemon/serving"
	"kioskd/flows"
)

const (
	within      = 5 * time.Second // for a whole request
	checkWithin = 4 * time.Minute // for all devices, where each takes as long as it may
	bodyMax     = 64 << 20        // of an answer: the journal is the largest
	coinsMax    = 10_000          // in a hopper
)

// ErrNotRunning says that no daemon answers on the socket.
var ErrNotRunning = errors.New("control: no daemon is running")

// Kiosk is what the socket hands on.
type Kiosk interface {
	Report() (journal.Report, error)
	Write(e flows.Event) error
	// BeginAnew keeps a damaged journal aside and begins a new one.
	BeginAnew() (journal.Aside, error)
	// Check tries every device, and prints one sheet where that is asked for;
	// serving.ErrServed while there is a customer.
	Check(ctx context.Context, sheet bool) (check.Report, error)
}

// Count is how many coins a hopper now holds.
type Count struct {
	Yen   int `json:"yen"`
	Coins int `json:"coins"`
}

// Check refuses what no hopper is.
func (c Count) Check() error {
	if c.Yen != 10 && c.Yen != 50 && c.Yen != 100 {
		return fmt.Errorf("there is no hopper for %d yen: 10, 50 and 100 have one", c.Yen)
	}
	if c.Coins < 0 || c.Coins > coinsMax {
		return fmt.Errorf("%d coins: write 0 to %d", c.Coins, coinsMax)
	}
	return nil
}

// Event is the count as the journal keeps it.
func (c Count) Event(at time.Time) flows.Event {
	return flows.Event{Kind: flows.CashCount, At: at, Yen: c.Yen, Count: c.Coins}
}

// Serve answers on the socket at path until ctx ends. now is the board's clock.
func Serve(ctx context.Context, path string, k Kiosk, now func() time.Time, log *slog.Logger) error {
	// A socket that a killed daemon left behind would refuse the new one.
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("control: %w", err)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return fmt.Errorf("control: %w", err)
	}
	if err := os.Chmod(path, 0o660); err != nil {
		return errors.Join(fmt.Errorf("control: %w", err), l.Close())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /journal", func(w http.ResponseWriter, _ *http.Request) {
		report, err := k.Report()
		answer(w, log, report, err)
	})
	mux.HandleFunc("POST /journal/begin-anew", func(w http.ResponseWriter, _ *http.Request) {
		aside, err := k.BeginAnew()
		answer(w, log, aside, err)
	})
	mux.HandleFunc("POST /check", func(w http.ResponseWriter, r *http.Request) {
		err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(checkWithin))
		var report check.Report
		if err == nil {
			report, err = k.Check(r.Context(), r.URL.Query().Get("sheet") != "")
		}
		answer(w, log, report, err)
	})
	mux.HandleFunc("POST /refill", func(w http.ResponseWriter, r *http.Request) {
		var c Count
		err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1024)).Decode(&c)
		if err == nil {
			err = c.Check()
		}
		if err == nil {
			err = k.Write(c.Event(now()))
		}
		answer(w, log, c, err)
	})
	s := &http.Server{Handler: mux, ReadTimeout: within, WriteTimeout: within}
	// An answer that is under way is finished: it may be the one that ends us.
	closed := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		finishing, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
		defer cancel()
		closed <- s.Shutdown(finishing)
	})
	err = s.Serve(l)
	if !stop() {
		err = errors.Join(err, <-closed)
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("control: %w", err)
	}
	return nil
}

func answer(w http.ResponseWriter, log *slog.Logger, v any, err error) {
	if errors.Is(err, serving.ErrServed) {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := json.NewEncoder(w).Encode(v); err != nil {
		log.Warn("control: answer", "err", err)
	}
}

// Ask is the other end: a technician's command.
type Ask struct{ Path string }

// Journal asks for the whole journal.
func (a Ask) Journal(ctx context.Context) (journal.Report, error) {
	var r journal.Report
	err := a.do(ctx, within, http.MethodGet, "/journal", nil, &r)
	return r, err
}

// BeginAnew has a damaged journal kept aside and a new one begun; the daemon then
// starts anew.
func (a Ask) BeginAnew(ctx context.Context) (journal.Aside, error) {
	var aside journal.Aside
	err := a.do(ctx, within, http.MethodPost, "/journal/begin-anew", nil, &aside)
	return aside, err
}

// Refill tells how many coins a hopper now holds.
func (a Ask) Refill(ctx context.Context, c Count) error {
	body, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("control: %w", err)
	}
	return a.do(ctx, within, http.MethodPost, "/refill", body, &c)
}

// Check has every device tried; serving.ErrServed while there is a customer.
func (a Ask) Check(ctx context.Context, sheet bool) (check.Report, error) {
	what := "/check"
	if sheet {
		what += "?sheet=1"
	}
	var r check.Report
	err := a.do(ctx, checkWithin, http.MethodPost, what, nil, &r)
	return r, err
}

func (a Ask) do(ctx context.Context, within time.Duration, method, what string, body []byte, into any) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", a.Path)
	}}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, method, "http://kioskd"+what, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("control: %w", err)
	}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) && op.Op == "dial" {
			return fmt.Errorf("%w (%s)", ErrNotRunning, a.Path)
		}
		return fmt.Errorf("control: %w", err)
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, bodyMax))
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return fmt.Errorf("control: %w", err)
	}
	if resp.StatusCode == http.StatusConflict {
		return serving.ErrServed
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("control: %s", bytes.TrimSpace(b))
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("control: %w", err)
	}
	return nil
}
