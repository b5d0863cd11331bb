package command

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"kioskd/daemon/passcode"
	"kioskd/flows"
)

// maintenanceCode reads a technician's code and prints the line of the
// configuration that holds its hash. The code is in no argument, where others
// could read it, and on a terminal it is not shown.
func maintenanceCode(in io.Reader, stdout, stderr io.Writer) error {
	if f, ok := in.(*os.File); ok {
		if shown, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS); err == nil {
			hidden := *shown
			hidden.Lflag &^= unix.ECHO
			if err := unix.IoctlSetTermios(int(f.Fd()), unix.TCSETS, &hidden); err != nil {
				return fmt.Errorf("hide what is typed: %w", err)
			}
			defer func() {
				_ = unix.IoctlSetTermios(int(f.Fd()), unix.TCSETS, shown) // the terminal may be gone
				say(stderr, "\n")
			}()
			say(stderr, fmt.Sprintf("The technician's code, %d to %d digits: ", flows.CodeLeast, flows.CodeMost))
		}
	}
	code, err := line(in)
	if err != nil {
		return err
	}
	defer clear(code)
	h, err := passcode.New(code)
	if errors.Is(err, passcode.ErrCode) {
		return &badInput{err.Error()}
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "[maintenance]\ncode = %q\n", h)
	return err
}

// line reads up to the end of a line, byte by byte: what follows is not ours.
func line(in io.Reader) ([]byte, error) {
	buf := make([]byte, 0, 64)
	one := make([]byte, 1)
	for len(buf) < cap(buf) {
		n, err := in.Read(one)
		if n == 1 {
			if one[0] == '\n' {
				break
			}
			buf = append(buf, one[0])
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read the code: %w", err)
		}
	}
	return bytes.TrimSpace(buf), nil
}
