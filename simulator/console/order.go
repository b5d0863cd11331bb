package console

import (
	"fmt"
	"time"

	"kioskd/daemon/office/protocol"
	"kioskd/simulator/office"
)

// orderFlags are those of kiosksim sign-command.
type orderFlags struct {
	Dir   string    `help:"Folder of the office's keys." type:"path" required:""`
	Kiosk string    `help:"Which kiosk." default:"k001"`
	Clock time.Time `help:"The kiosk's time, where it is not ours (RFC 3339)."`
	Name  string    `arg:"" help:"status, self-test, out-of-service, in-service, restart or send-log."`
}

// Run prints a signed command, good for a minute, to be sent with nats req.
func (f *orderFlags) Run(s *streams) error {
	now := f.Clock
	if now.IsZero() {
		now = time.Now()
	}
	data, err := office.SignFor(f.Dir, f.Kiosk, protocol.CommandName(f.Name), now)
	if err != nil {
		return exitCode(complain(s.err, err))
	}
	_, err = fmt.Fprintf(s.out, "%s\n", data)
	return err
}
