package scenario_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"kioskd/simulator/shop"
)

// holder is somebody who changes the kiosk: flock(1), as the package's scripts
// call it.
type holder struct {
	got  chan struct{} // closed when it has the lock
	stop io.Closer
	cmd  *exec.Cmd
}

func waitForLock(t *testing.T, path string) *holder {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "flock", "--exclusive", "--timeout", "60", path, "sh", "-c", "echo got; read held")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	h := &holder{got: make(chan struct{}), stop: in, cmd: cmd}
	go func() {
		if line, _ := bufio.NewReader(out).ReadString('\n'); line == "got\n" {
			close(h.got)
		}
	}()
	return h
}

func (h *holder) has(within time.Duration) bool {
	select {
	case <-h.got:
		return true
	case <-time.After(within):
		return false
	}
}

// release ends it; flock says that its program's input has ended.
func (h *holder) release(t *testing.T) {
	t.Helper()
	if err := h.stop.Close(); err != nil {
		t.Error(err)
	}
	_ = h.cmd.Wait() // sh's read fails at the end of its input
}

// openKiosk is a kiosk with its first page up, whose last pages are short.
func openKiosk(t *testing.T) (*shop.Shop, *shop.Kiosk) {
	t.Helper()
	s := technicians(t, shop.SPI7)
	k, err := s.Kiosk(1)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Config("limit.end", "1s"); err != nil {
		t.Fatal(err)
	}
	if err := k.PowerOn(); err != nil {
		t.Fatal(err)
	}
	onPage(t, k, "home")
	return s, k
}

func onPage(t *testing.T, k *shop.Kiosk, pages ...string) {
	t.Helper()
	until := time.Now().Add(20 * time.Second)
	for {
		if p := k.Tree(); p != nil && slices.Contains(pages, p.Page) && k.Shows(p.Checksum) {
			return
		}
		if time.Now().After(until) {
			t.Fatalf("not on %q: %+v", pages, k.Tree())
		}
		time.Sleep(shopperLooks)
	}
}

