package office

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"kioskd/daemon/office/protocol"
	"kioskd/simulator/office/register"
)

// settings are what the office sets for its kiosks, as the present revision.
type settings struct {
	key ed25519.PrivateKey

	mu  sync.Mutex
	now protocol.Settings
}

// newSettings are the office's settings of the first day.
func newSettings(key ed25519.PrivateKey, r *register.Register) *settings {
	s := protocol.Settings{
		Version: protocol.Version,
		Tariff:  make(map[string][]protocol.Price),
		Hours:   make(map[string]protocol.Hours),
		Closed:  []protocol.Closure{{From: "12-29", To: "01-03"}},
		Offers:  []string{"certificate", "reset"},
		Notice:  make(map[string]string),
		// There is one of it, and it says so.
		Topology: protocol.Topology{Servers: 1},
	}
	for _, p := range r.All() {
		m, ok := r.Municipality(p.Municipality)
		if !ok {
			continue
		}
		from, to, _ := strings.Cut(m.Open, "-")
		s.Tariff[m.ID] = []protocol.Price{{Yen: m.Fee}}
		s.Hours[m.ID] = protocol.Hours{From: from, To: to}
	}
	return &settings{key: key, now: s}
}

// fee is what one copy costs in that municipality at that time.
func (s *settings) fee(town string, at time.Time) (yen int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.now.Tariff[town] {
		if p.From.After(at) {
			break
		}
		yen, ok = p.Yen, true
	}
	return yen, ok
}

// Set changes one setting and publishes the next revision: to kiosks at once, or
// when the office is back. The keys are those of the scenario language; an empty
// value of closed, maintenance or a notice takes it away.
func (o *Office) Set(key, value string) error {
	if err := o.settings.set(key, value); err != nil {
		return fmt.Errorf("office: setting %s=%s: %w", key, value, err)
	}
	o.line.Lock()
	defer o.line.Unlock()
	if o.server == nil || !o.server.running() {
		return nil
	}
	return o.publishSettings(o.ctx)
}

func (s *settings) set(key, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.now
	next.Revision++
	name, of, _ := strings.Cut(key, ".")
	var err error
	switch {
	case name == "tariff" && of != "":
		err = setTariff(&next, of, value)
	case name == "hours" && of != "":
		err = setHours(&next, of, value)
	case name == "closed":
		err = setClosed(&next, of, value)
	case key == "out-of-service":
		next.OutOfService, err = strconv.ParseBool(value)
		if err != nil {
			err = fmt.Errorf("want true or false")
		}
	case key == "maintenance":
		next.Maintenance, err = readSpans(value)
	case key == "offers":
		next.Offers = list(value)
	case name == "notice" && of != "":
		next.Notice = maps.Clone(next.Notice)
		next.Notice[of] = value
		if value == "" {
			delete(next.Notice, of)
		}
	case key == "version.minimum":
		next.VersionMinimum, err = strconv.Atoi(value)
		if err != nil {
			err = fmt.Errorf("want a number")
		}
	case key == "region":
		next.Topology.Region = value
	case key == "servers":
		next.Topology.Servers, err = strconv.Atoi(value)
		if err != nil {
			err = fmt.Errorf("want a number")
		}
	case name == "place" && of != "":
		places := map[string]string{of: value}
		maps.Copy(places, next.Topology.Places)
		places[of] = value
		next.Topology.Places = places
	default:
		return fmt.Errorf("want tariff.TOWN, hours.TOWN, hours.TOWN.OFFER, closed, closed.TOWN, closed.TOWN.OFFER, out-of-service, maintenance, offers, notice.LANGUAGE, version.minimum, region, servers or place.KIOSK")
	}
	if err == nil {
		err = next.Check()
	}
	if err != nil {
		return err
	}
	s.now = next
	return nil
}

func setTariff(s *protocol.Settings, town, value string) error {
	old, known := s.Tariff[town]
	if !known {
		return fmt.Errorf("no municipality %q: want one of %s", town, towns(s))
	}
	yen, since, dated := strings.Cut(value, "@")
	p := protocol.Price{}
	var err error
	if p.Yen, err = strconv.Atoi(yen); err != nil {
		return fmt.Errorf("want YEN or YEN@RFC3339")
	}
	prices := []protocol.Price{p}
	if dated {
		if p.From, err = time.Parse(time.RFC3339, since); err != nil {
			return fmt.Errorf("want YEN or YEN@RFC3339")
		}
		prices = slices.DeleteFunc(slices.Clone(old), func(o protocol.Price) bool { return o.From.Equal(p.From) })
		prices = append(prices, p)
		slices.SortFunc(prices, func(a, b protocol.Price) int { return a.From.Compare(b.From) })
	}
	s.Tariff = maps.Clone(s.Tariff)
	s.Tariff[town] = prices
	return nil
}

