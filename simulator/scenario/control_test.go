package scenario_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"kioskd/simulator/shop"
)

// TestWithoutTheControlSocket: a kiosk whose technicians' socket cannot be made
// serves its customers all the same, and makes it as soon as it can.
func TestWithoutTheControlSocket(t *testing.T) {
	t.Parallel()
	s := technicians(t, shop.SPI7)
	k, err := s.Kiosk(1)
	if err != nil {
		t.Fatal(err)
	}
	inTheWay := filepath.Join(k.Dir(), "control.sock")
	if err := os.MkdirAll(filepath.Join(inTheWay, "something"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := k.PowerOn(); err != nil {
		t.Fatal(err)
	}
	onPage(t, k, "home")
	if ended := k.Ended(); ended != "" {
		t.Fatal("it ended:", ended)
	}
	c := &shopper{shop: s, kiosk: k, struck: make(chan struct{})}
	tapOn(t, c, "home", "start")
	tapOn(t, c, "menu", "certificate")
	onPage(t, k, "terms")
	tapOn(t, c, "terms", "cancel")
	onPage(t, k, "cancelled")
	if err := os.RemoveAll(inTheWay); err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		_, err := k.Journal(t.Context())
		info, statErr := os.Stat(inTheWay)
		if err == nil && statErr == nil && info.Mode().Type() == os.ModeSocket {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("no socket was made: %v, %v", statErr, err)
		}
	}
}
