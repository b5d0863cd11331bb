package receipts

const (
	dle = 0x10
	eot = 0x04
	enq = 0x05
)

// asked is a real-time command that has arrived.
type asked struct{ verb, n byte }

// scanner finds real-time commands in what arrives, whatever it may be part of:
// this printer is one of those that are fooled by pixels.
type scanner struct{ last, before byte }

func (s *scanner) next(c byte) (a asked, ok bool) {
	if s.before == dle && (s.last == eot || s.last == enq) {
		a, ok = asked{verb: s.last, n: c}, true
		s.last = 0 // the parameter begins nothing
		c = 0
	}
	s.before, s.last = s.last, c
	return a, ok
}

// recoverAndForget is DLE ENQ's parameter for: recover from the error, clear
// the buffers.
const recoverAndForget = 2

func (p *Printer) realTime(a asked) {
	switch a.verb {
	case eot:
		if b, ok := p.status(a.n); ok {
			p.send(b)
		}
	case enq:
		// It means nothing unless there is an error to recover from.
		if a.n == recoverAndForget && p.fault == faultCutter {
			p.buffer = p.buffer[:0]
			p.parse = parser{}
			p.paper.discardLine()
		}
	}
}
