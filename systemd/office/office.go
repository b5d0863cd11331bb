// Package office holds the configuration of the office's NATS server as it is
// shipped, for whoever starts a server of his own in the same process: the rules
// that a region's server has are then the rules that every test has.
package office

import _ "embed"

//go:embed nats-server.conf
var conf string

// Conf is nats-server.conf. It includes site.conf, kiosks.conf and fleet.conf
// from its own folder.
func Conf() string { return conf }
