package shop

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// How a kioskd that ended unasked is started again, as its systemd unit says:
// soon, but not for ever.
const (
	restartAfter  = 200 * time.Millisecond
	longLife      = 5 * time.Second // a start that lived so long was a good one
	quickEndsMax  = 8               // in a row; then it stays off
	exitBadConfig = 2               // it would end the same way again
)

// process is the kioskd of one kiosk.
type process struct {
	turning sync.Mutex // one of PowerOn, PowerCut, Kill at a time

	mu     sync.Mutex
	wanted bool
	child  child         // nil while none runs
	ended  string        // how it ended last; "" while it runs
	stop   chan struct{} // closed when it is no longer wanted
	done   chan struct{} // closed when the supervisor has gone
}

// PowerOn starts kioskd; nothing happens where it runs. What depends on it may
// be looked at as soon as its first page is up.
func (k *Kiosk) PowerOn() error {
	p := &k.process
	p.turning.Lock()
	defer p.turning.Unlock()
	p.mu.Lock()
	if p.wanted {
		p.mu.Unlock()
		return nil
	}
	p.mu.Unlock()
	if err := k.writeConfig(); err != nil {
		return err
	}
	c, err := k.startChild()
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.wanted, p.child, p.ended = true, c, ""
	p.stop, p.done = make(chan struct{}), make(chan struct{})
	stop, done := p.stop, p.done
	p.mu.Unlock()
	k.work.Go(func() {
		defer close(done)
		k.supervise(c, stop)
	})
	k.changed("power")
	return nil
}

// supervise waits for the process and starts it again when it ended unasked.
func (k *Kiosk) supervise(c child, stop <-chan struct{}) {
	p := &k.process
	quick := 0
	for {
		born := time.Now()
		how, hopeless := c.wait()
		p.mu.Lock()
		p.child, p.ended = nil, how
		p.mu.Unlock()
		select {
		case <-stop:
			return
		default:
		}
		k.shop.log.Warn("kioskd ended unasked", "kiosk", k.name, "how", how)
		k.log.note("kioskd ended unasked: " + how)
		quick++
		if time.Since(born) > longLife {
			quick = 0
		}
		if hopeless || quick == quickEndsMax {
			k.giveUp()
			return
		}
		select {
		case <-stop:
			return
		case <-time.After(restartAfter):
		}
		var err error
		if c, err = k.startChild(); err != nil {
			k.shop.log.Error("kioskd does not start", "kiosk", k.name, "err", err)
			k.giveUp()
			return
		}
		p.mu.Lock()
		p.child = c
		p.mu.Unlock()
		select {
		case <-stop: // whoever stops now did not see this process
			c.kill()
		default:
		}
	}
}

func (k *Kiosk) giveUp() {
	k.process.mu.Lock()
	k.process.wanted = false
	k.process.mu.Unlock()
	k.changed("power")
}

// childEnv is what kioskd gets of our environment: what systemd would give it
// has no watchdog and no socket of ours in it.
func childEnv() []string {
	var env []string
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		if name != "NOTIFY_SOCKET" && name != "WATCHDOG_USEC" && name != "WATCHDOG_PID" {
			env = append(env, e)
		}
	}
	return env
}

// Kill ends the process alone, at once; the board keeps what it holds. It stays
// off until PowerOn.
func (k *Kiosk) Kill() {
	p := &k.process
	p.turning.Lock()
	defer p.turning.Unlock()
	k.kill()
}

func (k *Kiosk) kill() { k.ended(k.end()) }

// end sends the process its end. The supervisor has gone when done is closed; nil
// where none is left to wait for.
func (k *Kiosk) end() (done <-chan struct{}) {
	p := &k.process
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wanted = false
	if p.stop != nil {
		close(p.stop)
		p.stop = nil
	}
	if p.child != nil {
		p.child.kill()
	}
	return p.done
}

func (k *Kiosk) ended(done <-chan struct{}) {
	if done != nil {
		<-done
	}
	k.shown.forget()
	k.changed("power")
}

// PowerCut takes the power from board, chips and kioskd at once. What the chips
// held in memory is gone; paper and coins lie where they lay.
func (k *Kiosk) PowerCut() {
	p := &k.process
	p.turning.Lock()
	defer p.turning.Unlock()
	// The process first: one that outlives its board for a moment would tell the
	// office of it.
	done := k.end()
	k.board.PowerCut()
	k.ended(done)
	k.glass.PowerCut()
	k.panel.PowerCut()
	k.receipts.PowerCut()
	k.acceptor.PowerCut()
	k.pages.PowerCut()
	k.reader.PowerOff()
	k.changed("panel")
}

// ArmCut has the power cut just before or after ("before", "after") kioskd
// commits the next journal event of that kind.
func (k *Kiosk) ArmCut(when, kind string) {
	k.mu.Lock()
	k.armed = true
	k.mu.Unlock()
	k.board.ArmCut(when, kind, func() {
		// The board's own goroutine calls: the cut waits for it elsewhere.
		k.work.Go(func() {
			k.PowerCut()
			k.mu.Lock()
			k.armed = false
			k.mu.Unlock()
		})
	})
}

// Armed says whether a cut is armed that has not struck.
func (k *Kiosk) Armed() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.armed
}

