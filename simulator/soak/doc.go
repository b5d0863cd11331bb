// Package soak runs the whole kiosk in one process under virtual time, everything
// drawn from one seed: customers by the thousand who cancel, mistype, tap twice and
// walk away, a technician who counts coins, faults at every point, power cuts
// before and after every kind of commit. After every step the ten invariants are
// looked at from outside: coins and sheets that really moved, the cards' own
// counters, the office's records, bytes and files, each against what the journal
// says.
//
// On the kiosk's side are flows, attendant, journal on a real file, the office's
// client and the drivers; on the other a shop's chips in memory and the office's
// own logic. The world acts only when all is blocked, one act at a time, and what
// runs in the kiosk by itself never falls due at one instant (see boardClock and
// apart): so the same seed gives the same trace on any scheduler, and two traces
// of one seed are a finding. A crash cuts link and journal first, so that no defer
// does what a real crash would not have done.
//
// What may go wrong is drawn from the scenario language's own lists of faults and
// lies, so that none can be forgotten. Left out, and why:
//   - panel and touch chips with their pixels: a picture takes longer than all the
//     rest of a visit. The screen is one without pixels; dead chips and touches
//     that nobody makes come to it as the daemon would tell of them.
//   - the board's link, NATS, pcscd and daemon.Run's own wiring: sockets are not of
//     virtual time. The wiring is written down a second time in life.go and
//     duties.go. Scenarios and package shop play on the real one.
//   - kioskd check on the maintenance page, which opens devices by a configuration.
//   - the kernel's own errors of a full or read-only disk: they come from the tape
//     between counter and journal. What the journal makes of a real one, its own
//     tests show.
//   - a second kiosk on the same office: one customer at a time. Package fleet has
//     many.
//
// In bulk, sheets are a few dots and the journal lies in memory; one customer in a
// thousand gets real sheets and a disk that syncs.
//
// The tests of this folder that are not of the simulation look at what only one
// process can see: a goroutine that outlives the daemon, a reset cut at every
// exchange with the card.
package soak
