// Package command is kioskd's command line: run, check, journal and the
// technician's others.
package command

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"kioskd/daemon"
	"kioskd/daemon/config"
	"kioskd/daemon/control"
	"kioskd/daemon/journal"
	"kioskd/daemon/screen/draw"
	"kioskd/drivers/board/link"
)

// The exit codes.
const (
	ok     = 0
	failed = 1
	bad    = 2 // bad input: nothing was changed
)

const usage = `kioskd runs a certificate kiosk.

  kioskd run -config FILE                 serve customers
  kioskd check -config FILE               try every device and the office, a line each
                 [-wiring]                only show what is to be wired where
                 [-sheet] [-json]         also print one test sheet; for programs
  kioskd journal -config FILE             transactions, and what is owed or unsent
                 [-events | -json]        the same, a line an event, or for programs
                 [-begin-anew]            keep a damaged journal aside and begin a new one
  kioskd refill -config FILE YEN=COINS…   tell how many coins a hopper now holds
  kioskd maintenance-code                 make the configuration's line of a technician's code
  kioskd identity -config FILE            make this kiosk's key and show what the office needs (or -key FILE)
  kioskd devices -config FILE             the systemd drop-in with this kiosk's devices and addresses
  kioskd attention -config FILE           light the attention lamp until it is ended
`

// badInput is what the caller wrote wrongly.
type badInput struct{ what string }

func (e *badInput) Error() string { return e.what }

// Main runs one command and returns the exit code.
func Main(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	err := dispatch(ctx, args, stdout, stderr)
	switch {
	case err == nil:
		return ok
	case errors.Is(err, flag.ErrHelp):
		say(stdout, usage)
		return ok
	case isBadInput(err):
		say(stderr, "kioskd: "+err.Error()+"\n")
		return bad
	default:
		say(stderr, "kioskd: "+err.Error()+"\n")
		return failed
	}
}

// isBadInput holds for what no second try mends: what was typed, what the
// configuration says, and what it points at.
func isBadInput(err error) bool {
	var input *badInput
	var conf *config.Error
	var font *draw.FontError
	var version *link.VersionError
	var refused *link.RefusedError
	return errors.As(err, &input) || errors.As(err, &conf) || errors.As(err, &font) ||
		errors.As(err, &version) || errors.As(err, &refused)
}

// say writes to a person who may be gone; the exit code stays.
func say(w io.Writer, text string) { _, _ = io.WriteString(w, text) }

func dispatch(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		return &badInput{"say what to do: run, check, journal, refill, identity, maintenance-code, devices or attention (kioskd -h tells more)"}
	}
	name := args[0]
	if name == "maintenance-code" {
		if len(args) > 1 {
			return &badInput{"maintenance-code takes nothing: the code is typed, or comes from the standard input"}
		}
		return maintenanceCode(os.Stdin, stdout, stderr)
	}
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	file := f.String("config", "/etc/kioskd/kioskd.toml", "configuration `FILE`")
	asJSON := f.Bool("json", false, "journal, check: machine-readable")
	var how howToTell
	f.BoolVar(&how.events, "events", false, "journal: a line an event")
	f.BoolVar(&how.anew, "begin-anew", false, "journal: keep a damaged one aside and begin a new one")
	var try checking
	f.BoolVar(&try.sheet, "sheet", false, "check: also print one test sheet")
	f.BoolVar(&try.wiring, "wiring", false, "check: only show the wiring")
	key := f.String("key", "", "identity: `FILE` of the key to make, instead of the configuration's")
	var do func(config.Config) error
	switch name {
	case "run":
		do = func(cfg config.Config) error {
			return daemon.Run(ctx, cfg, slog.New(slog.NewTextHandler(stderr, nil)))
		}
	case "check":
		do = func(cfg config.Config) error {
			try.json = *asJSON
			return try.run(ctx, cfg, stdout)
		}
	case "devices":
		do = func(cfg config.Config) error { return devices(ctx, cfg, stdout) }
	case "attention":
		do = func(cfg config.Config) error { return daemon.Attention(ctx, cfg) }
	case "journal":
		do = func(cfg config.Config) error {
			how.json = *asJSON
			return showJournal(ctx, cfg, stdout, how)
		}
	case "refill":
		do = func(cfg config.Config) error { return refill(ctx, cfg, f.Args()) }
	case "identity": // below: it needs no configuration when the file is named
	case "-h", "-help", "--help", "help":
		return flag.ErrHelp
	default:
		return &badInput{fmt.Sprintf("no command %q: there is run, check, journal, refill, identity, maintenance-code, devices and attention", name)}
	}
	if err := f.Parse(args[1:]); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return &badInput{err.Error()}
	}
	if name != "refill" && f.NArg() > 0 {
		return &badInput{fmt.Sprintf("%q is too much: %s takes -config FILE", f.Arg(0), name)}
	}
	if how != (howToTell{}) && name != "journal" {
		return &badInput{fmt.Sprintf("-events and -begin-anew are for journal: %s takes -config FILE", name)}
	}
	if try != (checking{}) && name != "check" {
		return &badInput{fmt.Sprintf("-sheet and -wiring are for check: %s takes -config FILE", name)}
	}
	if *asJSON && name != "journal" && name != "check" {
		return &badInput{fmt.Sprintf("-json is for journal and check: %s takes -config FILE", name)}
	}
	if *key != "" && name != "identity" {
		return &badInput{fmt.Sprintf("-key is for identity: %s takes -config FILE", name)}
	}
	if name == "identity" {
		return identity(*key, *file, stdout)
	}
	cfg, err := config.Load(*file)
	if err != nil {
		return err
	}
	return do(cfg)
}

// details are an event's own fields as key=value.
func details(e any) []string {
	b, err := json.Marshal(e)
	if err != nil {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	var list []string
	if _, err := d.Token(); err != nil {
		return nil
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return list
		}
		value, err := d.Token()
		if err != nil {
			return list
		}
		switch key {
		case "n", "kind", "at", "visit", "person":
		default:
			list = append(list, fmt.Sprintf("%v=%v", key, value))
		}
	}
	return list
}

// refill books a cash count, through the running daemon or into the file.
func refill(ctx context.Context, cfg config.Config, args []string) error {
	if len(args) == 0 {
		return &badInput{"refill takes YEN=COINS, as in 100=30"}
	}
	var counts []control.Count
	for _, a := range args {
		yen, coins, found := strings.Cut(a, "=")
		y, err1 := strconv.Atoi(yen)
		n, err2 := strconv.Atoi(coins)
		if !found || err1 != nil || err2 != nil {
			return &badInput{fmt.Sprintf("%q: write YEN=COINS, as in 100=30", a)}
		}
		c := control.Count{Yen: y, Coins: n}
		if err := c.Check(); err != nil {
			return &badInput{err.Error()}
		}
		counts = append(counts, c)
	}
	for _, c := range counts {
		if err := book(ctx, cfg, c); err != nil {
			return err
		}
	}
	return nil
}

func book(ctx context.Context, cfg config.Config, c control.Count) error {
	err := control.Ask{Path: cfg.Control}.Refill(ctx, c)
	if !errors.Is(err, control.ErrNotRunning) {
		return err
	}
	j, err := journal.Open(cfg.State, nil)
	if err != nil {
		return err
	}
	return errors.Join(j.Write(c.Event(time.Now())), j.Close())
}
