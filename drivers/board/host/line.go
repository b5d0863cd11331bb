package host

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/warthog618/go-gpiocdev"
	"kioskd/drivers/board"
	"kioskd/drivers/board/edges"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"
)

// consumer is the name the kernel shows for lines that are ours.
const consumer = "kioskd"

// place is where a line is.
type place struct {
	chip   string
	offset int
}

// find resolves a line's name, or its chip and offset.
func (b *Board) find(name string) (place, error) {
	r := b.real(name)
	if chip, offset, ok := strings.Cut(r, "/"); ok {
		n, err := strconv.Atoi(offset)
		if err != nil || n < 0 {
			return place{}, fmt.Errorf("host: line %q is at %q, which is not chip/offset", name, r)
		}
		return place{chip, n}, nil
	}
	chip, offset, err := gpiocdev.FindLine(r)
	if errors.Is(err, gpiocdev.ErrNotFound) {
		return place{}, &board.NoSuchError{Kind: "line", Name: name, Have: gpiocdev.Chips()}
	}
	if err != nil {
		return place{}, fmt.Errorf("host: find line %q: %w", name, err)
	}
	return place{chip, offset}, nil
}

// output is a line the kiosk drives. It implements gpio.PinOut.
type output struct {
	name string
	at   place

	mu   sync.Mutex
	line *gpiocdev.Line // while it is driven
}

func (o *output) String() string { return "host " + o.name }

// Name is the line's name.
func (o *output) Name() string { return o.name }

// Number is the line's offset on its chip.
func (o *output) Number() int { return o.at.offset }

// Function is "Out".
func (o *output) Function() string { return "Out" }

// Out drives the line. The first one makes it an output that has the level from
// the start.
func (o *output) Out(l gpio.Level) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	value := 0
	if l {
		value = 1
	}
	if o.line != nil {
		return o.wrap(o.line.SetValue(value))
	}
	line, err := gpiocdev.RequestLine(o.at.chip, o.at.offset, gpiocdev.WithConsumer(consumer), gpiocdev.AsOutput(value))
	if err != nil {
		return o.wrap(err)
	}
	o.line = line
	return nil
}

// Halt leaves the line to its resistor.
func (o *output) Halt() error { return o.release() }

func (o *output) release() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.line == nil {
		return nil
	}
	err := errors.Join(o.line.Reconfigure(gpiocdev.AsInput), o.line.Close())
	o.line = nil
	return o.wrap(err)
}

// PWM fails: the line is a switch.
func (o *output) PWM(gpio.Duty, physic.Frequency) error {
	return fmt.Errorf("host: %s: there is no PWM", o.name)
}

func (o *output) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("host: output %s: %w", o.name, err)
}

// input is a line the kiosk watches.
type input struct {
	name   string
	line   *gpiocdev.Line
	uptime func() time.Duration // what an edge carries; nil means the kernel's time

	mu      sync.Mutex
	last    uint32 // number of the edge seen last
	queue   *edges.Queue
	stop    context.CancelFunc // of the watch
	watches sync.WaitGroup
}

func (in *input) request(at place, debounce time.Duration) error {
	options := []gpiocdev.LineReqOption{
		gpiocdev.WithConsumer(consumer), gpiocdev.AsInput,
		gpiocdev.WithBothEdges, gpiocdev.WithMonotonicEventClock, gpiocdev.WithEventHandler(in.event),
	}
	if debounce > 0 {
		options = append(options, gpiocdev.WithDebounce(debounce))
	}
	line, err := gpiocdev.RequestLine(at.chip, at.offset, options...)
	if err != nil {
		return fmt.Errorf("host: input %s: %w", in.name, err)
	}
	in.line = line
	return nil
}

// event takes one edge from the kernel. The kernel queues 16 and then drops the
// oldest without a word, so nothing here may wait.
func (in *input) event(e gpiocdev.LineEvent) {
	in.mu.Lock()
	dropped := e.LineSeqno - in.last - 1
	in.last = e.LineSeqno
	q := in.queue
	in.mu.Unlock()
	if q == nil {
		return
	}
	at := e.Timestamp
	if in.uptime != nil {
		at = in.uptime()
	}
	q.Push(board.Edge{
		At: at, Level: e.Type == gpiocdev.LineEventRisingEdge, Number: e.LineSeqno, Dropped: dropped,
	})
}

func (in *input) String() string { return "host " + in.name }

// Halt does nothing: an input is inert.
func (in *input) Halt() error { return nil }

// Read is the level now, debounced if the line is.
func (in *input) Read() (gpio.Level, error) {
	v, err := in.line.Value()
	if err != nil {
		return gpio.Low, fmt.Errorf("host: input %s: %w", in.name, err)
	}
	return v != 0, nil
}

// Watch queues edges from now on.
func (in *input) Watch(ctx context.Context) (<-chan board.Edge, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.queue != nil {
		return nil, fmt.Errorf("host: input %s: it has a watcher already", in.name)
	}
	q := edges.New()
	ctx, in.stop = context.WithCancel(ctx)
	in.queue = q
	stop := in.stop
	in.watches.Go(func() {
		defer q.Close()
		defer in.unwatch()
		defer stop()
		q.Run(ctx)
	})
	return q.Out(), nil
}

func (in *input) unwatch() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.queue = nil
}

// release ends the watch and gives the line back.
func (in *input) release() error {
	in.mu.Lock()
	stop := in.stop
	in.mu.Unlock()
	if stop != nil {
		stop()
	}
	in.watches.Wait()
	if in.line == nil {
		return nil
	}
	if err := in.line.Close(); err != nil {
		return fmt.Errorf("host: input %s: %w", in.name, err)
	}
	return nil
}
