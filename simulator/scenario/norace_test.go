//go:build !race

package scenario_test

func buildFlags() []string { return nil }
