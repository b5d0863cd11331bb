package office

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"kioskd/daemon/office/protocol"
	"kioskd/simulator/office/register"
)

func batch(t testing.TB, journal string, first uint64, events ...string) []byte {
	t.Helper()
	b := protocol.JournalBatch{Version: protocol.Version, Journal: journal, First: first}
	for _, e := range events {
		b.Events = append(b.Events, json.RawMessage(e))
	}
	data, err := protocol.Encode(b)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestTrouble: what a reader of the stream notices.
func TestTrouble(t *testing.T) {
	j := &journal{last: make(map[string]uint64)}
	for _, data := range [][]byte{
		batch(t, "j1", 1, `{"kind":"coin-in","n":1,"yen":100,"how":"done"}`, `{"kind":"paid","n":2}`),
		batch(t, "j1", 2, `{"kind":"paid","n":2}`),
		batch(t, "j1", 4, `{"kind":"late","n":4}`),
		batch(t, "j2", 1, `{"kind":"first"}`),
		batch(t, "j1", 5, `{"kind":"odd","n":7}`),
		[]byte("no batch"),
	} {
		j.take(data)
	}
	var got []string
	for _, e := range j.events {
		trouble, _, _ := strings.Cut(e.Trouble, ":")
		got = append(got, fmt.Sprintf("%s %d %s %s", e.Journal, e.N, e.Kind, trouble))
	}
	want := []string{
		"j1 1 coin-in ", "j1 2 paid ", "j1 2 paid duplicate", "j1 4 late gap", "j2 1 first ",
		"j1 5 odd number 7 stands at place 5", " 0  protocol",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("events:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if e := j.events[0]; e.Field("yen") != "100" || e.Field("how") != "done" || e.Field("none") != "" {
		t.Errorf("fields: yen %q, how %q", e.Field("yen"), e.Field("how"))
	}
}

func FuzzTake(f *testing.F) {
	f.Add(batch(f, "j1", 1, `{"kind":"paid","n":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		j := &journal{last: make(map[string]uint64)}
		j.take(data)
		j.take(data)
		for i, e := range j.events[len(j.events)/2:] {
			if e.Trouble == "" {
				t.Errorf("event %d came twice unnoticed", i)
			}
		}
	})
}

// FuzzSet: whatever is set, the settings stay good and their number grows only
// with what was taken.
func FuzzSet(f *testing.F) {
	r := register.New(start)
	for key, value := range map[string]string{
		"tariff.inagi": "300@2026-12-01T00:00:00+09:00", "hours.other-town": "06:30-23:00", "closed": "12-29..01-03,05-01..05-01",
		"maintenance": "2026-11-25T00:00:00+09:00..2026-11-25T04:00:00+09:00", "offers": "reset", "notice.vi": "x", "version.minimum": "3",
	} {
		f.Add(key, value)
	}
	f.Fuzz(func(t *testing.T, key, value string) {
		s := newSettings(nil, r)
		s.now.Revision = 1
		err := s.set(key, value)
		if checked := s.now.Check(); checked != nil {
			t.Errorf("settings are no good: %v", checked)
		}
		if (err == nil) != (s.now.Revision == 2) {
			t.Errorf("revision %d after %v", s.now.Revision, err)
		}
	})
}
