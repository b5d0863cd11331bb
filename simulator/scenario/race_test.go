//go:build race

package scenario_test

// A race in the kiosk shows where it is played: kioskd is built as this test is.
func buildFlags() []string { return []string{"-race"} }
