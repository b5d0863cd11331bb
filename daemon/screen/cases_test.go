package screen

import (
	"fmt"
	"image"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"kioskd/daemon/activity"
	"kioskd/drivers/board"
	"kioskd/flows"
)

const fontsDir = "/usr/share/fonts/truetype/bizud-gothic"

var (
	small = image.Rect(0, 0, 800, 480)
	large = image.Rect(0, 0, 1280, 800)
)

// glass is a panel that keeps what it was sent.
type glass struct {
	mu     sync.Mutex
	bounds image.Rectangle
	pix    []byte
	bytes  int // sent so far
	fail   error
}

func (g *glass) Bounds() image.Rectangle { return g.bounds }

func (g *glass) Update(f *Frame, dirty []image.Rectangle) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.fail != nil {
		return g.fail
	}
	if g.pix == nil {
		g.pix = make([]byte, len(f.Pix))
	}
	for _, r := range dirty {
		g.bytes += r.Dx() * r.Dy() * f.Format.Bytes()
		for y := r.Min.Y; y < r.Max.Y; y++ {
			at := y*f.Stride + r.Min.X*f.Format.Bytes()
			copy(g.pix[at:], f.Row(y, r.Min.X, r.Max.X))
		}
	}
	return nil
}

func (g *glass) sent() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.bytes
}

// hands is a clock that a test moves.
type hands struct {
	mu     sync.Mutex
	now    time.Duration
	timers map[*handsTimer]bool
}

type handsTimer struct {
	h   *hands
	due time.Duration
	f   func()
}

func newHands() *hands { return &hands{timers: map[*handsTimer]bool{}} }

func (h *hands) Now() (time.Time, bool) { return time.Time{}, true }

func (h *hands) Uptime() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hands) AfterFunc(d time.Duration, f func()) board.Timer {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := &handsTimer{h, h.now + d, f}
	h.timers[t] = true
	return t
}

func (t *handsTimer) Stop() bool {
	t.h.mu.Lock()
	defer t.h.mu.Unlock()
	was := t.h.timers[t]
	delete(t.h.timers, t)
	return was
}

// advance moves the clock, firing what falls due in order; between two due
// times it lets the world settle.
func (h *hands) advance(d time.Duration, settle func()) {
	end := h.Uptime() + d
	for {
		h.mu.Lock()
		var next *handsTimer
		for t := range h.timers {
			if t.due <= end && (next == nil || t.due < next.due) {
				next = t
			}
		}
		if next == nil {
			h.now = end
			h.mu.Unlock()
			return
		}
		h.now = next.due
		delete(h.timers, next)
		h.mu.Unlock()
		next.f()
		settle()
	}
}

// looker is a board at whose other end a test looks on.
type looker struct {
	mu    sync.Mutex
	trees []string
	heard chan struct{}
}

func (l *looker) SetLooker(board.Looker)     {}
func (l *looker) Asked() bool                { return true }
func (l *looker) CommitPoint(string, string) {}

func (l *looker) ShowTree(t []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.trees = append(l.trees, string(t))
	select {
	case l.heard <- struct{}{}:
	default:
	}
	return nil
}

func (l *looker) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.trees) == 0 {
		return ""
	}
	return l.trees[len(l.trees)-1]
}

type stage struct {
	*Screen
	glass  *glass
	clock  *hands
	looker *looker
	gauge  *activity.Gauge
}

