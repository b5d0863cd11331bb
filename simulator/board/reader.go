package board

import (
	"sync"

	"kioskd/drivers/board/link"
)

// reader is the link's side of a card reader.
type reader struct {
	b      *Board
	name   string
	number uint16
	r      CardReader

	mu sync.Mutex // keeps pushes in the order of what they say
}

func (d *reader) describe() link.Device { return link.Device{Kind: link.DeviceReader, Name: d.name} }

// push tells the client what lies there now.
func (d *reader) push() {
	if s := d.b.current(); s != nil {
		d.attach(s)
	}
}

func (d *reader) attach(s *session) {
	d.mu.Lock()
	defer d.mu.Unlock()
	cards, change := d.r.Presence()
	s.push(link.KindPresence, d.number, link.Presence{Cards: int32(cards), Change: change})
}

// detach takes the power from the card: who held it is gone. That also ends a
// hanging exchange.
func (d *reader) detach() { d.r.PowerOff() }

// rest does so again, should the worker just have given it power.
func (d *reader) rest() { d.r.PowerOff() }

// off does a PowerOff on the link's own goroutine: it must not wait behind the
// exchange that it ends.
func (d *reader) off(s *session, f link.Frame) {
	d.r.PowerOff()
	s.send(link.Frame{Kind: link.KindReply, Device: f.Device, ID: f.ID})
}

func (d *reader) handle(s *session, r *request) {
	switch r.kind {
	case link.KindPowerOn:
		atr, err := d.r.PowerOn()
		d.answer(s, r, atr, err)
	case link.KindTransmit:
		if len(r.body) > link.TransmitMax {
			s.malformed(r, d.name)
			return
		}
		answer, err := d.r.Transmit(r.body)
		d.answer(s, r, answer, err)
	default:
		s.malformed(r, d.name)
	}
}

func (d *reader) answer(s *session, r *request, body []byte, err error) {
	if err != nil {
		s.fail(r, err)
		return
	}
	s.reply(r, body)
}
