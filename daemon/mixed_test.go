package daemon

import (
	"errors"
	"testing"

	"kioskd/drivers/board"
	"kioskd/drivers/board/link"
)

// own is a machine that has nothing and remembers what it was asked for.
type own struct {
	board.Board
	asked  []string
	closed bool
}

var errOwn = errors.New("this machine's")

func (o *own) Framebuffer(name string) (board.Framebuffer, error) {
	o.asked = append(o.asked, name)
	return nil, errOwn
}

func (o *own) Input(name string) (board.Input, error) {
	o.asked = append(o.asked, name)
	return nil, errOwn
}

func (o *own) Close() error {
	o.closed = true
	return nil
}

func TestOneDeviceIsThisMachines(t *testing.T) {
	machine, opened := &own{}, 0
	m := newMixed(&link.Board{}, func() (board.Board, error) {
		opened++
		return machine, nil
	})
	var none *board.NoSuchError
	if _, err := m.Framebuffer("fb0"); !errors.As(err, &none) || opened != 0 {
		t.Errorf("the link's display: %v; this machine was opened %d times", err, opened)
	}
	for range 2 {
		if _, err := m.Framebuffer("host:fb0"); !errors.Is(err, errOwn) {
			t.Errorf("this machine's display: %v", err)
		}
	}
	if opened != 1 || machine.asked[0] != "fb0" {
		t.Errorf("opened %d times, asked for %q", opened, machine.asked)
	}
	if _, err := m.Input("TOUCH_INT"); !errors.As(err, &none) {
		t.Errorf("the link's input: %v", err)
	}
	if _, err := m.Input("host:TOUCH_INT"); !errors.Is(err, errOwn) {
		t.Errorf("an input of this machine: %v", err)
	}
}
