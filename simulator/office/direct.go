package office

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"kioskd/daemon/office/protocol"
)

// NewDirect is an office without a server: it is asked by Answer, in the same
// process. It is the same office above that, with its keys, its seals, its lies
// and its bookings; streams and Tap it has not.
func NewDirect(ctx context.Context, o Options) (*Office, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("office: %w", err)
	}
	k, err := openKeys(o.Dir)
	if err != nil {
		return nil, err
	}
	f, err := assemble(ctx, o, k)
	if err != nil {
		return nil, err
	}
	f.settings.now.Revision = 1
	return f, nil
}

// Answer does what a kiosk asks and returns the body that would go back. The lie
// "twice" answers with twice true: the same body comes a second time.
func (o *Office) Answer(kiosk string, v protocol.Verb, data []byte) (body []byte, twice bool, err error) {
	if !o.desk.enter(kiosk, v, &o.work) {
		return nil, false, fmt.Errorf("office: %s: closed or too busy", v)
	}
	defer o.desk.leave(kiosk, &o.work)
	out := o.answer(v, kiosk, data)
	if out.id == "" {
		return nil, false, out.err
	}
	body, err = protocol.AppendAnswer(nil, protocol.Answer{ID: out.id, Error: out.err, Sealed: out.sealed})
	return body, out.twice, err
}

// Behave ends slowness and lies.
func (o *Office) Behave() { o.desk.behave() }

// Settings are the present ones, signed, as kiosks get them.
func (o *Office) Settings() ([]byte, error) {
	signed, err := o.signedSettings()
	if err != nil {
		return nil, err
	}
	return protocol.Encode(signed)
}

// Pinned are the office's public keys, as kiosks must pin them.
func (o *Office) Pinned() ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(o.dir, publicFile))
	if err != nil {
		return nil, fmt.Errorf("office: %w", err)
	}
	return data, nil
}
