package scenario

import (
	"testing"

	"kioskd/daemon/office/protocol"
)

// TestCommand: a line holds when the kiosk did as it was told, and not when it
// says that it did without anything to show.
func TestCommand(t *testing.T) {
	says := func(a protocol.CommandAnswer, err error) *fakeFloor {
		f := visitFloor()
		f.answer = func(string) (protocol.CommandAnswer, error) { return a, err }
		return f
	}
	told := protocol.CommandAnswer{Health: &protocol.Health{}, Log: []string{"a line"}}
	holds(t, says(told, nil), "see home\noffice command status\noffice command self-test\noffice command send-log\noffice command in-service\n")
	for _, name := range []string{"status", "self-test", "send-log"} {
		fails(t, says(protocol.CommandAnswer{}, nil), "office command "+name, 1, name)
	}
	holds(t, says(told, protocol.CommandBusy), "office command restart\n")
	fails(t, says(told, protocol.CommandExpired), "office command restart", 1, "expired")
	holds(t, says(told, protocol.CommandNumber), "office command replay\n")
	fails(t, says(told, protocol.CommandExpired), "office command replay", 1, "expired")
	fails(t, says(told, nil), "office command replay", 1, "carried out")
}
