package daemon

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"periph.io/x/conn/v3/gpio"

	"kioskd/daemon/config"
	"kioskd/drivers/board"
	"kioskd/drivers/board/host"
	"kioskd/drivers/board/link"
	"kioskd/drivers/coin"
)

// openBoard takes this machine's buses, or those at the other end of a socket. A
// kiosk of a real office has its own buses and no others: whoever holds the other
// end of a socket holds the panel, the keypad and the card.
func openBoard(ctx context.Context, cfg config.Config) (board.Board, error) {
	if cfg.Board != "host" {
		simulated, err := simulatedOffice(cfg.Office.Authority)
		if err != nil {
			return nil, err
		}
		if !simulated {
			return nil, &config.Error{What: fmt.Sprintf(
				"config: board = %q: with a real office's authority there is only board = \"host\"", cfg.Board)}
		}
	}
	if cfg.Board == "host" {
		return openHost(cfg, nil)
	}
	linked, err := dialBoard(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return newMixed(linked, func() (board.Board, error) { return openHost(cfg, linked.Clock().Uptime) }), nil
}

// openHost takes this machine's; uptime is the time of its edges where another
// board's clock judges them.
func openHost(cfg config.Config, uptime func() time.Duration) (board.Board, error) {
	debounce := map[string]time.Duration{cfg.Wiring.CoinPulse: coin.Debounce}
	for name, d := range cfg.Host.Debounce {
		debounce[name] = time.Duration(d)
	}
	return host.Open(host.Options{Names: cfg.Host.Names, Debounce: debounce, Uptime: uptime})
}

func dialBoard(ctx context.Context, cfg config.Config) (*link.Board, error) {
	if !strings.HasPrefix(cfg.Board, "tcp:") {
		return link.Dial(ctx, cfg.Board)
	}
	trust, err := linkTrust(cfg.Link)
	if err != nil {
		return nil, err
	}
	return link.DialTLS(ctx, cfg.Board, trust)
}

// simulatedName is how the authority of a simulated office calls itself.
const simulatedName = "simulated office"

// simulatedOffice says whether the pinned authority, a PEM file, is a simulated
// office's and nobody else's.
func simulatedOffice(file string) (bool, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return false, &config.Error{What: fmt.Sprintf("config: office.authority: %v", err)}
	}
	found := false
	for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return false, &config.Error{What: fmt.Sprintf("config: office.authority: %s: %v", file, err)}
		}
		if certificate.Subject.CommonName != simulatedName {
			return false, nil
		}
		found = true
	}
	return found, nil
}

// linkTrust is the mutual TLS of a board on the network.
func linkTrust(l config.Link) (*tls.Config, error) {
	own, err := tls.LoadX509KeyPair(l.Certificate, l.Key)
	if err != nil {
		return nil, fmt.Errorf("link: our certificate: %w", err)
	}
	authority, err := os.ReadFile(l.Authority)
	if err != nil {
		return nil, fmt.Errorf("link: authority: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		return nil, fmt.Errorf("link: authority: %s holds no certificate", l.Authority)
	}
	return &tls.Config{Certificates: []tls.Certificate{own}, RootCAs: roots, MinVersion: tls.VersionTLS13}, nil
}

var errPowerFails = errors.New("the power fails")

// watchPower returns as soon as the supply fails, and tells fails.
func (k *kiosk) watchPower(ctx context.Context, fails chan<- struct{}) error {
	if k.devices.power == nil {
		return nil
	}
	if err := waitTurning(ctx, k.devices.power, gpio.High); err != nil {
		return fmt.Errorf("daemon: power-fail line: %w", err)
	}
	close(fails)
	return nil
}

// powerFails gives the board back when the supply fails: outputs fall to their
// resistors' levels, so that coins are refused and motors stand, and nothing is
// begun that the capacitors could not end. What is under way is unknown, as after
// any power cut; the journal is synced at every step.
func (k *kiosk) powerFails(ctx context.Context, fails <-chan struct{}) error {
	select {
	case <-ctx.Done():
		return nil
	case <-fails:
	}
	k.log.Error("the power fails; ending", "since", k.devices.power.Since())
	k.clock.Stop(errPowerFails)
	return errors.Join(errPowerFails, k.board.Close())
}