// upTo has the shopper act until the page is there.
func upTo(t *testing.T, c *shopper, page string, ready func(*shop.Tree) bool) {
	t.Helper()
	for until := time.Now().Add(shopperPatience); ; time.Sleep(shopperLooks) {
		p := c.kiosk.Tree()
		if p != nil && p.Page == page && ready(p) {
			return
		}
		if time.Now().After(until) {
			t.Fatalf("not on %s: %s", page, c.describe(t.Context()))
		}
		if p == nil || !c.kiosk.Shows(p.Checksum) {
			continue
		}
		if err := c.act(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
}

func tapOn(t *testing.T, c *shopper, page, button string) {
	t.Helper()
	onPage(t, c.kiosk, page)
	// A key may wake only with the digit before it.
	tree := c.kiosk.Tree()
	for until := time.Now().Add(5 * time.Second); ; tree = c.kiosk.Tree() {
		if n, ok := tree.Button(button); ok && n.State != "disabled" {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("no %s to tap: %s", button, c.describe(t.Context()))
		}
		time.Sleep(shopperLooks)
	}
	if err := c.tap(t.Context(), tree, button); err != nil {
		t.Fatal(err)
	}
}

// TestUpdateWaitsForTheCustomer: the package's own scripts, as dpkg calls them,
// wait until the customer has gone, and no customer starts meanwhile. One that
// gives up leaves the customer alone. After the upgrade the kiosk serves on.
func TestUpdateWaitsForTheCustomer(t *testing.T) {
	t.Parallel()
	s, k := openKiosk(t)
	if _, err := os.Stat(k.UpdateLock()); err != nil {
		t.Fatal("the lock is there from the start:", err)
	}
	c := &shopper{shop: s, kiosk: k, struck: make(chan struct{})}
	s.Pace(func() { c.keepUp(t.Context()) })
	defer s.Pace(nil)
	upTo(t, c, "pay", func(p *shop.Tree) bool { return p.Keys["paid"] != "0" })
	debian := newDebian(t, k)

	given := debian.runs("prerm", "1", "upgrade", "2")
	given.says("kioskd: waiting until no customer is served", "kioskd: a customer is still served; nothing was changed")
	given.ends(1)
	back := debian.runs("postinst", "1200", "abort-upgrade", "2")
	back.says("systemctl start kioskd.service") // which does nothing where it runs
	back.goOn()
	back.ends(0)

	update := debian.runs("prerm", "1200", "upgrade", "2")
	update.says("kioskd: waiting until no customer is served")
	_, said, code, err := k.Command(t.Context(), "check")
	if err != nil || code != 1 || strings.Count(said, "\n") != 1 || !strings.Contains(said, "a customer is being served") {
		t.Errorf("a check beside a customer: exit %d, %v, %q", code, err, said)
	}
	upTo(t, c, "take-sheets", func(*shop.Tree) bool { return true })
	if line, more := update.already(); more {
		t.Errorf("the update went on beside a customer: %q", line)
	}
	if err := c.until(t.Context(), false); err != nil {
		t.Fatal(c.describe(t.Context()), err)
	}
	update.says("systemctl stop kioskd.service")
	next := &shopper{shop: s, kiosk: k, struck: c.struck}
	tapOn(t, next, "home", "start")
	for range 2 {
		tapOn(t, next, "menu", "certificate")
		onPage(t, k, "unavailable")
		if why := k.Tree().Keys["reason"]; why != "maintenance" {
			t.Errorf("unavailable: %s", why)
		}
		tapOn(t, next, "unavailable", "back")
	}
	k.Kill()
	update.goOn()
	update.ends(0)

	debian.off()
	configured := debian.runs("postinst", "1200", "configure", "1")
	configured.says("systemctl daemon-reload", "systemctl reset-failed kioskd.service", "systemctl restart kioskd.service")
	if err := k.PowerOn(); err != nil {
		t.Fatal(err)
	}
	configured.goOn()
	configured.ends(0)
	next = &shopper{shop: s, kiosk: k, struck: c.struck}
	if err := next.until(t.Context(), false); err != nil {
		t.Fatal(next.describe(t.Context()), err)
	}
	if n := len(k.Sheets()); n != 2*ordered {
		t.Errorf("%d sheets came out, want %d", n, 2*ordered)
	}
}

// TestUpdateAndMoneyThatIsOwed: paying back after a crash is serving too.
func TestUpdateAndMoneyThatIsOwed(t *testing.T) {
	t.Parallel()
	s, k := openKiosk(t)
	c := &shopper{shop: s, kiosk: k, struck: make(chan struct{})}
	s.Pace(func() { c.keepUp(t.Context()) })
	defer s.Pace(nil)
	upTo(t, c, "pay", func(p *shop.Tree) bool { return p.Keys["paid"] == "500" })
	k.Kill()
	k.Take()
	if err := k.PowerOn(); err != nil {
		t.Fatal(err)
	}
	onPage(t, k, "settle")
	update := waitForLock(t, k.UpdateLock())
	if !update.has(5 * time.Second) {
		t.Fatal("nobody is there, and the update waits")
	}
	if err := k.Lay("adult"); err != nil {
		t.Fatal(err)
	}
	settledOn(t, k, "settle")
	if n := k.TakeCoins(); n != 0 {
		t.Errorf("%d yen were paid while the kiosk is being changed", n)
	}
	k.Take()
	settledOn(t, k, "settle")
	update.release(t)
	if err := k.Lay("adult"); err != nil {
		t.Fatal(err)
	}
	onPage(t, k, "take-card")
	if n := k.TakeCoins(); n != coinIn {
		t.Errorf("%d yen were paid back, want %d", n, coinIn)
	}
	late := waitForLock(t, k.UpdateLock())
	if late.has(200 * time.Millisecond) {
		t.Error("the update went on with the customer's card on the reader")
	}
	k.Take()
	onPage(t, k, "home")
	if !late.has(5 * time.Second) {
		t.Error("the customer has gone, and the update still waits")
	}
	late.release(t)
}

// settledOn waits until the kiosk has taken in what happened, and is on that page.
func settledOn(t *testing.T, k *shop.Kiosk, page string) {
	t.Helper()
	calm := 0
	for until := time.Now().Add(10 * time.Second); calm < 3; time.Sleep(100 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		st, err := k.State(ctx)
		cancel()
		if calm++; err != nil || !st.Settled || st.Page != page {
			calm = 0
		}
		if time.Now().After(until) {
			t.Fatalf("not settled on %s: %+v, %v", page, st, err)
		}
	}
}
