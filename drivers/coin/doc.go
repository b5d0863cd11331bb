// Package coin drives a pulse coin acceptor and coin hoppers.
//
// The acceptor's pulses are money only when a whole train of them adds up to a
// coin, judged on the times the board saw its edges, never on the daemon's: a
// glitch, a pulse of the wrong width, a lost edge or an odd sum is a fault and
// no money, and so is a train that may have begun before anybody listened. The
// hopper pays one coin at a time and says how many it saw leave;
// what nobody saw is an error, not a guess. Neither knows what is owed, and
// neither tries again by itself.
//
// Wiring: the acceptor's open collector to a pulled-up input, kernel debounce at
// most 5 ms; its inhibit line high by a resistor, so that a dead daemon refuses
// coins. A hopper's motor runs while its line is low, high by a resistor; its
// exit barrier pulls the coin input low while a coin passes.
//
// Source: maker's manuals of the DG600F acceptor (25 ms pulses, open line
// refuses), NRI Currenza H2 (30 ms a coin, counted at the end of the pulse) and
// Money Controls TSP157 (a coin may leave after the motor stopped).
package coin
