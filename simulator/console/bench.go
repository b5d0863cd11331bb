package console

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"kioskd/simulator/bench"
	"kioskd/simulator/shop"
)

// benchFlags are those of kiosksim without a command.
type benchFlags struct {
	common
	Listen string    `help:"Loopback address of the bench's page; 127.0.0.1:8100 if not given, or another port where that is taken."`
	Dir    string    `help:"Folder of the bench's files; one for the time it runs if not given." type:"path"`
	Board  string    `help:"The kiosk's board: spi7 (800x480) or fb10 (1280x800)." enum:"spi7,fb10" default:"spi7"`
	Clock  time.Time `help:"Where the shop's clock starts (RFC 3339)." default:"2026-11-24T10:00:00+09:00"`
}

// Where the page is served if nobody says otherwise.
const (
	benchAddress = "127.0.0.1:8100"
	anyAddress   = "127.0.0.1:0"
)

// Run serves the bench until a signal comes.
func (f *benchFlags) Run(s *streams, ctx bound) (err error) {
	say := func(text string) { _, _ = fmt.Fprintf(s.out, "kiosksim: %s\n", text) } // to a person who may be gone
	l, err := f.listen(ctx)
	if err != nil {
		return exitCode(complain(s.err, err))
	}
	dir, remove, err := f.folder()
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer func() { err = errors.Join(err, remove()) }()
	open, err := bench.Open(ctx, shop.Options{
		Dir: dir, Start: f.Clock, Board: f.Board, Kioskd: f.Kioskd, Fonts: f.Fonts, KeyCache: f.KeyCache, Log: f.log(s.err),
	}, l, say)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, open.Close()) }()
	say("open " + open.URL)
	return open.Wait()
}

// listen opens the address that was asked for; where nobody asked and the usual
// one is taken, any other.
func (f *benchFlags) listen(ctx context.Context) (net.Listener, error) {
	if f.Listen != "" {
		return bench.Listen(ctx, f.Listen)
	}
	l, err := bench.Listen(ctx, benchAddress)
	if errors.Is(err, syscall.EADDRINUSE) {
		return bench.Listen(ctx, anyAddress)
	}
	return l, err
}

// folder is where the bench keeps its files, and how to leave it.
func (f *benchFlags) folder() (dir string, remove func() error, err error) {
	if f.Dir != "" {
		return f.Dir, func() error { return nil }, nil
	}
	dir, err = os.MkdirTemp("", "kiosksim-")
	if err != nil {
		return "", nil, fmt.Errorf("the bench's files: %w", err)
	}
	return dir, func() error { return os.RemoveAll(dir) }, nil
}
