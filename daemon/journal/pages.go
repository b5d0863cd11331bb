package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
)

// What bbolt writes (its internal/common package, file version 2), in the byte
// order of this machine. A page begins with its number, kind, count of elements
// and how many pages it runs over.
const (
	pageHead    = 16
	metaBytes   = 64 // up to and with the checksum
	elementSize = 16

	branchPage = 0x01
	leafPage   = 0x02

	bucketElement = 0x01 // flag of a leaf's element
	bucketHead    = 16   // root page and sequence; root 0 has its one page behind it

	boltMagic   = 0xED0CDAED
	boltVersion = 2

	pageLeast, pageMost = 1 << 10, 1 << 16
	pageRunMost         = 1 << 12 // pages that one page may run over
)

var native = binary.NativeEndian

// verify walks every page that bbolt could reach, with reads that cannot fault,
// before bbolt maps the file. bbolt trusts what it maps: a page number out of
// bounds, a file shorter than it says, or two pages that point at each other end
// the process, some of it on a goroutine where nobody can stop that. A kiosk
// with such a journal must show a page, not start for ever.
func verify(file io.ReaderAt, size int64) error {
	m, err := newestMeta(file, size)
	if err != nil {
		return err
	}
	if m.pages > uint64(size)/m.pageSize {
		return fmt.Errorf("file has %d bytes, its %d pages need %d", size, m.pages, m.pages*m.pageSize)
	}
	w := walker{file: file, meta: m, seen: make(map[uint64]bool)}
	return w.page(m.root, nil, nil)
}

// meta is one of the file's two heads.
type meta struct{ pageSize, root, pages, txid uint64 }

// newestMeta is the head that bbolt will go by: the later of those that are whole.
func newestMeta(file io.ReaderAt, size int64) (meta, error) {
	var best meta
	found := false
	take := func(at int64) {
		if m, ok := readMeta(file, at); ok && at+int64(m.pageSize) <= size && (!found || m.txid > best.txid) {
			best, found = m, true
		}
	}
	take(0)
	if found {
		take(int64(best.pageSize))
	} else {
		for at := int64(pageLeast); at <= pageMost; at *= 2 {
			take(at)
		}
	}
	if !found {
		return meta{}, errors.New("neither of the file's two heads is whole")
	}
	return best, nil
}

func readMeta(file io.ReaderAt, at int64) (meta, bool) {
	var b [pageHead + metaBytes]byte
	if _, err := file.ReadAt(b[:], at); err != nil {
		return meta{}, false
	}
	body := b[pageHead:]
	sum := fnv.New64a()
	_, _ = sum.Write(body[:metaBytes-8]) // a hash takes everything
	if native.Uint32(body) != boltMagic || native.Uint32(body[4:]) != boltVersion ||
		native.Uint64(body[metaBytes-8:]) != sum.Sum64() {
		return meta{}, false
	}
	m := meta{
		pageSize: uint64(native.Uint32(body[8:])), root: native.Uint64(body[16:]),
		pages: native.Uint64(body[40:]), txid: native.Uint64(body[48:]),
	}
	ok := m.pageSize >= pageLeast && m.pageSize <= pageMost && m.pageSize&(m.pageSize-1) == 0 && m.pages < 1<<40
	return m, ok
}

type walker struct {
	file io.ReaderAt
	meta meta
	seen map[uint64]bool
}

// page checks one page and all below it. Its keys are not below low, and below
// high; nil is no bound.
func (w *walker) page(id uint64, low, high []byte) error {
	if err := w.claim(id); err != nil {
		return err
	}
	head := make([]byte, pageHead)
	if _, err := w.file.ReadAt(head, int64(id*w.meta.pageSize)); err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	if native.Uint64(head) != id {
		return fmt.Errorf("page %d says that it is page %d", id, native.Uint64(head))
	}
	run := 1 + uint64(native.Uint32(head[12:]))
	if run > pageRunMost {
		return fmt.Errorf("page %d runs over %d pages", id, run)
	}
	for next := id + 1; next < id+run; next++ {
		if err := w.claim(next); err != nil {
			return err
		}
	}
	b := make([]byte, run*w.meta.pageSize)
	if _, err := w.file.ReadAt(b, int64(id*w.meta.pageSize)); err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	if err := w.elements(b, low, high); err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	return nil
}

