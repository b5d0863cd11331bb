package scenario

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"kioskd/simulator/shop"
)

// Shops opens a real shop for each file, in a folder of its own for the time it
// is played.
type Shops struct {
	Kioskd   string         // the binary; "" as in shop.Options
	Supplies *shop.Supplies // shared by all files
	Fonts    string
	Log      *slog.Logger // of the simulator; nil means none
	// Logs is the folder that gets the kiosks' logs of a file that did not hold;
	// "" means none.
	Logs string
	PCSC *shop.PCSC // as in shop.Options
}

// Open opens a shop whose clock starts as the script says.
func (c *Shops) Open(ctx context.Context, s *Script) (Floor, func(failed bool) error, error) {
	dir, err := os.MkdirTemp("", "kiosksim-")
	if err != nil {
		return nil, nil, fmt.Errorf("scenario: %w", err)
	}
	opened, err := shop.New(ctx, shop.Options{
		Dir: dir, Start: s.Start, Board: s.Board, Kioskd: c.Kioskd, Fonts: c.Fonts, Log: c.Log, Supplies: c.Supplies, PCSC: c.PCSC,
	})
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(dir))
	}
	f := floor{opened}
	return f, func(failed bool) error {
		var err error
		if failed && c.Logs != "" {
			err = f.saveLogs(c.Logs, s.Name)
		}
		return errors.Join(err, opened.Close(), os.RemoveAll(dir))
	}, nil
}

// floor gives the player its shop, by the names it uses.
type floor struct{ *shop.Shop }

// On is a shop as a player's floor.
func On(s *shop.Shop) Floor { return floor{s} }

func (f floor) Kiosk(n int) (Kiosk, error) {
	k, err := f.Shop.Kiosk(n)
	if err != nil {
		return nil, err
	}
	return k, nil
}

// saveLogs writes what each kioskd said, and its journal, beside the pictures.
func (f floor) saveLogs(dir, script string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("scenario: %w", err)
	}
	base := strings.TrimSuffix(filepath.Base(script), filepath.Ext(script))
	for _, k := range f.All() {
		for _, r := range k.Residue() {
			if r.Where != "log" && r.Where != "journal" {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, base+"-"+k.Name()+"."+r.Where), r.Bytes, 0o600); err != nil {
				return fmt.Errorf("scenario: %w", err)
			}
		}
	}
	return nil
}
