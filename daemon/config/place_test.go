package config

import (
	"os"
	"path/filepath"
	"testing"
)

func TestCredentialsOfSystemdComeFirst(t *testing.T) {
	given, etc := t.TempDir(), t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", given)
	if err := os.WriteFile(filepath.Join(given, "kiosk.nk"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"kiosk.nk":      filepath.Join(given, "kiosk.nk"),
		"authority.pem": filepath.Join(etc, "authority.pem"), // none was handed over
		"/srv/kiosk.nk": "/srv/kiosk.nk",
		"":              "",
	} {
		if got := credential(etc, name); got != want {
			t.Errorf("%q is at %q, want %q", name, got, want)
		}
	}
}

func TestInputsOfAnotherClockAreRefused(t *testing.T) {
	w := Default().Wiring
	w.Touch, w.TouchIRQ, w.Framebuffer, w.Lamp = "host:I2C0", "host:TOUCH_INT", "host:fb0", "host:LAMP_%s"
	if err := w.check(); err != nil {
		t.Error(err)
	}
	w.CoinPulse = "host:COIN_PULSE"
	if err := w.check(); err == nil {
		t.Error("coins by another clock than their board's are accepted")
	}
}

func TestBoardOnTheNetworkNeedsCertificates(t *testing.T) {
	whole := Link{Authority: "a", Certificate: "c", Key: "k"}
	if err := whole.check("tcp:10.0.0.2:7000"); err != nil {
		t.Error(err)
	}
	if err := (Link{Authority: "a", Certificate: "c"}).check("tcp:10.0.0.2:7000"); err == nil {
		t.Error("a board at tcp: without a key of our own is accepted")
	}
	if err := (Link{}).check("unix:/run/board"); err != nil {
		t.Error(err)
	}
}
