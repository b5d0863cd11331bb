package office

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"

	"kioskd/daemon/office/protocol"
)

// Lies about the settings: a revision that no kiosk may take. Each would close all
// of them.
const (
	lieUnsigned = "settings-unsigned" // a stranger has signed it
	lieOlder    = "settings-older"    // its number is not above that in force
	lieNonsense = "settings-nonsense" // signed and numbered rightly, with a fee below nothing
)

// misrule is such a revision, as it goes into the bucket.
func (s *settings) misrule(lie string) ([]byte, error) {
	s.mu.Lock()
	next, key := s.now, s.key
	s.mu.Unlock()
	next.OutOfService = true
	next.Revision++
	switch lie {
	case lieUnsigned:
		_, stranger, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("office: settings: %w", err)
		}
		key = stranger
	case lieOlder:
		next.Revision = max(1, next.Revision-2)
	case lieNonsense:
		next.Tariff = maps.Clone(next.Tariff)
		for town := range next.Tariff {
			next.Tariff[town] = []protocol.Price{{Yen: -1}}
		}
	}
	body, err := json.Marshal(next)
	if err != nil {
		return nil, fmt.Errorf("office: settings: %w", err)
	}
	// package protocol signs no nonsense; this is the frame of PROTOCOL.md.
	var frame []byte
	for _, part := range [][]byte{[]byte("kiosk v1 settings signature"), body} {
		frame = append(binary.BigEndian.AppendUint32(frame, uint32(len(part))), part...)
	}
	data, err := json.Marshal(protocol.SignedSettings{Body: body, Signature: ed25519.Sign(key, frame)})
	if err != nil {
		return nil, fmt.Errorf("office: settings: %w", err)
	}
	return data, nil
}

// lieOfSettings puts a lie about them where kiosks read them, and the truth again
// after another.
func (o *Office) lieOfSettings(ctx context.Context, kind, before string) error {
	about := map[string]bool{lieUnsigned: true, lieOlder: true, lieNonsense: true}
	if !about[kind] && !about[before] {
		return nil
	}
	o.line.Lock()
	defer o.line.Unlock()
	if o.server == nil || !o.server.running() {
		return nil // Back tells the truth
	}
	if !about[kind] {
		return o.publishSettings(ctx)
	}
	data, err := o.settings.misrule(kind)
	if err != nil {
		return err
	}
	return o.putSettings(ctx, data)
}
