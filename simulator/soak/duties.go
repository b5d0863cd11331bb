package soak

import (
	"context"
	"slices"
	"time"

	"periph.io/x/conn/v3/gpio"

	"kioskd/flows"
)

// firstCount books what lies in the hoppers of a new journal.
func (l *life) firstCount() error {
	if !l.journal.New() {
		return nil
	}
	for _, yen := range hopperCoins {
		if err := l.count(yen); err != nil {
			return err
		}
	}
	return nil
}

// count books a hopper's coins, as a technician counts them.
func (l *life) count(yen int) error {
	at, _ := l.p.Clock().Now()
	return l.tape.Write(flows.Event{Kind: flows.CashCount, At: at, Yen: yen, Count: l.w.machine.hoppers.Level(yen)})
}

// broken is the daemon's, as far as it can be here.
func (l *life) broken() string {
	if device := l.w.broken(); device != "" {
		return device
	}
	if l.tape != nil && l.tape.Ledger().TakenOut() {
		return "technician"
	}
	if slices.Contains(l.monitor.Broken(), "journal") {
		return "journal"
	}
	return ""
}

// withheld is the daemon's: no errand that costs money where coins are not counted.
func (l *life) withheld(errand string) string {
	counted := func(part string) bool { return part == "acceptor" || part == "door" }
	if errand == flows.ErrandCertificate && slices.ContainsFunc(l.monitor.Broken(), counted) {
		return "maintenance"
	}
	return ""
}

func (l *life) unsent() uint64 {
	if l.journal == nil {
		return 0
	}
	return l.journal.Unsent()
}

// mendDisk is the daemon's: when the disk is well again the process starts anew,
// for only that can tell what the disk has of a commit that failed.
func (l *life) mendDisk(ctx context.Context) error {
	const diskRetry = time.Second
	tick := time.NewTicker(diskRetry)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if l.service.Failed() != "" && l.w.diskError() == nil && l.journal.Probe() == nil {
			l.w.cut(true)
			return nil
		}
	}
}

// watchDoor is the daemon's.
func (l *life) watchDoor(ctx context.Context) error {
	for open := gpio.High; ; open = !open {
		if err := l.door.Wait(ctx, open); err != nil {
			if ctx.Err() != nil || l.p.dead() {
				return nil
			}
			return err
		}
		time.Sleep(apart) // whoever leaves the page by the same door books it first
		at, _ := l.p.Clock().Now()
		e := flows.Event{Kind: flows.DeviceFault, At: at, Device: "door", Reason: "shut"}
		if open {
			e.Reason, e.Action = "open", "maintenance"
		}
		if err := l.tape.Write(e); err != nil {
			l.log.Error("door not booked", "err", err)
		}
	}
}
