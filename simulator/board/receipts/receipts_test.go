package receipts

import (
	"bytes"
	"hash/crc32"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// processClock is process time, which a synctest bubble makes virtual.
type processClock struct{}

func (processClock) Now() time.Time { return time.Now() }

func (processClock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	return time.AfterFunc(d, f).Stop
}

// host is the kiosk's end of the line.
type host struct {
	mu   sync.Mutex
	got  []byte
	busy bool
}

func (h *host) Send(p []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.got = append(h.got, p...)
}

func (h *host) SetBusy(busy bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.busy = busy
}

// take gives what came since last asked.
func (h *host) take() []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	got := h.got
	h.got = nil
	return got
}

func (h *host) isBusy() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.busy
}

func ready(o Opts) (*Printer, *host) {
	h := &host{}
	p := New(processClock{}, o)
	p.Connect(h)
	return p, h
}

func fault(t *testing.T, p *Printer, kind string) {
	t.Helper()
	if err := p.Fault(kind); err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, h *host, what string, b ...byte) {
	t.Helper()
	if got := h.take(); !bytes.Equal(got, b) {
		t.Errorf("%s: % x, want % x", what, got, b)
	}
}

// row is 72 bytes, the first one b.
func row(b byte) []byte {
	r := make([]byte, 72)
	r[0] = b
	return r
}

func TestSlip(t *testing.T) {
	p, h := ready(Opts{})
	p.Receive([]byte{0x1B, '@', 0x1B, 'J', 5})
	p.Receive(append([]byte{0x1D, 'v', '0', 0, 72, 0, 2, 0}, row(0x81)...))
	p.Receive(row(0x80)[:10]) // a row in two pieces
	p.Receive(row(0x80)[10:])
	p.Receive([]byte{0x1B, 'J', 3})
	p.Receive([]byte{0x1D, 'v', '0', 0, 1, 0, 1, 0, 0xFF})
	p.Receive([]byte{0x1D, 'V', 66, 20, 0x1D, 'r', 1})
	want(t, h, "after the cut", 0)
	slips := p.Slips()
	if len(slips) != 1 {
		t.Fatalf("%d slips, want 1", len(slips))
	}
	s := slips[0]
	if s.ID != 1 || s.Torn || s.Image.Rect.Dy() != 5+2+3+1+20 || s.Image.Rect.Dx() != 576 {
		t.Errorf("slip %d, torn %t, %v", s.ID, s.Torn, s.Image.Rect)
	}
	dots := bytes.Join([][]byte{row(0x81), row(0x80), row(0), row(0), row(0), row(0xFF)}, nil)
	if sum := crc32.ChecksumIEEE(dots); s.Checksum != sum {
		t.Errorf("checksum %08x, want %08x", s.Checksum, sum)
	}
	if s.Image.GrayAt(0, 5).Y != 0 || s.Image.GrayAt(1, 5).Y != 0xFF || s.Image.GrayAt(7, 5).Y != 0 {
		t.Error("the dots are not where they were sent")
	}
	p.Receive([]byte{0x1D, 'V', 0})
	if len(p.Slips()) != 1 {
		t.Error("a cut without paper made a slip")
	}
}

func TestStatusOfEachFault(t *testing.T) {
	cases := []struct {
		fault  string
		status [4]byte
		asb    [4]byte
	}{
		{"", [4]byte{0x12, 0x12, 0x12, 0x12}, [4]byte{0x10, 0, 0, 0}},
		{"paper-end", [4]byte{0x1A, 0x32, 0x12, 0x7E}, [4]byte{0x18, 0, 0x0F, 0}},
		{"near-end", [4]byte{0x12, 0x12, 0x12, 0x1E}, [4]byte{0x10, 0, 0x03, 0}},
		{"cover", [4]byte{0x1A, 0x16, 0x12, 0x12}, [4]byte{0x38, 0, 0, 0}},
		{"cutter", [4]byte{0x1A, 0x52, 0x1A, 0x12}, [4]byte{0x18, 0x08, 0, 0}},
		{"offline", [4]byte{0x1A, 0x12, 0x12, 0x12}, [4]byte{0x18, 0, 0, 0}},
	}
	for _, c := range cases {
		t.Run("fault "+c.fault, func(t *testing.T) {
			p, h := ready(Opts{})
			p.Receive([]byte{0x1D, 'a', 0x0E})
			want(t, h, "at once", 0x10, 0, 0, 0)
			if c.fault != "" {
				fault(t, p, c.fault)
				want(t, h, "on the change", c.asb[:]...)
			}
			p.Receive([]byte{0x10, 4, 1, 0x10, 4, 2, 0x10, 4, 3, 0x10, 4, 4, 0x10, 4, 9})
			want(t, h, "DLE EOT", c.status[:]...)
			p.Clear()
			if c.fault != "" {
				want(t, h, "cleared", 0x10, 0, 0, 0)
			}
		})
	}
	p, _ := ready(Opts{})
	if err := p.Fault("moody"); err == nil {
		t.Error("an unknown fault was taken")
	}
}

