// Command kiosksim is the outside of a kiosk: the bench, the scenario player and
// the office.
package main

import (
	"os"

	"kioskd/simulator/console"
)

func main() {
	os.Exit(console.Run(os.Args[1:], os.Stdout, os.Stderr))
}
