package bench

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"kioskd/simulator/board"
)

// Limits of what the page looks back on.
const (
	linesPerDevice = 400
	bytesShown     = 48                     // of one transfer
	burstWithin    = 250 * time.Millisecond // transfers that fill the panel are one line
)

// line is one line of the trace.
type line struct {
	ID     int    `json:"id"`     // in order of beginning
	Number int    `json:"number"` // a line that grew has a new one
	At     string `json:"at"`     // uptime, seconds
	Device string `json:"device"`
	To     bool   `json:"to"` // to the device
	Text   string `json:"text"`
	Times  int    `json:"times"` // that the same was said in a row

	began, ended time.Duration
	bytes        int
	told         int // Times when the line got its number
}

// record keeps the trace of one kiosk for the page: each device has its own
// room, so that pixels do not push out what the card said, and a chip that is
// asked the same a hundred times a second fills one line.
type record struct {
	mu      sync.Mutex
	seen    int // entries ever taken
	lines   int
	number  int
	devices map[string][]*line
	asked   map[string]*board.TraceEntry // a question whose answer may follow
}

// recordView tells the page that there is something new to ask for.
type recordView struct {
	Number int `json:"number"`
}

// take adds what has happened on the kiosk's buses since it was called last.
func (r *record) take(k Kiosk) recordView {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.devices == nil {
		r.devices = make(map[string][]*line)
		r.asked = make(map[string]*board.TraceEntry)
	}
	entries, ever := k.Trace()
	fresh := min(ever-r.seen, len(entries))
	r.seen = ever
	for _, e := range entries[len(entries)-fresh:] {
		r.add(e)
	}
	return recordView{Number: r.number}
}

// add adds an entry. What a chip or a printer is asked waits for what it
// answers: both are one line.
func (r *record) add(e board.TraceEntry) {
	asks := strings.HasPrefix(e.Device, "I2C") || strings.HasPrefix(e.Device, "UART")
	question := r.asked[e.Device]
	delete(r.asked, e.Device)
	switch {
	case question != nil && e.Direction == board.FromDevice:
		r.say(e, said(*question)+"  =  "+said(e), true)
		return
	case question != nil:
		r.say(*question, said(*question), true)
	}
	if asks && e.Direction == board.ToDevice {
		r.asked[e.Device] = &e
		return
	}
	r.say(e, said(e), e.Direction == board.ToDevice)
}

// say adds a line, or lets the device's last one grow.
func (r *record) say(e board.TraceEntry, text string, to bool) {
	list := r.devices[e.Device]
	if len(list) > 0 {
		last := list[len(list)-1]
		if pixels(e.Device) && e.Text == "" && e.At-last.ended < burstWithin {
			last.burst(e)
			r.tell(last)
			return
		}
		if last.Text == text && last.To == to {
			last.Times++ // told when it is over: it is no news
			return
		}
		if last.Times != last.told {
			r.tell(last)
		}
	}
	r.lines++
	l := &line{
		ID: r.lines, At: fmt.Sprintf("%.3f", e.At.Seconds()), Device: e.Device, To: to,
		Text: text, Times: 1, began: e.At, ended: e.At, bytes: e.Len,
	}
	r.tell(l)
	list = append(list, l)
	if len(list) > linesPerDevice {
		list = slices.Delete(list, 0, len(list)-linesPerDevice)
	}
	r.devices[e.Device] = list
}

func (r *record) tell(l *line) {
	r.number++
	l.Number = r.number
	l.told = l.Times
}

// burst adds one transfer of pixels to the line.
func (l *line) burst(e board.TraceEntry) {
	l.Times++
	l.bytes += e.Len
	l.ended = e.At
	l.To = true
	l.Text = fmt.Sprintf("%d bytes in %d ms", l.bytes, (l.ended - l.began).Milliseconds())
}

// pixels says whether a device is spoken to in bursts of pixels.
func pixels(device string) bool {
	return strings.HasPrefix(device, "SPI") || strings.HasPrefix(device, "fb")
}

func said(e board.TraceEntry) string {
	if e.Text != "" {
		return e.Text
	}
	shown := e.Bytes[:min(len(e.Bytes), bytesShown)]
	text := fmt.Sprintf("% x", shown)
	if e.Len > len(shown) {
		text += fmt.Sprintf(" … %d bytes", e.Len)
	}
	return text
}

// since are the lines that are new or have grown since that number, oldest first.
func (r *record) since(number int) []line {
	r.mu.Lock()
	defer r.mu.Unlock()
	lines := []line{}
	for _, list := range r.devices {
		for _, l := range list {
			if l.Number > number {
				lines = append(lines, *l)
			}
		}
	}
	slices.SortFunc(lines, func(a, b line) int { return a.Number - b.Number })
	return lines
}
