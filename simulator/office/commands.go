package office

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"kioskd/daemon/office/protocol"
)

// commandLife is how long a command is good for, of the world's time, and
// commandWithin how long its answer may take, of process time: a kiosk waits
// some time for its customer to go.
const (
	commandLife   = time.Minute
	commandWithin = 35 * time.Second
)

// commands are what the office has told its kiosks.
type commands struct {
	mu   sync.Mutex
	last map[string]sentCommand // by kiosk
}

type sentCommand struct {
	number uint64
	name   protocol.CommandName
	data   []byte
}

// OperatorFile is the NKey seed of whoever may ask and command kiosks, and
// OperatorInbox where the server lets him hear answers.
func (o *Office) OperatorFile() string { return filepath.Join(o.dir, operatorFile) }

// OperatorInbox is the prefix of the operator's answers, without the last dot.
const OperatorInbox = ownInbox + "operator"

// SignCommand makes the next command for a kiosk, as it goes on its subject.
// Numbers are the time in milliseconds, so that they grow from one office to the
// next; within one millisecond they count.
func (o *Office) SignCommand(kiosk string, name protocol.CommandName) ([]byte, error) {
	o.commands.mu.Lock()
	defer o.commands.mu.Unlock()
	now := o.clock.Now()
	number := max(uint64(now.UnixMilli()), o.commands.last[kiosk].number+1)
	signed, err := protocol.SignCommand(o.settings.key, protocol.Command{
		Version: protocol.Version, Kiosk: kiosk, Number: number, Name: name, Expires: now.Add(commandLife),
	})
	if err != nil {
		return nil, fmt.Errorf("office: command: %w", err)
	}
	data, err := protocol.Encode(signed)
	if err != nil {
		return nil, fmt.Errorf("office: command: %w", err)
	}
	if o.commands.last == nil {
		o.commands.last = make(map[string]sentCommand)
	}
	o.commands.last[kiosk] = sentCommand{number: number, name: name, data: data}
	return data, nil
}

// SignFor makes a command with the keys in an office's folder, for whoever sends
// it with the ordinary tools.
func SignFor(dir, kiosk string, name protocol.CommandName, now time.Time) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(dir, keysFile))
	if err != nil {
		return nil, fmt.Errorf("office: keys: %w", err)
	}
	var f keyFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("office: keys: %w", err)
	}
	k, err := f.open()
	if err != nil {
		return nil, fmt.Errorf("office: keys: %w", err)
	}
	signed, err := protocol.SignCommand(k.settings, protocol.Command{
		Version: protocol.Version, Kiosk: kiosk, Number: uint64(now.UnixMilli()), Name: name, Expires: now.Add(commandLife),
	})
	if err != nil {
		return nil, fmt.Errorf("office: command: %w", err)
	}
	return protocol.Encode(signed)
}

// Command has a kiosk do something, and returns what it answered. A refusal is a
// protocol.CommandCode.
//
// A kiosk that is only just coming up does not listen yet, and nobody says so: a
// command that is lost and one that is carried out and not answered look the
// same. So it is asked how it is until it answers, and then told once.
func (o *Office) Command(ctx context.Context, kiosk string, name protocol.CommandName) (protocol.CommandAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, commandWithin)
	defer cancel()
	a, err := o.knock(ctx, kiosk)
	if err != nil || name == protocol.CommandStatus {
		return a, err
	}
	data, err := o.SignCommand(kiosk, name)
	if err != nil {
		return protocol.CommandAnswer{}, err
	}
	return o.SendCommand(ctx, kiosk, name, data)
}

// knockEvery is how long one question may take before it is asked anew, and
// knockMost how often it is.
const (
	knockEvery = time.Second
	knockMost  = 10
)

func (o *Office) knock(ctx context.Context, kiosk string) (a protocol.CommandAnswer, err error) {
	for range knockMost {
		data, err := o.SignCommand(kiosk, protocol.CommandStatus)
		if err != nil {
			return a, err
		}
		once, cancel := context.WithTimeout(ctx, knockEvery)
		a, err = o.SendCommand(once, kiosk, protocol.CommandStatus, data)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, nats.ErrNoResponders) {
			return a, err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return a, fmt.Errorf("office: command: kiosk %s does not listen", kiosk)
}

// Replay sends the kiosk's last command once more, byte for byte.
func (o *Office) Replay(ctx context.Context, kiosk string) (protocol.CommandAnswer, error) {
	o.commands.mu.Lock()
	last := o.commands.last[kiosk]
	o.commands.mu.Unlock()
	if last.data == nil {
		return protocol.CommandAnswer{}, errors.New("office: no command was sent that could be replayed")
	}
	ctx, cancel := context.WithTimeout(ctx, commandWithin)
	defer cancel()
	return o.SendCommand(ctx, kiosk, last.name, last.data)
}

// SendCommand sends these bytes to a kiosk's subject for that command.
func (o *Office) SendCommand(ctx context.Context, kiosk string, name protocol.CommandName, data []byte) (protocol.CommandAnswer, error) {
	m, err := o.operator.RequestWithContext(ctx, protocol.CommandSubject(kiosk, name), data)
	if err != nil {
		return protocol.CommandAnswer{}, fmt.Errorf("office: command: %w", err)
	}
	a, err := protocol.Decode[protocol.CommandAnswer](m.Data, protocol.MaxMessage)
	if err != nil {
		return a, fmt.Errorf("office: command: %w", err)
	}
	if a.Code != "" {
		return a, a.Code
	}
	return a, nil
}
