package passcode_test

import (
	"errors"
	"strings"
	"testing"

	"kioskd/daemon/passcode"
	"kioskd/flows/secret"
)

func typed(t *testing.T, code string) *secret.Text {
	t.Helper()
	s, err := secret.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Wipe)
	for i := range len(code) {
		if err := s.Append(code[i]); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestThereAndBack(t *testing.T) {
	h, err := passcode.New([]byte("246813"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := passcode.New([]byte("246813"))
	if err != nil || again.String() == h.String() {
		t.Errorf("two hashes of a code are the same, or %v", err)
	}
	if strings.Contains(h.String(), "246813") {
		t.Error("the code stands in its hash")
	}
	read, err := passcode.Parse(h.String())
	if err != nil {
		t.Fatal(err)
	}
	if !read.Admits(typed(t, "246813")) {
		t.Error("refuses its own code")
	}
	for _, wrong := range []string{"", "246814"} {
		if read.Admits(typed(t, wrong)) {
			t.Errorf("admits %q", wrong)
		}
	}
	wiped := typed(t, "246813")
	wiped.Wipe()
	if read.Admits(wiped) || (passcode.Hash{}).Admits(typed(t, "")) {
		t.Error("admits nothing at all")
	}
}

func TestCodesThatAreNone(t *testing.T) {
	for _, code := range []string{"", "12345", "1234567890123", "12345a", "１２３４５６", "000000"} {
		if _, err := passcode.New([]byte(code)); !errors.Is(err, passcode.ErrCode) {
			t.Errorf("%q: %v", code, err)
		}
	}
}

func TestHashesThatAreNone(t *testing.T) {
	const good = "pbkdf2-sha256$300000$doXwK8kVM5WPg1yioU+C6A$MAqxYiEgmwVYrxM10x5GSmyfS/z1NnOMyCf8W8sYjoU"
	if _, err := passcode.Parse(good); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"", "246813", "$$$", strings.Replace(good, "sha256", "sha1", 1), strings.Replace(good, "300000", "1", 1),
		strings.Replace(good, "300000", "999999999", 1), strings.Replace(good, "300000", "x", 1), good[:len(good)-4], good + "$", good + "!",
	} {
		if _, err := passcode.Parse(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("pbkdf2-sha256$100000$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := passcode.Parse(text)
		if err != nil {
			return
		}
		if back, err := passcode.Parse(h.String()); err != nil || back.String() != h.String() {
			t.Errorf("%q is read back as %q, %v", h, back, err)
		}
	})
}
