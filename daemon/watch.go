package daemon

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sys/unix"

	"kioskd/daemon/health"
	"kioskd/drivers/board"
	"kioskd/flows"
)

const (
	touchRetry = time.Second // before a touch chip that is dead is started anew
	panelCheck = time.Second // between two looks at the panel's chip
	diskRetry  = time.Second // between two looks at the disk
	diskDoubts = 3           // looks in a row at which it refuses, then nobody is served
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

// newMonitor hears the loops' beats, and feeds systemd's watchdog by them where
// there is one.
func newMonitor(log *slog.Logger) *health.Monitor {
	every, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		log.Warn("systemd watchdog", "err", err)
	}
	if every == 0 {
		return health.New(log, 0, nil)
	}
	return health.New(log, every/4, func() { tell(log, daemon.SdNotifyWatchdog) })
}

// repeat does what can fail until ctx ends, with a rest in between.
func repeat(ctx context.Context, rest time.Duration, try func() error) {
	for ctx.Err() == nil {
		if err := try(); err == nil {
			return
		}
		health.Sleep(ctx, rest)
	}
}

// acting is the journal of the loop that serves the customer: each of its acts
// is between two events, however many a visit needs.
type acting struct {
	*memory
	beat func()
}

func (a acting) Write(e flows.Event) error {
	a.beat()
	return a.memory.Write(e)
}

// turning is a card reader whose card is one act after the other: each exchange
// is a turn of the loop that serves the customer, however many a card needs.
type turning struct {
	board.Reader
	beat func()
}

func (t turning) Connect() (board.Card, error) {
	c, err := t.Reader.Connect()
	if err != nil {
		return nil, err
	}
	return turningCard{c, t.beat}, nil
}

type turningCard struct {
	board.Card
	beat func()
}

func (t turningCard) Transmit(command []byte) ([]byte, error) {
	defer t.beat()
	return t.Card.Transmit(command)
}

// stopping is the reason for which a kiosk with these broken parts serves nobody,
// or "". What else may break, the office hears of, and the kiosk serves on.
func stopping(broken []string) string {
	for _, part := range broken {
		switch part {
		case "panel", "touch", "journal":
			return part
		}
	}
	return ""
}

// withheld is why one errand cannot be had with these broken parts, in the words
// of the page unavailable, or "". Where coins are not counted, nobody sees who is
// at them, or nobody would see the supply fail in mid pay-out, there is none that
// costs money; a reset costs none.
func withheld(broken []string, errand string) string {
	if errand != flows.ErrandCertificate {
		return ""
	}
	for _, part := range broken {
		switch part {
		case "acceptor", "door", "power-fail":
			return "maintenance"
		}
	}
	return ""
}
