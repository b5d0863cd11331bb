package soak

import (
	"fmt"

	"kioskd/simulator/office/authority"
	"kioskd/simulator/office/paper"
	"kioskd/simulator/shop"
)

// Supplies is what is slow to make and the same for all shifts.
type Supplies struct {
	keys  *authority.KeyPool
	paper *paper.Renderer
}

// OpenSupplies opens the residents' keys kept in keyCache and the fonts of real
// sheets, both as package shop does.
func OpenSupplies(keyCache, fonts string) (*Supplies, error) {
	keys, err := authority.OpenKeyPool(shop.KeyCache(keyCache))
	if err != nil {
		return nil, fmt.Errorf("soak: %w", err)
	}
	renderer, err := paper.New(fonts)
	if err != nil {
		return nil, fmt.Errorf("soak: fonts (Debian: fonts-morisawa-bizud-gothic): %w", err)
	}
	names := []string{"authority-user-1", "authority-user-2", "authority-sign-1", "authority-sign-2"}
	for _, r := range residents {
		names = append(names, r+"-user-0", r+"-signature-0")
	}
	keys.Prepare(names...)
	for _, name := range names { // all of them now: what a bubble begins ends in it
		if _, err := keys.Key(name); err != nil {
			return nil, fmt.Errorf("soak: %w", err)
		}
	}
	return &Supplies{keys: keys, paper: renderer}, nil
}

// Close waits for keys in the making.
func (s *Supplies) Close() { s.keys.Close() }

// residents are those of the scenario language. It is read only.
var residents = []string{
	"adult", "head", "spouse", "child", "ward", "elderly", "alone", "big-household", "too-big",
	"foreign-resident", "foreign-alias", "foreign-expiring", "expiring", "expired", "signature-expired", "not-yet-valid",
	"last-try", "blocked-pin", "blocked-password", "revoked", "card-stopped", "moved", "moved-out", "moved-in-today",
	"overseas", "protected", "mourning", "unregistered-character", "other-town", "no-pin", "old-card", "phone-token", "transit-card",
}
