package pcscd

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// OpenSC's tools have no deadline of their own. The longest that one takes here
// is two seconds; a busy machine is given its time, and no more.
const (
	clientWithin = 40 * time.Second
	outputWithin = time.Second // after its end
	lookEvery    = 50 * time.Millisecond
)

// Client runs a PC/SC program with this pcscd, in the folder dir, and returns
// what it printed. One that does not end is killed, and the error says what pcscd
// was about.
func (d *Daemon) Client(ctx context.Context, dir, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, clientWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), d.Env(), "OPENSC_CONF=/dev/null")
	cmd.Dir = dir
	cmd.WaitDelay = outputWithin
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return string(out), fmt.Errorf("pcscd: %s did not end: %w; pcscd says: %s", name, context.Cause(ctx), d.says())
	}
	if err != nil {
		return string(out), fmt.Errorf("pcscd: %s: %w", name, err)
	}
	return string(out), nil
}

// Await returns as soon as a card lies on the reader for OpenSC, or none does. It
// asks again and again: "opensc-tool --wait" waits for ever where the card was
// there before it (OpenSC 0.23 then waits for another).
func (d *Daemon) Await(ctx context.Context, card bool) error {
	ctx, cancel := context.WithTimeout(ctx, clientWithin)
	defer cancel()
	for {
		out, err := d.Client(ctx, d.dir, "opensc-tool", "--atr")
		if card && err == nil || !card && strings.Contains(out, "Card not present") {
			return nil
		}
		select {
		case <-time.After(lookEvery):
		case <-ctx.Done():
			return fmt.Errorf("pcscd: a card lies there: %t, and should not be so: %w; opensc-tool says: %s; pcscd says: %s",
				!card, context.Cause(ctx), out, d.says())
		}
	}
}
