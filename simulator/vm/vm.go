// Package vm is a kiosk's computer made of software: QEMU, Debian's kernel,
// systemd as PID 1, the package installed from its .deb, and kioskd under its
// real unit and sandbox. The display is the machine's own, driven through DRM;
// its picture is taken from outside, as the emulated graphics card scans it out.
// The touch chip is the simulator's FT5x06 on the machine's own I2C bus, its INT
// line a GPIO of the machine's: QEMU has no such chip, but asks others for virtio
// devices (package vhost). The lamps hang on a GPIO chip of its own kernel
// (gpio-sim). The card reader is the simulator's on the machine's USB (package ccid),
// behind its own pcscd and libccid. Everything else of the fb10 board is the
// simulator's, at the other end of the board's link (package shop, Machine).
//
// The processor is translated instruction by instruction (TCG): a stock kernel
// does not run under the KVM of the machines this was made on. It is some ten
// times slower than a real one, and no measure of anything.
//
// The disk of the journal keeps what the guest has written and loses what it held
// in memory when the machine is cut off. A disk that lies about its own cache is
// not played.
//
// Source: QEMU 7.2, qemu-qmp-ref(7) and qemu(1); Linux
// Documentation/admin-guide/devices.txt for the virtio serial port.
package vm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"kioskd/simulator/card"
	"kioskd/simulator/card/ccid"
	"kioskd/simulator/vm/vhost"
)

// Options say where the machine's parts lie.
type Options struct {
	Image string // folder with vmlinuz, small.gz and root.img, as the script image makes them
	Dir   string // its own files: the journal's disk, sockets, what its console said
}

// Machine is the computer. It implements shop.Machine. Safe for concurrent use
// once it has its chips.
type Machine struct {
	opts  Options
	chips chips
	Display

	mu      sync.Mutex
	present *run // the latest; nil before the first
}

// Sizes of the two small disks.
const (
	stateDisk = "64M"
	etcDisk   = "8M"
)

// connectWithin is how long QEMU may take to call its two sockets.
const connectWithin = 20 * time.Second

// New makes a machine that is off, with an empty disk for the journal.
func New(ctx context.Context, o Options) (*Machine, error) {
	for _, name := range []string{"vmlinuz", "small.gz", "root.img"} {
		if _, err := os.Stat(filepath.Join(o.Image, name)); err != nil {
			return nil, fmt.Errorf("vm: %w: make it with simulator/vm/image", err)
		}
	}
	m := &Machine{opts: o, chips: chips{bus: make(map[uint16]vhost.Chip), lines: vhost.NewGPIO(), reader: ccid.New(card.NewReader())}}
	m.Display.machine = m
	return m, disk(ctx, m.file("state.img"), stateDisk, "")
}

