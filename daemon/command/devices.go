package command

import (
	"context"
	"io"
	"net"

	"github.com/warthog618/go-gpiocdev"

	"kioskd/daemon/config"
	"kioskd/daemon/sandbox"
)

// devices prints the drop-in that the configuration wants, whole or not at all.
func devices(ctx context.Context, cfg config.Config, stdout io.Writer) error {
	text, err := sandbox.DropIn(ctx, cfg, func(line string) (string, bool) {
		chip, _, err := gpiocdev.FindLine(line)
		return chip, err == nil
	}, net.DefaultResolver)
	if err != nil {
		return err
	}
	_, err = io.WriteString(stdout, text)
	return err
}