func setHours(s *protocol.Settings, of, value string) error {
	town, offer, only := strings.Cut(of, ".")
	if _, known := s.Hours[town]; !known {
		return fmt.Errorf("no municipality %q: want one of %s", town, towns(s))
	}
	from, to, ok := strings.Cut(value, "-")
	if !ok {
		return fmt.Errorf("want hours like 06:30-23:00")
	}
	h := protocol.Hours{From: from, To: to}
	if only {
		s.HoursOf = maps.Clone(s.HoursOf)
		if s.HoursOf == nil {
			s.HoursOf = make(map[string]map[string]protocol.Hours)
		}
		offers := maps.Clone(s.HoursOf[town])
		if offers == nil {
			offers = make(map[string]protocol.Hours)
		}
		offers[offer] = h
		s.HoursOf[town] = offers
		return nil
	}
	s.Hours = maps.Clone(s.Hours)
	s.Hours[town] = h
	return nil
}

// setClosed sets the closed days of all, of a municipality, or of one thing in a
// municipality; those of others stay.
func setClosed(s *protocol.Settings, of, value string) error {
	town, offer, _ := strings.Cut(of, ".")
	if _, known := s.Hours[town]; town != "" && !known {
		return fmt.Errorf("no municipality %q: want one of %s", town, towns(s))
	}
	set, err := readClosures(value)
	if err != nil {
		return err
	}
	s.Closed = slices.DeleteFunc(slices.Clone(s.Closed), func(c protocol.Closure) bool {
		return c.Municipality == town && c.Offer == offer
	})
	for _, c := range set {
		c.Municipality, c.Offer = town, offer
		s.Closed = append(s.Closed, c)
	}
	return nil
}

func towns(s *protocol.Settings) string {
	return strings.Join(slices.Sorted(maps.Keys(s.Hours)), ", ")
}

func list(value string) []string {
	if value == "" {
		return nil
	}
	return strings.Split(value, ",")
}

func readClosures(value string) ([]protocol.Closure, error) {
	var all []protocol.Closure
	for _, v := range list(value) {
		from, to, ok := strings.Cut(v, "..")
		if !ok {
			return nil, fmt.Errorf("want days like 12-29..01-03")
		}
		all = append(all, protocol.Closure{From: from, To: to})
	}
	return all, nil
}

func readSpans(value string) ([]protocol.Span, error) {
	var all []protocol.Span
	for _, v := range list(value) {
		from, to, _ := strings.Cut(v, "..")
		f, err := time.Parse(time.RFC3339, from)
		if err != nil {
			return nil, fmt.Errorf("want RFC3339..RFC3339")
		}
		t, err := time.Parse(time.RFC3339, to)
		if err != nil {
			return nil, fmt.Errorf("want RFC3339..RFC3339")
		}
		all = append(all, protocol.Span{From: f, To: t})
	}
	return all, nil
}

// publishSettings signs the present revision and puts it into the bucket.
// o.line is held.
func (o *Office) publishSettings(ctx context.Context) error {
	signed, err := o.signedSettings()
	if err != nil {
		return err
	}
	data, err := protocol.Encode(signed)
	if err != nil {
		return fmt.Errorf("office: settings: %w", err)
	}
	return o.putSettings(ctx, data)
}

// putSettings puts a revision into the bucket, as it is. o.line is held.
func (o *Office) putSettings(ctx context.Context, data []byte) error {
	ctx, cancel := context.WithTimeout(ctx, lineTimeout)
	defer cancel()
	js, err := jetstream.New(o.clerk)
	if err != nil {
		return fmt.Errorf("office: settings: %w", err)
	}
	kv, err := js.KeyValue(ctx, protocol.Bucket)
	if err != nil {
		return fmt.Errorf("office: settings: %w", err)
	}
	if _, err := kv.Put(ctx, protocol.SettingsKey, data); err != nil {
		return fmt.Errorf("office: settings: %w", err)
	}
	return nil
}

func (o *Office) signedSettings() (protocol.SignedSettings, error) {
	o.settings.mu.Lock()
	now := o.settings.now
	o.settings.mu.Unlock()
	signed, err := protocol.SignSettings(o.settings.key, now)
	if err != nil {
		return protocol.SignedSettings{}, fmt.Errorf("office: settings: %w", err)
	}
	return signed, nil
}
