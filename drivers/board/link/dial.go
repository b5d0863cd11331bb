package link

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// RefusedError says why the board does not want this client.
type RefusedError struct{ Why string }

func (e *RefusedError) Error() string { return e.Why }

// Dial connects to the board at "unix:/path". The context bounds the dialling
// alone; the board then lives until Close.
func Dial(ctx context.Context, address string) (*Board, error) {
	path, ok := strings.CutPrefix(address, "unix:")
	if !ok {
		return nil, fmt.Errorf("link: %q is not unix:/path (and tcp: needs certificates)", address)
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	return greet(ctx, conn, address)
}

// DialTLS connects to the board at "tcp:host:port" with mutual TLS: config holds
// our certificate and the authority of the board's.
func DialTLS(ctx context.Context, address string, config *tls.Config) (*Board, error) {
	host, ok := strings.CutPrefix(address, "tcp:")
	if !ok {
		return nil, fmt.Errorf("link: %q is not tcp:host:port", address)
	}
	if config == nil || len(config.Certificates) == 0 && config.GetClientCertificate == nil {
		return nil, errors.New("link: tcp needs mutual TLS: there is no certificate of our own")
	}
	if config.InsecureSkipVerify {
		return nil, errors.New("link: tcp needs mutual TLS: the board's certificate must be checked")
	}
	d := tls.Dialer{Config: config}
	conn, err := d.DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	return greet(ctx, conn, address)
}

// greet is the handshake. It owns conn.
func greet(ctx context.Context, conn net.Conn, address string) (*Board, error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	b, err := shake(conn, address)
	if !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		// The handshake's error is the one to tell.
		_ = conn.Close()
		return nil, err
	}
	b.start()
	return b, nil
}

func shake(conn net.Conn, address string) (*Board, error) {
	if err := conn.SetDeadline(time.Now().Add(HandshakeWithin)); err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	hello, err := AppendFrame(nil, Frame{Kind: KindHello, Body: Hello{Version}.Append(nil)})
	if err != nil {
		return nil, err
	}
	if _, err := conn.Write(hello); err != nil {
		return nil, fmt.Errorf("link: greet the board: %w", err)
	}
	frames := NewFrameReader(conn)
	f, err := frames.Next()
	if err != nil {
		return nil, fmt.Errorf("link: greet the board: %w", err)
	}
	welcome, err := meet(f)
	if err != nil {
		return nil, err
	}
	b := newBoard(conn, frames, address, welcome)
	for f.Kind != KindReady {
		if f, err = frames.Next(); err == nil {
			err = b.take(f)
		}
		if err != nil {
			return nil, fmt.Errorf("link: greet the board: %w", err)
		}
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	return b, nil
}

// meet judges the board's first word.
func meet(f Frame) (Welcome, error) {
	switch f.Kind {
	case KindRefused:
		return Welcome{}, &RefusedError{string(f.Body)}
	case KindWelcome:
		m, err := DecodeWelcome(f.Body)
		if err == nil && m.Version != Version {
			err = &VersionError{Board: m.Version, Client: Version}
		}
		return m, err
	default:
		return Welcome{}, fmt.Errorf("link: what answers is not a board (frame of kind %d)", f.Kind)
	}
}
