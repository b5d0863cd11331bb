//go:build cgo

package pcsc

import "testing"

// What pcscd no longer lists has gone, though no call says so: the next look is at
// what is left. The tests' own pcscd lists its readers for good; a real one is played
// with in the virtual machine.
func TestReaderOffTheList(t *testing.T) {
	v := view{slots: []slot{{name: "counter 00"}, {name: "counter 01"}}, change: 4}
	v.keep([]string{"counter 00", "counter 01", "technician"})
	if len(v.slots) != 2 || v.change != 4 || v.known([]string{"counter 00"}) {
		t.Errorf("all are listed: %+v", v)
	}
	v.keep([]string{"counter 01"})
	if !v.known([]string{"counter 01"}) || !v.here() || v.change != 5 {
		t.Errorf("one has gone: %+v", v)
	}
	v.keep(nil)
	if !v.known(nil) || v.here() || v.change != 6 {
		t.Errorf("both have gone: %+v", v)
	}
}
