package ipp_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/ascii85"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"kioskd/drivers/ipp"
	"kioskd/simulator/office/paper"
	"kioskd/simulator/office/paper/pwg"
	"kioskd/simulator/office/register"
)

// A printer that is not ours: CUPS's ippeveprinter, and its ippeveps, which reads
// the raster with libcups (Debian: cups-ipp-utils, dbus-daemon). ippeveprinter
// wants a system bus even where it announces nothing; the one here is its own.
const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><listen>unix:tmpdir=%s</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>`

// cupsCommand is what ippeveprinter runs for each sheet: it keeps what was asked,
// has ippeveps decode the raster, and does what the file "then" says.
const cupsCommand = `#!/bin/sh
cd '%s' || exit 1
env >asked
ippeveps "$1" >sheet.ps || exit 1
[ ! -f then ] || . ./then
`

const cupsStartWithin = 10 * time.Second

// startCUPS gives the printer's address and the folder of its command.
func startCUPS(t *testing.T) (url, dir string) {
	t.Helper()
	dir = t.TempDir()
	put := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	start := func(name string, args ...string) (*exec.Cmd, *bufio.Reader) {
		path, err := exec.LookPath(name)
		if err != nil {
			path = filepath.Join("/usr/sbin", name) // not everybody's PATH has it
		}
		cmd := exec.Command(path, args...)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		return cmd, bufio.NewReader(out)
	}
	run := func(cmd *exec.Cmd) {
		if err := cmd.Start(); err != nil {
			t.Fatalf("%v (Debian: cups-ipp-utils, dbus-daemon)", err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Kill() // it may have ended by itself, which the test saw
			_ = cmd.Wait()
		})
	}
	bus, said := start("dbus-daemon", "--config-file="+put("bus.conf", fmt.Sprintf(busConfig, dir), 0o600), "--nofork", "--nopidfile", "--print-address=1")
	run(bus)
	address, err := said.ReadString('\n')
	if err != nil {
		t.Fatalf("dbus-daemon: %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	spool := filepath.Join(dir, "spool")
	if err := errors.Join(l.Close(), os.Mkdir(spool, 0o700)); err != nil {
		t.Fatal(err)
	}
	printer, _ := start("ippeveprinter", "-r", "off", "-2", "-p", port, "-n", "localhost", "-d", spool,
		"-c", put("command", fmt.Sprintf(cupsCommand, dir), 0o700), "-f", "image/pwg-raster,image/jpeg", "kiosk")
	printer.Env = append(os.Environ(), "DBUS_SYSTEM_BUS_ADDRESS="+strings.TrimSpace(address), "PATH="+os.Getenv("PATH")+":/usr/sbin")
	var log bytes.Buffer
	printer.Stderr = &log
	run(printer)
	t.Cleanup(func() {
		if t.Failed() {
			_ = printer.Process.Kill()
			_ = printer.Wait()
			t.Log(log.String())
		}
	})
	return "ipp://localhost:" + port + "/ipp/print", dir
}

// openCUPS waits until the printer answers.
func openCUPS(t *testing.T, url string) *ipp.Dev {
	t.Helper()
	late := time.Now().Add(cupsStartWithin)
	for {
		d, err := ipp.New(t.Context(), url, ipp.Opts{Poll: 10 * time.Millisecond})
		if err == nil {
			t.Cleanup(func() {
				if err := d.Close(); err != nil {
					t.Error(err)
				}
			})
			return d
		}
		if time.Now().After(late) {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// certificate is a sheet as the office draws it, and its two sides.
func certificate(t *testing.T) (raster []byte, sides []*pwg.Page) {
	t.Helper()
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.FixedZone("JST", 9*60*60))
	rec, err := register.New(at).Record("adult", "self", nil, nil, at)
	if err != nil {
		t.Fatal(err)
	}
	r, err := paper.New("/usr/share/fonts/truetype/bizud-gothic")
	if err != nil {
		t.Fatal(err)
	}
	sheets, err := r.Sheets(rec, "3f9c0a7b52e14d68b0c1d2e3f4a59687")
	if err != nil {
		t.Fatal(err)
	}
	sides, err = pwg.Decode(sheets[0].Raster)
	if err != nil {
		t.Fatal(err)
	}
	return sheets[0].Raster, sides
}

func TestOnCUPSPrinter(t *testing.T) {
	url, dir := startCUPS(t)
	d := openCUPS(t, url)
	raster, sides := certificate(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := d.Print(ctx, raster, ipp.Watch{}); err != nil {
		t.Fatal(err)
	}
	asked, err := os.ReadFile(filepath.Join(dir, "asked"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"IPP_SIDES=two-sided-long-edge\n", "CONTENT_TYPE=image/pwg-raster\n", "IPP_JOB_ORIGINATING_USER_NAME=kiosk\n"} {
		if !bytes.Contains(asked, []byte(want)) {
			t.Errorf("the printer was not asked for %s", want)
		}
	}
	got := decodedByCUPS(t, filepath.Join(dir, "sheet.ps"), sides[0].Height)
	if len(got) != len(sides) {
		t.Fatalf("CUPS decodes %d sides, want %d", len(got), len(sides))
	}
	for i, side := range sides {
		if !bytes.Equal(got[i], side.Dots) {
			t.Errorf("side %d: CUPS decodes other dots than were drawn (%d bytes, want %d)", i+1, len(got[i]), len(side.Dots))
		}
	}
	if n, err := d.Queue(ctx); n != 0 || err != nil {
		t.Errorf("queue of %d, %v", n, err)
	}
}

// TestCUPSPrinterInTrouble: its own words for what is wrong, and a job that hangs
// is taken back.
func TestCUPSPrinterInTrouble(t *testing.T) {
	url, dir := startCUPS(t)
	d := openCUPS(t, url)
	raster, _ := certificate(t)
	then := func(script string) {
		if err := os.WriteFile(filepath.Join(dir, "then"), []byte(script), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()

	then("echo 'STATE: +media-low-warning,toner-low-warning' >&2\n")
	if err := d.Print(ctx, raster, ipp.Watch{}); err != nil {
		t.Fatal(err)
	}
	state, err := d.Ready(ctx)
	if reason, action := state.Low(); err != nil || reason == "" || action == "" {
		t.Errorf("a printer that runs low: %v, %q %q", err, reason, action)
	}

	then("touch began\nexec sleep 1\n")
	enough := errors.New("enough")
	hanging, giveUp := context.WithCancelCause(ctx)
	err = d.Print(hanging, raster, ipp.Watch{Told: func(p ipp.Progress) {
		if _, err := os.Stat(filepath.Join(dir, "began")); err == nil && p.State == ipp.JobProcessing {
			giveUp(enough)
		}
	}})
	if got := outcome(err); !strings.HasPrefix(got, "unknown") || !strings.HasSuffix(got, "left=false") || !errors.Is(err, enough) {
		t.Errorf("a job that hangs: %s (%v)", got, err)
	}
	if n, err := d.Queue(ctx); n != 0 || err != nil {
		t.Errorf("queue of %d, %v", n, err)
	}

	then("echo 'STATE: +media-empty-error' >&2\nexit 1\n")
	if got := outcome(d.Print(ctx, raster, ipp.Watch{})); !strings.HasPrefix(got, "unknown") {
		t.Errorf("a job that the printer aborts: %s", got)
	}
	var not ipp.NotReady
	if _, err := d.Ready(ctx); !errors.As(err, &not) || not.Reason != ipp.ReasonPaper || not.Action != ipp.ActionClear {
		t.Errorf("a printer without paper: %v", err)
	}
}

// decodedByCUPS reads the rows of dots that ippeveps wrote: each side begins with
// a comment; each row that is not white has its number from the bottom, an L and
// ASCII 85.
func decodedByCUPS(t *testing.T, file string, height int) (sides [][]byte) {
	t.Helper()
	ps, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile(`(?s)\n(\d+) L\n(.*?)~>`)
	for _, page := range bytes.Split(ps, []byte("\n%%Page: "))[1:] {
		var dots []byte
		for _, m := range row.FindAllSubmatch(page, -1) {
			line := make([]byte, len(m[2])*4) // a z is four bytes
			n, _, err := ascii85.Decode(line, m[2], true)
			if err != nil {
				t.Fatal(err)
			}
			up, err := strconv.Atoi(string(m[1]))
			if err != nil || up >= height {
				t.Fatalf("row %s of %d", m[1], height)
			}
			if dots == nil {
				dots = make([]byte, height*n)
			}
			copy(dots[(height-1-up)*n:], line[:n])
		}
		sides = append(sides, dots)
	}
	return sides
}
