package journal

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"kioskd/flows"
)

// mounted is a real file system of that size, in memory. It takes root, as the
// container of make test has it.
func mounted(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Fatalf("mount a small disk (it takes root): %v", err)
	}
	unmount(t, dir)
	return dir
}

func unmount(t *testing.T, dir string) {
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

// fillUp writes until the disk is full.
func fillUp(t *testing.T, dir string) (filler string) {
	t.Helper()
	filler = filepath.Join(dir, "somebody-elses.log")
	f, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
	if !errors.Is(err, unix.ENOSPC) {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return filler
}

// I10: a disk that somebody else fills does not stop a visit: the journal has its
// space.
func TestAFullDiskDoesNotStopAVisit(t *testing.T) {
	dir := mounted(t, "40m")
	j := opened(t, dir)
	fillUp(t, dir)
	for range shopBounds().reserved {
		write(t, j, flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: 100})
	}
}

func TestADiskTooSmallIsSaidAtTheStart(t *testing.T) {
	dir := mounted(t, "8m")
	for range 2 {
		if _, err := Open(dir, nil); !errors.Is(err, ErrDisk) || !errors.Is(err, unix.ENOSPC) {
			t.Fatalf("a disk of 8 MiB: %v", err)
		}
	}
	if _, err := open(dir, nil, small()); err != nil {
		t.Errorf("the same disk with space enough: %v", err)
	}
}

// Where the disk does fill up under the journal, the commit that fails is the
// last, what was written is there after a start, and the journal knows when it
// may be tried again.
func TestADiskThatFillsUpUnderTheJournal(t *testing.T) {
	dir := mounted(t, "512k")
	b := shopBounds()
	b.space, b.log = 64<<10, 64<<10
	j := openedWith(t, dir, b)
	filler := fillUp(t, dir)
	written := wantFailing(t, j, unix.ENOSPC)
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	wantMended(t, j, b, dir, written)
}

// wantFailing writes until the disk takes no more.
func wantFailing(t *testing.T, j *Journal, why error) (written int) {
	t.Helper()
	var err error
	for err == nil {
		if err = j.Write(flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: 100}); err == nil {
			written++
		}
	}
	if !errors.Is(err, ErrDisk) || !errors.Is(err, why) {
		t.Fatalf("after %d events: %v, want %v", written, err, why)
	}
	if err := j.Write(flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: 100}); !errors.Is(err, ErrDisk) {
		t.Errorf("after a failed commit it writes on: %v", err)
	}
	if err := j.Probe(); !errors.Is(err, ErrDisk) {
		t.Errorf("the disk takes nothing, and the probe says %v", err)
	}
	if r, err := j.Report(); err != nil || r.Failed == "" {
		t.Errorf("it cannot be read any more: %+v, %v", r, err)
	}
	return written
}

func wantMended(t *testing.T, j *Journal, b bounds, dir string, written int) {
	t.Helper()
	if err := j.Probe(); err != nil {
		t.Errorf("the disk is mended, and the probe says %v", err)
	}
	if j.Err() == nil {
		t.Error("it goes on without a fresh start")
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	again := openedWith(t, dir, b)
	// The commit that failed may be there or not: nobody was told that it is.
	if got := int(again.last); got != written && got != written+1 {
		t.Errorf("%d events were written, after a start there are %d", written, got)
	}
	write(t, again, flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: 100})
}

// A disk that can only be read is said at the start, and the technician can
// still read the journal on it.
func TestADiskThatCanOnlyBeRead(t *testing.T) {
	dir := mounted(t, "40m")
	j := opened(t, dir)
	write(t, j, flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: 100})
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("none", dir, "tmpfs", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, nil); !errors.Is(err, ErrDisk) || !errors.Is(err, unix.EROFS) {
		t.Errorf("opening says %v", err)
	}
	r, err := Read(dir)
	if err != nil || len(r.Events) != 1 {
		t.Errorf("it cannot be read: %+v, %v", r, err)
	}
	if err := unix.Mount("none", dir, "tmpfs", unix.MS_REMOUNT, ""); err != nil {
		t.Fatal(err)
	}
	write(t, opened(t, dir), flows.Event{Kind: flows.CoinOut, Visit: "v", Yen: 100})
}

// An ext4 that has seen an error goes read-only under everybody. It takes a loop
// device, which not every container has: make test-long. What it answers is in
// TestADiskThatFailsUnderTheJournal.
func TestAnExt4ThatGoesReadOnly(t *testing.T) {
	if os.Getenv("KIOSKD_LONG") == "" {
		t.Skip("make test-long")
	}
	dir, image := t.TempDir(), filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	truncate(t, image, 64<<20)
	run(t, "mkfs.ext4", "-q", image)
	run(t, "mount", "-o", "loop", image, dir)
	unmount(t, dir)
	j := opened(t, dir)
	write(t, j, flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: 100})
	run(t, "mount", "-o", "remount,abort", dir)
	if written := wantFailing(t, j, unix.EROFS); written != 0 {
		t.Errorf("%d events were written on a disk that takes none", written)
	}
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}
