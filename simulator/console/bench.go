package console

import (
	"context"
	"errors"
	"fmt"
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
	dir, remove, err := f.folder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	o := shop.Options{Dir: dir, Start: f.Clock, Kioskd: f.Kioskd, Fonts: f.Fonts, KeyCache: f.KeyCache, Log: f.log(s.err)}
	open, err := f.open(ctx, o, say)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, open.Close()) }()
	say("open " + open.URL)
	return open.Wait()
}

// open opens the bench at the address that was asked for, or at one that is free.
func (f *benchFlags) open(ctx context.Context, o shop.Options, say func(string)) (*bench.Opening, error) {
	addr := f.Listen
	if addr == "" {
		addr = benchAddress
	}
	open, err := bench.Open(ctx, o, addr, say)
	if f.Listen == "" && errors.Is(err, syscall.EADDRINUSE) {
		say(benchAddress + " is taken; once more on another port")
		return bench.Open(ctx, o, anyAddress, say)
	}
	return open, err
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

// cardFlags are those of kiosksim card.
type cardFlags struct {
	Resident string `help:"Whose card." default:"adult"`
}

// Run plugs a card into pcscd's virtual reader.
func (f *cardFlags) Run(*streams, bound) error {
	return fmt.Errorf("a card in pcscd's virtual reader: %w", errNotYet)
}
