package bench_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kioskd/simulator/bench"
	"kioskd/simulator/bench/visitor"
	"kioskd/simulator/shop"
)

// open opens a real shop with the production kioskd, and a real Chromium on its
// page. Both are needed: the test fails where one is missing.
func open(t *testing.T) (*bench.Opening, *visitor.Visitor) {
	t.Helper()
	kioskd := filepath.Join(t.TempDir(), "kioskd")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", kioskd, "kioskd/daemon/kioskd").CombinedOutput(); err != nil {
		t.Fatalf("build kioskd: %v\n%s", err, out)
	}
	start := time.Date(2026, 11, 24, 10, 0, 0, 0, time.FixedZone("JST", 9*60*60))
	l, err := bench.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o, err := bench.Open(t.Context(), shop.Options{Dir: t.TempDir(), Start: start, Kioskd: kioskd}, l, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	v, err := visitor.Open(t.Context(), o.URL, visitor.Opts{Within: 45 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return o, v
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A whole visit by clicks: nothing reaches the kiosk but through the page.
func TestVisit(t *testing.T) {
	_, v := open(t)
	must(t,
		v.See("home"), v.Press("start"), // a page without a mouse, too
		v.Walk("menu certificate", "terms agree", "lay-card"),
		v.Click("card-adult"),
		v.Click("lay-card"),
		v.See("pin"), v.Type("1234"), v.Tap("enter"),
		v.See("take-card"),
		v.Holds(`document.querySelector('[data-testid="lamp-reader"]').dataset.state === "blink"`),
		v.Click("take-card"),
		v.Walk("kind residence-certificate", "scope self", "items next", "copies next", "confirm go-on", "pay"),
		v.Click("coin-500"),
		v.Until("page-state", "paid=500"),
		v.Tap("print"),
		v.See("take-sheets"),
		v.Holds(`document.querySelector('[data-testid="returned"]').dataset.yen === "300"`),
		v.Holds(`document.querySelector('[data-testid="sheet-1"] img').naturalWidth > 200`),
		v.Click("sheet-1"),
		v.Holds(`document.querySelector('[data-testid="paper-front"]').naturalWidth === 2480`),
		v.Holds(`document.querySelector('[data-testid="paper-back"]').naturalHeight === 3508`),
		v.Click("paper-close"),
		v.Click("take-sheets"),
		v.See("goodbye"),
		v.Click("take-coins"),
		v.Holds(`document.querySelector('[data-testid="slip-1"] img').naturalWidth === 576`),
		v.Click("clock-1m"),
		v.See("home"),
		v.Click("tab-journal"),
		v.Until("journal", "sheet-delivered"),
		v.Until("journal", "how=done"),
		v.Until("journal-sums", "owed ¥0"),
	)
}

// The power goes while the money is in; when it is back, the settle page pays
// when the same card is laid.
func TestPowerCut(t *testing.T) {
	_, v := open(t)
	must(t,
		v.Walk("home start", "menu certificate", "terms agree", "lay-card"),
		v.Click("lay-card"),
		v.See("pin"), v.Type("1234"), v.Tap("enter"),
		v.See("take-card"), v.Click("take-card"),
		v.Walk("kind residence-certificate", "scope self", "items next", "copies next", "confirm go-on", "pay"),
		v.Click("coin-500"),
		v.Until("page-state", "paid=500"),
		v.Click("power-cut"),
		v.Until("power-state", "off"),
		v.Holds(`document.getElementById("panel").getContext("2d").getImageData(0, 0, 800, 480).data.every((b, i) => b === (i % 4 === 3 ? 255 : 0))`),
		v.Click("power-on"),
		v.Until("power-state", "running"),
		v.See("settle"),
		v.Until("page-state", "owed=500"),
		v.Click("tab-journal"),
		v.Until("journal-sums", "owed ¥500"),
		v.Click("lay-card"),
		v.See("take-card"),
		v.Holds(`document.querySelector('[data-testid="returned"]').dataset.yen === "500"`),
		v.Click("take-card"),
		v.See("home"),
		v.Until("journal-sums", "owed ¥0"),
	)
}

// The office commands the kiosk and sets its settings, by clicks, and the kiosk's
// health stands in the table.
func TestOffice(t *testing.T) {
	_, v := open(t)
	must(t,
		v.See("home"),
		v.Click("command-status"), v.Until("office-said", "k001, status: idle, settings"),
		v.Click("command-self-test"), v.Until("office-said", "k001, self-test: idle"),
		v.Click("command-send-log"), v.Until("office-said", "lines of its log"),
		v.Choose("set-key", "notice.ja"), v.Click("set-go"), v.Until("office-said", "set: notice.ja"),
		v.Choose("set-key", "closed"), v.Click("set-go"), v.Until("office-said", "set: closed"),
		v.Click("command-out-of-service"), v.Until("office-said", "out-of-service: done"), v.See("out-of-service"), v.Until("page-state", "reason=office-order"),
		v.Click("tab-fleet"), v.Until("fleet", "k001"), v.Until("fleet", "out: office-order"),
		v.Choose("office-lies", "settings-nonsense"),
		v.Holds(`document.querySelector('[data-kiosk="k001"]')?.cells[8].textContent === "1"`),
		v.Click("command-in-service"), v.Until("office-said", "in-service: done"), v.See("home"), v.Until("fleet", "idle"),
		v.Click("tab-journal"), v.Until("journal", "settings-refused"),
		v.Click("command-restart"), v.Until("office-said", "restart: done"), v.See("home"),
	)
}

// Every switch on the page is one that the kiosk has.
func TestSwitches(t *testing.T) {
	o, v := open(t)
	must(t, v.Click("power-cut"), v.Until("power-state", "off"))
	post := func(what, body string) {
		t.Helper()
		res, err := http.Post(o.URL+"kiosk/1/do/"+what, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		if text, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusNoContent {
			t.Errorf("%s %s: %s", what, body, text)
		}
	}
	var setup struct {
		Devices []struct {
			ID    string
			Kinds []struct{ ID, Asks, First string }
		}
		Lies []struct{ ID string }
	}
	res, err := http.Get(o.URL + "setup")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if err := json.NewDecoder(res.Body).Decode(&setup); err != nil {
		t.Fatal(err)
	}
	for _, d := range setup.Devices {
		for _, k := range d.Kinds {
			kind := k.ID
			if k.Asks != "" {
				kind += ":" + k.First
			}
			post("fault", fmt.Sprintf(`{"device":%q,"kind":%q}`, d.ID, kind))
		}
		post("clear", fmt.Sprintf(`{"device":%q}`, d.ID))
	}
	for _, l := range setup.Lies {
		post("office-lies", fmt.Sprintf(`{"kind":%q}`, l.ID))
	}
	post("office-away", `{}`)
	must(t, v.Holds(`!document.getElementById("office-line").checked`))
	post("office-back", `{}`)
	must(t, v.Holds(`document.getElementById("office-line").checked && document.getElementById("office-lies").value === ""`))
	// The other kiosk of the shop stands beside it, off until it is wanted.
	must(t, v.Choose("kiosk", "2"), v.Holds(`document.getElementById("plate").textContent.includes("k002")`),
		v.Click("power-on"), v.See("home"))
}
