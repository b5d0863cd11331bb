package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const whole = `
kiosk = "k001"
municipality = "inagi"
board = "unix:/tmp/board.sock"
[office]
url = "tls://127.0.0.1:4222"
authority = "authority.pem"
key = "k001.nk"
public-key = "office.pub"
[sheet-printer]
url = "ipp://127.0.0.1:8631/ipp/print"
[hopper]
100 = 30
`

func load(t *testing.T, text string) (Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kioskd.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path)
}

func TestWholeFile(t *testing.T) {
	c, err := load(t, whole+"[limit]\nidle = \"30s\"\n")
	if err != nil {
		t.Fatal(err)
	}
	if got := time.Duration(c.Limit.Idle); got != 30*time.Second {
		t.Errorf("limit.idle is %v, want 30s", got)
	}
	if got := time.Duration(c.Limit.Pay); got != 180*time.Second {
		t.Errorf("limit.pay is %v, want the default 180s", got)
	}
	if !filepath.IsAbs(c.Office.Key) {
		t.Errorf("office.key is %q, want a path beside the file", c.Office.Key)
	}
	if c.Hopper.Hundreds != 30 {
		t.Errorf("hopper.100 is %d, want 30", c.Hopper.Hundreds)
	}
}

func TestPCSC(t *testing.T) {
	c, err := load(t, "reader = \"pcsc\"\nreader-name = \"*PICC*\"\n"+whole)
	if err != nil || c.Reader != "pcsc" || c.ReaderName != "*PICC*" {
		t.Errorf("reader %q, named %q, %v", c.Reader, c.ReaderName, err)
	}
}

func TestRefusalsAreOneClearLine(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"unknown key":     {whole + "[limit]\nidel = \"30s\"\n", `unknown key "limit.idel"`},
		"no time span":    {whole + "[limit]\nidle = \"30\"\n", "60s or 10m"},
		"unknown reader":  {"reader = \"nfc\"\n" + whole, "this version knows board"},
		"reader's name":   {"reader-name = \"PICC\"\n" + whole, `write reader = "pcsc"`},
		"unknown board":   {strings.Replace(whole, "unix:/tmp/board.sock", "usb", 1), "write host, unix:PATH"},
		"no office":       {strings.Replace(whole, `url = "tls://127.0.0.1:4222"`, "", 1), "office.url is missing"},
		"kiosk's name":    {strings.Replace(whole, "k001", "K 1", 1), "as in k001"},
		"not TOML":        {"kiosk = \n", "line 1"},
		"negative limit":  {whole + "[limit]\nidle = \"-1s\"\n", "limit.idle"},
		"negative hopper": {strings.Replace(whole, "100 = 30", "100 = -1", 1), "0 or more"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, c.text)
			if err == nil {
				t.Fatal("was accepted")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("says %q, want %q in it", err, c.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("is more than one line: %q", err)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := parse(b); err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("more than one line: %q", err)
		}
	})
}
