package board

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"kioskd/drivers/board/link"
)

// session is one client's time at the board.
type session struct {
	b    *Board
	conn net.Conn

	dead  atomic.Bool   // set first: nothing reaches a device any more
	ended chan struct{} // closed with it
	idle  chan struct{} // closed when the last worker has stopped
	cause error         // why it ended; set before ended is closed

	queues  []queue // by device
	workers sync.WaitGroup
	others  sync.WaitGroup // strikes

	writing sync.Mutex
	out     []byte

	mu     sync.Mutex
	timers map[uint32]func() bool // stops, by id
	asks   map[uint32]chan []byte
	lastID uint32
}

// request is a frame on its way through a device's queue.
type request struct {
	kind   link.Kind
	device uint16
	id     uint32
	body   []byte
	open   *atomic.Int32 // its queue's; nil if it came past the queues
}

// queue is a device's bounded queue. Requests go round between its two
// channels, so a client that keeps to its window costs no memory. There is one
// more than the window has: the one that the worker has answered and not yet
// put back.
type queue struct {
	todo chan *request
	free chan *request
	open *atomic.Int32 // requests not yet answered
}

// answered makes room in the window, before the client can learn of it.
func (r *request) answered() {
	if r.open != nil {
		r.open.Add(-1)
	}
}

func newSession(b *Board, conn net.Conn) *session {
	s := &session{
		b: b, conn: conn,
		ended:  make(chan struct{}),
		idle:   make(chan struct{}),
		queues: make([]queue, len(b.devices)),
		timers: make(map[uint32]func() bool),
		asks:   make(map[uint32]chan []byte),
	}
	for i := range s.queues {
		q := queue{
			todo: make(chan *request, link.Window+1),
			free: make(chan *request, link.Window+1),
			open: new(atomic.Int32),
		}
		for range link.Window + 1 {
			q.free <- &request{open: q.open}
		}
		s.queues[i] = q
	}
	return s
}

// abort ends the session for a reason. It may be called from anywhere, twice,
// and under any lock: the goroutine in run does the rest.
func (s *session) abort(cause error) {
	if s.dead.Swap(true) {
		return
	}
	s.cause = cause
	close(s.ended)
	// The stream is over whatever Close says.
	_ = s.conn.Close()
}

// work is a device's worker.
func (s *session) work(d device, q queue) {
	for r := range q.todo {
		if !s.dead.Load() {
			d.handle(s, r)
		}
		q.free <- r
	}
	d.rest()
}

// run serves the client until it is gone, and returns why.
func (s *session) run(frames *link.FrameReader) error {
	for i, d := range s.b.devices {
		s.workers.Go(func() { s.work(d, s.queues[i]) })
		if u, ok := d.(*UART); ok {
			s.workers.Go(func() { u.drain(s) })
		}
	}
	unwatch := s.b.clock.watch(s.pushClock)
	s.greet()
	for !s.dead.Load() {
		f, err := frames.Next()
		if err == nil {
			err = s.take(f)
		}
		if err != nil {
			s.abort(err)
		}
	}
	s.b.release(s)
	unwatch()
	for _, q := range s.queues {
		close(q.todo)
	}
	s.workers.Wait()
	close(s.idle)
	s.others.Wait()
	<-s.ended
	return s.cause
}

// greet pushes all that is true at the start.
func (s *session) greet() {
	s.pushClock()
	s.pushAsk()
	s.pushArmed()
	for _, d := range s.b.devices {
		d.attach(s)
	}
	s.send(link.Frame{Kind: link.KindReady})
}

// malformedError is a client that does not keep to the protocol.
type malformedError struct {
	kind link.Kind
	what string
}

func (e *malformedError) Error() string {
	return fmt.Sprintf("malformed frame of kind %d for %s", e.kind, e.what)
}

func (s *session) malformed(r *request, device string) {
	s.abort(&malformedError{r.kind, device})
}

// take handles one frame, on the link's own goroutine.
func (s *session) take(f link.Frame) error {
	switch f.Kind {
	case link.KindTimerSet:
		return s.setTimer(f)
	case link.KindTimerCancel:
		s.cancelTimer(f.ID)
		return nil
	case link.KindTree:
		if show := s.b.onTree.Load(); show != nil && *show != nil {
			(*show)(append([]byte(nil), f.Body...))
		}
		return nil
	case link.KindState:
		s.answerState(f.ID, append([]byte(nil), f.Body...))
		return nil
	case link.KindCommit:
		return s.commit(f)
	}
	if f.Kind < link.KindI2CTx || f.Kind > link.KindPowerOff || int(f.Device) >= len(s.queues) {
		return &malformedError{f.Kind, fmt.Sprintf("device %d", f.Device)}
	}
	switch d := s.b.devices[f.Device].(type) {
	case *UART:
		if f.Kind == link.KindUARTWrite {
			return d.queue(f.Body)
		}
	case *reader:
		if f.Kind == link.KindPowerOff {
			d.off(s, f)
			return nil
		}
	}
	q := s.queues[f.Device]
	if q.open.Add(1) > link.Window {
		return fmt.Errorf("more than %d requests unanswered at %s", link.Window, s.b.devices[f.Device].describe().Name)
	}
	r := <-q.free
	r.kind, r.device, r.id = f.Kind, f.Device, f.ID
	r.body = append(r.body[:0], f.Body...)
	q.todo <- r
	return nil
}

