package command

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"kioskd/daemon/passcode"
)

func TestMaintenanceCode(t *testing.T) {
	var out bytes.Buffer
	if err := maintenanceCode(strings.NewReader("246813\nnot ours"), &out, &out); err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(out.String(), "code = \"")
	hash, _, ok := strings.Cut(rest, "\"\n")
	if _, err := passcode.Parse(hash); !ok || err != nil {
		t.Errorf("printed %q, %v", out.String(), err)
	}
	for _, code := range []string{"", "\n", "12345\n", "abcdef\n", "111111\n", strings.Repeat("12", 50)} {
		var bad *badInput
		out.Reset()
		if err := maintenanceCode(strings.NewReader(code), &out, &out); !errors.As(err, &bad) || out.Len() > 0 {
			t.Errorf("%q: %v, and printed %q", code, err, out.String())
		}
	}
}
