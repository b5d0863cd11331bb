package flows

import "time"

// After how many wrong codes the technician's page has to be waited for, and how
// long: each wrong one more doubles it.
const (
	codesFree    = 3
	codePause    = 30 * time.Second
	codePauseMax = 15 * time.Minute
)

// upkeep is what the journal's events say about the technician's doings.
type upkeep struct {
	wrongCodes int // since the last right one
	wrongAt    time.Time
	takenOut   bool
	coinFaults int // trains that were no coin, since the technician left last
}

func (u *upkeep) apply(e Event) {
	switch {
	case e.Device == DeviceCoins:
		u.coinFaults++
	case e.Device == DeviceService:
		u.takenOut = e.Reason == ReasonTakenOut
	case e.Device != DeviceMaintenance:
	case e.Reason == ReasonWrongCode:
		u.wrongCodes++
		u.wrongAt = e.At
	case e.Reason == ReasonCodeAccepted:
		u.wrongCodes = 0
	case e.Reason == ReasonLeft:
		u.coinFaults = 0
	}
}

// pause is how long no code is taken any more. A clock that went back does not
// make it longer than it was.
func (u *upkeep) pause(now time.Time) time.Duration {
	if u.wrongCodes < codesFree {
		return 0
	}
	whole := codePauseMax
	if doublings := u.wrongCodes - codesFree; doublings < 8 {
		whole = min(codePause<<doublings, codePauseMax)
	}
	return max(0, whole-max(0, now.Sub(u.wrongAt)))
}

// CodePause is how long no code is taken: it outlives a restart, so that pulling
// the plug does not shorten it.
func (l *Ledger) CodePause(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.upkeep.pause(now)
}

// TakenOut says whether the technician has taken the kiosk out of service.
func (l *Ledger) TakenOut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.upkeep.takenOut
}

// CoinFaults is how many trains were no coin since the technician left last.
func (l *Ledger) CoinFaults() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.upkeep.coinFaults
}
