package journal

import (
	"errors"
	"syscall"
)

// isDisk holds for what the disk, not the file, is to blame for.
func isDisk(err error) bool {
	for _, e := range []error{syscall.ENOSPC, syscall.EROFS, syscall.EIO, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