func newStage(tb testing.TB, bounds image.Rectangle, language string, change func(*Options)) *stage {
	tb.Helper()
	st := &stage{glass: &glass{bounds: bounds}, clock: newHands(), looker: &looker{heard: make(chan struct{}, 1)}, gauge: &activity.Gauge{}}
	o := Options{
		Panel: st.glass, Fonts: fontsDir, Clock: st.clock, Language: language, Gauge: st.gauge, Watched: st.looker,
		Log: slog.New(slog.DiscardHandler),
	}
	if bounds == large {
		o.Format = BGRX
	}
	if change != nil {
		change(&o)
	}
	s, err := New(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	st.Screen = s
	return st
}

// sample is one page as a flow would ask it.
type sample struct {
	name string
	view view
}

func buttons(ids string) []flows.Button {
	var out []flows.Button
	for id := range strings.FieldsSeq(ids) {
		b := flows.Button{ID: id}
		if rest, ok := strings.CutPrefix(id, "-"); ok {
			b = flows.Button{ID: rest, Disabled: true}
		}
		if rest, ok := strings.CutPrefix(id, "+"); ok {
			b = flows.Button{ID: rest, Toggle: true, On: true}
		}
		if rest, ok := strings.CutPrefix(id, "~"); ok {
			b = flows.Button{ID: rest, Toggle: true}
		}
		out = append(out, b)
	}
	return out
}

func keys(s string) []flows.Key {
	var out []flows.Key
	for kv := range strings.SplitSeq(s, " ") {
		if k, v, ok := strings.Cut(kv, "="); ok {
			out = append(out, flows.Key{Name: k, Value: strings.ReplaceAll(v, ",", " ")})
		}
	}
	return out
}

// samples are all pages of the scenario language with all values of their
// keys: written down a second time, from scenarios.md.
func samples() []sample {
	var out []sample
	contact := &flows.Contact{Municipality: "稲城市", Office: "市民課", Phone: "042-378-2111", Hours: "8:30–17:00"}
	add := func(name, ks, bs string, change func(*flows.Page)) {
		p := flows.Page{Name: name, Keys: keys(ks), Buttons: buttons(bs)}
		if change != nil {
			change(&p)
		}
		var pad *padView
		if name == flows.PagePIN {
			pad = &padView{least: pinLength, most: pinLength}
		}
		title := name
		if ks != "" {
			title += " " + ks
		}
		out = append(out, sample{title, view{page: p, asked: true, pad: pad}})
	}
	each := func(name, key, values, bs string, change func(*flows.Page)) {
		for v := range strings.FieldsSeq(values) {
			add(name, key+"="+v, bs, change)
		}
	}
	ask := func(p *flows.Page) { p.Contact = contact }

	add("home", "", "start help", nil)
	add("home", "notice=1", "start help", func(p *flows.Page) {
		p.Keys, p.Notice = nil, map[string]string{"ja": "12月1日（火）は点検のため、20時で終了します。証明書が必要な方は、お早めにお越しください。"}
	})
	add("home", "notice=long", "start help maintenance", func(p *flows.Page) {
		p.Keys, p.Notice = nil, map[string]string{"ja": longNotice, "en": longNoticeEnglish}
	})
	add("menu", "", "certificate reset cancel help", nil)
	each("unavailable", "reason", "hours closed maintenance paper printer receipt change office reader not-offered", "back cancel help", ask)
	each("out-of-service", "reason", "clock version disk journal panel touch office-order technician configuration", "", ask)
	add("out-of-service", "reason=disk", "maintenance", ask)
	add("settle", "owed=1200", "next help", ask)
	add("terms", "", "agree disagree cancel help", nil)
	add("lay-card", "", "cancel help", ask)
	add("reading", "", "", nil)
	each("wrong-card", "kind", "old phone foreign unreadable two no-pin", "next cancel help", ask)
	for _, n := range []string{"no-certificate", "expired", "not-yet-valid", "blocked"} {
		add(n, "", "next cancel help", ask)
		add(n, "until=2026-11-20", "next cancel help", ask)
	}
	add("last-try", "", "stop go-on cancel help", nil)
	for tries := range 4 {
		add("pin", fmt.Sprintf("tries=%d", tries), "cancel help", nil)
		add("wrong-pin", fmt.Sprintf("tries=%d", tries), "next cancel help", nil)
	}
	for n := range 5 {
		add("pin", "tries=2", "cancel help", nil)
		out[len(out)-1].view.pad.n = n
		out[len(out)-1].name += fmt.Sprintf(" typed=%d", n)
	}
	add("checking", "", "", nil)
	add("card-gone", "", "next help", nil)
	add("take-card", "", "help", nil)
	each("notice", "kind", "expiring", "next cancel help", ask)
	add("notice", "kind=expiring until=2026-12-31", "next cancel help", ask)
	each("refused", "code", `revoked card-stopped not-in-service unknown-card under-15 moved-out overseas not-yet-reflected
		unregistered-character at-the-counter sheet-limit no-booking booking-expired booking-used booking-other-card booking-wait
		no-signature-certificate signature-expired signature-revoked`, "next cancel help", ask)
	each("refused", "code", "revoked moved-out signature-expired", "next", nil)
	add("kind", "", "residence-certificate cancel help", func(p *flows.Page) { p.Fee = 200 })
	add("scope", "", "self all some cancel help", nil)
	add("scope", "", "self cancel help", nil)
	names := []string{"稲城　太郎", "稲城　花子", "稲城　さくら", "稲城　健", "グエン　ティ　ミン　ハイン"}
	for _, n := range []int{2, 4, 6, 9, 12, 15, 16} {
		add("members", fmt.Sprintf("many=%d", n), "", func(p *flows.Page) {
			p.Keys = nil
			for i := range min(n, 15) {
				p.Buttons = append(p.Buttons, flows.Button{ID: fmt.Sprintf("member-%d", i), Label: names[i%len(names)], Toggle: true, On: i%2 == 0})
			}
			if n > 15 {
				p.Keys = keys("part=1 parts=2")
				p.Buttons = append(p.Buttons, buttons("more")...)
			}
			p.Buttons = append(p.Buttons, buttons("next cancel help")...)
		})
	}
	add("items", "", "~head-and-relation +registered-domicile ~my-number next back cancel help", nil)
	add("items", "", "~head-and-relation ~my-number +nationality ~status-of-residence +card-number next cancel help", nil)
	add("my-number", "", "yes no cancel help", nil)
	for _, n := range []string{"1", "2", "5"} {
		add("copies", "n="+n, "minus plus next cancel help", func(p *flows.Page) { p.Fee = 200 })
	}
	add("copies", "n=1", "-minus plus next back cancel help", func(p *flows.Page) { p.Fee = 1250 })
	add("confirm", "fee=200 copies=1", "go-on back cancel help", nil)
	add("confirm", "fee=6250 copies=5 scope=some members=3 items=head-and-relation,registered-domicile,my-number", "go-on back cancel help", nil)
	add("confirm", "fee=400 copies=2 scope=self items=head-and-relation,nationality,status-of-residence,card-number,my-number", "go-on back cancel help", nil)
	add("confirm", "fee=400 copies=2 scope=all items=", "go-on back cancel help", nil)
	add("fetching", "sheet=0 of=0", "cancel help", nil)
	add("fetching", "sheet=2 of=3", "cancel help", ask)
	add("pay", "fee=200 paid=0 sheets=1", "-print cancel", nil)
	add("pay", "fee=6250 paid=1500 sheets=15", "-print cancel", nil)
	add("pay", "fee=200 paid=500 sheets=1", "print cancel", nil)
	for _, paid := range []string{"0", "200", "500"} {
		add("pay", "fee=200 sheets=1 paid="+paid, "print cancel", func(p *flows.Page) { p.Remark = flows.RemarkNotCounted })
	}
	add("printing", "sheet=1 of=3 copy=1", "", nil)
	add("printing", "sheet=15 of=15 copy=5 copies=5", "", nil)
	add("jam", "sheet=2 of=3", "go-on stop", nil)
	add("take-sheets", "change=0", "", nil)
	add("take-sheets", "change=1300", "", ask)
	each("forgotten", "what", "card sheets change", "", nil)
	add("goodbye", "", "", nil)
	add("cancelled", "", "", nil)
	add("sorry", "incident=K001-20261124-0007", "next", ask)
	for _, reason := range []string{"later", "start-again", "fault", "never-heard-of"} {
		add("sorry", "incident=K001-20261124-0007 reason="+reason, "next", ask)
	}
	add("slip", "owed=300", "next", ask)
	each("guidance", "topic", "where bring overseas guardian legal-representative no-card four-digit-pin password expired revoked", "next", ask)
	each("guidance", "topic", "where bring overseas guardian legal-representative no-card four-digit-pin password expired revoked", "back next help", ask)
	out = append(out, sample{"more-time", view{page: flows.Page{Name: "terms"}, over: overMoreTime, asked: true}})
	out = append(out, sample{"language", view{page: flows.Page{Name: "terms"}, over: overLanguage, asked: true}})
	out = append(out, resetSamples(contact)...)
	out = append(out, maintenanceSamples()...)
	return out
}
