package host

import (
	"os"
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

// timesyncMark is what systemd-timesyncd leaves when it has set the clock
// (systemd-timesyncd.service(8)).
const timesyncMark = "/run/systemd/timesync/synchronized"

// synchronised asks the kernel, whose mark of doubt NTP daemons clear. A service
// with ProtectClock= may not ask (adjtimex is of @clock, though it only reads);
// then timesyncd's mark says it.
func synchronised() bool {
	var x unix.Timex
	if _, err := unix.Adjtimex(&x); err != nil {
		_, err = os.Stat(timesyncMark)
		return err == nil
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
