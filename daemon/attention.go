package daemon

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"kioskd/daemon/config"
	"kioskd/drivers/lamp"
	"kioskd/flows"
)

// Attention lights the attention lamp of a kiosk that has given up, until ctx
// ends or the board is gone.
func Attention(ctx context.Context, cfg config.Config) (err error) {
	b, err := openBoard(ctx, cfg)
	if err != nil {
		return fmt.Errorf("daemon: %w", err)
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	pin, err := b.Output(fmt.Sprintf(cfg.Wiring.Lamp, strings.ToUpper(flows.LampAttention)))
	if err != nil {
		return fmt.Errorf("daemon: attention lamp: %w", err)
	}
	l, err := lamp.New(pin, lamp.Opts{})
	if err == nil {
		err = l.On()
	}
	if err != nil {
		return fmt.Errorf("daemon: attention lamp: %w", err)
	}
	select {
	case <-ctx.Done():
		return l.Close()
	case <-b.Lost():
		return fmt.Errorf("daemon: the board is gone: %w", b.Err())
	}
}
