package shop

import (
	"context"
	"fmt"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// child is one run of kioskd.
type child interface {
	// wait returns how it ended, and whether it would end the same way again.
	wait() (how string, hopeless bool)
	// kill ends it; it may be called twice.
	kill()
	// pid is 0 for a kioskd without a process of its own.
	pid() int
}

// startChild starts kioskd as a process, or as the shop's options say.
func (k *Kiosk) startChild() (child, error) {
	k.shown.forget()
	if run := k.shop.opts.Inside; run != nil {
		return startInside(k.shop.ctx, k.configFile(), run), nil
	}
	if m := k.machine(); m != nil {
		return k.startMachine(m)
	}
	cmd := exec.Command(k.shop.opts.Kioskd, "run", "-config", k.configFile())
	cmd.Dir = k.dir
	cmd.Env = childEnv()
	if p := k.pcsc(); p != nil {
		cmd.Env = append(cmd.Env, p.Env)
	}
	cmd.Stdout, cmd.Stderr = &k.log, &k.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("shop: start kioskd: %w", err)
	}
	k.mu.Lock()
	limit := k.disk.limit()
	k.mu.Unlock()
	if err := limitFiles(cmd.Process.Pid, limit); err != nil {
		k.shop.log.Error("disk fault", "kiosk", k.name, "err", err)
	}
	return program{cmd}, nil
}

// program is the binary, in a process group of its own.
type program struct{ cmd *exec.Cmd }

func (p program) wait() (how string, hopeless bool) {
	how = "exit status 0"
	if err := p.cmd.Wait(); err != nil {
		how = err.Error()
	}
	return how, p.cmd.ProcessState.ExitCode() == exitBadConfig
}

func (p program) kill() {
	// The group is the child's own; that it has gone already is well.
	_ = unix.Kill(-p.cmd.Process.Pid, unix.SIGKILL)
}

func (p program) pid() int { return p.cmd.Process.Pid }

// guest is a kioskd within this process. It cannot be killed: its end is the
// one that systemd asks for, and it is waited for.
type guest struct {
	cancel context.CancelFunc
	ended  chan struct{}
	err    error // set before ended is closed
}

func startInside(ctx context.Context, configFile string, run func(context.Context, string) error) *guest {
	ctx, cancel := context.WithCancel(ctx)
	g := &guest{cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(g.ended)
		defer cancel()
		g.err = run(ctx, configFile)
	}()
	return g
}

func (g *guest) wait() (how string, hopeless bool) {
	<-g.ended
	if g.err != nil {
		return g.err.Error(), false
	}
	return "exit status 0", false
}

func (g *guest) kill() { g.cancel() }

func (g *guest) pid() int { return 0 }
