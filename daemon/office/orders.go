package office

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"

	"kioskd/daemon/office/protocol"
)

// orders is what a kiosk remembers of its commands, in a file beside the
// settings: a replay after a restart is a replay, and what was put out of
// service stays so.
type orders struct {
	file string

	mu      sync.Mutex
	kept    keptOrders
	refused protocol.Refused
	last    [sha256.Size]byte // of the settings that were refused last
}

type keptOrders struct {
	Number       uint64 `json:"number"` // of the last command
	OutOfService bool   `json:"out_of_service"`
}

func newOrders(file string, log *slog.Logger) *orders {
	o := &orders{file: file}
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return o
	}
	if err == nil {
		err = json.Unmarshal(data, &o.kept)
	}
	if err != nil {
		// Commands expire; an old one that comes again within minutes does no more
		// than what the office wanted then.
		log.Error("office: kept commands are no good", "file", file, "err", err)
	}
	return o
}

func (o *orders) now() keptOrders {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.kept
}

// seen keeps a command's number, once, and whether the kiosk is out of service
// from now on; nil leaves that as it is.
func (o *orders) seen(number uint64, out *bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if number <= o.kept.Number {
		return protocol.CommandNumber
	}
	next := keptOrders{Number: number, OutOfService: o.kept.OutOfService}
	if out != nil {
		next.OutOfService = *out
	}
	o.kept.Number = number // whatever the disk says, it does not count twice
	data, err := json.Marshal(next)
	if err == nil {
		err = keepFile(o.file, data)
	}
	if err != nil {
		return fmt.Errorf("office: keep the command: %w", err)
	}
	o.kept = next
	return nil
}

func (o *orders) refuse(code protocol.CommandCode) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.refused.Commands++
	o.refused.CommandsCode = code
}

// refuseSettings counts a revision once, however often it is read.
func (o *orders) refuseSettings(data []byte, why error) (first bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	sum := sha256.Sum256(data)
	if sum == o.last {
		return false
	}
	o.last = sum
	o.refused.Settings++
	o.refused.SettingsWhy = clip(why.Error())
	return true
}

// whyMost bounds what is told of a revision's fault, in bytes.
const whyMost = 200

func clip(s string) string {
	if len(s) > whyMost {
		return s[:whyMost]
	}
	return s
}
