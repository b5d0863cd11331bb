package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	berrors "go.etcd.io/bbolt/errors"
	"golang.org/x/sys/unix"
)

// refuses says without writing whether the next commit is bound to fail: the disk
// is mounted read-only, or the process may write no file of the journal's size.
// A full disk is no such case, for the journal's space was taken beforehand.
func refuses(dir string, space int64) error {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return fmt.Errorf("%w: %w", ErrDisk, err)
	}
	if fs.Flags&unix.ST_RDONLY != 0 {
		return fmt.Errorf("%w: %w", ErrDisk, unix.EROFS)
	}
	var most unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &most); err != nil {
		return fmt.Errorf("%w: %w", ErrDisk, err)
	}
	if most.Cur < uint64(space) {
		return fmt.Errorf("%w: %w", ErrDisk, unix.EFBIG)
	}
	return nil
}

// kindOf sorts bbolt's and the system's errors into what a technician can act on.
func kindOf(err error) error {
	switch {
	case errors.Is(err, ErrDamaged):
		return ErrDamaged
	case errors.Is(err, berrors.ErrTimeout):
		return ErrInUse
	case isDisk(err):
		return ErrDisk
	default:
		return ErrDamaged
	}
}

// isDisk holds for what the disk, not the file, is to blame for. What a person
// may not write (permission) or has not mounted is the disk's, too: it is mended
// without a new journal.
func isDisk(err error) bool {
	for _, e := range []error{
		fs.ErrPermission, fs.ErrNotExist,
		syscall.ENOSPC, syscall.EROFS, syscall.EIO, syscall.EDQUOT, syscall.EFBIG, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
