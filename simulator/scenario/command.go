package scenario

import (
	"context"
	"errors"
	"fmt"

	"kioskd/daemon/office/protocol"
)

// replay is the last command once more, byte for byte: the kiosk must refuse it.
const replay = "replay"

func commandNames() []string {
	var names []string
	for _, c := range protocol.Commands() {
		names = append(names, string(c))
	}
	return append(names, replay)
}

func parseCommand(p *parser, w *words) (step, error) {
	name, err := w.need("a command")
	if err != nil {
		return nil, err
	}
	if err := p.words.word("command", name, commandNames()); err != nil {
		return nil, err
	}
	if name == replay {
		return func(ctx context.Context, p *player) error { return p.replay(ctx) }, nil
	}
	return func(ctx context.Context, p *player) error { return p.command(ctx, protocol.CommandName(name)) }, nil
}

// command has the kiosk do something, and returns when it has answered; after
// restart, when it is there again.
func (p *player) command(ctx context.Context, name protocol.CommandName) error {
	a, err := p.floor.Command(ctx, p.kiosk.Name(), name)
	want := fmt.Sprintf("%s carries out %s", p.kiosk.Name(), name)
	if errors.Is(err, protocol.CommandBusy) {
		return nil // what only an idle kiosk does, this one refused; the next lines see that nothing happened
	}
	if err != nil {
		return mismatch(want, err.Error())
	}
	switch name {
	case protocol.CommandStatus, protocol.CommandSelfTest:
		if a.Health == nil {
			return mismatch(want, "it does not say how it is")
		}
	case protocol.CommandSendLog:
		if len(a.Log) == 0 {
			return mismatch(want, "it sends no line")
		}
	case protocol.CommandRestart:
		return p.again(ctx)
	}
	return nil
}

// again waits for the kiosk's first page after a restart.
func (p *player) again(ctx context.Context) error {
	before := p.kiosk.Latest()
	return p.eventually(ctx, "the kiosk is there again", func() (bool, string, error) {
		s, err := p.kiosk.State(ctx)
		return err == nil && !s.Booting && p.kiosk.Latest() > before && p.kiosk.Tree() != nil, describe(p.kiosk), nil
	})
}

func (p *player) replay(ctx context.Context) error {
	_, err := p.floor.Replay(ctx, p.kiosk.Name())
	if errors.Is(err, protocol.CommandNumber) {
		return nil
	}
	got := "it was carried out"
	if err != nil {
		got = err.Error()
	}
	return mismatch("the kiosk refuses the last command as a replay", got)
}
