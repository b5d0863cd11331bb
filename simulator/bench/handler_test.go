package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"kioskd/simulator/board/pages"
	"kioskd/simulator/board/receipts"
	"kioskd/simulator/office/register"
)

const here = "127.0.0.1:8100"

func request(method, path, body string) *http.Request {
	r := httptest.NewRequest(method, "http://"+here+path, strings.NewReader(body))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Origin", "http://"+here)
	}
	return r
}

func answer(b *Bench, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	b.Handler().ServeHTTP(w, r)
	return w
}

// Everything on the page reaches the floor as just that.
func TestActs(t *testing.T) {
	for _, c := range []struct{ what, body, want string }{
		{"touch", `{"kind":"down","x":10,"y":20}`, "down 10,20"},
		{"touch", `{"kind":"move","x":799,"y":479}`, "move 799,479"},
		{"touch", `{"kind":"up"}`, "up"},
		{"lay", `{"resident":"adult"}`, "lay adult"},
		{"lay-two", `{"resident":"phone-token"}`, "lay two phone-token"},
		{"phone", `{"resident":"adult","kind":"book"}`, "phone adult book"},
		{"take-card", `{}`, "take card"},
		{"coin", `{"yen":500}`, "insert 500"},
		{"take-coins", `{}`, "take coins"},
		{"take-sheets", `{}`, "take sheets"},
		{"door", `{"open":true}`, "door true"},
		{"fault", `{"device":"reader","kind":"pulled:3"}`, "fault reader pulled:3"},
		{"fault", `{"device":"clock","kind":"jump:-2h"}`, "fault clock jump:-2h"},
		{"clear", `{"device":"reader"}`, "clear reader"},
		{"power-on", `{}`, "power on"},
		{"power-cut", `{}`, "power cut"},
		{"power-cut-at", `{"when":"after","kind":"paid"}`, "cut after paid"},
		{"kill", `{}`, "kill"},
		{"office-away", `{}`, "away"},
		{"office-back", `{}`, "back"},
		{"office-slow", `{"for":"5s"}`, "slow 5s"},
		{"office-lies", `{"kind":"page-swap"}`, "lies page-swap"},
		{"office-sets", `{"key":"tariff.inagi","value":"300"}`, "set tariff.inagi=300"},
		{"office-command", `{"kind":"self-test"}`, "command k001 self-test"},
		{"clock-advance", `{"for":"10m"}`, "advance 10m0s"},
		{"clock-set", `{"to":"2026-11-24T11:30:00+09:00"}`, "advance 1h30m0s"},
		{"clock-set", `{"to":"2026-11-24T09:00:00+09:00"}`, "set wall 2026-11-24T09:00:00+09:00"},
	} {
		floor := newFloor()
		w := answer(New(floor, nil, nil), request("POST", "/kiosk/1/do/"+c.what, c.body))
		if w.Code != http.StatusNoContent {
			t.Errorf("%s %s: status %d: %s", c.what, c.body, w.Code, w.Body)
		}
		if got := floor.called(); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s %s did %q, want %q", c.what, c.body, got, c.want)
		}
	}
}

