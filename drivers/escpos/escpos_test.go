package escpos_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"io"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/uart"

	"kioskd/drivers/escpos"
)

// printer is the other end of a serial line: it notes what it is sent and
// answers questions. It is its own port and its own connection.
type printer struct {
	mu       sync.Mutex
	got      []byte
	out      []byte
	answers  [4]byte // to DLE EOT 1 to 4
	room     int     // bytes it takes before it holds the line; -1 means no limit
	mute     bool
	noProof  bool          // GS r is never answered
	proof    time.Duration // GS r is answered after that
	chatter  []byte        // said before each answer
	afterCut [4]byte       // the answers once it has printed
	readBy   time.Time
	writeBy  time.Time
	discards int
}

func newPrinter() *printer {
	ready := [4]byte{0x12, 0x12, 0x12, 0x12}
	return &printer{answers: ready, afterCut: ready, room: -1}
}

func (p *printer) String() string                    { return "printer" }
func (p *printer) Close() error                      { return nil }
func (p *printer) LimitSpeed(physic.Frequency) error { return nil }
func (p *printer) Duplex() conn.Duplex               { return conn.Full }
func (p *printer) Tx(w, r []byte) error              { return errors.New("not needed") }

func (p *printer) Connect(f physic.Frequency, stop uart.Stop, parity uart.Parity, flow uart.Flow, bits int) (conn.Conn, error) {
	if f != 115200*physic.Hertz || stop != uart.One || parity != uart.NoParity || flow != uart.RTSCTS || bits != 8 {
		return nil, fmt.Errorf("connected with %v %v %v %v %d", f, stop, parity, flow, bits)
	}
	return p, nil
}

func (p *printer) SetReadDeadline(t time.Time) error  { p.readBy = t; return nil }
func (p *printer) SetWriteDeadline(t time.Time) error { p.writeBy = t; return nil }

func (p *printer) Discard() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.discards++
	return nil
}

func (p *printer) Read(b []byte) (int, error) {
	for {
		p.mu.Lock()
		n := copy(b, p.out)
		p.out = p.out[n:]
		p.mu.Unlock()
		if n > 0 {
			return n, nil
		}
		if !time.Now().Before(p.readBy) {
			return 0, os.ErrDeadlineExceeded
		}
		time.Sleep(time.Millisecond)
	}
}

func (p *printer) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(b)
	if p.room >= 0 {
		n = min(n, p.room)
		p.room -= n
	}
	p.got = append(p.got, b[:n]...)
	p.answer(b[:n])
	if n < len(b) {
		time.Sleep(time.Until(p.writeBy))
		return n, os.ErrDeadlineExceeded
	}
	return n, nil
}

func (p *printer) answer(b []byte) {
	if p.mute {
		return
	}
	if len(b) == 3 && b[0] == 0x10 && b[1] == 0x04 {
		p.out = append(append(p.out, p.chatter...), p.answers[b[2]-1])
	}
	if !bytes.HasSuffix(b, []byte{0x1D, 0x72, 1}) {
		return
	}
	p.answers = p.afterCut
	if p.noProof {
		return
	}
	time.AfterFunc(p.proof, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.out = append(p.out, 0x00)
	})
}

func (p *printer) sent() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.got
	p.got = nil
	return b
}

func with(t *testing.T, p *printer, act func(t *testing.T, d *escpos.Dev)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d, err := escpos.New(p, escpos.Opts{})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := p.sent(), questions(); !bytes.Equal(got, want) {
			t.Errorf("New sent % x, want % x", got, want)
		}
		act(t, d)
	})
}

func questions() []byte {
	return []byte{0x10, 0x04, 1, 0x10, 0x04, 2, 0x10, 0x04, 3, 0x10, 0x04, 4}
}

// slip has a black dot at the left of row 300 and one at the right of row 301.
func slip() *escpos.Bitmap {
	b := escpos.NewBitmap(302)
	b.Set(0, 300, color.Black)
	b.Set(575, 301, color.Black)
	return b
}

