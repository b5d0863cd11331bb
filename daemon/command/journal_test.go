package command

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The story of a journal as the first released version wrote it: one visit that
// is over, one that is owed 100 yen.
func TestTheStory(t *testing.T) {
	path, dir := file(t, "")
	b, err := os.ReadFile("../journal/testdata/format-1/journal.db")
	if err != nil {
		t.Fatal(err)
	}
	journal := filepath.Join(dir, "journal.db")
	if err := os.WriteFile(journal, b, 0o600); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/story.txt")
	if err != nil {
		t.Fatal(err)
	}
	if got := said(t, ok, "journal", "-config", path); got != string(want) {
		t.Errorf("the story is\n%s\nwant\n%s", got, want)
	}
	if got := said(t, ok, "journal", "-config", path, "-events"); strings.Count(got, "\n") != 27 {
		t.Errorf("26 events and the sum are\n%s", got)
	}
	if after, err := os.ReadFile(journal); err != nil || !bytes.Equal(b, after) {
		t.Errorf("telling has changed the file: %v", err)
	}
}

// What a technician meets who finds a damaged journal, and what is asked of them.
func TestBeginAnew(t *testing.T) {
	path, dir := file(t, "")
	if got := said(t, failed, "journal", "-config", path); !strings.Contains(got, "there is none") {
		t.Errorf("without a journal it says %q", got)
	}
	said(t, ok, "refill", "-config", path, "100=30")
	if got := said(t, failed, "journal", "-config", path, "-begin-anew"); !strings.Contains(got, "whole") {
		t.Errorf("of a whole journal it says %q", got)
	}
	if err := os.Truncate(filepath.Join(dir, "journal.db"), 10_000); err != nil {
		t.Fatal(err)
	}
	got := said(t, failed, "journal", "-config", path)
	if !strings.Contains(got, "damaged") || !strings.Contains(got, "-begin-anew") {
		t.Errorf("of a damaged journal it says %q", got)
	}
	got = said(t, ok, "journal", "-config", path, "-begin-anew")
	for _, want := range []string{"journal.kept-1.db", "incident", "kioskd refill"} {
		if !strings.Contains(got, want) {
			t.Errorf("the answer lacks %q: %s", want, got)
		}
	}
	if got := said(t, ok, "journal", "-config", path); !strings.Contains(got, "journal begun anew") {
		t.Errorf("the new journal's story is\n%s", got)
	}
	said(t, bad, "refill", "-config", path, "-begin-anew", "100=30")
}

// said runs a command and returns what it says, on either stream.
func said(t *testing.T, code int, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if got := Main(args, &out, &out); got != code {
		t.Fatalf("%v: exit code %d, want %d: %s", args, got, code, out.String())
	}
	return out.String()
}
