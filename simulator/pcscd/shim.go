package pcscd

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// shimSource is a driver around the virtual reader's that can be unplugged.
//
//go:embed shim/shim.c
var shimSource []byte

// install puts a reader's driver where pcscd is told to look: a copy for each,
// for the driver's own memory has room for one reader.
func (d *Daemon) install(unpluggable bool) error {
	driver, err := os.ReadFile(Driver)
	if err != nil {
		return fmt.Errorf("pcscd: %w: install the packages %s", err, Packages)
	}
	var shim []byte
	if unpluggable {
		if shim, err = d.build(); err != nil {
			return err
		}
	}
	for i := range d.readers {
		if !unpluggable {
			err = os.WriteFile(d.driver(i), driver, 0o755)
		} else {
			err = errors.Join(os.WriteFile(d.driver(i), shim, 0o755), os.WriteFile(d.driver(i)+".driver", driver, 0o755))
		}
		if err != nil {
			return fmt.Errorf("pcscd: %w", err)
		}
	}
	return nil
}

// build compiles the shim.
func (d *Daemon) build() ([]byte, error) {
	source, made := filepath.Join(d.dir, "shim.c"), filepath.Join(d.dir, "shim.so")
	if err := os.WriteFile(source, shimSource, 0o600); err != nil {
		return nil, fmt.Errorf("pcscd: %w", err)
	}
	cmd := exec.Command("cc", "-shared", "-fPIC", "-Wall", "-I/usr/include/PCSC", "-o", made, source, "-ldl")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("pcscd: a driver that can be unplugged: %w: %s: install the packages gcc libpcsclite-dev", err, out)
	}
	b, err := os.ReadFile(made)
	if err != nil {
		return nil, fmt.Errorf("pcscd: %w", err)
	}
	return b, nil
}

// Unplug takes a reader away; it must have been made unpluggable.
func (d *Daemon) Unplug(reader int) error {
	if err := os.WriteFile(d.driver(reader)+".unplugged", nil, 0o600); err != nil {
		return fmt.Errorf("pcscd: %w", err)
	}
	return nil
}

// Plug plugs it in again.
func (d *Daemon) Plug(reader int) error {
	if err := os.Remove(d.driver(reader) + ".unplugged"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("pcscd: %w", err)
	}
	return nil
}