func TestPaperEndKeepsTheBufferAndStopsTheHost(t *testing.T) {
	p, h := ready(Opts{})
	fault(t, p, "paper-end")
	picture := append([]byte{0x1D, 'v', '0', 0, 72, 0, 100, 0}, bytes.Repeat(row(1), 100)...)
	sent := 0
	for sent < len(picture) && !h.isBusy() {
		n := min(64, len(picture)-sent)
		p.Receive(picture[sent : sent+n])
		sent += n
	}
	if sent == len(picture) || p.Buffered() != sent {
		t.Fatalf("%d of %d bytes went, %d in the buffer", sent, len(picture), p.Buffered())
	}
	p.Receive([]byte{0x10, 4, 4})
	want(t, h, "status with a full buffer", 0x7E)
	if !p.Idle() {
		t.Error("not idle although it waits for paper")
	}
	p.Clear()
	if h.isBusy() || p.Buffered() != 0 {
		t.Errorf("busy %t, %d bytes in the buffer after the paper came", h.isBusy(), p.Buffered())
	}
}

func TestFullBufferLosesBytes(t *testing.T) {
	p, _ := ready(Opts{})
	fault(t, p, "offline")
	p.Receive(make([]byte, 5000))
	if p.Buffered() != 4096 {
		t.Errorf("%d bytes in the buffer, want 4096", p.Buffered())
	}
	p.Clear()
	p.Receive(append(append([]byte{0x1D, 'v', '0', 0, 72, 0, 100, 0}, bytes.Repeat(row(1), 100)...), 0x1D, 'V', 0))
	if s := p.Slips(); len(s) != 1 || s[0].Image.Rect.Dy() != 100 {
		t.Error("a picture larger than the buffer did not come through a ready printer")
	}
}

func TestFlowStuck(t *testing.T) {
	p, h := ready(Opts{})
	fault(t, p, "flow-stuck")
	if !h.isBusy() {
		t.Error("not busy")
	}
	p.Clear()
	if h.isBusy() {
		t.Error("still busy")
	}
}

func TestPixelsThatLookLikeCommands(t *testing.T) {
	p, h := ready(Opts{})
	p.Receive([]byte{0x1D, 'v', '0', 0, 3, 0, 1, 0, 0x10, 0x04, 0x01, 0x1D, 'V', 0})
	want(t, h, "the spurious reply", 0x12)
	if s := p.Slips(); len(s) != 1 || s[0].Image.GrayAt(3, 0).Y != 0 {
		t.Error("the pixels did not print")
	}
}

func TestGraphicsForm(t *testing.T) {
	p, _ := ready(Opts{})
	p.Receive([]byte{0x1D, '(', 'L', 12, 0, 0x30, 0x70, 0x30, 1, 2, 0x31, 9, 0, 1, 0, 0xFF, 0x80})
	p.Receive([]byte{0x1D, '(', 'L', 2, 0, 0x30, 0x32, 0x1D, 'V', 0})
	s := p.Slips()
	if len(s) != 1 || s[0].Image.Rect.Dy() != 2 || s[0].Image.GrayAt(8, 1).Y != 0 || s[0].Image.GrayAt(9, 1).Y != 0xFF {
		t.Error("the stored picture did not print, two rows high")
	}
}

