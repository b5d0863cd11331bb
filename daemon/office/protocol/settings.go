package protocol

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"
)

// Limits of the settings.
const (
	MaxSettings    = 256 << 10 // bytes
	maxTowns       = 2000      // there are 1,741 municipalities
	maxPrices      = 16
	maxClosures    = 64
	maxMaintenance = 64
	maxOffers      = 8
	maxNotices     = 8
	maxPlaces      = 8000 // kiosks; MaxSettings would not hold many more
	maxServers     = 1000
)

// Settings are what the office sets for its kiosks. Revisions are numbered and
// only ever grow: an old one that comes again is refused.
type Settings struct {
	Version  int                `json:"version"`
	Revision uint64             `json:"revision"`
	Tariff   map[string][]Price `json:"tariff"` // by municipality
	Hours    map[string]Hours   `json:"hours"`  // by municipality
	// HoursOf are hours of one thing alone, in place of those above: by
	// municipality and offer.
	HoursOf        map[string]map[string]Hours `json:"hours_of,omitempty"`
	Closed         []Closure                   `json:"closed"`
	Maintenance    []Span                      `json:"maintenance"`
	Offers         []string                    `json:"offers"` // certificate, reset
	Notice         map[string]string           `json:"notice"` // by language
	VersionMinimum int                         `json:"version_minimum"`
	OutOfService   bool                        `json:"out_of_service"`
	Topology       Topology                    `json:"topology"`
}

// Topology is how the office is built and where its kiosks stand, so that a
// kiosk that was set up for something else finds out (incident D7). What is zero
// or not named the office does not say.
type Topology struct {
	Region  string            `json:"region"`  // the office's name for itself
	Servers int               `json:"servers"` // that answer a kiosk's requests
	Places  map[string]string `json:"places"`  // a kiosk's municipality
}

func (t Topology) check() error {
	if t.Region != "" {
		if err := checkID("region", t.Region); err != nil {
			return err
		}
	}
	if t.Servers < 0 || t.Servers > maxServers {
		return fmt.Errorf("%d servers: want 0 to %d", t.Servers, maxServers)
	}
	if len(t.Places) > maxPlaces {
		return fmt.Errorf("%d kiosks: at most %d", len(t.Places), maxPlaces)
	}
	for kiosk, town := range t.Places {
		if err := errors.Join(CheckKiosk(kiosk), checkID("municipality", town)); err != nil {
			return err
		}
	}
	return nil
}

// Price is the fee of one copy from an instant on.
type Price struct {
	Yen  int       `json:"yen"`
	From time.Time `json:"from"` // zero: from the beginning
}

// Hours are opening hours in Asia/Tokyo, "06:30" to "23:00"; "24:00" is the end
// of the day.
type Hours struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Closure is a span of days of every year, both included: "12-29" to "01-03".
type Closure struct {
	From string `json:"from"`
	To   string `json:"to"`
	// Municipality and Offer are whose and of what; "" is all.
	Municipality string `json:"municipality,omitempty"`
	Offer        string `json:"offer,omitempty"`
}

// Span is a stretch of time; To is not part of it.
type Span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// SignedSettings are settings as they travel and as a kiosk keeps them.
type SignedSettings struct {
	Body      []byte `json:"body"`      // Settings as JSON
	Signature []byte `json:"signature"` // ed25519, by the settings key
}

// OffersKnown are what a store can offer.
var offersKnown = map[string]bool{"certificate": true, "reset": true}

var languages = map[string]bool{"ja": true, "en": true, "zh": true, "ko": true, "pt": true, "vi": true}

// Check refuses what breaks a limit or makes no sense.
func (s Settings) Check() error {
	if err := checkVersion(s.Version, Version); err != nil {
		return err
	}
	if s.Revision == 0 {
		return errors.New("revision 0: revisions count from 1")
	}
	if len(s.Tariff) > maxTowns || len(s.Hours) > maxTowns {
		return fmt.Errorf("more than %d municipalities", maxTowns)
	}
	for town, prices := range s.Tariff {
		if err := checkPrices(town, prices); err != nil {
			return err
		}
	}
	for town, h := range s.Hours {
		if err := checkID("municipality", town); err != nil {
			return err
		}
		if _, _, err := h.Span(); err != nil {
			return fmt.Errorf("hours of %s: %w", town, err)
		}
	}
	if err := s.checkHoursOf(); err != nil {
		return err
	}
	if len(s.Closed) > maxClosures || len(s.Maintenance) > maxMaintenance {
		return errors.New("too many closures")
	}
	for _, c := range s.Closed {
		if _, _, err := c.Days(); err != nil {
			return fmt.Errorf("closed: %w", err)
		}
		if c.Municipality != "" {
			if err := checkID("municipality", c.Municipality); err != nil {
				return fmt.Errorf("closed: %w", err)
			}
		}
		if c.Offer != "" && !offersKnown[c.Offer] {
			return fmt.Errorf("closed: offer %q: want certificate or reset", clip(c.Offer))
		}
	}
	for _, m := range s.Maintenance {
		if m.From.IsZero() || !m.From.Before(m.To) {
			return fmt.Errorf("maintenance from %v to %v: want an end after the beginning", m.From, m.To)
		}
	}
	if err := s.Topology.check(); err != nil {
		return fmt.Errorf("topology: %w", err)
	}
	return s.checkProfile()
}