// strikeLasts is how long a power cut may take, from the commit that it was armed
// for to the board's darkness.
const strikeLasts = 2 * time.Second

// struck says whether an armed cut has struck, or is just doing so.
func (k *Kiosk) struck(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, strikeLasts)
	defer cancel()
	for k.Armed() {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(10 * time.Millisecond):
		}
	}
	return true
}

// Running says whether kioskd is meant to run; between an unasked end and the
// next start it still is.
func (k *Kiosk) Running() bool {
	k.process.mu.Lock()
	defer k.process.mu.Unlock()
	return k.process.wanted
}

// Ended says how the process ended last, "" while it runs or never did.
func (k *Kiosk) Ended() string {
	k.process.mu.Lock()
	defer k.process.mu.Unlock()
	return k.process.ended
}

func (k *Kiosk) pid() (int, bool) {
	k.process.mu.Lock()
	defer k.process.mu.Unlock()
	if k.process.child == nil || k.process.child.pid() == 0 {
		return 0, false
	}
	return k.process.child.pid(), true
}

// CoreLimit is the process's limit on core files, as the kernel has it; "0" is
// none.
func (k *Kiosk) CoreLimit() (string, error) {
	pid, ok := k.pid()
	if !ok {
		return "", fmt.Errorf("shop: %s is off, or has no process of its own", k.name)
	}
	b, err := os.ReadFile(filepath.Join("/proc", fmt.Sprint(pid), "limits"))
	if err != nil {
		return "", fmt.Errorf("shop: %w", err)
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "Max core file size"); ok {
			if f := strings.Fields(rest); len(f) > 0 {
				return f[0], nil
			}
		}
	}
	return "", errors.New("shop: the kernel names no limit on core files")
}

// Memory is how much memory the process has now, and has had at most, resident,
// in bytes: the kernel's VmRSS and VmHWM.
func (k *Kiosk) Memory() (now, most int, err error) {
	pid, ok := k.pid()
	if !ok {
		return 0, 0, fmt.Errorf("shop: %s is off, or has no process of its own", k.name)
	}
	b, err := os.ReadFile(filepath.Join("/proc", fmt.Sprint(pid), "status"))
	if err != nil {
		return 0, 0, fmt.Errorf("shop: %w", err)
	}
	for line := range strings.Lines(string(b)) {
		for name, to := range map[string]*int{"VmRSS:": &now, "VmHWM:": &most} {
			if rest, ok := strings.CutPrefix(line, name); ok {
				if _, err := fmt.Sscanf(rest, "%d kB", to); err != nil {
					return 0, 0, fmt.Errorf("shop: %s: %w", name, err)
				}
				*to <<= 10
			}
		}
	}
	return now, most, nil
}

// errInside says that there is no binary to run a command of.
var errInside = errors.New("shop: this kioskd runs without a binary; it has no commands")

// commandWithin is how long one of kioskd's commands may take.
const commandWithin = 10 * time.Second

// command runs one of kioskd's other commands on this kiosk's configuration.
func (k *Kiosk) command(ctx context.Context, name string, args ...string) ([]byte, error) {
	if m := k.machine(); m != nil {
		return m.Kioskd(ctx, name, args...) // in its own time: it may be slow
	}
	ctx, cancel := context.WithTimeout(ctx, commandWithin)
	defer cancel()
	if k.shop.opts.Inside != nil {
		return nil, errInside
	}
	if err := k.writeConfig(); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, k.shop.opts.Kioskd, append([]string{name, "-config", k.configFile()}, args...)...)
	cmd.Dir = k.dir
	cmd.Env = childEnv()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil, fmt.Errorf("shop: kioskd %s: %w: %s", name, err, strings.TrimSpace(string(exit.Stderr)))
	}
	if err != nil {
		return nil, fmt.Errorf("shop: kioskd %s: %w", name, err)
	}
	return out, nil
}

// Command runs one of kioskd's commands on this kiosk as a technician does, and
// gives what was printed and the exit code. It may take until ctx ends, when it is
// interrupted as by ^C.
func (k *Kiosk) Command(ctx context.Context, name string, args ...string) (stdout, stderr string, code int, err error) {
	if k.shop.opts.Inside != nil {
		return "", "", 0, errInside
	}
	if err := k.writeConfig(); err != nil {
		return "", "", 0, err
	}
	cmd := exec.CommandContext(ctx, k.shop.opts.Kioskd, append([]string{name, "-config", k.configFile()}, args...)...)
	var out, errs strings.Builder
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = k.dir, childEnv(), &out, &errs
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = commandWithin
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		return out.String(), errs.String(), exit.ExitCode(), nil
	}
	if err != nil && ctx.Err() == nil {
		return out.String(), errs.String(), 0, fmt.Errorf("shop: kioskd %s: %w", name, err)
	}
	return out.String(), errs.String(), 0, nil
}

// UpdateLock is the file that kioskd holds while it serves.
func (k *Kiosk) UpdateLock() string { return filepath.Join(k.dir, "serving") }

// Kioskd is the binary it runs.
func (k *Kiosk) Kioskd() string { return k.shop.opts.Kioskd }

// Dir is the folder of its configuration and its state.
func (k *Kiosk) Dir() string { return k.dir }
