package office

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"kioskd/daemon/health"
	"kioskd/daemon/office/protocol"
)

// Acts are what a kiosk does at the office's command. An error is a
// protocol.CommandCode, or something that failed.
type Acts interface {
	// Health is how the kiosk is, as it knows without asking its devices.
	Health() protocol.Health
	// SelfTest asks the devices first. It waits until nobody is being served, and
	// so does Log; whoever stays too long makes it CommandBusy.
	SelfTest(ctx context.Context) (protocol.Health, error)
	Log(ctx context.Context) ([]string, error)
	// Book writes to the journal what changes the service.
	Book(c protocol.CommandName) error
	// Restart returns once the kiosk serves nobody any more: it ends as soon as
	// the answer is out.
	Restart(ctx context.Context) error
}

// commandLimit is how long a command may take, its wait for an idle kiosk
// included; answerLimit how long its answer may take to get out.
const (
	commandLimit = 30 * time.Second
	answerLimit  = time.Second
)

// Serve makes the kiosk a micro service that takes commands, until ctx ends; it
// waits for the one under way.
func (c *Client) Serve(ctx context.Context, software int, a Acts) error {
	select {
	case <-c.dialled:
	case <-ctx.Done():
		return nil
	}
	nc := c.conn()
	if nc == nil {
		return errors.New("office: commands: there is no line")
	}
	svc, err := micro.AddService(nc, micro.Config{
		Name: protocol.ServiceName, Version: fmt.Sprintf("%d.0.0", software),
		Description: "certificate kiosk", Metadata: map[string]string{"kiosk": c.kiosk},
		ErrorHandler: func(_ micro.Service, err *micro.NATSError) {
			c.log.Warn("office: commands", "err", err)
		},
	})
	if err != nil {
		return fmt.Errorf("office: commands: %w", err)
	}
	d := &dispatcher{c: c, acts: a, ctx: ctx, nc: nc}
	for _, name := range protocol.Commands() {
		handler := micro.HandlerFunc(func(r micro.Request) { d.handle(name, r) })
		if err := svc.AddEndpoint(string(name), handler, micro.WithEndpointSubject(protocol.CommandSubject(c.kiosk, name))); err != nil {
			return errors.Join(fmt.Errorf("office: commands: %w", err), svc.Stop())
		}
	}
	for ctx.Err() == nil {
		health.Sleep(ctx, time.Minute)
	}
	d.close()
	if err := svc.Stop(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
		return fmt.Errorf("office: commands: %w", err)
	}
	return nil
}

// dispatcher carries out one command at a time.
type dispatcher struct {
	c    *Client
	acts Acts
	ctx  context.Context
	nc   *nats.Conn

	one    sync.Mutex // the command under way
	mu     sync.Mutex
	closed bool
	work   sync.WaitGroup
}

// close refuses what comes, and waits for what is under way.
func (d *dispatcher) close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.work.Wait()
}

func (d *dispatcher) handle(name protocol.CommandName, r micro.Request) {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return
	}
	d.work.Add(1)
	d.mu.Unlock()
	defer d.work.Done()
	answer := d.answer(name, r.Data())
	answer.Version, answer.Kiosk = protocol.Version, d.c.kiosk
	if answer.Code != "" {
		d.c.orders.refuse(answer.Code)
		d.c.log.Warn("office: command refused", "command", name, "number", answer.Number, "code", answer.Code)
	} else {
		d.c.log.Info("office: command", "command", name, "number", answer.Number)
	}
	data, err := protocol.Encode(answer)
	if err != nil {
		d.c.log.Error("office: command: answer", "err", err)
		return
	}
	if answer.Code != "" {
		err = r.Error(string(answer.Code), string(answer.Code), data)
	} else {
		err = r.Respond(data)
	}
	// A kiosk that restarts has ended before the line would send by itself.
	if err == nil {
		err = d.nc.FlushTimeout(answerLimit)
	}
	if err != nil {
		d.c.log.Warn("office: command: answer not sent", "err", err)
	}
}

