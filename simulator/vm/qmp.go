package vm

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// answerWithin is how long QEMU may take to do what it is told.
const answerWithin = 20 * time.Second

// monitor is QEMU's control line: a JSON object a line, each way.
type monitor struct {
	mu   sync.Mutex
	conn net.Conn
	in   *bufio.Reader
}

// message is what QEMU says: a greeting, an answer, or an event.
type message struct {
	Return json.RawMessage `json:"return"`
	Error  *struct {
		Class string `json:"class"`
		Desc  string `json:"desc"`
	} `json:"error"`
}

func newMonitor(conn net.Conn) (*monitor, error) {
	m := &monitor{conn: conn, in: bufio.NewReader(conn)}
	return m, m.do("qmp_capabilities", nil)
}

// human has QEMU answer as it answers people.
func (m *monitor) human(line string) (string, error) {
	answer, err := m.ask("human-monitor-command", map[string]string{"command-line": line})
	if err != nil {
		return "", err
	}
	var text string
	if err := json.Unmarshal(answer, &text); err != nil {
		return "", fmt.Errorf("vm: %s: %w", line, err)
	}
	return text, nil
}

// do has QEMU execute a command and waits until it has.
func (m *monitor) do(command string, arguments any) error {
	_, err := m.ask(command, arguments)
	return err
}

// ask has QEMU execute a command and returns what it says.
func (m *monitor) ask(command string, arguments any) (json.RawMessage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, err := json.Marshal(map[string]any{"execute": command, "arguments": arguments})
	if arguments == nil {
		b, err = json.Marshal(map[string]any{"execute": command})
	}
	if err != nil {
		return nil, fmt.Errorf("vm: %s: %w", command, err)
	}
	if err := m.conn.SetDeadline(time.Now().Add(answerWithin)); err != nil {
		return nil, fmt.Errorf("vm: %s: %w", command, err)
	}
	if _, err := m.conn.Write(append(b, '\n')); err != nil {
		return nil, fmt.Errorf("vm: %s: %w", command, err)
	}
	for {
		line, err := m.in.ReadBytes('\n')
		if err != nil {
			return nil, fmt.Errorf("vm: %s: %w", command, err)
		}
		var said message
		if err := json.Unmarshal(line, &said); err != nil {
			return nil, fmt.Errorf("vm: %s: %w", command, err)
		}
		if said.Error != nil {
			return nil, fmt.Errorf("vm: %s: %w", command, errors.New(said.Error.Desc))
		}
		if said.Return != nil {
			return said.Return, nil
		}
		// A greeting or an event: not what was asked.
	}
}

func (m *monitor) close() { _ = m.conn.Close() }
