// Command kioskd is the firmware of a certificate kiosk.
package main

import (
	"os"

	"kioskd/daemon/command"
)

func main() { os.Exit(command.Main(os.Args[1:], os.Stdout, os.Stderr)) }
