package console

import (
	"slices"
	"testing"
)

func TestDashes(t *testing.T) {
	got := dashes([]string{"play", "-pictures", "/tmp", "-j", "3", "-v", "--fonts=x", "-key-cache=y", "-j4", "-", "--", "-dir"})
	want := []string{"play", "--pictures", "/tmp", "-j", "3", "-v", "--fonts=x", "--key-cache=y", "-j4", "-", "--", "-dir"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