// send writes one frame in one write. A stream that does not take it ends the
// session.
func (s *session) send(f link.Frame) {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.write(f)
}

// push sends a message that says what is true now.
func (s *session) push(kind link.Kind, device uint16, m interface{ Append([]byte) []byte }) {
	s.send(link.Frame{Kind: kind, Device: device, Body: m.Append(nil)})
}

// write is send under s.writing.
func (s *session) write(f link.Frame) {
	if s.dead.Load() {
		return
	}
	var err error
	if s.out, err = link.AppendFrame(s.out[:0], f); err != nil {
		s.abort(err)
		return
	}
	if err := s.conn.SetWriteDeadline(time.Now().Add(link.WriteWithin)); err != nil {
		s.abort(err)
		return
	}
	if _, err := s.conn.Write(s.out); err != nil {
		s.abort(fmt.Errorf("client does not take what it is sent: %w", err))
	}
}

func (s *session) reply(r *request, body []byte) {
	r.answered()
	s.send(link.Frame{Kind: link.KindReply, Device: r.device, ID: r.id, Body: body})
}

func (s *session) fail(r *request, err error) {
	r.answered()
	s.send(link.Frame{
		Kind: link.KindReply, Code: link.CodeOf(err), Device: r.device, ID: r.id, Body: []byte(err.Error()),
	})
}

// pushClock reads the clocks under the write lock, so that what is pushed last
// is true last.
func (s *session) pushClock() {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.write(link.Frame{Kind: link.KindClock, Body: s.b.clockState().Append(nil)})
}

func (s *session) pushAsk() {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.b.mu.Lock()
	m := link.Ask{Trees: s.b.asked}
	s.b.mu.Unlock()
	s.write(link.Frame{Kind: link.KindAsk, Body: m.Append(nil)})
}

func (s *session) pushArmed() {
	s.writing.Lock()
	defer s.writing.Unlock()
	var m link.Armed
	s.b.mu.Lock()
	for p := range s.b.armed {
		m.Points = append(m.Points, p)
	}
	s.b.mu.Unlock()
	s.write(link.Frame{Kind: link.KindArmed, Body: m.Append(nil)})
}

func (s *session) setTimer(f link.Frame) error {
	m, err := link.DecodeTimerSet(f.Body)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead.Load() {
		return nil // a power cut has dropped them all
	}
	if s.timers[f.ID] != nil || len(s.timers) == link.TimersMax {
		return fmt.Errorf("timer %d is set already, or there are more than %d", f.ID, link.TimersMax)
	}
	id := f.ID
	s.timers[id] = s.b.clock.AfterFunc(m.After, func() { s.fire(id) })
	return nil
}

func (s *session) fire(id uint32) {
	s.mu.Lock()
	set := s.timers[id] != nil
	delete(s.timers, id)
	s.mu.Unlock()
	if set {
		s.send(link.Frame{Kind: link.KindFired, ID: id})
	}
}

func (s *session) cancelTimer(id uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stop := s.timers[id]; stop != nil {
		stop()
	}
	delete(s.timers, id)
}

func (s *session) dropTimers() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, stop := range s.timers {
		stop()
	}
	clear(s.timers)
}

func (s *session) askState(ctx context.Context) ([]byte, error) {
	answer := make(chan []byte, 1)
	s.mu.Lock()
	s.lastID++
	id := s.lastID
	s.asks[id] = answer
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.asks, id)
		s.mu.Unlock()
	}()
	s.send(link.Frame{Kind: link.KindStateAsk, ID: id})
	select {
	case state := <-answer:
		if len(state) == 0 {
			return nil, ErrNoState
		}
		return state, nil
	case <-s.ended:
		return nil, ErrNoClient
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// answerState hands on a state. Who asked may have given up.
func (s *session) answerState(id uint32, state []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if answer := s.asks[id]; answer != nil {
		answer <- state
		delete(s.asks, id)
	}
}

func (s *session) commit(f link.Frame) error {
	m, err := link.DecodeCommit(f.Body)
	if err != nil {
		return err
	}
	if s.b.heard(m) {
		return nil
	}
	strike := s.b.struck(m)
	if strike == nil {
		s.reply(&request{id: f.ID}, nil)
		return nil
	}
	s.others.Go(strike)
	return nil
}
