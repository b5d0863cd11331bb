package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// The log is a file of one size, written with zeros when it is made, so that a
// commit changes the content of one block or two and nothing that the file system
// keeps of the file: one write, one fdatasync. Its first block names the journal.
// Then come frames, an event each, from a block's beginning: a block that holds a
// committed event is not written again before bbolt has the event.
//
// A frame, its numbers with the least byte first:
//
//	0   4  CRC-32C of all that follows, to the event's end
//	4   4  length of the event
//	8   8  generation
//	16  8  the event's number
//	24  8  number of the last event that the office has acknowledged
//	32     the event, JSON
//
// A checkpoint puts the events into bbolt, and in the same transaction the next
// generation; the frames begin anew, and what is left of older generations no
// longer counts.
const (
	logName    = "journal.log"
	logNewName = "journal.log.new" // while it is being made
	blockBytes = 4096
	frameHead  = 32
	frameMost  = (frameHead + eventMax + blockBytes - 1) / blockBytes * blockBytes
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errForeign says that a log does not begin as this journal's does.
var errForeign = fmt.Errorf("%w: %s is not this journal's", ErrDamaged, logName)

// frame is one event in the log.
type frame struct {
	generation, number, sent uint64
	event                    []byte
}

// bytes is the frame as it is written: whole blocks.
func (f frame) bytes() []byte {
	b := make([]byte, frameBytes(len(f.event)))
	binary.LittleEndian.PutUint32(b[4:], uint32(len(f.event))) //nolint:gosec // at most eventMax
	binary.LittleEndian.PutUint64(b[8:], f.generation)
	binary.LittleEndian.PutUint64(b[16:], f.number)
	binary.LittleEndian.PutUint64(b[24:], f.sent)
	end := frameHead + copy(b[frameHead:], f.event)
	binary.LittleEndian.PutUint32(b, crc32.Checksum(b[4:end], castagnoli))
	return b
}

func frameBytes(event int) int {
	return (frameHead + event + blockBytes - 1) / blockBytes * blockBytes
}

// parse reads the frame that begins with b; ok is false where none does.
func parse(b []byte) (f frame, ok bool) {
	if len(b) < frameHead {
		return frame{}, false
	}
	length := binary.LittleEndian.Uint32(b[4:])
	if length == 0 || length > eventMax || frameBytes(int(length)) > len(b) {
		return frame{}, false
	}
	end := frameHead + int(length)
	if crc32.Checksum(b[4:end], castagnoli) != binary.LittleEndian.Uint32(b) {
		return frame{}, false
	}
	return frame{
		generation: binary.LittleEndian.Uint64(b[8:]), number: binary.LittleEndian.Uint64(b[16:]),
		sent: binary.LittleEndian.Uint64(b[24:]), event: b[frameHead:end:end],
	}, true
}

// replay is what the log holds of one generation, up to the first block that does
// not go on from event last. Only the frame that was being written when the power
// went may be torn, and it is nobody's: its event was never committed. So nothing
// of this generation can stand behind it, and nothing of a later one anywhere.
func replay(log []byte, generation, last uint64) ([]frame, error) {
	var frames []frame
	at := blockBytes
	for at < len(log) {
		f, ok := parse(log[at:])
		if !ok || f.generation != generation || f.number != last+1 {
			break
		}
		frames = append(frames, f)
		last++
		at += frameBytes(len(f.event))
	}
	for ; at < len(log); at += blockBytes {
		f, ok := parse(log[at:])
		if ok && f.generation > generation {
			return nil, fmt.Errorf("%w: %s has gone on since this copy of %s was made", ErrDamaged, logName, fileName)
		}
		if ok && f.generation == generation {
			return nil, fmt.Errorf("%w: %s: event %d cannot be read, event %d follows", ErrDamaged, logName, last+1, f.number)
		}
	}
	return frames, nil
}

// firstBlock is how the log of that journal begins.
func firstBlock(id string, size int64) []byte {
	b := make([]byte, blockBytes)
	copy(b, fmt.Sprintf("%s%s of %d bytes\n", firstWords, id, size))
	return b
}

const firstWords = "kioskd journal log 1 "

// readLog is the whole log beside that journal. fs.ErrNotExist says that there is
// none.
func readLog(dir, id string) (b []byte, err error) {
	f, err := os.Open(filepath.Join(dir, logName))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDisk, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	st, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDisk, err)
	}
	first := make([]byte, blockBytes)
	if st.Size() < blockBytes {
		return nil, errForeign
	}
	if _, err := f.ReadAt(first, 0); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDisk, err)
	}
	if !bytes.Equal(first, firstBlock(id, st.Size())) { // the size too: a log that was cut has lost events
		return nil, errForeign
	}
	b = make([]byte, st.Size())
	if _, err := f.ReadAt(b, 0); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDisk, err)
	}
	return b, nil
}

// createLog makes a whole log under another name and gives it its own: one that
// lies there is replaced in one step.
func createLog(dir, id string, size int64) error {
	path := filepath.Join(dir, logNewName)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", ErrDisk, err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDisk, err)
	}
	_, err = f.Write(append(firstBlock(id, size), make([]byte, size-blockBytes)...))
	if err := errors.Join(err, f.Sync(), f.Close(), giveToOwner(dir, path)); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDisk, path, err)
	}
	if err := os.Rename(path, filepath.Join(dir, logName)); err != nil {
		return fmt.Errorf("%w: %w", ErrDisk, err)
	}
	return syncDir(dir)
}

// log is the open one.
type log struct {
	file       *os.File
	size       int64
	generation uint64
	at         int64 // where the next frame goes
}

func openLog(dir string) (*log, error) {
	f, err := os.OpenFile(filepath.Join(dir, logName), os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDisk, err)
	}
	st, err := f.Stat()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %w", ErrDisk, err), f.Close())
	}
	return &log{file: f, size: st.Size()}, nil
}

// restart has frames of that generation come from the beginning.
func (l *log) restart(generation uint64) { l.generation, l.at = generation, blockBytes }

// full says that an event of any length may no longer fit.
func (l *log) full() bool { return l.at+frameMost > l.size }

// append writes one event and has the disk take it.
func (l *log) append(number, sent uint64, event []byte) error {
	var st unix.Stat_t
	if err := unix.Fstat(int(l.file.Fd()), &st); err != nil {
		return err
	}
	if st.Size != l.size || st.Nlink == 0 {
		return fmt.Errorf("%w: %s was taken away or cut while it was open", ErrDamaged, logName)
	}
	b := frame{l.generation, number, sent, event}.bytes()
	if _, err := l.file.WriteAt(b, l.at); err != nil {
		return err
	}
	if err := unix.Fdatasync(int(l.file.Fd())); err != nil {
		return fmt.Errorf("fdatasync %s: %w", l.file.Name(), err)
	}
	l.at += int64(len(b))
	return nil
}
