package board

import (
	"sync"

	"kioskd/drivers/board/link"
)

// reader is the link's side of a card reader.
type reader struct {
	unmoved
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

// rest takes the power from the card: who held it is gone. It waits for the
// worker, so that the reader is never asked two things at once.
func (d *reader) rest() { d.r.PowerOff() }

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
	case link.KindPowerOff:
		d.r.PowerOff()
		s.reply(r, nil)
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
