package soak

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"kioskd/daemon/journal"
)

// disk is what is wrong with the kiosk's disk.
type disk struct {
	err error // that every commit ends with; nil: none
	// last says that one more commit reaches the disk, and nobody hears of it:
	// what a system does that finds its disk failing and lets nothing more on it.
	last   bool
	spoils bool // the journal's files will be spoilt at the next start
	spoilt bool // they are; what they were lies aside
	mended bool // they will be as they were at the next start
}

// breakDisk has the journal meet a full disk or one that has become read-only, or
// has the power go and come back to spoilt files.
func breakDisk(w *world, _ *rand.Rand, kind string) error {
	w.mu.Lock()
	switch kind {
	case "full":
		w.disk.err = fmt.Errorf("%w: soak: no space", journal.ErrDisk)
	case "readonly":
		w.disk.err, w.disk.last = fmt.Errorf("%w: soak: read-only", journal.ErrDisk), true
	case "damaged":
		w.disk.spoils = !w.disk.spoilt
	default:
		defer w.mu.Unlock()
		return fmt.Errorf("soak: a disk has no fault %q", kind)
	}
	w.mu.Unlock()
	if kind == "damaged" {
		w.cut(false)
	}
	return nil
}

// commit is what the disk does with a commit: done says whether it is on it.
func (w *world) commit(write func() error) (done bool, err error) {
	w.mu.Lock()
	failed, last := w.disk.err, w.disk.last
	w.disk.last = false
	w.mu.Unlock()
	if failed != nil && !last {
		return false, failed
	}
	if err := write(); err != nil {
		return false, err
	}
	return true, failed
}

func (w *world) diskError() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.disk.err
}

// mendDisk gives the kiosk a disk as it was before. A spoilt one is changed with
// the power off, as a technician would.
func mendDisk(w *world) {
	w.mu.Lock()
	spoilt := w.disk.spoilt
	w.disk = disk{spoilt: spoilt, mended: spoilt}
	w.mu.Unlock()
	if spoilt {
		w.cut(true)
	}
}

// changeDisk spoils the journal's files, or puts the good ones back. It is called
// when nothing holds them.
func (w *world) changeDisk() error {
	w.mu.Lock()
	d := w.disk
	switch {
	case d.mended:
		w.disk = disk{}
	case d.spoils:
		w.disk.spoils, w.disk.spoilt = false, true
	}
	w.mu.Unlock()
	aside := filepath.Join(w.o.dir, "aside")
	switch {
	case d.mended:
		return errors.Join(os.RemoveAll(w.state), os.Rename(aside, w.state))
	case d.spoils:
		return spoil(w.state, aside)
	}
	return nil
}

// spoiltBytes are overwritten at each file's beginning, at least.
const spoiltBytes = 64 << 10

// spoil overwrites the journal's files in dir and keeps the whole folder aside.
func spoil(dir, aside string) error {
	if err := os.CopyFS(aside, os.DirFS(dir)); err != nil {
		return fmt.Errorf("soak: spoil the disk: %w", err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "journal*"))
	if err != nil {
		return fmt.Errorf("soak: spoil the disk: %w", err)
	}
	for _, name := range files {
		if err := os.WriteFile(name, []byte(strings.Repeat("spoilt ", spoiltBytes/7)), 0o600); err != nil {
			return fmt.Errorf("soak: spoil the disk: %w", err)
		}
	}
	return nil
}
