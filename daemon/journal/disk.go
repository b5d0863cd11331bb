package journal

import (
	"errors"
	"io/fs"
	"syscall"

	berrors "go.etcd.io/bbolt/errors"
)

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