func (s Settings) checkHoursOf() error {
	if len(s.HoursOf) > maxTowns {
		return fmt.Errorf("more than %d municipalities", maxTowns)
	}
	for town, offers := range s.HoursOf {
		if err := checkID("municipality", town); err != nil {
			return err
		}
		for offer, h := range offers {
			if !offersKnown[offer] {
				return fmt.Errorf("hours of %s: offer %q: want certificate or reset", town, clip(offer))
			}
			if _, _, err := h.Span(); err != nil {
				return fmt.Errorf("hours of %s in %s: %w", offer, town, err)
			}
		}
	}
	return nil
}

func (s Settings) checkProfile() error {
	if len(s.Offers) > maxOffers {
		return errors.New("too many offers")
	}
	for _, o := range s.Offers {
		if !offersKnown[o] {
			return fmt.Errorf("offer %q: want certificate or reset", clip(o))
		}
	}
	if err := checkNames("offer", s.Offers, maxOffers); err != nil {
		return err
	}
	if len(s.Notice) > maxNotices {
		return errors.New("too many notices")
	}
	for lang, text := range s.Notice {
		if !languages[lang] {
			return fmt.Errorf("notice in %q: want ja, en, zh, ko, pt or vi", clip(lang))
		}
		if err := checkTexts("notice", text); err != nil {
			return err
		}
	}
	if s.VersionMinimum < 0 {
		return fmt.Errorf("minimum version %d: want 0 or more", s.VersionMinimum)
	}
	return nil
}

func checkPrices(town string, prices []Price) error {
	if err := checkID("municipality", town); err != nil {
		return err
	}
	if len(prices) == 0 || len(prices) > maxPrices {
		return fmt.Errorf("tariff of %s: %d prices: want 1 to %d", town, len(prices), maxPrices)
	}
	for i, p := range prices {
		if p.Yen < 0 || p.Yen > MaxFee || p.Yen%10 != 0 {
			return fmt.Errorf("tariff of %s: %d yen: want 0 to %d in tens", town, p.Yen, MaxFee)
		}
		if i > 0 && !prices[i-1].From.Before(p.From) {
			return fmt.Errorf("tariff of %s: prices are not in the order of their dates", town)
		}
	}
	return nil
}

// Span reads the hours as times since midnight.
func (h Hours) Span() (from, to time.Duration, err error) {
	if from, err = clockTime(h.From); err != nil {
		return 0, 0, err
	}
	if to, err = clockTime(h.To); err != nil {
		return 0, 0, err
	}
	if from >= to {
		return 0, 0, fmt.Errorf("%s-%s: want an end after the beginning", h.From, h.To)
	}
	return from, to, nil
}

func clockTime(s string) (time.Duration, error) {
	if s == "24:00" {
		return 24 * time.Hour, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != len("15:04") {
		return 0, fmt.Errorf("%q: want a time like 06:30", clip(s))
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, nil
}

// Days reads the days of a closure, in a leap year so that 02-29 is a day.
func (c Closure) Days() (from, to time.Time, err error) {
	if from, err = yearDay(c.From); err != nil {
		return from, to, err
	}
	to, err = yearDay(c.To)
	return from, to, err
}

func yearDay(s string) (time.Time, error) {
	t, err := time.Parse("2006-01-02", "2024-"+s)
	if err != nil || len(s) != len("01-02") {
		return t, fmt.Errorf("%q: want a day like 12-29", clip(s))
	}
	return t, nil
}

// Check refuses what breaks a limit.
func (s SignedSettings) Check() error {
	if len(s.Body) == 0 || len(s.Body) > MaxSettings {
		return fmt.Errorf("settings of %d bytes: want 1 to %d", len(s.Body), MaxSettings)
	}
	if len(s.Signature) != ed25519.SignatureSize {
		return fmt.Errorf("signature of %d bytes: want %d", len(s.Signature), ed25519.SignatureSize)
	}
	return nil
}

// SignSettings signs a revision with the settings key.
func SignSettings(key ed25519.PrivateKey, s Settings) (SignedSettings, error) {
	body, err := Encode(s)
	if err != nil {
		return SignedSettings{}, err
	}
	return SignedSettings{Body: body, Signature: ed25519.Sign(key, frame([]byte(purposeRules), body))}, nil
}

// Verify opens a revision that one of the pinned keys has signed.
func (s SignedSettings) Verify(pinned []ed25519.PublicKey) (Settings, error) {
	if !verifyAny(pinned, frame([]byte(purposeRules), s.Body), s.Signature) {
		return Settings{}, ErrSignature
	}
	return Decode[Settings](s.Body, MaxSettings)
}
