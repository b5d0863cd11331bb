package host

import (
	"errors"
	"image"
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"kioskd/drivers/board"
)

// The kernel puts the size of a struct into the number of the request: a struct
// of another size is another request. Sizes from include/uapi/drm/drm_mode.h and
// include/uapi/linux/fb.h on a 64-bit machine.
func TestKernelStructs(t *testing.T) {
	for _, s := range []struct {
		name      string
		got, want uintptr
	}{
		{"drm_mode_card_res", unsafe.Sizeof(drmResources{}), 64},
		{"drm_mode_modeinfo", unsafe.Sizeof(drmMode{}), 68},
		{"drm_mode_get_connector", unsafe.Sizeof(drmConnector{}), 80},
		{"drm_mode_get_encoder", unsafe.Sizeof(drmEncoder{}), 20},
		{"drm_mode_create_dumb", unsafe.Sizeof(drmDumb{}), 32},
		{"drm_mode_map_dumb", unsafe.Sizeof(drmMap{}), 16},
		{"drm_mode_fb_cmd", unsafe.Sizeof(drmFB{}), 28},
		{"drm_mode_crtc", unsafe.Sizeof(drmCrtc{}), 104},
		{"drm_clip_rect", unsafe.Sizeof(drmClip{}), 8},
		{"drm_mode_fb_dirty_cmd", unsafe.Sizeof(drmDirty{}), 24},
		{"fb_var_screeninfo", unsafe.Sizeof(fbVariable{}), 160},
		{"fb_fix_screeninfo", unsafe.Sizeof(fbFixed{}), 80},
	} {
		if s.got != s.want {
			t.Errorf("%s has %d bytes, want %d", s.name, s.got, s.want)
		}
	}
}

// Rows of a display are longer than its pixels, and what is drawn is told of.
func TestDisplayMemory(t *testing.T) {
	const stride, rows = 32, 3 // 4 pixels and some the glass does not have
	f, err := os.Create(filepath.Join(t.TempDir(), "memory"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(stride * rows); err != nil {
		t.Fatal(err)
	}
	memory, err := unix.Mmap(int(f.Fd()), 0, stride*rows, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	var told image.Rectangle
	d := &display{
		name: "card0", file: f, size: image.Pt(4, rows), stride: stride, memory: memory,
		flush: func(r image.Rectangle) error { told = r; return nil },
	}
	r := image.Rect(1, 1, 2, 3)
	if err := d.Write(r, []byte{1, 2, 3, 4, 5, 6, 7, 8}); err != nil {
		t.Fatal(err)
	}
	if told != r {
		t.Errorf("told of %v, want %v", told, r)
	}
	if memory[stride+4] != 1 || memory[2*stride+4] != 5 || memory[stride+8] != 0 {
		t.Errorf("memory is % x", memory)
	}
	if d.Write(image.Rect(3, 0, 5, 1), make([]byte, 8)) == nil {
		t.Error("a pixel beside the glass is written")
	}
	for range 2 {
		if err := d.Halt(); err != nil {
			t.Error(err)
		}
	}
	if err := d.Write(r, make([]byte, 8)); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after Halt: %v", err)
	}
}

func TestNoDisplayIsNamed(t *testing.T) {
	b := &Board{opts: Options{Names: map[string]string{"fb0": filepath.Join(t.TempDir(), "card7")}}}
	_, err := b.Framebuffer("fb0")
	var none *board.NoSuchError
	if !errors.As(err, &none) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such card: %v", err)
	}
}
