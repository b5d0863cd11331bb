package pcsc

import "testing"

// The names are as pcsc-lite makes them; brackets in them are no pattern.
func TestMatcher(t *testing.T) {
	const (
		picc = "ACS ACR1252 1S CL Reader [ACR1252 Dual Reader PICC] 00 00"
		sam  = "ACS ACR1252 1S CL Reader [ACR1252 Dual Reader SAM] 01 00"
		sony = "SONY FeliCa RC-S300/P (0784512) 00 00"
	)
	for _, tt := range []struct {
		pattern string
		fits    []string
		not     []string
	}{
		{"", []string{picc, sam, sony, ""}, nil},
		{"*", []string{picc, sam, sony}, nil},
		{"picc", []string{picc}, []string{sam, sony}},
		{"[ACR1252 Dual Reader PICC]", []string{picc}, []string{sam, sony}},
		{"*[ACR1252*PICC] ?? ??", []string{picc}, []string{sam, sony}},
		{"sony*", []string{sony}, []string{picc, sam}},
		{"*sony", nil, []string{sony}},
		{"RC-S300/P (0784512)", []string{sony}, []string{picc}},
		{"RC.S300", nil, []string{sony}},
	} {
		matches := matcher(tt.pattern)
		for _, n := range tt.fits {
			if !matches(n) {
				t.Errorf("%q does not fit %q", n, tt.pattern)
			}
		}
		for _, n := range tt.not {
			if matches(n) {
				t.Errorf("%q fits %q", n, tt.pattern)
			}
		}
	}
}
