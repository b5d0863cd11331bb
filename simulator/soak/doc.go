// Package soak runs the whole kiosk in one process: daemon.Run on one side, a
// shop's board, chips and office on the other, nothing faked between.
//
// With both sides in one process, a test may look for what only the process
// knows: a goroutine that outlives the daemon, a data race across the plug, and
// what the journal's file says once nobody holds it. What it must not become is
// a second way to test what a customer sees: that is for scenarios, which play
// on the production binary.
package soak
