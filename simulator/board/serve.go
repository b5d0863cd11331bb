package board

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"kioskd/drivers/board/link"
)

// slotWithin is how long a client waits for the one before it to be gone. A
// daemon that is started again may be faster than the end of its forerunner.
const slotWithin = 500 * time.Millisecond

// Serve serves clients that l accepts, one at a time, until ctx ends or l
// fails. It closes l.
func (b *Board) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(ctx, func() {
		// Serve returns whatever Close says.
		_ = l.Close()
	})
	defer stop()
	var clients sync.WaitGroup
	defer clients.Wait()
	defer cancel()
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil {
			if err == nil {
				err = conn.Close()
			}
			return ignoreClosed(err)
		}
		if err != nil {
			return fmt.Errorf("board: accept: %w", err)
		}
		clients.Go(func() { b.serve(ctx, conn) })
	}
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// serve is one connection from its first byte to its last.
func (b *Board) serve(ctx context.Context, conn net.Conn) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	defer func() { _ = conn.Close() }()
	frames := link.NewFrameReader(conn)
	if err := b.handshake(conn, frames); err != nil {
		b.log.Warn("board: refused a client: " + err.Error())
		return
	}
	if !b.takeSlot(ctx) {
		if ctx.Err() != nil {
			return
		}
		refuse(conn, "link: the board has a client already; it serves one at a time")
		b.log.Warn("board: refused a second client")
		return
	}
	defer func() { <-b.slot }()
	s := newSession(b, conn)
	stopAbort := context.AfterFunc(ctx, func() { s.abort(context.Cause(ctx)) })
	defer stopAbort()
	s.send(link.Frame{Kind: link.KindWelcome, Body: b.welcome().Append(nil)})
	b.mu.Lock()
	b.session = s
	b.mu.Unlock()
	switch err := s.run(frames); {
	case errors.Is(err, io.EOF), errors.Is(err, errPowerCut), ctx.Err() != nil:
		b.log.Debug("board: the client is gone", "why", err)
	default:
		b.log.Warn("board: the client was cut off: " + err.Error())
	}
}

// takeSlot waits until the board is free. It says no when somebody else is
// served all the while; one who is gone but for a chip's last word is waited for.
func (b *Board) takeSlot(ctx context.Context) bool {
	tick := time.NewTicker(slotWithin)
	defer tick.Stop()
	for {
		select {
		case b.slot <- struct{}{}:
			return true
		case <-tick.C:
			if b.Connected() {
				return false
			}
		case <-ctx.Done():
			return false
		}
	}
}

func (b *Board) welcome() link.Welcome {
	m := link.Welcome{Version: link.Version}
	for _, d := range b.devices {
		m.Devices = append(m.Devices, d.describe())
	}
	return m
}

// handshake reads the client's first word and refuses another version.
func (b *Board) handshake(conn net.Conn, frames *link.FrameReader) error {
	if err := conn.SetReadDeadline(time.Now().Add(link.HandshakeWithin)); err != nil {
		return err
	}
	f, err := frames.Next()
	if err != nil {
		return err
	}
	if f.Kind != link.KindHello {
		return &malformedError{f.Kind, "greeting"}
	}
	hello, err := link.DecodeHello(f.Body)
	if err != nil {
		return err
	}
	if hello.Version != link.Version {
		err := &link.VersionError{Board: link.Version, Client: hello.Version}
		refuse(conn, err.Error())
		return err
	}
	return conn.SetReadDeadline(time.Time{})
}

// refuse says why and no more. A client that does not listen has lost nothing.
func refuse(conn net.Conn, why string) {
	frame, err := link.AppendFrame(nil, link.Frame{Kind: link.KindRefused, Body: []byte(why)})
	if err != nil || conn.SetWriteDeadline(time.Now().Add(link.HandshakeWithin)) != nil {
		return
	}
	_, _ = conn.Write(frame)
}
