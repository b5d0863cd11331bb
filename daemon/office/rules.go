package office

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/nats-io/nats.go"

	"kioskd/daemon/office/protocol"
	"kioskd/flows"
)

// maxRules is the size of signed settings as JSON, in bytes.
const maxRules = protocol.MaxMessage

// rules keeps the last good settings, in memory and in a file.
type rules struct {
	file   string
	pinned []ed25519.PublicKey
	log    *slog.Logger

	mu      sync.Mutex
	current flows.Rules
	body    []byte // that it came in; nil: there never was any
}

func newRules(file string, pinned []ed25519.PublicKey, log *slog.Logger) *rules {
	r := &rules{file: file, pinned: pinned, log: log}
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return r
	}
	if err == nil {
		r.current, r.body, err = r.read(data)
	}
	if err != nil {
		// The office will send them again; until then there are none.
		log.Error("office: kept settings are no good", "file", file, "err", err)
	}
	return r
}

func (r *rules) now() flows.Rules {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.current
}

func (r *rules) read(data []byte) (rules flows.Rules, body []byte, err error) {
	signed, err := protocol.Decode[protocol.SignedSettings](data, maxRules)
	if err != nil {
		return rules, nil, err
	}
	s, err := signed.Verify(r.pinned)
	if err != nil {
		return rules, nil, err
	}
	rules, err = rulesOf(s)
	return rules, signed.Body, err
}

var (
	errOld  = errors.New("office: settings: an older revision")
	errTwin = errors.New("office: settings: other content under the number that is in force")
)

// take makes a newer revision the current one and keeps it. changed is false
// for the revision that is in force already.
func (r *rules) take(data []byte) (now flows.Rules, changed bool, err error) {
	next, body, err := r.read(data)
	if err != nil {
		return next, false, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case next.Revision == r.current.Revision && !bytes.Equal(body, r.body):
		return r.current, false, fmt.Errorf("%w: %d", errTwin, next.Revision)
	case next.Revision == r.current.Revision:
		return r.current, false, nil
	case next.Revision < r.current.Revision:
		return r.current, false, fmt.Errorf("%w: %d, have %d", errOld, next.Revision, r.current.Revision)
	}
	r.current, r.body = next, body
	if err := keepFile(r.file, data); err != nil {
		// In force all the same; only a restart without the office would miss them.
		r.log.Error("office: keep the settings", "err", err)
	}
	return next, true, nil
}

// keepFile replaces a file so that a power cut leaves the old or the new one.
func keepFile(file string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(file), ".settings-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	dir, err := os.Open(filepath.Dir(file))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func rulesOf(s protocol.Settings) (flows.Rules, error) {
	r := flows.Rules{
		Revision: s.Revision, Offers: s.Offers, Notice: s.Notice,
		VersionMinimum: s.VersionMinimum, OutOfService: s.OutOfService, Topology: flows.Topology(s.Topology),
		Hours:   make(map[string]flows.Hours, len(s.Hours)),
		HoursOf: make(map[string]map[string]flows.Hours, len(s.HoursOf)),
		Tariff:  make(map[string][]flows.Price, len(s.Tariff)),
	}
	for town, prices := range s.Tariff {
		for _, p := range prices {
			r.Tariff[town] = append(r.Tariff[town], flows.Price{Yen: p.Yen, From: p.From})
		}
	}
	for town, offers := range s.HoursOf {
		r.HoursOf[town] = make(map[string]flows.Hours, len(offers))
		for offer, h := range offers {
			from, to, err := h.Span()
			if err != nil {
				return flows.Rules{}, err
			}
			r.HoursOf[town][offer] = flows.Hours{From: from, To: to}
		}
	}
	for town, h := range s.Hours {
		from, to, err := h.Span()
		if err != nil {
			return flows.Rules{}, err
		}
		r.Hours[town] = flows.Hours{From: from, To: to}
	}
	for _, c := range s.Closed {
		from, to, err := c.Days()
		if err != nil {
			return flows.Rules{}, err
		}
		r.Closed = append(r.Closed, flows.Closure{
			From: flows.MonthDay{Month: from.Month(), Day: from.Day()},
			To:   flows.MonthDay{Month: to.Month(), Day: to.Day()},

			Municipality: c.Municipality, Errand: c.Offer,
		})
	}
	for _, m := range s.Maintenance {
		r.Maintenance = append(r.Maintenance, flows.Span{From: m.From, To: m.To})
	}
	return r, nil
}

// fetchRules asks for the settings that are in force at the office.
func (c *Client) fetchRules(ctx context.Context, nc *nats.Conn) {
	m, err := directGet(ctx, nc, protocol.SettingsDirectGet())
	if err != nil {
		c.log.Warn("office: fetch the settings", "err", err)
		return
	}
	if m != nil {
		c.takeRules(m.Data)
	}
}

func (c *Client) takeRules(data []byte) {
	now, changed, err := c.rules.take(data)
	if err != nil {
		if !c.orders.refuseSettings(data, err) {
			return // it was refused before
		}
		c.log.Error("office: settings refused, the last good ones stay", "revision", now.Revision, "err", err)
		return
	}
	if !changed {
		return
	}
	c.log.Info("office: settings", "revision", now.Revision)
	c.mu.Lock()
	f := c.onRules
	c.mu.Unlock()
	if f != nil {
		f(now)
	}
}

// directGet reads the last message of a subject; nil when there is none.
func directGet(ctx context.Context, nc *nats.Conn, subject string) (*nats.Msg, error) {
	once, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	m, err := nc.RequestWithContext(once, subject, nil)
	if err != nil {
		return nil, fmt.Errorf("office: direct get: %w", err)
	}
	switch status := m.Header.Get("Status"); status {
	case "":
		return m, nil
	case "404":
		return nil, nil
	default:
		return nil, fmt.Errorf("office: direct get: status %s %s", status, m.Header.Get("Description"))
	}
}
