// Package fleet runs many kiosks' lines to the office in one process: the real
// client on one side, the simulated office on the other, nothing faked between.
//
// It is one of the two places that may know both sides. What it holds today are
// the tests that the two agree.
package fleet