// What makes no sense is refused in one line that says what would, and nothing
// was done.
func TestBadRequests(t *testing.T) {
	for _, c := range []struct{ path, body, says string }{
		{"/kiosk/3/do/lay", `{"resident":"adult"}`, "kiosk: want 1 or 2"},
		{"/kiosk/x/do/lay", `{"resident":"adult"}`, "kiosk: want 1 or 2"},
		{"/kiosk/1/do/touch", `{"kind":"down","x":800,"y":0}`, "want a point on the panel"},
		{"/kiosk/1/do/touch", `{"kind":"stroke"}`, "want down, move or up"},
		{"/kiosk/1/do/lay", `{"resident":"nobody"}`, "want one of the cards in the hand"},
		{"/kiosk/1/do/phone", `{"resident":"nobody","kind":"book"}`, "want one of the cards in the hand"},
		{"/kiosk/1/do/phone", `{"resident":"adult","kind":"rings"}`, "want book, fails or waits"},
		{"/kiosk/1/do/lay-two", `{}`, "want one of the cards in the hand"},
		{"/kiosk/1/do/coin", `{"yen":5}`, "want 10, 50, 100 or 500"},
		{"/kiosk/1/do/fault", `{"device":"toaster","kind":"burns"}`, "want one of reader, sheet-printer"},
		{"/kiosk/1/do/fault", `{"device":"reader","kind":"pulled"}`, "want one of unplugged, hangs, garbage, pulled:N"},
		{"/kiosk/1/do/fault", `{"device":"reader","kind":"pulled:-1"}`, "want a whole number"},
		{"/kiosk/1/do/fault", `{"device":"clock","kind":"jump:soon"}`, "want a duration"},
		{"/kiosk/1/do/fault", `{"device":"door","kind":"open:3"}`, "want one of open"},
		{"/kiosk/1/do/clear", `{"device":"toaster"}`, "want one of the kiosk's"},
		{"/kiosk/1/do/power-cut-at", `{"when":"during","kind":"paid"}`, "want before or after"},
		{"/kiosk/1/do/power-cut-at", `{"when":"after","kind":"lunch"}`, "want a kind of journal event"},
		{"/kiosk/1/do/office-slow", `{"for":"11m"}`, "at most 10m0s"},
		{"/kiosk/1/do/office-lies", `{"kind":"white"}`, "want one of the office's"},
		{"/kiosk/1/do/office-sets", `{"key":"weather","value":"fine"}`, "want one of the office's"},
		{"/kiosk/1/do/office-command", `{"kind":"dance"}`, "want one of"},
		{"/kiosk/1/do/clock-advance", `{"for":"-1m"}`, "want a duration such as 1m"},
		{"/kiosk/1/do/clock-set", `{"to":"noon"}`, "want a time such as 2026-11-24T10:00:00+09:00"},
		{"/kiosk/1/do/coin", `{"yen":"many"}`, "body: "},
		{"/kiosk/1/do/coin", `{"yen":10,"tip":1}`, "unknown field"},
		{"/kiosk/1/do/coin", `{"yen":10} {}`, "one JSON object"},
		{"/kiosk/1/do/coin", `{"resident":"` + strings.Repeat("x", bodyMax) + `"}`, "body: "},
		{"/kiosk/1/do/coin", ``, "body: "},
	} {
		floor := newFloor()
		w := answer(New(floor, nil, nil), request("POST", c.path, c.body))
		text := strings.TrimSuffix(w.Body.String(), "\n")
		if w.Code != http.StatusBadRequest {
			t.Errorf("%s %s: status %d, want 400", c.path, c.body, w.Code)
		}
		if !strings.Contains(text, c.says) || strings.Contains(text, "\n") {
			t.Errorf("%s %s: says %q, want one line with %q", c.path, c.body, text, c.says)
		}
		if got := floor.called(); len(got) > 0 {
			t.Errorf("%s %s: did %q", c.path, c.body, got)
		}
	}
}

// What the floor refuses is told, too.
func TestRefusalOfTheFloor(t *testing.T) {
	floor := newFloor()
	floor.kiosk.refuses = errors.New("shop: the card lies there already")
	w := answer(New(floor, nil, nil), request("POST", "/kiosk/1/do/lay", `{"resident":"adult"}`))
	if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "lies there already") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

