package console

import "kioskd/simulator/figures"

// figuresFlags are those of kiosksim bench.
type figuresFlags struct{ common }

// Run measures and prints.
func (f *figuresFlags) Run(s *streams, ctx bound) error {
	return figures.Run(ctx, figures.Options{
		Kioskd: f.Kioskd, Fonts: f.Fonts, KeyCache: f.KeyCache, Out: s.out, Progress: s.err,
	})
}
