package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kioskd/daemon/passcode"
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

func TestMaintenance(t *testing.T) {
	c, err := load(t, whole)
	if err != nil || c.Maintenance.Hash() != nil {
		t.Errorf("a file without a code has one, or %v", err)
	}
	h, err := passcode.New([]byte("246813"))
	if err != nil {
		t.Fatal(err)
	}
	c, err = load(t, whole+"[maintenance]\ncode = \""+h.String()+"\"\n")
	if err != nil || c.Maintenance.Hash() == nil || c.Maintenance.Hash().String() != h.String() {
		t.Errorf("hash %v, %v", c.Maintenance.Hash(), err)
	}
}

func TestMissingFile(t *testing.T) {
	for _, path := range []string{filepath.Join(t.TempDir(), "none.toml"), t.TempDir()} {
		if _, err := Load(path); err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "-config") {
			t.Errorf("%s: %v", path, err)
		}
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
		"no hash":         {whole + "[maintenance]\ncode = \"123456\"\n", `maintenance.code: is no hash of a code; make one with "kioskd maintenance-code"`},
		"hash cut short":  {whole + "[maintenance]\ncode = \"pbkdf2-sha256$300000$doXwK8kVM5WPg1yioU+C6A$MAqx\"\n", "maintenance.code"},
		"hash too cheap":  {whole + "[maintenance]\ncode = \"pbkdf2-sha256$1$doXwK8kVM5WPg1yioU+C6A$MAqxYiEgmwVYrxM10x5GSmyfS/z1NnOMyCf8W8sYjoU\"\n", "maintenance.code"},
		"wrong type":      {whole + "[limit]\nidle = 30\n", `as in "60s"`},
		"text as number":  {strings.Replace(whole, "100 = 30", "100 = \"many\"", 1), "line"},
		"twice":           {whole + "[hopper]\n50 = 1\n", "line"},
		"unknown table":   {whole + "[printer]\nurl = \"x\"\n", `unknown key "printer`},
		"unknown model":   {"model = \"fb99\"\n" + whole, "this version knows spi7"},
		"language":        {"language = \"de\"\n" + whole, "this version knows ja"},
		"no municipality": {strings.Replace(whole, `municipality = "inagi"`, "", 1), "municipality is missing"},
		"no authority":    {strings.Replace(whole, `authority = "authority.pem"`, "", 1), "office.authority is missing"},
		"no key":          {strings.Replace(whole, `key = "k001.nk"`, "", 1), "office.key is missing"},
		"no public key":   {strings.Replace(whole, `public-key = "office.pub"`, "", 1), "office.public-key is missing"},
		"no printer":      {strings.Replace(whole, `url = "ipp://127.0.0.1:8631/ipp/print"`, "", 1), "sheet-printer.url is missing"},
		"no kiosk":        {strings.Replace(whole, `kiosk = "k001"`, "", 1), "as in k001"},
		"empty limit":     {whole + "[limit]\nvisit = \"\"\n", "60s or 10m"},
		"endless limit":   {whole + "[limit]\nvisit = \"25h\"\n", "from 1ms to 24h"},
		"no end of text":  {"kiosk = \"k001\n", "line 1"},
		"not UTF-8":       {"kiosk = \"\xff\"\n", "line 1"},
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
