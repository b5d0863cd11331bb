package attendant

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"kioskd/drivers/lamp"
)

// The sounds, in process time: on, off, on, …
var (
	beep  = []time.Duration{120 * time.Millisecond}
	alarm = []time.Duration{400 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond}
)

// Signals are flows' lamps and buzzer.
type Signals struct {
	lamps  map[string]*lamp.Lamp
	buzzer *lamp.Buzzer
	log    *slog.Logger

	ctx    context.Context
	cancel context.CancelFunc
	sounds sync.WaitGroup
}

// NewSignals joins lamps, by the scenario language's names, and the buzzer.
func NewSignals(lamps map[string]*lamp.Lamp, buzzer *lamp.Buzzer, log *slog.Logger) *Signals {
	ctx, cancel := context.WithCancel(context.Background())
	return &Signals{lamps: lamps, buzzer: buzzer, log: log, ctx: ctx, cancel: cancel}
}

// On lights a lamp, Blink lets it blink, Off makes it dark.
func (s *Signals) On(name string)    { s.tell(name, (*lamp.Lamp).On) }
func (s *Signals) Blink(name string) { s.tell(name, (*lamp.Lamp).Blink) }
func (s *Signals) Off(name string)   { s.tell(name, (*lamp.Lamp).Off) }

func (s *Signals) tell(name string, what func(*lamp.Lamp) error) {
	if err := what(s.lamps[name]); err != nil {
		s.log.Warn("lamp", "name", name, "err", err)
	}
}

// Beep says: look here.
func (s *Signals) Beep() { s.sound(beep) }

// Alarm says: something was forgotten.
func (s *Signals) Alarm() { s.sound(alarm) }

// sound does not wait: the customer reads on meanwhile.
func (s *Signals) sound(pattern []time.Duration) {
	s.sounds.Go(func() {
		if err := s.buzzer.Beep(s.ctx, pattern...); err != nil && s.ctx.Err() == nil {
			s.log.Warn("buzzer", "err", err)
		}
	})
}

// Try flashes one lamp after the other, in the order of their names, sounds the
// buzzer, and leaves all as they were. Its error names what did not take it.
func (s *Signals) Try(ctx context.Context, flash time.Duration) error {
	for _, name := range slices.Sorted(maps.Keys(s.lamps)) {
		if err := s.lamps[name].Flash(flash); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := s.buzzer.Beep(ctx, beep...); err != nil {
		return fmt.Errorf("buzzer: %w", err)
	}
	return nil
}

// Close ends all sound and light.
func (s *Signals) Close() error {
	s.cancel()
	s.sounds.Wait()
	errs := []error{s.buzzer.Halt()}
	for _, l := range s.lamps {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}