func TestOtherCommandsKeepTheirLength(t *testing.T) {
	p, h := ready(Opts{})
	for _, c := range []string{
		"\x1b!\x00", "\x1b$\x1b\x1b", "\x1bp\x00\x10\x10", "\x1b*\x21\x02\x00abcdef", "\x1d(k\x03\x00abc",
		"\x1dk\x04abc\x00", "\x1dk\x49\x03abc", "\x1c&", "\x1cS\x01\x01", "\x1c(A\x02\x00ab", "\x1d*\x01\x01abcdefgh",
		"\x1dW\x00\x02", "\x1d8L\x02\x00\x00\x00ab", "\x10\x14\x01\x00\x01", "\x1d(L\x00\x00",
	} {
		p.Receive([]byte(c))
		p.Receive([]byte{0x1D, 'r', 1})
		want(t, h, c, 0)
	}
	p.Receive([]byte{0x1D, 'V', 0})
	if n := len(p.Slips()); n != 0 {
		t.Errorf("%d slips from commands that print nothing", n)
	}
}

func TestTextIsBlocks(t *testing.T) {
	p, _ := ready(Opts{})
	p.Receive([]byte("ab\n\x1b3\x28c\n\x1dV\x00"))
	s := p.Slips()
	if len(s) != 1 || s[0].Image.Rect.Dy() != 30+40 || s[0].Image.GrayAt(0, 0).Y != 0 {
		t.Error("text did not print as blocks")
	}
}

func TestCutterRecovery(t *testing.T) {
	p, _ := ready(Opts{})
	fault(t, p, "cutter")
	p.Receive([]byte{0x1B, 'J', 100})
	p.Receive([]byte{0x10, 0x05, 0x02})
	if p.Buffered() != 0 {
		t.Errorf("%d bytes in the buffer after DLE ENQ 2", p.Buffered())
	}
}

func TestPowerCutTearsTheSlip(t *testing.T) {
	p, h := ready(Opts{})
	p.Receive(append([]byte{0x1D, 'a', 0x0E, 0x1D, 'v', '0', 0, 72, 0, 9, 0}, row(1)...))
	h.take()
	p.PowerCut()
	if s := p.Slips(); len(s) != 1 || !s[0].Torn || s[0].Image.Rect.Dy() != 1 {
		t.Error("what hung out is not there")
	}
	fault(t, p, "cover")
	want(t, h, "status after power returned", []byte{}...)
}

func TestPrintingTakesTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, h := ready(Opts{RowTime: time.Millisecond})
		p.Receive([]byte{0x1B, 'J', 100, 0x1D, 'r', 1})
		want(t, h, "before it printed", []byte{}...)
		if p.Idle() {
			t.Error("idle while it prints")
		}
		time.Sleep(101 * time.Millisecond)
		synctest.Wait()
		want(t, h, "after it printed", 0)
		p.Receive([]byte{0x1B, 'J', 100})
		p.PowerCut()
		if !p.Idle() {
			t.Error("prints without power")
		}
	})
}

func FuzzReceive(f *testing.F) {
	f.Add([]byte("\x1b@\x1dv0\x00\x01\x00\x01\x00\xff\x1dVB\x10\x10\x04\x01"))
	f.Add([]byte("\x1d(L\x0c\x000p0\x01\x021\x09\x00\x01\x00\xff\x80\x1d(L\x02\x0002"))
	f.Add([]byte("\x1dk\x04abc\x00\x1b*!\x02\x00abcdef\x1cS\x01\x01text\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		whole, _ := ready(Opts{})
		whole.Receive(b)
		pieces, _ := ready(Opts{})
		for _, c := range b {
			pieces.Receive([]byte{c})
		}
		if len(b) > bufferSize {
			return
		}
		if whole.Buffered() != pieces.Buffered() || whole.paper.rows() != pieces.paper.rows() ||
			len(whole.Slips()) != len(pieces.Slips()) {
			t.Error("bytes in one piece and one by one print differently")
		}
	})
}

// TestNothingIsLostByFlowControl has a host that stops only when it was told
// to, beside a head that is slow.
func TestNothingIsLostByFlowControl(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, h := ready(Opts{RowTime: 100 * time.Microsecond})
		const rows = 1000
		picture := append([]byte{0x1D, 'v', '0', 0, 72, 0, rows & 0xFF, rows >> 8}, bytes.Repeat(row(1), rows)...)
		for len(picture) > 0 {
			if h.isBusy() {
				time.Sleep(50 * time.Microsecond)
				continue
			}
			n := min(64, len(picture))
			p.Receive(picture[:n])
			picture = picture[n:]
		}
		p.Receive([]byte{0x1D, 'V', 0})
		time.Sleep(time.Second)
		synctest.Wait()
		if s := p.Slips(); len(s) != 1 || s[0].Image.Rect.Dy() != rows {
			t.Error("rows were lost")
		}
	})
}
