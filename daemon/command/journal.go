package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"kioskd/daemon/config"
	"kioskd/daemon/control"
	"kioskd/daemon/journal"
)

// howToTell is what a technician wants of the journal.
type howToTell struct {
	json   bool // for programs
	events bool // a line an event
	anew   bool // begin a new one
}

// showJournal asks the running daemon, else reads the file itself.
func showJournal(ctx context.Context, cfg config.Config, stdout io.Writer, how howToTell) error {
	if how.anew {
		return beginAnew(ctx, cfg, stdout)
	}
	report, err := control.Ask{Path: cfg.Control}.Journal(ctx)
	if errors.Is(err, control.ErrNotRunning) {
		report, err = journal.Read(cfg.State)
	}
	switch {
	case err != nil && strings.Contains(err.Error(), journal.ErrDamaged.Error()): // the daemon's answer is text
		return fmt.Errorf("%w; to keep it aside and begin a new one, whose first event tells the office so: kioskd journal -begin-anew", err)
	case err != nil:
		return err
	case how.json:
		return json.NewEncoder(stdout).Encode(report)
	case how.events:
		return tellEvents(stdout, report)
	default:
		return tellStory(stdout, report)
	}
}

// beginAnew has a damaged journal kept aside, by the running daemon or in the
// folder itself.
func beginAnew(ctx context.Context, cfg config.Config, stdout io.Writer) error {
	a, err := control.Ask{Path: cfg.Control}.BeginAnew(ctx)
	if errors.Is(err, control.ErrNotRunning) {
		a, err = journal.BeginAnew(cfg.State, time.Now())
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "A new journal is begun, %s.\n%s.\nThe office hears of it as incident %s. "+
		"Send the office all that is kept: what is owed in it, people have to see to.\n"+
		"Now count the hoppers: kioskd refill 100=N 50=N 10=N\n", a.New, capital(a.String()), a.Incident)
	return err
}

func capital(s string) string {
	if s == "" {
		return ""
	}
	return string(s[0]-'a'+'A') + s[1:]
}
