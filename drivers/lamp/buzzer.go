package lamp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"periph.io/x/conn/v3"
	"periph.io/x/conn/v3/gpio"
)

// beepMax bounds a whole pattern.
const beepMax = 10 * time.Second

// Buzzer is an active buzzer: it sounds while its line is high.
type Buzzer struct {
	pin  gpio.PinOut
	turn chan struct{} // holds one token: one pattern at a time
}

// NewBuzzer silences the buzzer.
func NewBuzzer(pin gpio.PinOut) (*Buzzer, error) {
	b := &Buzzer{pin: pin, turn: make(chan struct{}, 1)}
	b.turn <- struct{}{}
	if err := b.Halt(); err != nil {
		return nil, err
	}
	return b, nil
}

// String names the buzzer's line.
func (b *Buzzer) String() string { return fmt.Sprintf("buzzer{%s}", b.pin) }

// Halt silences the buzzer. It may be called twice.
func (b *Buzzer) Halt() error { return b.out(gpio.Low) }

// Beep sounds for the first duration, is silent for the second, sounds for the
// third, and so on, in process time; it returns at the end, or with the cause of
// ctx. It is silent when it returns. A pattern of more than 10 s is refused.
func (b *Buzzer) Beep(ctx context.Context, pattern ...time.Duration) (err error) {
	var whole time.Duration
	for _, d := range pattern {
		if d < 0 {
			return fmt.Errorf("lamp: beep of %v", d)
		}
		whole += d
	}
	if whole > beepMax {
		return fmt.Errorf("lamp: beep of %v, want at most %v", whole, beepMax)
	}
	select {
	case <-b.turn:
		defer func() { b.turn <- struct{}{} }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	defer func() { err = errors.Join(err, b.out(gpio.Low)) }()
	level := gpio.High
	for _, d := range pattern {
		if err := b.out(level); err != nil {
			return err
		}
		level = !level
		rest := time.NewTimer(d)
		select {
		case <-rest.C:
		case <-ctx.Done():
			rest.Stop()
			return context.Cause(ctx)
		}
	}
	return nil
}

func (b *Buzzer) out(level gpio.Level) error {
	if err := b.pin.Out(level); err != nil {
		return fmt.Errorf("buzzer: %s: %w", b.pin, err)
	}
	return nil
}

var _ conn.Resource = (*Buzzer)(nil)
