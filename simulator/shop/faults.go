package shop

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// skew is what the clock's faults did to this board's wall clock.
type skew struct {
	jumped time.Duration
}

// diskFault is what is wrong with the disk; "" is nothing.
type diskFault string

// limit is the largest file kioskd may write. A disk that takes nothing more is
// made by the kernel's limit on file sizes, which needs no privilege and works
// on a process that runs: every write fails, only with EFBIG in place of ENOSPC
// or EROFS.
func (d diskFault) limit() uint64 {
	if d == "full" || d == "readonly" {
		return 0
	}
	return unix.RLIM_INFINITY
}

func limitFiles(pid int, most uint64) error {
	l := unix.Rlimit{Cur: most, Max: unix.RLIM_INFINITY}
	if err := unix.Prlimit(pid, unix.RLIMIT_FSIZE, &l, nil); err != nil {
		return fmt.Errorf("shop: limit the size of files: %w", err)
	}
	return nil
}

// errDevice says that a kiosk has no such device.
var errDevice = errors.New("shop: a kiosk has no such device")

// Fault breaks a device, in place of what was wrong with it before.
func (k *Kiosk) Fault(device, kind string) error {
	defer k.changed("faults")
	switch device {
	case "reader":
		return k.reader.Fault(kind)
	case "sheet-printer":
		return k.pages.Fault(kind)
	case "receipt-printer":
		return k.receipts.Fault(kind)
	case "coins":
		return k.coinsFault(kind)
	case "hopper":
		return k.hoppers.Fault(kind)
	case "touch":
		return k.glass.Fault(kind)
	case "panel":
		return k.panel.Fault(kind)
	case "door":
		if kind != "open" {
			return fmt.Errorf("shop: a door has no fault %q (there is open)", kind)
		}
		k.door.Set(true)
		return nil
	case "supply":
		if kind != "failing" {
			return fmt.Errorf("shop: a supply has no fault %q (there is failing)", kind)
		}
		k.supply.Set(true)
		return nil
	case "clock":
		return k.clockFault(kind)
	case "disk":
		return k.diskFault(kind)
	}
	return fmt.Errorf("%w: %q", errDevice, device)
}

// Clear mends a device.
func (k *Kiosk) Clear(device string) error {
	defer k.changed("faults")
	switch device {
	case "reader":
		k.reader.Clear()
	case "sheet-printer":
		k.pages.Clear()
	case "receipt-printer":
		k.receipts.Clear()
	case "coins":
		k.pulse.Break(false)
		k.acceptor.Clear()
	case "hopper":
		k.hoppers.Clear()
	case "touch":
		k.glass.Clear()
	case "panel":
		k.panel.Clear()
	case "door":
		k.door.Set(false)
	case "supply":
		k.supply.Set(false)
	case "clock":
		k.clearClock()
	case "disk":
		return k.clearDisk()
	default:
		return fmt.Errorf("%w: %q", errDevice, device)
	}
	return nil
}

// coinsFault breaks the acceptor, or the line that it pulses.
func (k *Kiosk) coinsFault(kind string) error {
	if kind != "dead" {
		k.pulse.Break(false)
		return k.acceptor.Fault(kind)
	}
	k.acceptor.Clear()
	k.pulse.Break(true)
	return nil
}

// clockFault has the board's own wall clock go wrong; the world's does not.
func (k *Kiosk) clockFault(kind string) error {
	name, by, _ := strings.Cut(kind, ":")
	switch name {
	case "unset":
		k.clearClock()
		k.board.SetClockTrusted(false)
		return nil
	case "jump":
		d, err := time.ParseDuration(by)
		if err != nil {
			return fmt.Errorf("shop: clock jump: %w", err)
		}
		k.clearClock()
		k.mu.Lock()
		k.skew.jumped = d
		k.mu.Unlock()
		k.board.JumpClock(d)
		return nil
	}
	return fmt.Errorf("shop: a clock has no fault %q (there is unset, jump:D)", kind)
}

func (k *Kiosk) clearClock() {
	k.mu.Lock()
	d := k.skew.jumped
	k.skew.jumped = 0
	k.mu.Unlock()
	if d != 0 {
		k.board.JumpClock(-d)
	}
	k.board.SetClockTrusted(true)
}

func (k *Kiosk) journalFile() string { return filepath.Join(k.dir, "state", "journal.db") }

func (k *Kiosk) diskFault(kind string) error {
	if kind != "full" && kind != "readonly" && kind != "damaged" {
		return fmt.Errorf("shop: a disk has no fault %q (there is full, readonly, damaged)", kind)
	}
	if err := k.clearDisk(); err != nil {
		return err
	}
	k.mu.Lock()
	k.disk = diskFault(kind)
	limit := k.disk.limit()
	k.mu.Unlock()
	if kind == "damaged" {
		return k.damage()
	}
	if pid, ok := k.pid(); ok {
		return limitFiles(pid, limit)
	}
	return nil
}

// damagedBytes are overwritten at the journal's beginning: both of its meta
// pages and more.
const damagedBytes = 64 << 10

// damage spoils the journal's file where it lies, and keeps a copy beside it.
func (k *Kiosk) damage() error {
	good, err := os.ReadFile(k.journalFile())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("shop: damage the disk: %w", err)
	}
	if err == nil {
		if err := os.WriteFile(k.undamaged(), good, 0o600); err != nil {
			return fmt.Errorf("shop: damage the disk: %w", err)
		}
	}
	f, err := os.OpenFile(k.journalFile(), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("shop: damage the disk: %w", err)
	}
	_, err = f.WriteAt([]byte(strings.Repeat("damaged ", damagedBytes/8)), 0)
	return errors.Join(err, f.Close())
}

func (k *Kiosk) undamaged() string { return filepath.Join(k.dir, "journal.undamaged") }

// clearDisk gives kioskd a disk as it was before the fault. One that was damaged
// is changed with kioskd stopped, as a technician would.
func (k *Kiosk) clearDisk() error {
	k.mu.Lock()
	was := k.disk
	k.disk = ""
	k.mu.Unlock()
	if was == "damaged" {
		return k.changeDisk()
	}
	if pid, ok := k.pid(); ok {
		return limitFiles(pid, diskFault("").limit())
	}
	return nil
}

func (k *Kiosk) changeDisk() error {
	running := k.Running()
	k.Kill()
	err := os.Rename(k.undamaged(), k.journalFile())
	if errors.Is(err, fs.ErrNotExist) {
		err = os.Remove(k.journalFile())
	}
	if err != nil {
		return fmt.Errorf("shop: change the disk: %w", err)
	}
	if running {
		return k.PowerOn()
	}
	return nil
}
