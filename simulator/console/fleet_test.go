package console_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"kioskd/simulator/console"
)

// TestFleetFlags: what is wrong is said in one line, and nothing was begun.
func TestFleetFlags(t *testing.T) {
	for _, args := range [][]string{
		{"-kiosks", "0"},
		{"-kiosks", "3001"},
		{"-kiosks", "many"},
		{"-day", "0"},
		{"-day", "-5"},
		{"-customers", "0"},
		{"-customers", "1001"},
		{"-chart", "day.pdf"},
		{"-chart", filepath.Join(t.TempDir(), "none", "day.svg")},
		{"-weather", "fine"},
		{"more"},
	} {
		var out, errs bytes.Buffer
		code := console.Run(append([]string{"fleet", "-key-cache", t.TempDir()}, args...), &out, &errs)
		if code != 2 || strings.Count(errs.String(), "\n") != 1 || out.Len() > 0 {
			t.Errorf("%v: exit %d, %q %q", args, code, out.String(), errs.String())
		}
	}
}
