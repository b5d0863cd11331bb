package soak

import (
	"os"
	"strings"
	"testing"
	"time"

	"kioskd/simulator/shop"
)

func supplies(t testing.TB) *Supplies {
	t.Helper()
	s, err := OpenSupplies("", shop.DefaultFonts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// wantNone runs the customers and fails with the first violation.
func wantNone(t *testing.T, o Options) Report {
	t.Helper()
	o.Supplies = supplies(t)
	o.Dir = t.TempDir()
	r, err := Run(t.Context(), t, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range r.Violations {
		t.Fatalf("%v\n%s", v, strings.Join(v.Trace, "\n"))
	}
	t.Logf("seed %d: %d customers, %.0f a second", o.Seed, r.Served, float64(r.Served)/r.Took.Seconds())
	return r
}

// TestFreshSeed serves customers whom nobody has seen yet. The seed is printed.
func TestFreshSeed(t *testing.T) {
	seed := uint64(time.Now().UnixNano()) % 1e9
	t.Logf("kiosksim soak -seed %d -customers 200", seed)
	wantNone(t, Options{Seed: seed, Customers: 200})
}

// TestSameSeedSameTrace serves the same customers twice, with one processor and
// with more, and holds the traces against each other: a few of fixed seeds, and
// with KIOSKD_LONG thousands that nobody has seen yet.
func TestSameSeedSameTrace(t *testing.T) {
	one := wantNone(t, Options{Seed: 7, From: 900, Customers: 101, Twice: true})
	if two := wantNone(t, Options{Seed: 7, From: 900, Customers: 101}); one.Hash != two.Hash {
		t.Errorf("two traces of one seed: %s and %s", one.Hash, two.Hash)
	}
	if other := wantNone(t, Options{Seed: 8, From: 900, Customers: 20, Twice: true}); other.Hash == one.Hash {
		t.Error("two seeds have the same trace")
	}
	if os.Getenv("KIOSKD_LONG") == "" {
		return
	}
	for n := range uint64(20) {
		seed := uint64(time.Now().UnixNano())%1e9 + n
		t.Logf("kiosksim soak -seed %d -customers 500 -twice", seed)
		wantNone(t, Options{Seed: seed, Customers: 500, Twice: true})
	}
}