func TestPrintSendsTheseBytes(t *testing.T) {
	p := newPrinter()
	with(t, p, func(t *testing.T, d *escpos.Dev) {
		if err := d.Print(t.Context(), slip()); err != nil {
			t.Fatal(err)
		}
		raster := make([]byte, 144)
		raster[0], raster[143] = 0x80, 0x01
		want := bytes.Join([][]byte{
			questions(),
			{0x1B, 0x40},
			{0x1B, 0x4A, 255},
			{0x1B, 0x4A, 45},
			{0x1D, 0x76, 0x30, 0x00, 72, 0, 2, 0},
			raster,
			{0x1D, 0x56, 66, 24, 0x1D, 0x72, 1},
			questions(),
		}, nil)
		if got := p.sent(); !bytes.Equal(got, want) {
			t.Errorf("sent % x,\nwant % x", got, want)
		}
	})
}

func TestBandsAreShort(t *testing.T) {
	p := newPrinter()
	with(t, p, func(t *testing.T, d *escpos.Dev) {
		b := escpos.NewBitmap(600)
		draw.Draw(b, b.Bounds(), image.Black, image.Point{}, draw.Src)
		if err := d.Print(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		sent := p.sent()
		for _, rows := range []int{256, 256, 88} {
			head := []byte{0x1D, 0x76, 0x30, 0x00, 72, 0, byte(rows), byte(rows >> 8)}
			i := bytes.Index(sent, head)
			if i < 0 {
				t.Fatalf("no band of %d rows", rows)
			}
			sent = sent[i+len(head)+rows*72:]
		}
	})
}

func TestStatus(t *testing.T) {
	for _, c := range []struct {
		answers [4]byte
		want    string
		action  string
	}{
		{[4]byte{0x12, 0x12, 0x12, 0x12}, "ready", ""},
		{[4]byte{0x1A, 0x16, 0x12, 0x12}, "cover open", "clear"},
		{[4]byte{0x1A, 0x32, 0x12, 0x7E}, "paper end, paper near end", "clear"},
		{[4]byte{0x12, 0x12, 0x12, 0x1E}, "paper near end", ""},
		{[4]byte{0x1A, 0x52, 0x1A, 0x12}, "cutter error", "maintenance"},
		{[4]byte{0x1A, 0x52, 0x32, 0x12}, "broken", "maintenance"},
		{[4]byte{0x1A, 0x52, 0x52, 0x12}, "head hot", "maintenance"},
		{[4]byte{0x1A, 0x12, 0x12, 0x12}, "offline", "maintenance"},
	} {
		p := newPrinter()
		with(t, p, func(t *testing.T, d *escpos.Dev) {
			p.answers = c.answers
			// It also talks without being asked: XON, four bytes of ASB, XOFF.
			p.chatter = []byte{0x11, 0x10, 0x00, 0x00, 0x0C, 0x13}
			s, err := d.Status(t.Context())
			if err != nil || s.String() != c.want || s.Action != c.action {
				t.Errorf("% x: got %q, action %q, %v; want %q, %q", c.answers, s, s.Action, err, c.want, c.action)
			}
			if s.Ready() == s.Offline {
				t.Errorf("% x: ready is %v", c.answers, s.Ready())
			}
		})
	}
}

func TestNobodyThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPrinter()
		p.mute = true
		if _, err := escpos.New(p, escpos.Opts{}); !errors.Is(err, escpos.ErrSilent) {
			t.Errorf("got %v", err)
		}
		if p.discards == 0 {
			t.Error("the question is left in the queue")
		}
	})
}