// No other page of the same browser can work the kiosk.
func TestForeignPages(t *testing.T) {
	for name, change := range map[string]func(*http.Request){
		"a foreign origin":        func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") },
		"another port's origin":   func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:9") },
		"no origin at all (null)": func(r *http.Request) { r.Header.Set("Origin", "null") },
		"a name made to point here": func(r *http.Request) {
			r.Host = "evil.example:8100"
			r.Header.Set("Origin", "http://evil.example:8100")
		},
		"a cross-site fetch": func(r *http.Request) { r.Header.Del("Origin"); r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"no host":            func(r *http.Request) { r.Host = "" },
	} {
		floor := newFloor()
		r := request("POST", "/kiosk/1/do/coin", `{"yen":10}`)
		change(r)
		if w := answer(New(floor, nil, nil), r); w.Code != http.StatusForbidden {
			t.Errorf("%s: status %d, want 403", name, w.Code)
		}
		if got := floor.called(); len(got) > 0 {
			t.Errorf("%s: did %q", name, got)
		}
	}
	r := request("GET", "/kiosk/1/panel.png", "")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if w := answer(New(newFloor(), nil, nil), r); w.Code != http.StatusForbidden {
		t.Errorf("a foreign page that shows the panel: status %d, want 403", w.Code)
	}
	r = request("POST", "/kiosk/1/do/coin", `{"yen":10}`)
	r.Header.Set("Content-Type", "text/plain") // the type a foreign form may send unasked
	if w := answer(New(newFloor(), nil, nil), r); w.Code != http.StatusBadRequest {
		t.Errorf("a form: status %d, want 400", w.Code)
	}
}

func TestLoopbackOnly(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "example.com:80"} {
		if _, err := Listen(t.Context(), addr); !errors.Is(err, errNotLoopback) {
			t.Errorf("%s: %v, want a refusal", addr, err)
		}
	}
}

// The page hears at once how things are, then of what changes, and of its end.
func TestEvents(t *testing.T) {
	floor, watch := newFloor(), NewWatch()
	ctx, stop := context.WithCancel(t.Context())
	l, err := Listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url, wait := New(floor, watch, nil).Serve(ctx, l)
	res, err := http.Get(url + "kiosk/1/events")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	lines := bufio.NewScanner(res.Body)
	next := func() view {
		t.Helper()
		for lines.Scan() {
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			if !ok {
				continue
			}
			var v view
			if err := json.Unmarshal([]byte(data), &v); err != nil {
				t.Fatal(err)
			}
			return v
		}
		t.Fatalf("the stream ended: %v", lines.Err())
		return view{}
	}
	if v := next(); v.Page.Page != "pay" || v.Page.Keys["fee"] != "200" || v.Picture != 0 || v.Name != "k001" {
		t.Errorf("first view: %+v", v)
	}
	watch.Changed("k001", "panel")
	if v := next(); v.Picture != 1 {
		t.Errorf("picture %d after a change, want 1", v.Picture)
	}
	stop()
	if lines.Scan(); lines.Scan() {
		t.Errorf("the stream goes on after the end: %q", lines.Text())
	}
	if err := errors.Join(wait(), wait()); err != nil {
		t.Error(err)
	}
	if got := floor.called(); !slices.Equal(got, []string{"up"}) {
		t.Errorf("a page that goes lifts its finger; it did %q", got)
	}
}

func TestPictures(t *testing.T) {
	floor := newFloor()
	side := &pages.Bitmap{Width: 2480, Height: 3508, Stride: 310, Pix: bytes.Repeat([]byte{0xaa}, 310*3508)}
	floor.kiosk.sheets = []pages.Sheet{{ID: 4, Front: side, At: time.Now()}}
	floor.kiosk.papers = []receipts.Slip{{ID: 2, Image: image.NewGray(image.Rect(0, 0, 576, 300))}}
	b := New(floor, nil, nil)
	for path, want := range map[string]image.Point{
		"/kiosk/1/panel.png":             {800, 480},
		"/kiosk/1/sheet/4/front":         {2480, 3508},
		"/kiosk/1/sheet/4/front?small=1": {248, 350},
		"/kiosk/1/paper/2":               {576, 300},
	} {
		w := answer(b, request("GET", path, ""))
		m, err := png.Decode(w.Body)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if m.Bounds().Size() != want {
			t.Errorf("%s is %v, want %v", path, m.Bounds().Size(), want)
		}
		if path == "/kiosk/1/sheet/4/front?small=1" {
			if r, _, _, _ := m.At(100, 100).RGBA(); r>>8 < 120 || r>>8 > 136 {
				t.Errorf("half black paper is %d small, want about 128", r>>8)
			}
		}
	}
	for path, want := range map[string]int{
		"/kiosk/1/sheet/4/back":   http.StatusNotFound,
		"/kiosk/1/sheet/9/front":  http.StatusNotFound,
		"/kiosk/1/paper/9":        http.StatusNotFound,
		"/kiosk/1/sheet/4/inside": http.StatusBadRequest,
		"/kiosk/1/sheet/x/front":  http.StatusBadRequest,
		"/kiosk/1/paper/x":        http.StatusBadRequest,
		"/kiosk/1/trace?after=-1": http.StatusBadRequest,
	} {
		if w := answer(b, request("GET", path, "")); w.Code != want {
			t.Errorf("%s: status %d, want %d", path, w.Code, want)
		}
	}
}

