package scenario_test

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kioskd/simulator/shop"
)

// debian runs the package's scripts on a kiosk, as dpkg does. Its systemctl tells
// the test what it was asked for, and waits for it to be done; what would touch
// this machine does nothing.
type debian struct {
	t    *testing.T
	k    *shop.Kiosk
	dir  string
	path string // of its commands
}

const systemctl = `#!/bin/sh
case "$1" in
is-active) [ -e "$KIOSK_ACTIVE" ]; exit ;;
esac
echo "systemctl $*"
case "$1" in
start | stop | restart) read -r done ;;
esac
`

func newDebian(t *testing.T, k *shop.Kiosk) *debian {
	t.Helper()
	d := &debian{t: t, k: k, dir: t.TempDir()}
	d.path = filepath.Join(d.dir, "bin")
	if err := os.Mkdir(d.path, 0o755); err != nil {
		t.Fatal(err)
	}
	d.writes("bin/systemctl", systemctl)
	for _, name := range []string{"systemd-sysusers", "systemd-tmpfiles", "udevadm"} {
		d.writes("bin/"+name, "#!/bin/sh\n")
	}
	d.writes("active", "")
	d.writes("kioskd.toml", "")
	return d
}

func (d *debian) writes(name, text string) {
	d.t.Helper()
	if err := os.WriteFile(filepath.Join(d.dir, name), []byte(text), 0o755); err != nil {
		d.t.Fatal(err)
	}
}

// off says that the service is stopped.
func (d *debian) off() {
	d.t.Helper()
	if err := os.Remove(filepath.Join(d.dir, "active")); err != nil {
		d.t.Fatal(err)
	}
}

// runs starts a script that waits so many seconds for a customer. It is the
// package's own, but for where the kiosk is and how long it waits.
func (d *debian) runs(name, patience string, args ...string) *maintainer {
	d.t.Helper()
	b, err := os.ReadFile(filepath.Join("../../systemd/package", name))
	if err != nil {
		d.t.Fatal(err)
	}
	text := strings.NewReplacer(
		"/run/kioskd/serving", d.k.UpdateLock(), "/run/systemd/system", d.dir,
		"/etc/kioskd/kioskd.toml", filepath.Join(d.dir, "kioskd.toml"), "--timeout 1200", "--timeout "+patience,
	).Replace(string(b))
	if !strings.Contains(text, "--timeout "+patience+" "+d.k.UpdateLock()) || strings.Contains(text, "/etc/kioskd/") || strings.Contains(text, "[ -d /run") {
		d.t.Fatalf("%s is not what this test knows:\n%s", name, text)
	}
	d.writes(name, text)
	cmd := exec.CommandContext(d.t.Context(), filepath.Join(d.dir, name), args...)
	cmd.Env = append(os.Environ(), "PATH="+d.path+":"+os.Getenv("PATH"), "KIOSK_ACTIVE="+filepath.Join(d.dir, "active"))
	in, err := cmd.StdinPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	out, back, err := os.Pipe()
	if err != nil {
		d.t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = back, back
	if err := errors.Join(cmd.Start(), back.Close()); err != nil {
		d.t.Fatal(err)
	}
	m := &maintainer{t: d.t, name: name, cmd: cmd, in: in, lines: make(chan string, 100)}
	go func() {
		defer close(m.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			m.lines <- s.Text()
		}
	}()
	d.t.Cleanup(func() { _ = out.Close() })
	return m
}

// maintainer is a maintainer script under way.
type maintainer struct {
	t     *testing.T
	name  string
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string
}

// says waits for these lines, and no other.
func (m *maintainer) says(want ...string) {
	m.t.Helper()
	for _, w := range want {
		select {
		case line := <-m.lines:
			if !strings.HasPrefix(line, w) {
				m.t.Fatalf("%s says %q, want %q", m.name, line, w)
			}
		case <-time.After(20 * time.Second):
			m.t.Fatalf("%s does not say %q", m.name, w)
		}
	}
}

// already is a line that it has said.
func (m *maintainer) already() (line string, ok bool) {
	select {
	case line = <-m.lines:
		return line, true
	default:
		return "", false
	}
}

// goOn says that what systemctl was asked for is done.
func (m *maintainer) goOn() {
	m.t.Helper()
	if _, err := io.WriteString(m.in, "done\n"); err != nil {
		m.t.Error(err)
	}
}

func (m *maintainer) ends(code int) {
	m.t.Helper()
	for line := range m.lines {
		m.t.Errorf("%s says %q", m.name, line)
	}
	err := m.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		m.t.Fatal(err)
	}
	if got := m.cmd.ProcessState.ExitCode(); got != code {
		m.t.Errorf("%s ends with %d, want %d", m.name, got, code)
	}
}
