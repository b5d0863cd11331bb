package console

import "fmt"

// benchFlags are those of kiosksim without a command.
type benchFlags struct {
	common
	Listen string `help:"Loopback address of the bench's page." default:"127.0.0.1:8642"`
	Dir    string `help:"Folder of the bench's files; one for the time it runs if not given." type:"path"`
}

// Run serves the bench.
func (f *benchFlags) Run(*streams, bound) error {
	return fmt.Errorf("the bench's page: %w; scenarios play with `kiosksim play FILE...`", errNotYet)
}

// cardFlags are those of kiosksim card.
type cardFlags struct {
	Resident string `help:"Whose card." default:"adult"`
}

// Run plugs a card into pcscd's virtual reader.
func (f *cardFlags) Run(*streams, bound) error {
	return fmt.Errorf("a card in pcscd's virtual reader: %w", errNotYet)
}
