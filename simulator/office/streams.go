package office

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"kioskd/daemon/office/protocol"
)

// openStreams makes the stream of the journals and the bucket of the settings,
// or finds those of last time. o.line is held.
func (o *Office) openStreams(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lineTimeout)
	defer cancel()
	js, err := jetstream.New(o.clerk)
	if err != nil {
		return fmt.Errorf("office: streams: %w", err)
	}
	_, err = js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name:        protocol.Stream,
		Description: "journals of the kiosks, a subject each",
		Subjects:    []string{protocol.JournalSubject("*")},
		Storage:     jetstream.FileStorage,
		MaxMsgSize:  maxJournalMessage,
		AllowDirect: true, // a kiosk reads the end of its own
		DenyDelete:  true,
		DenyPurge:   true,
	})
	if err != nil {
		return fmt.Errorf("office: stream %s: %w", protocol.Stream, err)
	}
	if err := o.openHealth(ctx, js); err != nil {
		return err
	}
	// The bucket republishes what is put into it: a kiosk hears of it on a plain
	// subject and needs no right to create consumers, which could be pointed at
	// any subject of any kiosk.
	kv, err := js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket:      protocol.Bucket,
		Description: "settings of the kiosks, signed and numbered",
		Storage:     jetstream.FileStorage,
		History:     8,
		RePublish: &jetstream.RePublish{
			Source:      "$KV." + protocol.Bucket + ".>",
			Destination: protocol.SettingsTopic + ">",
		},
	})
	if err != nil {
		return fmt.Errorf("office: bucket %s: %w", protocol.Bucket, err)
	}
	if err := o.settings.follow(ctx, kv); err != nil {
		return err
	}
	return o.publishSettings(ctx)
}

// maxJournalMessage is a batch with the headers that it travels with.
const maxJournalMessage = protocol.MaxBatch + 4<<10

// follow numbers the present settings after those of an office before this one.
func (s *settings) follow(ctx context.Context, kv jetstream.KeyValue) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.Revision = 1
	entry, err := kv.Get(ctx, protocol.SettingsKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("office: settings of last time: %w", err)
	}
	signed, err := protocol.Decode[protocol.SignedSettings](entry.Value(), protocol.MaxMessage)
	if err != nil {
		return fmt.Errorf("office: settings of last time: %w", err)
	}
	was, err := signed.Verify([]ed25519.PublicKey{s.key.Public().(ed25519.PublicKey)})
	if err != nil {
		return fmt.Errorf("office: settings of last time: %w", err)
	}
	s.now.Revision = was.Revision + 1
	return nil
}