func TestOutcomes(t *testing.T) {
	for _, c := range []struct {
		name    string
		fault   func(p *printer)
		printed bool
		not     bool // NotPrinted, else Unknown
		cause   error
		status  string
	}{
		{name: "slow", fault: func(p *printer) { p.proof = 5 * time.Second }, printed: true},
		{name: "near end", fault: func(p *printer) { p.afterCut[3] = 0x1E }, printed: true},
		{name: "no paper before", fault: func(p *printer) { p.answers[1] = 0x32 }, not: true, status: "paper end"},
		{name: "gone before", fault: func(p *printer) { p.mute = true }, not: true, cause: escpos.ErrSilent, status: "ready"},
		{name: "line held before", fault: func(p *printer) { p.room = 0 }, not: true, cause: escpos.ErrStuck, status: "ready"},
		{name: "line held in the raster", fault: func(p *printer) { p.room = 100 }, cause: escpos.ErrStuck, status: "ready"},
		{name: "paper ends", fault: func(p *printer) { p.noProof = true; p.afterCut = [4]byte{0x1A, 0x32, 0x12, 0x72} }, status: "paper end"},
		{name: "no proof", fault: func(p *printer) { p.noProof = true }, cause: escpos.ErrSilent, status: "ready"},
		{name: "cutter stands", fault: func(p *printer) { p.afterCut = [4]byte{0x1A, 0x52, 0x1A, 0x12} }, status: "cutter error"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPrinter()
			with(t, p, func(t *testing.T, d *escpos.Dev) {
				c.fault(p)
				begun := time.Now()
				err := d.Print(t.Context(), slip())
				if took := time.Since(begun); took > 15*time.Second {
					t.Errorf("took %v", took)
				}
				var not escpos.NotPrinted
				var unknown escpos.Unknown
				switch {
				case c.printed:
					if err != nil {
						t.Errorf("got %v", err)
					}
				case c.not:
					if !errors.As(err, &not) || not.Status.String() != c.status {
						t.Errorf("got %v", err)
					}
				default:
					if !errors.As(err, &unknown) || unknown.Status.String() != c.status {
						t.Errorf("got %v", err)
					}
				}
				if c.cause != nil && !errors.Is(err, c.cause) {
					t.Errorf("got %v, want %v in it", err, c.cause)
				}
			})
		})
	}
}

func TestNextSlipAfterATornOne(t *testing.T) {
	p := newPrinter()
	with(t, p, func(t *testing.T, d *escpos.Dev) {
		p.room = 60
		var unknown escpos.Unknown
		if err := d.Print(t.Context(), slip()); !errors.As(err, &unknown) {
			t.Fatalf("got %v", err)
		}
		p.room = -1
		p.sent()
		if err := d.Print(t.Context(), slip()); err != nil {
			t.Fatal(err)
		}
		want := append(questions(), make([]byte, 256*72)...)
		want = append(want, 0x1D, 0x56, 66, 24, 0x1B, 0x40)
		if got := p.sent(); !bytes.HasPrefix(got, want) {
			t.Error("the band that was torn is not completed and cut off before the next slip")
		}
		p.sent()
		if err := d.Print(t.Context(), slip()); err != nil || bytes.Contains(p.sent(), make([]byte, 256)) {
			t.Errorf("completed twice, %v", err)
		}
	})
}

func TestEndedContextPrintsNothing(t *testing.T) {
	p := newPrinter()
	with(t, p, func(t *testing.T, d *escpos.Dev) {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(io.ErrClosedPipe)
		var not escpos.NotPrinted
		if err := d.Print(ctx, slip()); !errors.As(err, &not) || !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("got %v", err)
		}
		if got := p.sent(); len(got) != 0 {
			t.Errorf("sent % x", got)
		}
	})
}

func TestBitmap(t *testing.T) {
	img := image.NewGray(image.Rect(10, 10, 700, 13))
	draw.Draw(img, img.Bounds(), image.White, image.Point{}, draw.Src)
	img.SetGray(11, 11, color.Gray{Y: 0x7F})
	img.SetGray(10+575, 11, color.Gray{Y: 0})
	img.SetGray(12, 11, color.Gray{Y: 0x80})
	b := escpos.FromImage(img)
	want := make([]byte, 72)
	want[0], want[71] = 0x40, 0x01
	if !bytes.Equal(b.Ink(), want) || b.Height() != 3 {
		t.Errorf("got % x, %d rows", b.Ink(), b.Height())
	}
	// CRC-32 of 72 bytes 40 00 ... 00 01, by another program.
	if got, want := b.Checksum(), uint32(0x4E4BFC7E); got != want {
		t.Errorf("checksum %08x, want %08x", got, want)
	}
	if escpos.NewBitmap(5).Ink() != nil {
		t.Error("white paper has ink")
	}
}

func Example() {
	p := newPrinter() // on a kiosk: board.UART("UART0")
	d, err := escpos.New(p, escpos.Opts{})
	if err != nil {
		fmt.Println(err)
		return
	}
	b := escpos.NewBitmap(40)
	draw.Draw(b, image.Rect(100, 10, 200, 30), image.Black, image.Point{}, draw.Src)
	fmt.Println(d.Print(context.Background(), b))
	// Output: <nil>
}
