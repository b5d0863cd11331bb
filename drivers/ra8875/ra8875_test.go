package ra8875_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"testing"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/conntest"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
	"periph.io/x/conn/v3/spi/spitest"

	"kioskd/drivers/ra8875"
)

// set is one register written: two frames of chip select.
func set(reg, value byte) []conntest.IO {
	return []conntest.IO{{W: []byte{0x80, reg}}, {W: []byte{0x00, value}}}
}

func concat(all ...[]conntest.IO) []conntest.IO {
	var ops []conntest.IO
	for _, some := range all {
		ops = append(ops, some...)
	}
	return ops
}

// startUp is what the manual and the kernel driver want for 800x480, and the
// width read back.
func startUp() []conntest.IO {
	ops := concat(set(0x01, 0x01), set(0x01, 0x00), set(0x88, 0x0B), set(0x89, 0x02))
	ops = append(ops,
		conntest.IO{W: []byte{0xC0, 0x00}, R: []byte{0x00, 0x80}}, // still busy
		conntest.IO{W: []byte{0xC0, 0x00}, R: []byte{0x00, 0x00}},
	)
	for _, s := range [][2]byte{
		{0x10, 0x0C},
		{0x04, 0x81},
		{0x14, 0x63},
		{0x15, 0x03},
		{0x16, 0x03},
		{0x17, 0x02},
		{0x18, 0x00},
		{0x19, 0xDF},
		{0x1A, 0x01},
		{0x1B, 0x14},
		{0x1C, 0x00},
		{0x1D, 0x06},
		{0x1E, 0x00},
		{0x1F, 0x01},
	} {
		ops = append(ops, set(s[0], s[1])...)
	}
	return append(ops, readBack(0x63)...)
}

// readBack is a look at the width, and where that is right at the first setting.
func readBack(value byte) []conntest.IO {
	width := []conntest.IO{{W: []byte{0x80, 0x14}}, {W: []byte{0x40, 0x00}, R: []byte{0x00, value}}}
	if value != 0x63 {
		return width
	}
	return append(width, conntest.IO{W: []byte{0x80, 0x88}}, conntest.IO{W: []byte{0x40, 0x00}, R: []byte{0x00, 0x0B}})
}

// wholePicture is the window of the whole panel and 189 chunks of pixels, of
// which the first shares a message with the window.
func wholePicture(pix []byte) []conntest.IO {
	ops := concat(
		set(0x30, 0x00), set(0x31, 0x00), set(0x32, 0x00), set(0x33, 0x00),
		set(0x34, 0x1F), set(0x35, 0x03), set(0x36, 0xDF), set(0x37, 0x01),
		set(0x46, 0x00), set(0x47, 0x00), set(0x48, 0x00), set(0x49, 0x00),
	)
	ops = append(ops, conntest.IO{W: []byte{0x80, 0x02}}, conntest.IO{W: append([]byte{0x00}, pix[:894]...)})
	for pix = pix[894:]; len(pix) > 0; {
		n := min(len(pix), 4094)
		ops = append(ops, conntest.IO{W: append([]byte{0x00}, pix[:n]...)})
		pix = pix[n:]
	}
	return ops
}

func lightUp() []conntest.IO { return concat(set(0x01, 0x80), set(0x8A, 0x81), set(0x8B, 0xFF)) }

// port plays packets back, which spitest's does not, and counts messages.
type port struct {
	*spitest.Playback
	spi.Conn
	messages int
}

func (p *port) String() string { return "playback" }

func (p *port) Connect(f physic.Frequency, mode spi.Mode, bits int) (spi.Conn, error) {
	var err error
	p.Conn, err = p.Playback.Connect(f, mode, bits)
	return p, err
}

func (p *port) Duplex() conn.Duplex { return p.Conn.Duplex() }

func (p *port) Tx(w, r []byte) error {
	p.messages++
	return p.Conn.Tx(w, r)
}

// TxPackets takes what spidev takes: each packet has 128 bytes of the buffer or
// a multiple of them.
func (p *port) TxPackets(packets []spi.Packet) error {
	p.messages++
	room := 4096
	for _, one := range packets {
		if room -= (len(one.W) + 127) / 128 * 128; room < 0 || one.KeepCS || one.R != nil {
			return fmt.Errorf("%d packets, of which one has %d bytes, %d of spidev's buffer left, KeepCS %v",
				len(packets), len(one.W), room, one.KeepCS)
		}
		if err := p.Conn.Tx(one.W, nil); err != nil {
			return err
		}
	}
	return nil
}

func play(ops ...[]conntest.IO) *port {
	return &port{Playback: &spitest.Playback{Playback: conntest.Playback{Ops: concat(ops...), DontPanic: true}}}
}

