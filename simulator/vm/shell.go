package vm

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// bootWithin is how long the machine may take until its shell answers, and a
// command may run, where ctx says nothing shorter.
const bootWithin = 10 * time.Minute

// shell is the root shell inside (guest/usr/local/sbin/onlooker): a line a
// script, a line an answer.
type shell struct {
	turn chan struct{} // holds one while nobody asks
	conn net.Conn
	in   *bufio.Reader
	once sync.Once
}

func newShell(conn net.Conn) *shell {
	s := &shell{turn: make(chan struct{}, 1), conn: conn, in: bufio.NewReader(conn)}
	s.turn <- struct{}{}
	return s
}

// ExitError is a script that ended with another status than 0.
type ExitError struct {
	Status int
	Output string
}

func (e *ExitError) Error() string {
	return fmt.Sprintf("vm: exit status %d: %s", e.Status, strings.TrimSpace(e.Output))
}

// run has the script run as root. An answer that does not come leaves the shell
// unusable: who asks next would hear it.
func (s *shell) run(ctx context.Context, script string) ([]byte, error) {
	select {
	case <-s.turn:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	out, err := s.ask(ctx, script)
	var exit *ExitError
	if err != nil && !errors.As(err, &exit) {
		s.close()
	}
	s.turn <- struct{}{}
	return out, err
}

func (s *shell) ask(ctx context.Context, script string) ([]byte, error) {
	until := time.Now().Add(bootWithin)
	if d, ok := ctx.Deadline(); ok {
		until = d
	}
	if err := s.conn.SetDeadline(until); err != nil {
		return nil, fmt.Errorf("vm: shell: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = s.conn.SetDeadline(time.Now()) })
	defer stop()
	if _, err := fmt.Fprintln(s.conn, base64.StdEncoding.EncodeToString([]byte(script))); err != nil {
		return nil, fmt.Errorf("vm: shell: %w", err)
	}
	line, err := s.in.ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("vm: shell: %w", err)
	}
	status, coded, _ := strings.Cut(strings.TrimSpace(line), " ")
	code, err := strconv.Atoi(status)
	if err != nil {
		return nil, fmt.Errorf("vm: shell: answers %q: %w", line, err)
	}
	out, err := base64.StdEncoding.DecodeString(coded)
	if err != nil {
		return nil, fmt.Errorf("vm: shell: %w", err)
	}
	if code != 0 {
		return out, &ExitError{code, string(out)}
	}
	return out, nil
}

func (s *shell) close() { s.once.Do(func() { _ = s.conn.Close() }) }

// Shell runs a script as root inside the machine and returns what it wrote. It
// waits for a machine that still boots.
func (m *Machine) Shell(ctx context.Context, script string) ([]byte, error) {
	r, err := m.running()
	if err != nil {
		return nil, err
	}
	return r.shell.run(ctx, script)
}

// Kioskd runs one of kioskd's commands, as a technician would.
func (m *Machine) Kioskd(ctx context.Context, command string, args ...string) ([]byte, error) {
	return m.Shell(ctx, strings.Join(append([]string{"kioskd", command, "-config /etc/kioskd/kioskd.toml"}, args...), " "))
}
