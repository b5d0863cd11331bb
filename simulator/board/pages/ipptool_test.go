package pages

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The printer as CUPS's own test program sees it (Debian: cups-ipp-utils).
const ipptoolTests = "/usr/share/cups/ipptool"

// hurried is process time in which paper moves five hundred times as fast:
// ipptool, told that a job is not yet done, asks again after five seconds.
type hurried struct{ processClock }

func (c hurried) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	return c.processClock.AfterFunc(d/500, f)
}

// TestIPPTool has ipptool judge the printer: the suites of IPP 1.1, IPP 2.0 and
// IPP Everywhere, each of which holds the one before.
func TestIPPTool(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	p := New(hurried{processClock{now}}, &wire{start: now}, &wire{start: now}, "sheets")
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- p.Serve(ctx, l) }()
	defer func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}()
	dir := t.TempDir()
	samples(t, dir, "ipp-1.1.test", "ipp-2.0.test", "ipp-everywhere.test")
	uri := "ipp://" + l.Addr().String() + Path
	for _, suite := range []struct {
		name, version string
		passed        int
	}{
		{"ipp-1.1", "1.1", 31},
		{"ipp-2.0", "2.0", 32},
		{"ipp-everywhere", "2.0", 45},
	} {
		t.Run(suite.name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "ipptool", "-V", suite.version, "-I", "-tf", "document.pwg", uri, suite.name+".test")
			cmd.Dir = dir
			said, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("ipptool: %v\n%s", err, said)
			}
			passed, failed := bytes.Count(said, []byte("[PASS]")), bytes.Count(said, []byte("[FAIL]"))
			if passed < suite.passed || failed > 0 {
				t.Errorf("%d passed, %d failed; want at least %d and none\n%s", passed, failed, suite.passed, said)
			}
		})
	}
}

// samples puts the suites and the documents that they name into dir. CUPS's own
// samples are not in Debian; ours are of the same formats.
func samples(t *testing.T, dir string, suites ...string) {
	t.Helper()
	put := func(name string, b []byte) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("document.pwg", small(2))
	named := regexp.MustCompile(`(?m)^\s*FILE ([a-z]\S*)$`)
	for _, suite := range suites {
		b, err := os.ReadFile(filepath.Join(ipptoolTests, suite))
		if err != nil {
			t.Fatalf("%v (Debian: cups-ipp-utils)", err)
		}
		put(suite, b)
		for _, m := range named.FindAllSubmatch(b, -1) {
			put(string(m[1]), sample(t, string(m[1])))
		}
	}
}

func sample(t *testing.T, name string) []byte {
	t.Helper()
	switch {
	case strings.Contains(name, "sgray-8"):
		return gray()
	case strings.HasSuffix(name, ".pwg"):
		return small(2)
	case strings.HasSuffix(name, ".jpg"):
		return picture(t)
	default:
		return []byte("not printed here: " + name)
	}
}

// gray is one page of 16 by 1 in sgray_8.
func gray() []byte {
	b := small(1)[:len(rasterSync)+headerLen]
	put := func(at, v int) { binary.BigEndian.PutUint32(b[len(rasterSync)+at:], uint32(v)) }
	put(atWidth, 16)
	put(atHeight, 1)
	put(atBitsColor, 8)
	put(atBitsPixel, 8)
	put(atBytesPerLine, 16)
	put(atColorSpace, spaceGray)
	return append(b, 0, 15, 0x40)
}

func picture(t *testing.T) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 40, 60))
	for i := range m.Pix {
		m.Pix[i] = 0xFF
	}
	for y := range 10 {
		for x := range 20 {
			m.SetGray(x, y, color.Gray{})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A JPEG fills the paper's width or height, and is black where it is dark.
func TestJPEG(t *testing.T) {
	d, err := decode(picture(t))
	if err != nil {
		t.Fatal(err)
	}
	side := d.pages[0]
	if len(d.pages) != 1 || side.Width != paperWidth || side.Height != paperHeight {
		t.Fatalf("%d pages of %dx%d", len(d.pages), side.Width, side.Height)
	}
	for at, want := range map[image.Point]byte{
		{X: 100, Y: 100}: 0, {X: 1100, Y: 500}: 0, {X: 1300, Y: 500}: 0xFF, {X: 100, Y: 700}: 0xFF, {X: 2450, Y: 100}: 0xFF,
	} {
		if got, _ := side.At(at.X, at.Y).(color.Gray); got.Y != want {
			t.Errorf("shade %d at %v, want %d", got.Y, at, want)
		}
	}
	for _, broken := range [][]byte{[]byte(jpegStart), picture(t)[:100]} {
		if _, err := decode(broken); err == nil {
			t.Errorf("%d bytes of a JPEG print", len(broken))
		}
	}
}
