// Package console is the command line of kiosksim: it reads the flags, opens what
// they ask for, runs it until a signal comes, and gives the exit code.
//
// Bad input gets one line that says what was wrong and what would be right, and
// exit code 2; nothing has changed then.
package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"kioskd/simulator/card/vpcd"
	"kioskd/simulator/scenario"
	"kioskd/simulator/shop"
)

// flags is the whole command line.
type flags struct {
	Page   benchFlags  `cmd:"" default:"withargs" help:"The technician's bench on loopback (the default)."`
	Play   playFlags   `cmd:"" help:"Play scripted customers."`
	Office officeFlags `cmd:"" help:"The office alone."`
	Soak   soakFlags   `cmd:"" help:"Customers by the thousand under virtual time, everything drawn from one seed."`
	Card   cardFlags   `cmd:"" help:"A virtual card in pcscd's virtual reader."`
	Order  orderFlags  `cmd:"" name:"sign-command" help:"A signed command for a kiosk, to be sent with the nats command line."`
	Probe  probeFlags  `cmd:"" name:"probe-office" help:"Ask any office what a kiosk would, and say whether it keeps to the protocol."`
	Fleet  fleetFlags  `cmd:"" help:"Many kiosks on one office, through a day with outages."`

	Figures figuresFlags `cmd:"" name:"bench" help:"Measure how fast a kiosk is, each figure beside what it is compared with."`

	Pictures picturesFlags `cmd:"" help:"Make the README's pictures, in a headless Chromium."`
}

// common is what every command that opens a shop may be told.
type common struct {
	Kioskd   string `help:"The kioskd binary; the one beside this program if not given." type:"path"`
	Fonts    string `help:"Folder of BIZ UDGothic." type:"path" default:"${fonts}"`
	KeyCache string `help:"Folder of the test cards' keys; the user's cache folder if not given." type:"path"`
	Verbose  bool   `short:"v" help:"Say more."`
}

// log is the simulator's own log: warnings, or everything.
func (c *common) log(w io.Writer) *slog.Logger {
	level := slog.LevelWarn
	if c.Verbose {
		level = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

// exitCode carries a command's exit code through its error.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// streams are where a command writes.
type streams struct{ out, err io.Writer }

// Run reads the arguments and does what they say. The result is the exit code.
func Run(args []string, stdout, stderr io.Writer) int {
	var f flags
	parser, err := kong.New(&f,
		kong.Name("kiosksim"),
		kong.Description("The other side of every plug of a kiosk."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { panic(exitCode(code)) }), // only for --help
		kong.Vars{"fonts": shop.DefaultFonts, "vpcd": vpcd.Address, "saboteurs": saboteurs()},
	)
	if err != nil {
		return complain(stderr, err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	code, err := parseAndRun(ctx, parser, args, streams{stdout, stderr})
	if err != nil {
		return complain(stderr, err)
	}
	return code
}

func parseAndRun(ctx context.Context, parser *kong.Kong, args []string, s streams) (code int, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case exitCode:
			code, err = int(r), nil
		default:
			panic(r)
		}
	}()
	parsed, err := parser.Parse(dashes(args))
	if err != nil {
		return 0, err
	}
	err = parsed.Run(&s, bound{ctx})
	var exit exitCode
	switch {
	case errors.As(err, &exit):
		return int(exit), nil
	case err != nil:
		complain(s.err, err)
		return scenario.ExitMismatch, nil
	}
	return 0, nil
}

// bound hands the context to the commands; kong binds by type.
type bound struct{ context.Context }

// complain says in one line what was wrong.
func complain(w io.Writer, err error) int {
	_, _ = fmt.Fprintf(w, "kiosksim: %v\n", err) // to a person who may be gone
	return scenario.ExitSyntax
}