func replay(t *testing.T, ops ...[]conntest.IO) *port {
	t.Helper()
	p := play(ops...)
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func TestPictureIsWholeBeforeItIsLit(t *testing.T) {
	pix := make([]byte, 800*480*2)
	pix[2*801], pix[2*801+1] = 0xF8, 0x00 // (1,1) is red
	p := replay(t, startUp(), wholePicture(pix), lightUp())
	d, err := ra8875.New(p, ra8875.Opts{})
	if err != nil {
		t.Fatal(err)
	}
	before := d.Sent()
	red := image.NewUniform(color.RGBA{0xFF, 0, 0, 0xFF})
	if err := d.Draw(image.Rect(1, 1, 2, 2), red, image.Point{}); err != nil {
		t.Fatal(err)
	}
	if got, want := d.Sent()-before, int64(800*480*2+189+12*4+2+3*4); got != want {
		t.Errorf("sent %d bytes, want %d", got, want)
	}
}

// lit returns a panel that shows black and then expects these transactions.
func lit(t *testing.T, ops ...[]conntest.IO) *ra8875.Dev {
	t.Helper()
	d, _ := litOn(t, ops...)
	return d
}

func litOn(t *testing.T, ops ...[]conntest.IO) (*ra8875.Dev, *port) {
	t.Helper()
	p := replay(t, startUp(), wholePicture(make([]byte, 800*480*2)), lightUp(), concat(ops...))
	d, err := ra8875.New(p, ra8875.Opts{})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Push(nil, ra8875.NewFrame(d.Bounds())); err != nil {
		t.Fatal(err)
	}
	return d, p
}

func TestTilesSendOnlyWhatChanges(t *testing.T) {
	row := []byte{0x12, 0x34, 0x56, 0x78}
	d, p := litOn(t,
		// x 0x0102..0x0103, y 0x0010..0x0011; every register but 33 differs
		set(0x30, 0x02), set(0x31, 0x01), set(0x32, 0x10), set(0x34, 0x03), set(0x35, 0x01), set(0x36, 0x11), set(0x37, 0x00),
		set(0x46, 0x02), set(0x47, 0x01), set(0x48, 0x10), set(0x49, 0x00),
		[]conntest.IO{{W: []byte{0x80, 0x02}}, {W: append(append([]byte{0x00}, row...), row...)}},
		// the tile below: rows only
		set(0x32, 0x12), set(0x36, 0x12),
		set(0x46, 0x02), set(0x47, 0x01), set(0x48, 0x12), set(0x49, 0x00),
		[]conntest.IO{{W: []byte{0x80, 0x02}}, {W: append([]byte{0x00}, row...)}},
	)
	f := ra8875.NewFrame(d.Bounds())
	for y := 0x10; y <= 0x12; y++ {
		copy(f.Pix[f.PixOffset(0x102, y):], row)
	}
	tiles := []image.Rectangle{image.Rect(0x102, 0x10, 0x104, 0x12), image.Rect(0x102, 0x12, 0x104, 0x13)}
	before := p.messages
	if err := d.Push(tiles, f); err != nil {
		t.Error(err)
	}
	if got := p.messages - before; got != 2 { // 38 frames of chip select, at most 32 a message
		t.Errorf("%d messages", got)
	}
}

// A message that fails is told by the Push it belongs to, the last one too, and
// the window is then set anew.
func TestFailedMessage(t *testing.T) {
	corner := []conntest.IO{{W: []byte{0x80, 0x02}}, {W: []byte{0x00, 0x00, 0x00}}}
	window := concat(
		set(0x30, 0x00), set(0x31, 0x00), set(0x32, 0x00), set(0x33, 0x00),
		set(0x34, 0x00), set(0x35, 0x00), set(0x36, 0x00), set(0x37, 0x00),
		set(0x46, 0x00), set(0x47, 0x00), set(0x48, 0x00), set(0x49, 0x00),
	)
	p := replay(t, startUp(), wholePicture(make([]byte, 800*480*2)), lightUp(), window, corner)
	f := failing{port: p}
	d, err := ra8875.New(&f, ra8875.Opts{})
	if err != nil {
		t.Fatal(err)
	}
	black := ra8875.NewFrame(d.Bounds())
	if err := d.Push(nil, black); err != nil {
		t.Fatal(err)
	}
	pixel := []image.Rectangle{image.Rect(0, 0, 1, 1)}
	f.err = errors.New("bus is stuck")
	before := d.Sent()
	if err := d.Push(pixel, black); !errors.Is(err, f.err) {
		t.Errorf("Push: %v", err)
	}
	if d.Sent() != before {
		t.Error("bytes that failed count as sent")
	}
	f.err = nil
	if err := d.Push(pixel, black); err != nil {
		t.Errorf("Push: %v", err)
	}
}

// failing is a port that fails when it is told to.
type failing struct {
	*port
	err error
}

func (f *failing) Connect(s physic.Frequency, mode spi.Mode, bits int) (spi.Conn, error) {
	_, err := f.port.Connect(s, mode, bits)
	return f, err
}

func (f *failing) TxPackets(packets []spi.Packet) error {
	if f.err != nil {
		return f.err
	}
	return f.port.TxPackets(packets)
}

func TestDrawClips(t *testing.T) {
	// Only the pixel at the far corner is within the panel: the source's (2,3).
	d := lit(t,
		set(0x30, 0x1F), set(0x31, 0x03), set(0x32, 0xDF), set(0x33, 0x01),
		set(0x46, 0x1F), set(0x47, 0x03), set(0x48, 0xDF), set(0x49, 0x01),
		[]conntest.IO{{W: []byte{0x80, 0x02}}, {W: []byte{0x00, 0x07, 0xE0}}},
		// And here the near one: the source's (1,1).
		set(0x30, 0x00), set(0x31, 0x00), set(0x32, 0x00), set(0x33, 0x00),
		set(0x34, 0x00), set(0x35, 0x00), set(0x36, 0x00), set(0x37, 0x00),
		set(0x46, 0x00), set(0x47, 0x00), set(0x48, 0x00), set(0x49, 0x00),
		[]conntest.IO{{W: []byte{0x80, 0x02}}, {W: []byte{0x00, 0x00, 0x1F}}},
	)
	src := image.NewRGBA(image.Rect(0, 0, 4, 4))
	src.Set(2, 3, color.RGBA{0, 0xFF, 0, 0xFF})
	src.Set(1, 1, color.RGBA{0, 0, 0xFF, 0xFF})
	if err := d.Draw(image.Rect(799, 479, 900, 600), src, image.Pt(2, 3)); err != nil {
		t.Error(err)
	}
	if err := d.Draw(image.Rect(-1, -1, 1, 1), src, image.Point{}); err != nil {
		t.Error(err)
	}
	if err := d.Draw(image.Rect(900, 0, 1000, 10), src, image.Point{}); err != nil {
		t.Error(err)
	}
}

// The power came in the middle of the setting up: the last settings are there, the
// first are not.
func TestPowerInTheMiddle(t *testing.T) {
	half := concat(readBack(0x63)[:3], []conntest.IO{{W: []byte{0x40, 0x00}, R: []byte{0x00, 0x00}}})
	d := lit(t, half)
	if err := d.Check(); !errors.Is(err, ra8875.ErrDead) {
		t.Errorf("Check: %v", err)
	}
}

func TestHaltAndRefresh(t *testing.T) {
	dark := concat(set(0x8B, 0x00), set(0x8A, 0x00), set(0x01, 0x00))
	black := wholePicture(make([]byte, 800*480*2))
	d := lit(t, readBack(0x00), startUp(), black, lightUp(), dark, startUp())
	if err := d.Check(); !errors.Is(err, ra8875.ErrDead) {
		t.Errorf("Check: %v", err)
	}
	if err := d.Refresh(); err != nil {
		t.Errorf("Refresh: %v", err)
	}
	for range 2 {
		if err := d.Halt(); err != nil {
			t.Errorf("Halt: %v", err)
		}
	}
	if err := d.Refresh(); err != nil { // stays dark
		t.Errorf("Refresh: %v", err)
	}
}

func TestNoPanel(t *testing.T) {
	open := make([]conntest.IO, 100)
	for i := range open {
		open[i] = conntest.IO{W: []byte{0xC0, 0x00}, R: []byte{0xFF, 0xFF}}
	}
	p := replay(t, startUp()[:8], open)
	if _, err := ra8875.New(p, ra8875.Opts{}); !errors.Is(err, ra8875.ErrDead) {
		t.Errorf("New: %v", err)
	}
}

func TestFrame(t *testing.T) {
	f := ra8875.NewFrame(image.Rect(0, 0, 3, 2))
	f.Set(1, 0, color.RGBA{0xFF, 0x82, 0x08, 0xFF})
	f.Set(3, 0, color.White) // outside
	want := []byte{0, 0, 0xFC, 0x01, 0, 0, 0, 0, 0, 0, 0, 0}
	if !bytes.Equal(f.Pix, want) {
		t.Errorf("got % x, want % x", f.Pix, want)
	}
	if r, g, b, a := f.At(1, 0).RGBA(); r != 0xFFFF || g != 0x8282 || b != 0x0808 || a != 0xFFFF {
		t.Errorf("got %x %x %x %x", r, g, b, a)
	}
	// The quick ways and the plain one agree.
	src := image.NewRGBA(image.Rect(5, 5, 8, 7))
	for i := range src.Pix {
		src.Pix[i] = byte(i * 37)
	}
	for i := 3; i < len(src.Pix); i += 4 {
		src.Pix[i] = 0xFF
	}
	quick, plain := ra8875.NewFrame(f.Rect), ra8875.NewFrame(f.Rect)
	quick.Copy(f.Rect, src, image.Pt(5, 5))
	plain.Copy(f.Rect, struct{ image.Image }{src}, image.Pt(5, 5))
	if !bytes.Equal(quick.Pix, plain.Pix) {
		t.Errorf("got % x, want % x", quick.Pix, plain.Pix)
	}
	again := ra8875.NewFrame(f.Rect)
	again.Copy(f.Rect, quick, image.Point{})
	if !bytes.Equal(again.Pix, quick.Pix) {
		t.Errorf("got % x, want % x", again.Pix, quick.Pix)
	}
}

func Example() {
	p := play(startUp(), readBack(0x63))
	panel, err := ra8875.New(p, ra8875.Opts{}) // on a kiosk: board.SPI("SPI0.0")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(panel.Bounds().Size(), panel.Check())
	// Output: (800,480) <nil>
}
