package office

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// natsServer builds the nats-server that go.mod names, once.
var natsServer = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "nats-server-")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "nats-server")
	out, err := exec.Command("go", "build", "-o", file, "github.com/nats-io/nats-server/v2").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return file, nil
})

// process is a nats-server as a region starts it: a process of its own.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines chan string // what it logs
	ended chan error
	port  int
}

func (p *process) start(conf string) (int, error) {
	file, err := natsServer()
	if err != nil {
		return 0, err
	}
	if p.port == 0 {
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return 0, err
		}
		p.port = free.Addr().(*net.TCPAddr).Port
		if err := free.Close(); err != nil {
			return 0, err
		}
	}
	p.cmd = exec.Command(file, "-c", conf, "-p", fmt.Sprint(p.port))
	log, err := p.cmd.StderrPipe()
	if err != nil {
		return 0, err
	}
	p.lines, p.ended = make(chan string, 1024), make(chan error, 1)
	if err := p.cmd.Start(); err != nil {
		return 0, err
	}
	go func() {
		for s := bufio.NewScanner(log); s.Scan(); {
			p.lines <- s.Text()
		}
		close(p.lines)
		p.ended <- p.cmd.Wait()
	}()
	return p.port, p.wait("Server is ready")
}

func (p *process) wait(what string) error {
	limit := time.After(startTimeout)
	for {
		select {
		case line, more := <-p.lines:
			if !more {
				return errors.New("nats-server has ended")
			}
			p.t.Log(line)
			if strings.Contains(line, what) {
				return nil
			}
		case <-limit:
			return fmt.Errorf("nats-server does not say %q", what)
		}
	}
}

func (p *process) reload() error {
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		return err
	}
	return p.wait("Reloaded server configuration")
}

func (p *process) stop() {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Error(err)
	}
	for line := range p.lines {
		p.t.Log(line)
	}
	if err := <-p.ended; err != nil {
		p.t.Logf("nats-server ended: %v", err)
	}
}
