package office

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"kioskd/daemon/office/protocol"
)

// example reads a file that is shipped for k001.
func example(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "systemd", "office", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const exampleKey = "UAKIOSKKIOSKKIOSK"

// TestExamples: what is shipped to be copied is what this office writes itself.
func TestExamples(t *testing.T) {
	blocks := []kioskBlock{newBlock("k001", exampleKey)}
	var inKiosks, inFleet bytes.Buffer
	if err := errors.Join(kiosks.Execute(&inKiosks, blocks), fleet.Execute(&inFleet, blocks)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{kiosksFile: inKiosks.String(), fleetFile: inFleet.String()} {
		if !strings.HasSuffix(example(t, name), strings.TrimPrefix(want, "\n")) {
			t.Errorf("systemd/office/%s has not\n%s", name, want)
		}
	}
}

// TestKioskIsAddedByHand: as nats-server.conf tells it, at a nats-server that is a
// process of its own: with the examples copied, one reload lets the kiosk in and
// the second lets it be heard. Where its block was there before, one does.
func TestKioskIsAddedByHand(t *testing.T) {
	for name, before := range map[string]bool{"new": false, "its block was there": true} {
		t.Run(name, func(t *testing.T) {
			o := newOfficeOn(t, t.TempDir(), &process{t: t})
			key, err := nkeys.CreateUser()
			if err != nil {
				t.Fatal(err)
			}
			public, err := key.PublicKey()
			if err != nil {
				t.Fatal(err)
			}
			ours := strings.NewReplacer("k001", "shop-7", exampleKey, public)
			write := func(name, text string) {
				t.Helper()
				if err := os.WriteFile(filepath.Join(o.dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			block := ours.Replace(example(t, kiosksFile))
			if before {
				from, to := strings.Index(block, "  users: ["), strings.Index(block, "  exports: [")
				write(kiosksFile, block[:from]+"  users: []\n"+block[to:])
				write(fleetFile, ours.Replace(example(t, fleetFile)))
				for range 2 {
					if err := o.server.engine.reload(); err != nil {
						t.Fatal(err)
					}
				}
			}
			write(kiosksFile, block)
			write(fleetFile, ours.Replace(example(t, fleetFile)))
			if err := o.server.engine.reload(); err != nil {
				t.Fatal(err)
			}
			nc, err := nats.Connect(o.URL(), nats.Nkey(public, key.Sign), nats.RootCAs(o.AuthorityFile()),
				nats.CustomInboxPrefix(protocol.Inbox("shop-7")))
			if err != nil {
				t.Fatalf("after a reload: %v", err)
			}
			t.Cleanup(func() { closeLine(nc) })
			heard := func() error {
				_, err := nc.Request(protocol.Subject("shop-7", protocol.AskOffer), []byte("{}"), 5*time.Second)
				return err
			}
			if before {
				if err := heard(); err != nil {
					t.Errorf("after one reload: %v", err)
				}
				return
			}
			if err := heard(); !errors.Is(err, nats.ErrNoResponders) {
				t.Errorf("after one reload it is heard (%v): nats-server.conf need not tell of two", err)
			}
			if err := o.server.engine.reload(); err != nil {
				t.Fatal(err)
			}
			if err := heard(); err != nil {
				t.Errorf("after two reloads: %v", err)
			}
		})
	}
}
