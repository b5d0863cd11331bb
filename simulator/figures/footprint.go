package figures

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// What a small board has room for.
const (
	binaryWanted   = 20 << 20 // bytes, without symbols, as the package ships it
	residentWanted = 40 << 20 // bytes resident at the start page
)

// footprint is how much of a board kioskd takes. It finds the kiosk at its start
// page, and leaves it there.
func (m *meter) footprint(ctx context.Context, c *customer) error {
	if err := m.say("looking how large kioskd is"); err != nil {
		return err
	}
	whole, bare, err := sizes(ctx, c.shop.Kioskd())
	if err != nil {
		return err
	}
	least, err := waiting(ctx, c.shop.Kioskd())
	if err != nil {
		return err
	}
	idle, _, err := c.kiosk.Memory()
	if err != nil {
		return err
	}
	if err := c.visit(ctx); err != nil {
		return fmt.Errorf("visit: %w", err)
	}
	_, most, err := c.kiosk.Memory()
	if err != nil {
		return err
	}
	if err := c.home(ctx); err != nil {
		return err
	}
	const doing = "the same program waiting for a line (maintenance-code)"
	for _, f := range []figure{
		{name: "kioskd's binary, stripped", value: bare, reference: whole, than: "with its symbols", limit: binaryWanted},
		{name: "memory of kioskd, resident, at its start page", value: float64(idle), reference: float64(least), than: doing, limit: residentWanted},
		{name: "memory of kioskd, at most, in a visit of one sheet", value: float64(most), reference: float64(least), than: doing},
	} {
		f.unit = mebibytes
		if err := m.table.add(f); err != nil {
			return err
		}
	}
	return nil
}

// waiting is the memory of the program when it has nothing to do but to read a
// line, in bytes.
func waiting(ctx context.Context, binary string) (resident int, err error) {
	cmd := exec.CommandContext(ctx, binary, "maintenance-code")
	in, err := cmd.StdinPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("kioskd maintenance-code: %w", err)
	}
	defer func() {
		_ = in.Close()
		_ = cmd.Wait() // it refuses an empty code
	}()
	const settles = 300 * time.Millisecond // it has started long before
	time.Sleep(settles)
	pages, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	var size int
	if _, err := fmt.Sscan(string(pages), &size, &resident); err != nil {
		return 0, fmt.Errorf("kioskd maintenance-code: its memory: %w", err)
	}
	return resident * os.Getpagesize(), nil
}

// sizes are a binary's in bytes, as it is and without its symbols.
func sizes(ctx context.Context, binary string) (whole, bare float64, err error) {
	dir, err := os.MkdirTemp("", "kiosksim-size-")
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	stripped := filepath.Join(dir, "kioskd")
	if out, err := exec.CommandContext(ctx, "strip", "-o", stripped, binary).CombinedOutput(); err != nil {
		return 0, 0, fmt.Errorf("strip (Debian: binutils): %w: %s", err, out)
	}
	for file, size := range map[string]*float64{binary: &whole, stripped: &bare} {
		info, err := os.Stat(file)
		if err != nil {
			return 0, 0, err
		}
		*size = float64(info.Size())
	}
	return whole, bare, nil
}
