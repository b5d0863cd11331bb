// Package pcscd runs a pcscd of one's own, with vsmartcard's virtual reader, for
// tests and figures: beside the machine's, if it has one, and with nothing of its
// configuration.
//
// pcscd's socket has a fixed place, /run/pcscd. The one run here sees another
// folder as /run, in a mount namespace of its own; clients find its socket by
// the environment (Env). That takes root or a kernel that lets users have such
// namespaces.
//
// Source: pcscd(8), reader.conf(5), vsmartcard's vpcd.
package pcscd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Driver is where Debian's vsmartcard-vpcd has the virtual reader's driver.
const Driver = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"

// Packages are the Debian packages this takes.
const Packages = "pcscd vsmartcard-vpcd"

const (
	startWithin = 10 * time.Second
	every       = 10 * time.Millisecond
	namedRun    = "run"
	namedConf   = "reader.conf"
)

// Options say what to run.
type Options struct {
	Dir     string   // short, for a socket's path is: its files
	Readers []string // their names; each is a virtual reader of two slots. Nil means one, "Virtual PCD"
	// Unpluggable readers can be unplugged while pcscd runs. It takes a C
	// compiler and the package libpcsclite-dev.
	Unpluggable bool
}

// Daemon is a pcscd. Safe for concurrent use.
type Daemon struct {
	dir     string
	readers []string
	ports   []int

	mu      sync.Mutex
	process *exec.Cmd // nil while it is off
	gone    chan struct{}
	log     string
}

// Start runs one.
func Start(ctx context.Context, o Options) (*Daemon, error) {
	if o.Readers == nil {
		o.Readers = []string{"Virtual PCD"}
	}
	for _, tool := range []string{"pcscd", "unshare", "mount"} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil, fmt.Errorf("pcscd: %w: install the packages %s", err, Packages)
		}
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("pcscd: %w", err)
	}
	d := &Daemon{dir: dir, readers: o.Readers, log: filepath.Join(dir, "pcscd.log")}
	if err := os.MkdirAll(filepath.Join(dir, namedRun, "pcscd"), 0o755); err != nil {
		return nil, fmt.Errorf("pcscd: %w", err)
	}
	if err := d.install(o.Unpluggable); err != nil {
		return nil, err
	}
	for range o.Readers {
		port, err := freePair()
		if err != nil {
			return nil, fmt.Errorf("pcscd: %w", err)
		}
		d.ports = append(d.ports, port)
	}
	if err := d.configure(); err != nil {
		return nil, err
	}
	return d, d.Restart(ctx)
}

func (d *Daemon) driver(reader int) string {
	return filepath.Join(d.dir, "driver"+strconv.Itoa(reader)+".so")
}

// freePair finds two ports in a row that are free: one a slot.
func freePair() (int, error) {
	var err error
	for range 50 {
		var a, b net.Listener
		if a, err = net.Listen("tcp", ":0"); err != nil {
			return 0, err
		}
		port := a.Addr().(*net.TCPAddr).Port
		b, err = net.Listen("tcp", ":"+strconv.Itoa(port+1))
		if err = errors.Join(err, a.Close()); b != nil {
			err = errors.Join(err, b.Close())
		}
		if err == nil {
			return port, nil
		}
	}
	return 0, fmt.Errorf("no two free ports: %w", err)
}

// configure writes reader.conf.
func (d *Daemon) configure() error {
	var b strings.Builder
	for i, name := range d.readers {
		fmt.Fprintf(&b, "FRIENDLYNAME %q\nDEVICENAME /dev/null:%#x\nLIBPATH %s\nCHANNELID %#x\n\n", name, d.ports[i], d.driver(i), d.ports[i])
	}
	if err := os.WriteFile(filepath.Join(d.dir, namedConf), []byte(b.String()), 0o644); err != nil {
		return fmt.Errorf("pcscd: %w", err)
	}
	return nil
}

// Socket is where clients find it.
func (d *Daemon) Socket() string { return filepath.Join(d.dir, namedRun, "pcscd", "pcscd.comm") }

// Env is what a client's environment must say to find it.
func (d *Daemon) Env() string { return "PCSCLITE_CSOCK_NAME=" + d.Socket() }

// Address is where a card for that slot (0 or 1) of that reader connects.
func (d *Daemon) Address(reader, slot int) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(d.ports[reader]+slot))
}

// Restart runs it again, after Kill.
func (d *Daemon) Restart(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.process != nil {
		return nil
	}
	if err := os.Remove(d.Socket()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("pcscd: %w", err)
	}
	out, err := os.OpenFile(d.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("pcscd: %w", err)
	}
	args := []string{"--mount"}
	if os.Geteuid() != 0 {
		args = append(args, "--map-root-user")
	}
	const script = `mount --bind "$1" /run && exec pcscd --foreground --info --config "$2"`
	args = append(args, "sh", "-c", script, "sh", filepath.Join(d.dir, namedRun), filepath.Join(d.dir, namedConf))
	cmd := exec.Command("unshare", args...)
	cmd.Stdout, cmd.Stderr = out, out
	// Whoever started it and is killed takes it along.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	err = cmd.Start()
	if err = errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("pcscd: %w", err)
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_ = cmd.Wait() // however it ended
	}()
	d.process, d.gone = cmd, gone
	return d.ready(ctx, gone)
}

// ready waits until it takes clients.
func (d *Daemon) ready(ctx context.Context, gone <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	for {
		var dial net.Dialer
		if c, err := dial.DialContext(ctx, "unix", d.Socket()); err == nil {
			return c.Close()
		}
		select {
		case <-gone:
			d.process = nil
			return fmt.Errorf("pcscd: it ended at once, saying: %s", d.says())
		case <-ctx.Done():
			return fmt.Errorf("pcscd: it does not listen: %w; it says: %s", context.Cause(ctx), d.says())
		case <-time.After(every):
		}
	}
}

// says is the end of what it has written.
func (d *Daemon) says() string {
	const most = 600
	b, err := os.ReadFile(d.log)
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-most):])
}

// Kill ends it at once, as a crash does.
func (d *Daemon) Kill() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.process == nil {
		return
	}
	d.signal(syscall.SIGKILL)
	<-d.gone
	d.process = nil
}

// Freeze has it stand still until Thaw.
func (d *Daemon) Freeze() { d.tell(syscall.SIGSTOP) }

// Thaw ends that.
func (d *Daemon) Thaw() { d.tell(syscall.SIGCONT) }

func (d *Daemon) tell(s syscall.Signal) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.process != nil {
		d.signal(s)
	}
}

func (d *Daemon) signal(s syscall.Signal) {
	_ = syscall.Kill(-d.process.Process.Pid, s) // that it has gone already is well
}

// Close ends it. It may be called twice. The folder is the caller's to remove.
func (d *Daemon) Close() error {
	d.Kill()
	return nil
}
