package console

import (
	"fmt"

	"kioskd/simulator/scenario"
	"kioskd/simulator/shop"
)

// playFlags are those of kiosksim play.
type playFlags struct {
	common
	Files    []string `arg:"" name:"file" help:"Scenario files."`
	Jobs     int      `short:"j" help:"Files played at a time." default:"2"`
	Pictures string   `help:"Folder for pictures of the panel, and kioskd's log, where a line did not hold." type:"path"`
}

// jobsMax bounds the shops that are open at a time.
const jobsMax = 64

// Run plays the files; the exit code is the worst of theirs.
func (f *playFlags) Run(s *streams, ctx bound) error {
	if f.Jobs < 1 || f.Jobs > jobsMax {
		return exitCode(complain(s.err, fmt.Errorf("-j %d: want 1 to %d", f.Jobs, jobsMax)))
	}
	supplies, err := shop.OpenSupplies(f.KeyCache, f.Fonts)
	if err != nil {
		return err
	}
	defer supplies.Close()
	shops := &scenario.Shops{Kioskd: f.Kioskd, Fonts: f.Fonts, Supplies: supplies, Log: f.log(s.err), Logs: f.Pictures}
	code := scenario.Run(ctx, f.Files, shops, s.out, scenario.RunOptions{
		Options:  scenario.Options{Pictures: f.Pictures},
		Parallel: f.Jobs, Verbose: f.Verbose,
	})
	if code == scenario.ExitOK {
		return nil
	}
	return exitCode(code)
}
