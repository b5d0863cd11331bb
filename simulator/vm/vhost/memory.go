package vhost

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// region is a part of the guest's memory, mapped.
type region struct {
	guest, user uint64 // its first address, the guest's and QEMU's
	bytes       []byte
	mapping     []byte // what to unmap; nil in memory that is Go's
}

// memory is all of the guest's that is ours to see.
type memory []region

// regionMax bounds a region with its offset: this machine's kiosks have less.
const regionMax = 1 << 36

// mapRegions maps a table's regions; the files stay the caller's.
func mapRegions(table []area, files []int) (m memory, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, m.unmap())
		}
	}()
	for i, a := range table {
		if a.size == 0 || a.size > regionMax || a.offset > regionMax || a.guest+a.size < a.guest || a.user+a.size < a.user {
			return m, fmt.Errorf("a region of %#x bytes from %#x (%#x there, %#x in its file)", a.size, a.guest, a.user, a.offset)
		}
		var file unix.Stat_t
		if err := unix.Fstat(files[i], &file); err != nil {
			return m, fmt.Errorf("a region's file: %w", err)
		}
		if file.Size < int64(a.offset+a.size) { // reading what is not there would be this process's end
			return m, fmt.Errorf("a region of %#x bytes from %#x in a file of %#x", a.size, a.offset, file.Size)
		}
		whole, err := unix.Mmap(files[i], 0, int(a.offset+a.size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
		if err != nil {
			return m, fmt.Errorf("map a region: %w", err)
		}
		m = append(m, region{guest: a.guest, user: a.user, bytes: whole[a.offset:], mapping: whole})
	}
	return m, nil
}

func (m memory) unmap() error {
	var errs []error
	for _, r := range m {
		if r.mapping != nil {
			errs = append(errs, unix.Munmap(r.mapping))
		}
	}
	return errors.Join(errs...)
}

// atGuest is n bytes at a guest's address. They lie in one region: what a driver
// hands over is in one piece.
func (m memory) atGuest(addr, n uint64) ([]byte, error) {
	for _, r := range m {
		if b, ok := within(r.bytes, r.guest, addr, n); ok {
			return b, nil
		}
	}
	return nil, fmt.Errorf("%d bytes at the guest's %#x: there is no such memory", n, addr)
}

// atUser is n bytes at an address of QEMU's.
func (m memory) atUser(addr, n uint64) ([]byte, error) {
	for _, r := range m {
		if b, ok := within(r.bytes, r.user, addr, n); ok {
			return b, nil
		}
	}
	return nil, fmt.Errorf("%d bytes at %#x: there is no such memory", n, addr)
}

func within(b []byte, first, addr, n uint64) ([]byte, bool) {
	size := uint64(len(b))
	if addr < first || addr-first > size || n > size-(addr-first) {
		return nil, false
	}
	from := addr - first
	return b[from : from+n : from+n], true
}
