package soak

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"kioskd/simulator/scenario"
)

// TestEveryFaultIsDrawn: every fault and lie that the scenario language has
// befalls some customer.
func TestEveryFaultIsDrawn(t *testing.T) {
	want := make(map[string]bool)
	for device, kinds := range scenario.Faults() {
		for _, kind := range kinds {
			name, _, _ := strings.Cut(kind, ":N")
			name, _, _ = strings.Cut(name, ":D")
			want[device+" "+name] = true
		}
	}
	for _, kind := range scenario.Lies() {
		want["office lies "+kind] = true
	}
	if known, have := slices.Sorted(maps.Keys(scenario.Faults())), slices.Sorted(maps.Keys(devices())); !slices.Equal(known, have) {
		t.Fatalf("devices that can break here: %q, in the language: %q", have, known)
	}
	w := &world{rng: rand.New(rand.NewPCG(1, 2)), language: newLanguage()}
	drawn := make(map[string]bool)
	const many = 20_000
	for range many {
		what := w.newTrouble().what
		for name := range want {
			if what == name || strings.HasPrefix(what, name+":") {
				drawn[name] = true
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if !drawn[name] {
			t.Errorf("%s was never drawn in %d", name, many)
		}
	}
}
