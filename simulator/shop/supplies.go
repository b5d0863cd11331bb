package shop

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"kioskd/simulator/office/authority"
	"kioskd/simulator/office/paper"
)

// Supplies is what is slow to make and the same for every shop: the residents'
// RSA keys, kept in a folder, and the renderer with its fonts.
type Supplies struct {
	keys  *authority.KeyPool
	paper *paper.Renderer
}

// OpenSupplies opens the keys kept in keyCache ("" means kioskd-keys in the
// user's cache folder) and the fonts ("" means DefaultFonts).
func OpenSupplies(keyCache, fonts string) (*Supplies, error) {
	if fonts == "" {
		fonts = DefaultFonts
	}
	renderer, err := paper.New(fonts)
	if err != nil {
		return nil, fmt.Errorf("shop: fonts for the sheets (Debian: fonts-morisawa-bizud-gothic): %w", err)
	}
	keys, err := authority.OpenKeyPool(KeyCache(keyCache))
	if err != nil {
		return nil, fmt.Errorf("shop: %w", err)
	}
	return &Supplies{keys: keys, paper: renderer}, nil
}

// KeyCache is the folder of the test cards' keys: the given one, or kioskd-keys in
// the user's cache folder.
func KeyCache(given string) string {
	if given != "" {
		return given
	}
	base, err := os.UserCacheDir()
	if err != nil {
		base = os.TempDir()
	}
	return filepath.Join(base, "kioskd-keys")
}

// Prepare begins to make the keys of these residents' cards.
func (s *Supplies) Prepare(residents ...string) {
	for _, r := range residents {
		s.keys.Prepare(r+"-user-0", r+"-signature-0")
	}
}

// Paper draws sheets.
func (s *Supplies) Paper() *paper.Renderer { return s.paper }

// Authority is a certificate authority whose keys are of the supplies.
func (s *Supplies) Authority(now time.Time) *authority.Authority {
	return authority.NewWithKeys(now, s.keys)
}

// Close waits for the keys in the making. It may be called twice.
func (s *Supplies) Close() { s.keys.Close() }
