package vm

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// otherEnd answers each line that comes, as QEMU or the guest would.
func otherEnd(t *testing.T, greeting string, answer func(line string) string) net.Conn {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		theirs, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = theirs.Close() }()
		if _, err := fmt.Fprint(theirs, greeting); err != nil {
			return
		}
		in := bufio.NewScanner(theirs)
		for in.Scan() {
			if _, err := fmt.Fprint(theirs, answer(in.Text())); err != nil {
				return
			}
		}
	}()
	ours, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = ours.Close() // the shell may have done so
		<-done
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return ours
}

func TestMonitorHearsItsAnswerAmongEvents(t *testing.T) {
	conn := otherEnd(t, `{"QMP": {"version": {}}}`+"\n", func(line string) string {
		if strings.Contains(line, "info version") {
			return `{"return": "7.2\r\n"}` + "\n"
		}
		if strings.Contains(line, "screendump") {
			return `{"event": "RESET"}` + "\n" + `{"error": {"class": "GenericError", "desc": "no display"}}` + "\n"
		}
		return `{"event": "RESUME"}` + "\n" + `{"return": {}}` + "\n"
	})
	m, err := newMonitor(conn)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.do("stop", nil); err != nil {
		t.Error(err)
	}
	if text, err := m.human("info version"); err != nil || text != "7.2\r\n" {
		t.Errorf("what people are told is %q, %v", text, err)
	}
	if err := m.do("screendump", map[string]string{"filename": "x"}); err == nil || !strings.Contains(err.Error(), "no display") {
		t.Errorf("an error is %v", err)
	}
}

func TestShellSaysHowAScriptEnded(t *testing.T) {
	coded := base64.StdEncoding.EncodeToString
	s := newShell(otherEnd(t, "", func(line string) string {
		script, err := base64.StdEncoding.DecodeString(line)
		if err != nil {
			return "what?\n"
		}
		if string(script) == "false" {
			return "1 " + coded([]byte("no\n")) + "\n"
		}
		return "0 " + coded(script) + "\n"
	}))
	if out, err := s.run(t.Context(), "echo a\necho b"); err != nil || string(out) != "echo a\necho b" {
		t.Errorf("%q, %v", out, err)
	}
	var exit *ExitError
	if _, err := s.run(t.Context(), "false"); !errors.As(err, &exit) || exit.Status != 1 || exit.Output != "no\n" {
		t.Errorf("a script that fails: %v", err)
	}
	if out, err := s.run(t.Context(), "again"); err != nil || string(out) != "again" {
		t.Errorf("after that: %q, %v", out, err)
	}
}

// An answer that comes too late would be taken for the next one's.
func TestShellThatDoesNotAnswerIsGivenUp(t *testing.T) {
	s := newShell(otherEnd(t, "", func(string) string {
		time.Sleep(50 * time.Millisecond)
		return "0 \n"
	}))
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := s.run(ctx, "slow"); err == nil {
		t.Fatal("an answer in no time")
	}
	if _, err := s.run(t.Context(), "next"); err == nil {
		t.Error("the late answer was taken for the next one's")
	}
}
