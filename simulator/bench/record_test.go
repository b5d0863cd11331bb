package bench

import (
	"fmt"
	"testing"
	"time"

	"kioskd/simulator/board"
)

func texts(lines []line) []string {
	var all []string
	for _, l := range lines {
		all = append(all, fmt.Sprintf("%s %s ×%d", l.Device, l.Text, l.Times))
	}
	return all
}

func feed(k *fakeKiosk, entries ...board.TraceEntry) {
	k.entries = append(k.entries, entries...)
	k.ever += len(entries)
}

func entry(at time.Duration, device string, d board.Direction, b ...byte) board.TraceEntry {
	return board.TraceEntry{At: at, Device: device, Direction: d, Bytes: b, Len: len(b)}
}

func same(t *testing.T, got []line, want ...string) {
	t.Helper()
	if fmt.Sprint(texts(got)) != fmt.Sprint(want) {
		t.Errorf("lines\n%q\nwant\n%q", texts(got), want)
	}
}

// A question and its answer are one line, and the same again is no news until
// something else is said.
func TestRecordRepeats(t *testing.T) {
	var r record
	k := &fakeKiosk{}
	for i := range 5 {
		at := time.Duration(i) * 10 * time.Millisecond
		feed(k, entry(at, "I2C1", board.ToDevice, 0x81, 0x4e), entry(at, "I2C1", board.FromDevice, 0))
	}
	first := r.take(k)
	same(t, r.since(0), "I2C1 81 4e  =  00 ×5")
	feed(k, entry(time.Second, "I2C1", board.ToDevice, 0x81, 0x4e), entry(time.Second, "I2C1", board.FromDevice, 0))
	if again := r.take(k); again != first {
		t.Errorf("a repetition is news: %v after %v", again, first)
	}
	feed(k, entry(2*time.Second, "I2C1", board.ToDevice, 0x81, 0x4e), entry(2*time.Second, "I2C1", board.FromDevice, 0x81))
	r.take(k)
	same(t, r.since(first.Number), "I2C1 81 4e  =  00 ×6", "I2C1 81 4e  =  81 ×1")
}

// Pixels are told in bursts, and push out nothing of what the card said.
func TestRecordPixels(t *testing.T) {
	var r record
	k := &fakeKiosk{}
	feed(k, board.TraceEntry{Device: "reader", Direction: board.ToDevice, Text: "VERIFY 00 20 00 80 [masked] = 90 00"})
	for i := range 10 * linesPerDevice {
		feed(k, board.TraceEntry{At: time.Duration(i) * time.Millisecond, Device: "SPI0.0", Direction: board.ToDevice, Len: 4096})
	}
	r.take(k)
	same(t, r.since(0),
		"reader VERIFY 00 20 00 80 [masked] = 90 00 ×1",
		fmt.Sprintf("SPI0.0 %d bytes in %d ms ×%d", 4096*10*linesPerDevice, 10*linesPerDevice-1, 10*linesPerDevice))
}

func TestRecordBounds(t *testing.T) {
	var r record
	k := &fakeKiosk{}
	for i := range linesPerDevice + 50 {
		feed(k, entry(time.Duration(i)*time.Second, "BUZZER", board.ToDevice, byte(i), byte(i>>8)))
	}
	r.take(k)
	lines := r.since(0)
	if len(lines) != linesPerDevice {
		t.Errorf("%d lines kept, want %d", len(lines), linesPerDevice)
	}
	if lines[0].Text != "32 00" {
		t.Errorf("the oldest line kept is %q, want the newest lines", lines[0].Text)
	}
	if long := said(board.TraceEntry{Bytes: make([]byte, 256), Len: 3000}); long[len(long)-len("… 3000 bytes"):] != "… 3000 bytes" {
		t.Errorf("a long transfer reads %q", long)
	}
}
