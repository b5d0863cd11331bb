package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"kioskd/daemon"
	"kioskd/daemon/check"
	"kioskd/daemon/config"
	"kioskd/daemon/control"
)

// checking is how a check is shown, and what it may do.
type checking struct {
	sheet  bool // print one test sheet
	wiring bool // only say what is wired where, and try nothing
	json   bool
}

// run asks the running daemon to try its devices, else opens them itself. The
// error names what failed.
func (c checking) run(ctx context.Context, cfg config.Config, stdout io.Writer) error {
	p := check.Printer{Out: stdout, Colour: isTerminal(stdout)}
	wiring := check.Wiring(cfg)
	if c.wiring {
		if c.json {
			return json.NewEncoder(stdout).Encode(wiring)
		}
		return p.Wiring(wiring)
	}
	var printed error
	begin := func() {
		if !c.json {
			say(stdout, fmt.Sprintf("%s: model %s, board %s. It expects:\n\n", cfg.Kiosk, cfg.Model, cfg.Board))
			printed = errors.Join(p.Wiring(wiring))
			say(stdout, "\n")
		}
	}
	tell := func(l check.Line) {
		if !c.json {
			printed = errors.Join(printed, p.Line(l))
		}
	}
	report, err := control.Ask{Path: cfg.Control}.Check(ctx, c.sheet)
	switch {
	case errors.Is(err, control.ErrNotRunning):
		begin()
		report = daemon.Check(ctx, cfg, c.sheet, tell)
	case err != nil:
		return fmt.Errorf("check: %w", err)
	default:
		begin()
		for _, l := range report.Lines {
			tell(l)
		}
	}
	if c.json {
		printed = json.NewEncoder(stdout).Encode(report)
	}
	if printed != nil {
		return fmt.Errorf("check: %w", printed)
	}
	if bad := report.Failures(); len(bad) > 0 {
		return fmt.Errorf("check: %d of %d failed: %s", len(bad), len(report.Lines), strings.Join(bad, ", "))
	}
	return nil
}

// isTerminal says whether a person reads it as it comes.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}
