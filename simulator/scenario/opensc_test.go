package scenario_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tool runs a PC/SC program on the reader of this kiosk.
func (c *counter) tool(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	return c.daemon.Client(t.Context(), c.dir, name, args...)
}

// await waits until a card lies there for pcscd, or none does.
func (c *counter) await(t *testing.T, card bool) {
	t.Helper()
	if err := c.daemon.Await(t.Context(), card); err != nil {
		t.Fatal(err)
	}
}

// sign has OpenSC sign a text with the signature key, after this password.
func (c *counter) sign(t *testing.T, password string) (string, error) {
	t.Helper()
	const slotOfSignature = "1" // OpenSC gives each of the card's PINs a slot
	return c.tool(t, "pkcs11-tool", "--slot-index", slotOfSignature, "--login", "--pin", password,
		"--sign", "--mechanism", "SHA256-RSA-PKCS", "--id", "02", "--input-file", "text", "--output-file", "signature")
}

// A blocked signature password is set anew at the kiosk, through pcscd, and
// OpenSC, which knows nothing of this project, signs with the new one on the very
// card, as it lies on the very reader; with the old one it does not.
func TestOpenSCSignsWithTheNewPassword(t *testing.T) {
	t.Parallel()
	c := open(t)
	if err := os.WriteFile(filepath.Join(c.dir, "text"), []byte("what is signed"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.play(t, "resident blocked-password\nsee home\nlay card\ntries password 0")
	c.await(t, true)
	for _, password := range []string{"ABC123", "NEWPASS7"} {
		if out, err := c.sign(t, password); err == nil {
			t.Errorf("before the reset OpenSC signs with %s:\n%s", password, out)
		}
	}
	c.play(t, `
		resident blocked-password
		tries password 0
		take card`)
	c.await(t, false)
	c.play(t, `
		resident blocked-password
		phone book
		see home
		tap start
		tap reset
		tap next
		tap yes
		tap agree
		see lay-card
		lay card
		see pin
		type 1234
		tap enter
		see new-password
		type NEWPASS7
		tap enter
		see again
		type NEWPASS7
		tap enter
		see reset-done
		booking used
		take card
		see goodbye
		wait 30s
		see home
		quiet
		lay card
		tries password 5`)
	c.await(t, true)
	if out, err := c.sign(t, "NEWPASS7"); err != nil {
		t.Fatalf("OpenSC does not sign with the new password: %v\n%s", err, out)
	}
	certificate := []string{"--slot-index", "1", "--login", "--pin", "NEWPASS7", "--read-object", "--type", "cert", "--id", "02", "--output-file", "certificate"}
	if out, err := c.tool(t, "pkcs11-tool", certificate...); err != nil {
		t.Fatalf("read the signature certificate: %v\n%s", err, out)
	}
	key, err := c.tool(t, "openssl", "x509", "-inform", "DER", "-in", "certificate", "-noout", "-pubkey")
	if err != nil {
		t.Fatalf("%v\n%s", err, key)
	}
	if err := os.WriteFile(filepath.Join(c.dir, "key.pem"), []byte(key), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := c.tool(t, "openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "text"); err != nil || !strings.Contains(out, "Verified OK") {
		t.Errorf("openssl says %q (%v)", out, err)
	}
	if out, err := c.sign(t, "ABC123"); err == nil {
		t.Errorf("OpenSC signs with the old password:\n%s", out)
	}
	c.play(t, "resident blocked-password\ntries password 4\ntries pin 3\ntake card\nsee home\ncanary\nquiet")
}
