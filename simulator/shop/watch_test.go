package shop

import (
	"fmt"
	"sync/atomic"
	"testing"

	"kioskd/simulator/board/panel"
)

// TestTouchesOfAPINAreMasked: while a PIN is typed, the trace does not say where
// the finger was.
func TestTouchesOfAPINAreMasked(t *testing.T) {
	k := kiosk(t, open(t))
	sum := panel.New(k.shop.clock).Checksum()
	for _, page := range []string{"pin", "home"} {
		k.treeCame(fmt.Appendf(nil, `{"page":%q,"checksum":"%08x"}`, page, sum))
		k.traced(entry("I2C1", 0x42))
	}
	latest, ever := k.Trace()
	if ever < 2 || latest[len(latest)-2].Bytes != nil || latest[len(latest)-1].Bytes == nil {
		t.Errorf("trace %+v", latest)
	}
}

// TestWatch: whoever watches hears of a lamp.
func TestWatch(t *testing.T) {
	s := open(t)
	var heard atomic.Int32
	s.opts.Watch = func(string, string) { heard.Add(1) }
	k := kiosk(t, s)
	k.buzz(true)
	k.SetDoor(true)
	if heard.Load() < 2 || k.Sounded() != 1 || !k.Sounding() || !k.Open() {
		t.Errorf("heard %d, sounded %d", heard.Load(), k.Sounded())
	}
}
