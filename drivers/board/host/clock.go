package host

import (
	"time"

	"golang.org/x/sys/unix"
	"kioskd/drivers/board"
)

// clock is the machine's.
type clock struct{ built time.Time }

// Now is the wall clock. It is trusted when the kernel knows it synchronised,
// and it is not before the build.
func (c *clock) Now() (t time.Time, trusted bool) {
	now := time.Now()
	return now, synchronised() && now.After(c.built)
}

// synchronised asks the kernel. NTP daemons clear its mark of doubt.
func synchronised() bool {
	var x unix.Timex
	if _, err := unix.Adjtimex(&x); err != nil {
		return false
	}
	return x.Status&unix.STA_UNSYNC == 0
}

// Uptime is the clock of the kernel's edges, CLOCK_MONOTONIC.
func (c *clock) Uptime() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return 0 // Linux has this clock
	}
	return time.Duration(ts.Nano())
}

// AfterFunc calls f on a goroutine of its own.
func (c *clock) AfterFunc(d time.Duration, f func()) board.Timer { return time.AfterFunc(d, f) }