// disk makes an ext4 file system with the files of a folder ("" means none).
func disk(ctx context.Context, file, size, from string) error {
	args := []string{"-q", "-F", "-t", "ext4", "-E", "root_owner=0:0"}
	if from != "" {
		args = append(args, "-d", from)
	}
	if out, err := exec.CommandContext(ctx, "mke2fs", append(args, file, size)...).CombinedOutput(); err != nil {
		return fmt.Errorf("vm: make a disk: %w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

func (m *Machine) file(name string) string { return filepath.Join(m.opts.Dir, name) }

func (m *Machine) image(name string) string { return filepath.Join(m.opts.Image, name) }

// Gateway is where QEMU's user network has this machine's loopback.
func (m *Machine) Gateway() net.IP { return net.IPv4(10, 0, 2, 2) }

// run is one run of QEMU, from power on to power off.
type run struct {
	cmd     *exec.Cmd
	qmp     *monitor
	shell   *shell
	devices errgroup.Group // who is asked for devices
	ended   chan struct{}
	how     string // set before ended is closed
}

// Boot turns the machine on, with the files of that folder as its /etc/kioskd. It
// returns as soon as the processor runs.
func (m *Machine) Boot(etc string) error {
	ctx, cancel := context.WithTimeout(context.Background(), connectWithin)
	defer cancel()
	if err := disk(ctx, m.file("etc.img"), etcDisk, etc); err != nil {
		return err
	}
	monitors, err := listen(ctx, m.file("qmp.sock"))
	if err != nil {
		return err
	}
	defer func() { _ = monitors.Close() }() // one caller is all it is for
	shells, err := listen(ctx, m.file("shell.sock"))
	if err != nil {
		return err
	}
	defer func() { _ = shells.Close() }()
	plugs, err := m.plugs(ctx)
	if err != nil {
		return err
	}
	defer unplug(plugs)
	r := &run{cmd: m.qemu(), ended: make(chan struct{})}
	var said bytes.Buffer
	r.cmd.Stderr = &said
	// Who is ended without a word leaves no machine behind that computes for ever.
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := r.cmd.Start(); err != nil {
		return fmt.Errorf("vm: %w", err)
	}
	for _, p := range plugs {
		r.devices.Go(p.wait)
	}
	go func() {
		defer close(r.ended)
		r.how = "exit status 0"
		if err := r.cmd.Wait(); err != nil {
			r.how = err.Error() + " " + said.String()
		}
		_ = monitors.Close() // who still waits for its call waits in vain
		_ = shells.Close()
		unplug(plugs)
		if err := r.devices.Wait(); err != nil {
			r.how += " " + err.Error()
		}
	}()
	if err := r.connect(monitors, shells); err != nil {
		r.off()
		return fmt.Errorf("vm: QEMU (%s): %w", r.how, err)
	}
	m.mu.Lock()
	m.present = r
	m.mu.Unlock()
	return nil
}

// listen waits for a call at a socket of that path.
func listen(ctx context.Context, path string) (*net.UnixListener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("vm: %w", err)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("vm: %w", err)
	}
	return l.(*net.UnixListener), nil
}

func (r *run) connect(monitors, shells *net.UnixListener) error {
	until := time.Now().Add(connectWithin)
	if err := errors.Join(monitors.SetDeadline(until), shells.SetDeadline(until)); err != nil {
		return err
	}
	control, err := monitors.Accept()
	if err != nil {
		return err
	}
	if r.qmp, err = newMonitor(control); err != nil {
		return err
	}
	port, err := shells.Accept()
	if err != nil {
		return err
	}
	r.shell = newShell(port)
	return nil
}

// qemu is the machine as QEMU is told of it.
func (m *Machine) qemu() *exec.Cmd {
	return exec.Command("qemu-system-x86_64",
		// Its memory is a file, which those who are asked for devices map.
		"-object", "memory-backend-memfd,id=memory,size=768M,share=on",
		"-machine", "pc,memory-backend=memory", "-m", "768",
		"-accel", "tcg,thread=multi", "-smp", "2", "-nodefaults", "-no-reboot", "-display", "none",
		"-serial", "file:"+m.file("console.log"),
		"-chardev", "socket,id=qmp,path="+m.file("qmp.sock"), "-mon", "chardev=qmp,mode=control",
		"-kernel", m.image("vmlinuz"), "-initrd", m.image("small.gz"),
		"-append", "console=ttyS0 panic=-1 systemd.show_status=1 vt.global_cursor_default=0",
		"-drive", "if=virtio,format=raw,snapshot=on,file="+m.image("root.img"),
		"-drive", "if=virtio,format=raw,cache=writethrough,file="+m.file("state.img"),
		"-drive", "if=virtio,format=raw,readonly=on,file="+m.file("etc.img"),
		"-vga", "none", "-device", fmt.Sprintf("virtio-vga,xres=%d,yres=%d", width, height),
		"-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile=",
		"-device", "virtio-rng-pci",
		"-device", "qemu-xhci", "-chardev", "socket,id=reader,path="+m.file(readerSocket), "-device", "usb-redir,chardev=reader",
		"-device", "virtio-serial", "-chardev", "socket,id=shell,path="+m.file("shell.sock"),
		"-device", "virtserialport,chardev=shell,name=onlooker",
		"-chardev", "socket,id=bus,path="+m.file(busSocket), "-device", "vhost-user-i2c-pci,chardev=bus,event_idx=off",
		"-chardev", "socket,id=lines,path="+m.file(linesSocket), "-device", "vhost-user-gpio-pci,chardev=lines,event_idx=off",
	)
}

var errOff = errors.New("vm: the machine is off")

// running is the present run.
func (m *Machine) running() (*run, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.present == nil {
		return nil, errOff
	}
	select {
	case <-m.present.ended:
		return nil, errOff
	default:
		return m.present, nil
	}
}

var colors = regexp.MustCompile("\x1b\\[[0-9;]*[A-Za-z]")

// Console is the end of what the machine's console has said, at most that many
// lines.
func (m *Machine) Console(lines int) []string {
	b, err := os.ReadFile(m.file("console.log"))
	if err != nil {
		return nil // it has said nothing yet
	}
	said := strings.FieldsFunc(colors.ReplaceAllString(string(b), ""), func(r rune) bool { return r == '\n' || r == '\r' })
	return said[max(0, len(said)-lines):]
}

// Processors is where they are, as QEMU sees it: for a machine that hangs.
func (m *Machine) Processors() (string, error) {
	r, err := m.running()
	if err != nil {
		return "", err
	}
	return r.qmp.human("info registers -a")
}

// Wait returns how the machine ended.
func (m *Machine) Wait() string {
	m.mu.Lock()
	r := m.present
	m.mu.Unlock()
	if r == nil {
		return errOff.Error()
	}
	<-r.ended
	return r.how
}

// Off cuts the machine off: what it had not written is lost.
func (m *Machine) Off() {
	m.mu.Lock()
	r := m.present
	m.mu.Unlock()
	if r != nil {
		r.off()
	}
}

func (r *run) off() {
	_ = r.cmd.Process.Kill() // it has ended already: well
	<-r.ended
	if r.qmp != nil {
		r.qmp.close()
	}
	if r.shell != nil {
		r.shell.close()
	}
}