// The hand holds the card of everybody who may come, and of nobody else.
func TestHand(t *testing.T) {
	var want, got []string
	for _, r := range register.New(time.Now()).All() {
		if r.Name != "" {
			want = append(want, r.Name)
		}
	}
	for _, p := range hand() {
		got = append(got, p.ID)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the hand holds %q, want %q", got, want)
	}
}

// Nothing of the page comes from outside, and every control has a name.
func TestPage(t *testing.T) {
	b := New(newFloor(), nil, nil)
	for _, path := range []string{"/", "/bench.js", "/panel.js", "/counter.js", "/switches.js", "/records.js", "/bench.css", "/kiosk.css"} {
		w := answer(b, request("GET", path, ""))
		if w.Code != http.StatusOK {
			t.Errorf("%s: status %d", path, w.Code)
		}
		if text := w.Body.String(); strings.Contains(text, "https://") || strings.Contains(text, "http://") {
			t.Errorf("%s speaks of another address", path)
		}
	}
	if csp := answer(b, request("GET", "/", "")).Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'self'") {
		t.Errorf("content security policy %q", csp)
	}
}

// Whatever is asked is answered with the requester's own fault, never ours.
func FuzzDo(f *testing.F) {
	f.Add("coin", []byte(`{"yen":10}`))
	f.Add("fault", []byte(`{"device":"reader","kind":"pulled:99999999999999999999"}`))
	f.Add("clock-set", []byte(`{"to":"0000-01-01T00:00:00Z"}`))
	f.Add("touch", []byte(`{"kind":"down","x":-9223372036854775808}`))
	handler := New(newFloor(), nil, nil).Handler()
	f.Fuzz(func(t *testing.T, what string, body []byte) {
		r := request("POST", "/kiosk/1/do/x", string(body))
		r.URL.Path = "/kiosk/1/do/" + what
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code >= 500 || w.Code == http.StatusConflict {
			t.Errorf("%s %s: status %d: %s", what, body, w.Code, w.Body)
		}
	})
}

// What the office refuses to set, and what a kiosk refuses to do, is told; and what
// it did, and how each kiosk is.
func TestOfficeSays(t *testing.T) {
	floor := newFloor()
	b := New(floor, nil, nil)
	for _, c := range []struct{ what, body, says string }{
		{"office-sets", `{"key":"tariff.inagi","value":"-1"}`, "want 0 to 100000 yen"},
		{"office-command", `{"kind":"restart"}`, "k001 refuses restart: "},
	} {
		if w := answer(b, request("POST", "/kiosk/1/do/"+c.what, c.body)); w.Code < 400 || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s: status %d, says %q, want %q", c.what, w.Code, w.Body, c.says)
		}
	}
	answer(b, request("POST", "/kiosk/1/do/office-command", `{"kind":"status"}`))
	s, err := b.stand(1)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.view(s).Office.Said; got != "k001, status: idle, settings 3, reader hangs" {
		t.Errorf("the office says %q", got)
	}
	w := answer(b, request("GET", "/kiosk/1/fleet", ""))
	var rows []fleetRow
	if err := json.Unmarshal(w.Body.Bytes(), &rows); err != nil || len(rows) != 1 || rows[0].Health == nil || rows[0].Ailing != "reader hangs" {
		t.Errorf("the fleet: %v, %s", err, w.Body)
	}
}
