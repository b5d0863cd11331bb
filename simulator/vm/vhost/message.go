package vhost

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// request is a message's number: "Front-end message types".
type request uint32

const (
	getFeatures         request = 1
	setFeatures         request = 2
	setOwner            request = 3
	resetOwner          request = 4
	setMemTable         request = 5
	setVringNum         request = 8
	setVringAddr        request = 9
	setVringBase        request = 10
	getVringBase        request = 11
	setVringKick        request = 12
	setVringCall        request = 13
	setVringErr         request = 14
	getProtocolFeatures request = 15
	setProtocolFeatures request = 16
	getQueueNum         request = 17
	setVringEnable      request = 18
	getConfig           request = 24
)

func (r request) String() string { return fmt.Sprintf("message %d", uint32(r)) }

// A message is a header of three words, request, flags and size, and that many
// bytes.
const (
	headerLen    = 12
	configHeader = 12
	version      = 1
	versionMask  = 3
	flagReply    = 1 << 2
	flagNeedAck  = 1 << 3
	bodyMax      = 512 // the longest is a table of eight regions
	filesMax     = 8
)

// message is what QEMU says.
type message struct {
	request request
	flags   uint32
	body    []byte
	files   []int // descriptors that nobody has taken yet
}

func (m *message) wantsAck() bool { return m.flags&flagNeedAck != 0 }

// takeFile is the first descriptor of the message, the caller's from now on; -1
// where there is none.
func (m *message) takeFile() int {
	if len(m.files) == 0 {
		return -1
	}
	fd := m.files[0]
	m.files = m.files[1:]
	return fd
}

func (m *message) closeFiles() {
	for _, fd := range m.files {
		closeFD(fd)
	}
	m.files = nil
}

// receive reads one message. It is io.EOF when nothing came.
func receive(conn *net.UnixConn) (_ *message, err error) {
	head, control := make([]byte, headerLen), make([]byte, unix.CmsgSpace(4*filesMax))
	n, nc, flags, _, err := conn.ReadMsgUnix(head, control)
	if n == 0 && err == nil {
		err = io.EOF
	}
	if err != nil {
		return nil, err
	}
	m := &message{}
	defer func() {
		if err != nil {
			m.closeFiles()
		}
	}()
	if m.files, err = descriptors(control[:nc]); err != nil {
		return nil, err
	}
	if flags&unix.MSG_CTRUNC != 0 {
		return nil, fmt.Errorf("a message with more than %d files", filesMax)
	}
	if _, err := io.ReadFull(conn, head[n:]); err != nil {
		return nil, cut(err)
	}
	size, err := m.header(head)
	if err != nil {
		return nil, err
	}
	m.body = make([]byte, size)
	if _, err := io.ReadFull(conn, m.body); err != nil {
		return nil, cut(err)
	}
	return m, nil
}

// cut is an end in the middle of a message.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (m *message) header(head []byte) (size uint32, err error) {
	m.request = request(binary.LittleEndian.Uint32(head))
	m.flags = binary.LittleEndian.Uint32(head[4:])
	size = binary.LittleEndian.Uint32(head[8:])
	if m.flags&versionMask != version {
		return 0, fmt.Errorf("%v: version %d: want %d", m.request, m.flags&versionMask, version)
	}
	if size > bodyMax {
		return 0, fmt.Errorf("%v: %d bytes: want at most %d", m.request, size, bodyMax)
	}
	return size, nil
}

// descriptors are the files that came with a message.
func descriptors(control []byte) ([]int, error) {
	parts, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return nil, fmt.Errorf("what came with a message: %w", err)
	}
	var files []int
	for _, part := range parts {
		fds, err := unix.ParseUnixRights(&part)
		if err != nil {
			continue // credentials, say
		}
		files = append(files, fds...)
	}
	return files, nil
}

func answer(r request, body []byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(r))
	b = binary.LittleEndian.AppendUint32(b, version|flagReply)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(body)))
	return append(b, body...)
}

func (m *message) u64() (uint64, error) {
	if len(m.body) != 8 {
		return 0, fmt.Errorf("%d bytes: want 8", len(m.body))
	}
	return binary.LittleEndian.Uint64(m.body), nil
}

// vring is what a message says of a ring: a number, or where its parts are.
type vring struct {
	index int
	value uint32
	at    place
}

// place is where a ring's parts are, by QEMU's addresses.
type place struct{ desc, avail, used uint64 }

// What a ring's message with a file looks like: the ring, and whether no file came.
const (
	vringIndex  = 0xFF
	vringNoFile = 1 << 8
)

func (m *message) ring(rings int) (v vring, err error) {
	var index uint32
	le := binary.LittleEndian
	switch m.request {
	case setVringKick, setVringCall, setVringErr:
		w, err := m.u64()
		if err != nil {
			return v, err
		}
		if noFile := w&vringNoFile != 0; noFile != (len(m.files) == 0) || len(m.files) > 1 {
			return v, fmt.Errorf("%#x with %d files", w, len(m.files))
		}
		index = uint32(w & vringIndex)
	case setVringAddr:
		if len(m.body) != 40 { // index, flags, and four addresses; the last is of the log
			return v, fmt.Errorf("%d bytes: want 40", len(m.body))
		}
		index = le.Uint32(m.body)
		v.at = place{desc: le.Uint64(m.body[8:]), used: le.Uint64(m.body[16:]), avail: le.Uint64(m.body[24:])}
	case setVringNum, setVringBase, getVringBase, setVringEnable:
		if len(m.body) != 8 {
			return v, fmt.Errorf("%d bytes: want 8", len(m.body))
		}
		index, v.value = le.Uint32(m.body), le.Uint32(m.body[4:])
	default:
		return v, errors.New("no such message here")
	}
	if uint64(index) >= uint64(rings) {
		return v, fmt.Errorf("ring %d of %d", index, rings)
	}
	v.index = int(index)
	return v, nil
}

// area is a region of the guest's memory as the table has it: its first address,
// the guest's and QEMU's, and where it is in its file.
type area struct{ guest, size, user, offset uint64 }

const areaLen = 32

// parseTable reads a memory table: how many regions, a word of padding, and them.
func parseTable(b []byte) ([]area, error) {
	if len(b) < 8 {
		return nil, fmt.Errorf("a memory table of %d bytes", len(b))
	}
	le := binary.LittleEndian
	n := le.Uint32(b)
	if b = b[8:]; n == 0 || n > filesMax || len(b) != int(n)*areaLen {
		return nil, fmt.Errorf("a memory table of %d regions in %d bytes", n, len(b))
	}
	var table []area
	for a := range slices.Chunk(b, areaLen) {
		table = append(table, area{le.Uint64(a), le.Uint64(a[8:]), le.Uint64(a[16:]), le.Uint64(a[24:])})
	}
	return table, nil
}

// pastTime is a deadline that has passed.
func pastTime() time.Time { return time.Unix(1, 0) }
