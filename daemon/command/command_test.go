package command

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kioskd/daemon/journal"
)

// file writes a configuration whose kiosk is off.
func file(t *testing.T, more string) (path, state string) {
	t.Helper()
	dir := t.TempDir()
	path = filepath.Join(dir, "kioskd.toml")
	text := more + `
kiosk = "k001"
municipality = "inagi"
board = "unix:` + dir + `/board.sock"
state = "` + dir + `"
control = "` + dir + `/control"
[office]
url = "tls://127.0.0.1:1"
authority = "authority.pem"
key = "k001.nk"
public-key = "office.pub"
[sheet-printer]
url = "ipp://127.0.0.1:1/ipp/print"
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, dir
}

func TestBadInputIsOneLineAndExitTwo(t *testing.T) {
	good, _ := file(t, "")
	odd, _ := file(t, "colour = \"red\"\n")
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"nothing":       {nil, "say what to do"},
		"command":       {[]string{"serve"}, `no command "serve"`},
		"flag":          {[]string{"run", "-colour"}, "colour"},
		"too much":      {[]string{"journal", "-config", good, "now"}, `"now" is too much`},
		"no file":       {[]string{"run", "-config", "/does/not/exist"}, "-config"},
		"unknown key":   {[]string{"run", "-config", odd}, `unknown key "colour"`},
		"refill what":   {[]string{"refill", "-config", good}, "100=30"},
		"refill badly":  {[]string{"refill", "-config", good, "100:30"}, "YEN=COINS"},
		"no such coins": {[]string{"refill", "-config", good, "20=5"}, "no hopper for 20 yen"},
		"minus coins":   {[]string{"refill", "-config", good, "100=-5"}, "0 to 10000"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errs bytes.Buffer
			if code := Main(c.args, &out, &errs); code != bad {
				t.Errorf("exit code %d, want %d", code, bad)
			}
			if !strings.Contains(errs.String(), c.want) {
				t.Errorf("says %q, want %q in it", errs.String(), c.want)
			}
			if strings.Count(errs.String(), "\n") != 1 || out.Len() != 0 {
				t.Errorf("is not one line on stderr: %q, %q", errs.String(), out.String())
			}
		})
	}
}

func TestRefillAndJournalOfAKioskThatIsOff(t *testing.T) {
	path, _ := file(t, "")
	var out, errs bytes.Buffer
	if code := Main([]string{"refill", "-config", path, "100=30", "10=40"}, &out, &errs); code != ok {
		t.Fatalf("refill: exit code %d: %s", code, errs.String())
	}
	if code := Main([]string{"journal", "-config", path, "-json"}, &out, &errs); code != ok {
		t.Fatalf("journal: exit code %d: %s", code, errs.String())
	}
	var r journal.Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Events) != 2 || r.Events[0].Yen != 100 || r.Events[0].Count != 30 || r.Unsent != 2 {
		t.Errorf("the journal is %+v, want two cash counts", r)
	}
	out.Reset()
	if code := Main([]string{"journal", "-config", path}, &out, &errs); code != ok {
		t.Fatalf("journal: exit code %d: %s", code, errs.String())
	}
	for _, want := range []string{"the hopper for 100 yen holds 30 coins", "owed 0 yen", "2 of 2 events not yet"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the story lacks %q:\n%s", want, out.String())
		}
	}
}

// TestManPageNamesEveryCommand: what -h tells, the man page does too, and no
// command that there is not.
func TestManPageNamesEveryCommand(t *testing.T) {
	page, err := os.ReadFile("../../systemd/kioskd.8")
	if err != nil {
		t.Fatal(err)
	}
	synopsis, commands, _ := strings.Cut(string(page), ".SH DESCRIPTION")
	_, told, _ := strings.Cut(commands, ".SH COMMANDS")
	told, _, _ = strings.Cut(told, ".SH OPTIONS")
	var want, have []string
	for line := range strings.Lines(usage) {
		if name, ok := strings.CutPrefix(line, "  kioskd "); ok {
			want = append(want, strings.Fields(name)[0])
		}
	}
	for line := range strings.Lines(synopsis) {
		if name, ok := strings.CutPrefix(line, ".B kioskd "); ok {
			have = append(have, strings.TrimSpace(name))
		}
	}
	slices.Sort(want)
	slices.Sort(have)
	if len(want) < 8 || !slices.Equal(want, have) {
		t.Errorf("-h tells %q, the synopsis %q", want, have)
	}
	for _, name := range want {
		if !strings.Contains(told, ".TP\n.B "+name+"\n") {
			t.Errorf("the man page does not say what %s does", name)
		}
	}
}
