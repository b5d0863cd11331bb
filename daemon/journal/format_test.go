package journal

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"kioskd/flows"
)

// Journals of every released format, from the first on, as their programs wrote
// them. The same visits: one that is over, one that is owed 100 yen; 20 of 26
// events sent.
func TestJournalsOfEveryFormatSoFar(t *testing.T) {
	for _, name := range []string{"format-1", "format-2", "format-3"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", name))); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, fileName)
			b := contentsOf(t, path)
			before, err := Read(dir)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(b, contentsOf(t, path)) {
				t.Error("reading has changed the file")
			}
			for range 2 {
				j, err := Open(dir, nil)
				if err != nil {
					t.Fatal(err)
				}
				r, err := j.Report()
				if err != nil {
					t.Fatal(err)
				}
				if r.ID != "66ea6632615022bf32b49dd9547f8387" || j.Person([]byte{1, 2, 3}) != "1009e2c9b9d5af3f70a821f790981b0a" {
					t.Error("another journal was opened: its name or its salt differs")
				}
				if len(r.Events) != len(before.Events) || r.Owed != 100 || before.Owed != 100 || j.sent != 20 {
					t.Errorf("%d events of %d, owed %d, %d sent", len(r.Events), len(before.Events), r.Owed, j.sent)
				}
				if got := j.Ledger().Hopper(100); got != 27 {
					t.Errorf("%d coins of 100 in the hopper, want 27", got)
				}
				if err := j.Close(); err != nil {
					t.Fatal(err)
				}
			}
			j := opened(t, dir)
			write(t, j, flows.Event{Kind: flows.VisitBegun, Visit: "v"})
			if err := j.acknowledge(j.last); err != nil {
				t.Error(err)
			}
		})
	}
}