func (d *dispatcher) answer(name protocol.CommandName, data []byte) protocol.CommandAnswer {
	cmd, code := d.c.accept(name, data)
	if code != "" {
		return protocol.CommandAnswer{Number: cmd.Number, Code: code}
	}
	if !d.one.TryLock() {
		return protocol.CommandAnswer{Number: cmd.Number, Code: protocol.CommandBusy}
	}
	defer d.one.Unlock()
	a, err := d.act(cmd)
	a.Number = cmd.Number
	if err == nil {
		return a
	}
	if !errors.As(err, &code) {
		d.c.log.Error("office: command failed", "command", name, "err", err)
		code = protocol.CommandFailed
	}
	return protocol.CommandAnswer{Number: cmd.Number, Code: code}
}

// act does what is commanded. What changes the service is on disk, and in the
// journal, before it is answered.
func (d *dispatcher) act(cmd protocol.Command) (a protocol.CommandAnswer, err error) {
	ctx, cancel := context.WithTimeout(d.ctx, commandLimit)
	defer cancel()
	switch cmd.Name {
	case protocol.CommandStatus:
		err = d.c.orders.seen(cmd.Number, nil)
		h := d.acts.Health()
		a.Health = &h
		return a, d.harmless(err)
	case protocol.CommandSelfTest:
		if err := d.harmless(d.c.orders.seen(cmd.Number, nil)); err != nil {
			return a, err
		}
		h, err := d.acts.SelfTest(ctx)
		a.Health = &h
		return a, err
	case protocol.CommandSendLog:
		if err := d.harmless(d.c.orders.seen(cmd.Number, nil)); err != nil {
			return a, err
		}
		a.Log, err = d.acts.Log(ctx)
		return a, err
	case protocol.CommandOutOfService, protocol.CommandInService:
		out := cmd.Name == protocol.CommandOutOfService
		if err := d.c.orders.seen(cmd.Number, &out); err != nil {
			return a, err
		}
		return a, d.acts.Book(cmd.Name)
	case protocol.CommandRestart:
		if err := d.c.orders.seen(cmd.Number, nil); err != nil {
			return a, err
		}
		if err := d.acts.Restart(ctx); err != nil {
			return a, err
		}
		return a, d.harmless(d.acts.Book(cmd.Name))
	}
	return a, protocol.CommandMalformed
}

// harmless lets go on what changes nothing, also where the disk takes nothing: a
// technician wants to know just then. A replay stays one.
func (d *dispatcher) harmless(err error) error {
	var code protocol.CommandCode
	if err == nil || errors.As(err, &code) {
		return err
	}
	d.c.log.Error("office: command not kept", "err", err)
	return nil
}

// accept judges a command by everything but its number.
func (c *Client) accept(name protocol.CommandName, data []byte) (protocol.Command, protocol.CommandCode) {
	signed, err := protocol.Decode[protocol.SignedCommand](data, protocol.MaxCommand)
	if err != nil {
		return protocol.Command{}, protocol.CommandMalformed
	}
	cmd, err := signed.Verify(c.pinned.Settings)
	switch {
	case errors.Is(err, protocol.ErrSignature):
		return cmd, protocol.CommandUnsigned
	case err != nil, cmd.Name != name:
		return cmd, protocol.CommandMalformed
	case cmd.Kiosk != c.kiosk:
		return cmd, protocol.CommandForeign
	}
	now, trusted := c.clock.Now()
	switch {
	case !trusted:
		return cmd, protocol.CommandClock
	case !now.Before(cmd.Expires), cmd.Expires.Sub(now) > protocol.MaxCommandLife:
		return cmd, protocol.CommandExpired
	case cmd.Number <= c.orders.now().Number:
		return cmd, protocol.CommandNumber
	}
	return cmd, ""
}
