package screen

import "image"

// Finger tells where fingers are on the glass, in the panel's pixels; none
// means that the last one left. It returns at once. Only a first finger coming
// down presses anything; while it stays, neither its rolling nor a second
// finger does.
func (s *Screen) Finger(points []image.Point) {
	s.mu.Lock()
	defer s.mu.Unlock()
	down := len(points) > 0
	if down == s.down {
		return
	}
	s.down = down
	if s.asking == nil {
		if down && s.lapsed != "" {
			at := points[0]
			s.early = &at
		}
		return
	}
	e := event{kind: fingerUp}
	if down {
		e = event{kind: fingerDown, at: points[0]}
	}
	e.done = s.o.Gauge.Begin()
	if !s.asking.put(e) {
		e.done()
	}
}

// mark draws the ring around a button and sends it. Called with turn held.
func (s *Screen) mark(id string) error {
	if err := s.unring(); err != nil {
		return err
	}
	r, ok := s.now.bounds(id)
	if !ok || !s.now.rings(s.canvas, id) {
		return nil
	}
	s.ring = id
	return s.send(r, nil)
}

// unring takes the ring away. Called with turn held.
func (s *Screen) unring() error {
	if s.ring == "" {
		return nil
	}
	r, ok := s.now.bounds(s.ring)
	s.ring = ""
	if !ok {
		return nil
	}
	if _, err := s.compose(s.now.view); err != nil {
		return err
	}
	return s.send(r, nil)
}