// claim takes a page number that nothing else may use; the first two are the
// heads.
func (w *walker) claim(id uint64) error {
	if id < 2 || id >= w.meta.pages {
		return fmt.Errorf("page %d of %d", id, w.meta.pages)
	}
	if w.seen[id] {
		return fmt.Errorf("page %d stands in two places", id)
	}
	w.seen[id] = true
	return nil
}

// elements checks what stands on a page, keys in order and nothing out of
// bounds, and goes down.
func (w *walker) elements(b, low, high []byte) error {
	kind, count := native.Uint16(b[8:]), int(native.Uint16(b[10:]))
	if kind != branchPage && kind != leafPage {
		return fmt.Errorf("is of kind %#x", kind)
	}
	if kind == branchPage && count == 0 {
		return errors.New("leads nowhere")
	}
	if pageHead+count*elementSize > len(b) {
		return fmt.Errorf("has %d elements in %d bytes", count, len(b))
	}
	keys := make([][]byte, count, count+1)
	for i := range keys {
		at := pageHead + i*elementSize
		from, size := native.Uint32(b[at:]), native.Uint32(b[at+4:])
		if kind == leafPage {
			from, size = native.Uint32(b[at+4:]), native.Uint32(b[at+8:])
		}
		var err error
		if keys[i], err = inside(b, at, from, size); err != nil {
			return err
		}
		if low != nil && bytes.Compare(keys[i], low) < 0 || high != nil && bytes.Compare(keys[i], high) >= 0 {
			return fmt.Errorf("key %d belongs elsewhere", i)
		}
		if i > 0 && bytes.Compare(keys[i-1], keys[i]) >= 0 {
			return fmt.Errorf("key %d is out of order", i)
		}
	}
	keys = append(keys, high)
	for i := range count {
		at := pageHead + i*elementSize
		var err error
		if kind == branchPage {
			err = w.page(native.Uint64(b[at+8:]), keys[i], keys[i+1])
		} else {
			err = w.leaf(b, at, keys[i])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// leaf checks one element of a leaf, and the bucket that it may be.
func (w *walker) leaf(b []byte, at int, key []byte) error {
	e := b[at : at+elementSize]
	value, err := inside(b, at+len(key), native.Uint32(e[4:]), native.Uint32(e[12:]))
	if err != nil {
		return err
	}
	if native.Uint32(e)&bucketElement == 0 {
		return nil
	}
	if err := w.bucket(value); err != nil {
		return fmt.Errorf("bucket %q: %w", key, err)
	}
	return nil
}

// bucket goes into a bucket: to its root page, or to the one page behind its
// head.
func (w *walker) bucket(value []byte) error {
	if len(value) < bucketHead {
		return fmt.Errorf("has a head of %d bytes", len(value))
	}
	if root := native.Uint64(value); root != 0 {
		return w.page(root, nil, nil)
	}
	if len(value) < bucketHead+pageHead {
		return fmt.Errorf("has an inline page of %d bytes", len(value)-bucketHead)
	}
	page := value[bucketHead:]
	if native.Uint16(page[8:]) != leafPage {
		return errors.New("has an inline page that is no leaf")
	}
	return w.elements(page, nil, nil)
}

// inside is b[at+from:][:n], if the page has so much.
func inside(b []byte, at int, from, n uint32) ([]byte, error) {
	begin := uint64(at) + uint64(from)
	if begin+uint64(n) > uint64(len(b)) {
		return nil, errors.New("an element lies outside of it")
	}
	return b[begin : begin+uint64(n)], nil
}
