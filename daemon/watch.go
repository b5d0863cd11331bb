package daemon

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sys/unix"
)

const (
	touchRetry = time.Second     // before a touch chip that is dead is started anew
	panelCheck = time.Second     // between two looks at the panel's chip
	diskRetry  = 2 * time.Second // before a disk that failed is tried again
)

// harden makes sure that no secret gets out by a dump: no core file, no
// debugger of the same user, no stack trace of memory.
func harden() error {
	var core unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &core); err != nil || core != (unix.Rlimit{}) {
		if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
			return errors.Join(errors.New("no core files"), err)
		}
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return errors.Join(errors.New("no dumps"), err)
	}
	debug.SetTraceback("none")
	return nil
}

// tell speaks to systemd, where there is one.
func tell(log *slog.Logger, state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		log.Warn("systemd", "state", state, "err", err)
	}
}

// pulse feeds systemd's watchdog: one beat per turn of the loop that looks
// after the kiosk's service, never by itself.
type pulse struct {
	log  *slog.Logger
	last time.Time
	half time.Duration // 0: no watchdog
}

func newPulse(log *slog.Logger) *pulse {
	every, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		log.Warn("systemd watchdog", "err", err)
	}
	return &pulse{log: log, half: every / 2}
}

func (p *pulse) beat() {
	if p.half == 0 || time.Since(p.last) < p.half/2 {
		return
	}
	p.last = time.Now()
	tell(p.log, daemon.SdNotifyWatchdog)
}

// repeat does what can fail until ctx ends, with a rest in between.
func repeat(ctx context.Context, rest time.Duration, try func() error) {
	for ctx.Err() == nil {
		if err := try(); err == nil {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(rest):
		}
	}
}
