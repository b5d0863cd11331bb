package console

import (
	"errors"
	"fmt"
	"time"

	"kioskd/simulator/pictures"
	"kioskd/simulator/shop"
)

// picturesFlags are those of kiosksim pictures.
type picturesFlags struct {
	common
	Dir   string    `help:"Folder the pictures are written to." type:"path" required:""`
	Clock time.Time `help:"Where the shop's clock starts (RFC 3339)." default:"2026-11-24T10:00:00+09:00"`
}

// Run plays a short visit in a browser and keeps pictures of it.
func (f *picturesFlags) Run(s *streams, ctx bound) (err error) {
	say := func(text string) { _, _ = fmt.Fprintf(s.out, "kiosksim: %s\n", text) } // to a person who may be gone
	dir, remove, err := (&benchFlags{}).folder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	return pictures.Make(ctx, shop.Options{
		Dir: dir, Start: f.Clock, Kioskd: f.Kioskd, Fonts: f.Fonts, KeyCache: f.KeyCache, Log: f.log(s.err),
	}, f.Dir, say)
}
