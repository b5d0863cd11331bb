package scenario_test

import (
	"os"
	"path/filepath"
	"strings"
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

// TestThePageAndTheCommandAgree: the technician's page and kioskd check have the
// same lines, in the same order, with the same verdicts and answers.
func TestThePageAndTheCommandAgree(t *testing.T) {
	t.Parallel()
	s, k := openKiosk(t)
	for _, f := range [][2]string{{"receipt-printer", "cutter"}, {"sheet-printer", "paper-out"}, {"reader", "unplugged"}} {
		if err := k.Fault(f[0], f[1]); err != nil {
			t.Fatal(err)
		}
	}
	k.SetDoor(true)
	c := &shopper{shop: s, kiosk: k, struck: make(chan struct{})}
	for _, key := range []string{"1", "3", "5", "7", "9", "0", "enter"} {
		tapOn(t, c, "maintenance-code", key)
	}
	tapOn(t, c, "maintenance", "check")
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(shopperLooks) {
		if p := k.Tree(); p != nil && p.Page == "maintenance-check" && p.Keys["tried"] != "" {
			break
		}
		if time.Now().After(until) {
			t.Fatal(c.describe(t.Context()))
		}
	}
	page := k.Tree().Keys
	command, code := runCheck(t, k)
	if code != 1 || !command.Running || page["failed"] != "3" {
		t.Errorf("exit %d, running %v, %s failed on the page", code, command.Running, page["failed"])
	}
	slug := strings.NewReplacer(", ", "-", " ", "-")
	var lines []string
	for _, l := range command.Lines {
		name := slug.Replace(l.Device)
		lines = append(lines, name)
		if page[name] != slug.Replace(l.State) {
			t.Errorf("%s is %s on the page, %s for the command", name, page[name], l.State)
		}
		if passing := name == "clock" || name == "disk" || name == "journal"; !passing && page["answer-"+name] != l.Answer {
			t.Errorf("%s answers %q on the page, %q to the command", name, page["answer-"+name], l.Answer)
		}
	}
	if page["tried"] != strings.Join(lines, " ") {
		t.Errorf("the page tried %s", page["tried"])
	}
}
