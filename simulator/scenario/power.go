package scenario

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

func parseCut(p *parser, w *words, _ *Line) (step, error) {
	f := strings.Fields(w.rest)
	w.rest = ""
	if len(f) == 1 && f[0] == "power" {
		return func(_ context.Context, p *player) error { p.kiosk.PowerCut(); return nil }, nil
	}
	if len(f) != 3 || f[0] != "power" || f[1] != "at" {
		return nil, fmt.Errorf("want cut power, cut power at before:KIND or cut power at after:KIND")
	}
	when, kind, ok := strings.Cut(f[2], ":")
	if !ok || (when != "before" && when != "after") {
		return nil, fmt.Errorf("cut power at %s: want before:KIND or after:KIND", f[2])
	}
	if err := p.words.event(kind); err != nil {
		return nil, err
	}
	return func(_ context.Context, p *player) error { p.kiosk.ArmCut(when, kind); return nil }, nil
}

func (v *vocabulary) event(kind string) error {
	if !slices.Contains(v.kinds, kind) {
		return fmt.Errorf("unknown event %q%s", kind, nearest(kind, v.kinds))
	}
	return nil
}

func parsePower(_ *parser, w *words, _ *Line) (step, error) {
	on, err := w.need("on")
	if err != nil {
		return nil, err
	}
	if on != "on" {
		return nil, fmt.Errorf("power %s: want power on (and cut power)", on)
	}
	return func(ctx context.Context, p *player) error { return p.powerOn(ctx) }, nil
}

func parseLamp(p *parser, w *words, _ *Line) (step, error) {
	name, err := w.need("a lamp")
	if err != nil {
		return nil, err
	}
	if err := p.words.word("lamp", name, p.words.lamps); err != nil {
		return nil, err
	}
	state, err := w.need("on, off or blink")
	if err != nil {
		return nil, err
	}
	if err := p.words.word("state", state, []string{"on", "off", "blink"}); err != nil {
		return nil, err
	}
	return func(ctx context.Context, p *player) error { return p.lamp(ctx, name, state) }, nil
}
