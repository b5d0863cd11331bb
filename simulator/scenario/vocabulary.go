package scenario

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// value says whether a word may stand after KEY=; "" means that it may.
type value func(string) (why string)

func number(s string) string {
	if !wholeNumber.MatchString(s) {
		return "want a whole number"
	}
	return ""
}

func anything(s string) string {
	if s == "" {
		return "want a value"
	}
	return ""
}

func oneOf(words ...string) value {
	return func(s string) string {
		if slices.Contains(words, s) {
			return ""
		}
		return "want one of " + strings.Join(words, ", ")
	}
}

// page is one entry of the language's table of pages.
type page struct{ keys map[string]value }

// vocabulary is every word the language knows beside its verbs.
type vocabulary struct {
	pages     map[string]page
	buttons   map[string]bool
	residents []string
	kinds     []string // of events
	fields    []string // of events
	devices   map[string][]string
	lies      []string
	lamps     []string
	languages []string
	config    *regexp.Regexp
}

func newVocabulary() *vocabulary {
	v := &vocabulary{
		pages:   pageTable(),
		buttons: buttons(),
		residents: []string{
			"adult", "head", "spouse", "child", "ward", "elderly", "alone", "big-household", "too-big",
			"foreign-resident", "foreign-alias", "foreign-expiring", "expiring", "expired", "signature-expired",
			"not-yet-valid", "last-try", "blocked-pin", "blocked-password", "revoked", "card-stopped", "moved",
			"moved-out", "moved-in-today", "overseas", "protected", "mourning", "unregistered-character",
			"other-town", "no-pin", "old-card", "phone-token", "transit-card",
		},
		kinds: []string{
			"visit-begun", "login-ok", "login-refused", "order-placed", "document-complete", "document-refused",
			"coin-in", "coin-intent", "coin-out", "paid", "sheet-intent", "sheet-delivered", "sheet-unknown", "fee-kept",
			"debt-booked", "debt-settled", "receipt-printed", "incident", "device", "cash-count", "visit-ended",
			"command", "settings-refused", "reset-intent", "reset-proved", "reset-unchanged", "reset-unknown", "reset-reported",
			"acceptor-open", "acceptor-shut", "slip-intent", "slip-printed",
		},
		fields: []string{
			"kind", "n", "at", "visit", "how", "code", "yen", "count", "sheet", "copy", "fee", "issue", "incident",
			"device", "action", "reason", "person", "state",
		},
		devices: map[string][]string{
			"reader":          {"unplugged", "hangs", "garbage", "pulled:N", "lost:N", "late:D", "pulled:before-reset", "pulled:after-reset", "pulled:before-verify"},
			"sheet-printer":   {"paper-out", "jam:N", "cover", "offline", "toner-low", "sensor-silent", "duplex-peek"},
			"receipt-printer": {"paper-end", "near-end", "cover", "cutter", "offline", "flow-stuck"},
			"coins":           {"jam", "rejects", "glitch", "dead"},
			"hopper":          {"empty", "short:N", "jam"},
			"touch":           {"dead", "ghost"},
			"panel":           {"dead"},
			"door":            {"open"},
			"supply":          {"failing"},
			"disk":            {"full", "readonly", "damaged"},
			"clock":           {"unset", "jump:D"},
		},
		lies: []string{
			"other-session", "other-resident", "page-swap", "bad-manifest", "replay", "stale", "same-instant", "late", "twice",
			"settings-unsigned", "settings-older", "settings-nonsense",
		},
		lamps:     []string{"reader", "coins", "sheets", "attention"},
		languages: []string{"ja", "en", "zh", "ko", "pt", "vi"},
		config: regexp.MustCompile(`^(municipality|language|fonts|reader|office\.(url|authority|key|public-key|region|servers)|` +
			`sheet-printer\.url|hopper\.(10|50|100)|limit\.(idle|pay|end|card|fetch|sheet|settle|visit|last-start))$`),
	}
	return v
}

// pageTable is the table "Pages, their keys, their buttons".
func pageTable() map[string]page {
	num := func(names ...string) page {
		p := page{keys: map[string]value{}}
		for _, n := range names {
			p.keys[n] = number
		}
		return p
	}
	choice := func(key string, words ...string) page {
		return page{keys: map[string]value{key: oneOf(words...)}}
	}
	plain := page{}
	yesNo := oneOf("yes", "no")
	return map[string]page{
		"home": plain, "menu": plain, "language": plain, "terms": plain, "lay-card": plain, "reading": plain,
		"no-certificate": plain, "expired": plain, "not-yet-valid": plain, "blocked": plain, "last-try": plain,
		"checking": plain, "card-gone": plain, "take-card": plain, "kind": plain, "scope": plain, "members": plain,
		"items": plain, "my-number": plain, "goodbye": plain, "cancelled": plain, "more-time": plain,
		"unavailable": choice("reason", "hours", "closed", "maintenance", "paper", "printer", "receipt", "change",
			"office", "reader", "not-offered"),
		"out-of-service": choice("reason", "clock", "version", "disk", "journal", "panel", "touch", "office-order", "technician",
			"configuration"),
		"settle":      num("owed"),
		"wrong-card":  choice("kind", "old", "phone", "foreign", "unreadable", "two", "no-pin"),
		"pin":         num("tries"),
		"wrong-pin":   num("tries"),
		"notice":      choice("kind", "expiring"),
		"refused":     choice("code", slices.Concat(codes(), resetCodes())...),
		"copies":      num("n"),
		"confirm":     num("fee", "copies"),
		"fetching":    num("sheet", "of"),
		"pay":         num("fee", "paid", "sheets"),
		"printing":    num("sheet", "of", "copy"),
		"jam":         num("sheet", "of"),
		"take-sheets": num("change"),
		"forgotten":   choice("what", "card", "sheets", "change"),
		"sorry":       {keys: map[string]value{"incident": anything, "reason": oneOf("later", "start-again", "fault")}},
		"slip":        num("owed"),
		"guidance": choice("topic", "where", "bring", "overseas", "guardian", "legal-representative", "no-card",
			"four-digit-pin", "password", "expired", "revoked"),
		"reset-about": plain, "booked": plain, "how-to-book": plain, "again": plain, "mismatch": plain, "writing": plain,
		"reset-done": plain, "reset-unchanged": plain, "reset-unknown": {keys: map[string]value{"incident": anything}},
		"maintenance-code":   num("wait"),
		"maintenance-hopper": num("yen", "level"),
		"maintenance":        {keys: maintenanceKeys()},
		"maintenance-check":  {keys: checkKeys()},
		"new-password":       {keys: map[string]value{"length": yesNo, "letter": yesNo, "digit": yesNo}},
	}
}

// maintenanceKeys are money and coins in numbers, and the devices as checkKeys
// has them.
func maintenanceKeys() map[string]value {
	keys := checkKeys()
	keys["signals"], keys["result"], keys["service"] = oneOf("yes", "no"), anything, anything
	for _, k := range strings.Fields("level-100 level-50 level-10 coins box owed unsent") {
		keys[k] = number
	}
	return keys
}

// checkKeys are the lines of the technician's check, and how many failed.
func checkKeys() map[string]value {
	keys := map[string]value{"failed": number}
	for _, k := range strings.Fields("fonts disk journal office configuration board clock panel touch card-reader receipt-printer sheet-printer " +
		"exit-sensor tray-sensor coin-acceptor hopper-100 hopper-50 hopper-10 lamps-buzzer door power-fail") {
		keys[k] = oneOf("ok", "failed", "not-tried")
	}
	return keys
}

func codes() []string {
	return []string{
		"revoked", "card-stopped", "not-in-service", "unknown-card",
		"under-15", "moved-out", "overseas", "not-yet-reflected", "unregistered-character", "at-the-counter",
		"sheet-limit",
	}
}

func resetCodes() []string {
	return []string{
		"no-booking", "booking-expired", "booking-used", "booking-other-card", "booking-wait",
		"no-signature-certificate", "signature-expired", "signature-revoked",
	}
}

func buttons() map[string]bool {
	ids := map[string]bool{}
	for _, id := range strings.Fields(`start certificate reset help back next agree disagree cancel language more-time
		stop go-on clear enter residence-certificate self all some plus minus yes no print
		ja en zh ko pt vi 0 1 2 3 4 5 6 7 8 9
		maintenance hopper-100 hopper-50 hopper-10 cash-box test-slip test-signals check out-of-service in-service emptied more
		four-digit-pin show head-and-relation registered-domicile my-number nationality status-of-residence card-number`) {
		ids[id] = true
	}
	for c := 'A'; c <= 'Z'; c++ {
		ids[string(c)] = true
	}
	return ids
}

func (v *vocabulary) page(name string) (page, error) {
	p, ok := v.pages[name]
	if !ok {
		return page{}, fmt.Errorf("unknown page %q%s", name, nearest(name, keysOf(v.pages)))
	}
	return p, nil
}

func (v *vocabulary) button(id string) error {
	if !v.buttons[id] && !memberID.MatchString(id) {
		return fmt.Errorf("unknown id %q%s", id, nearest(id, keysOf(v.buttons)))
	}
	return nil
}

func (v *vocabulary) word(what, word string, known []string) error {
	if !slices.Contains(known, word) {
		return fmt.Errorf("unknown %s %q: want one of %s", what, word, strings.Join(known, ", "))
	}
	return nil
}

// fault checks a device and a kind of fault.
func (v *vocabulary) fault(device, kind string) error {
	kinds, ok := v.devices[device]
	if !ok {
		return fmt.Errorf("unknown device %q: want one of %s", device, strings.Join(keysOf(v.devices), ", "))
	}
	if slices.Contains(kinds, kind) && kind != "" && !formal(kind) {
		return nil
	}
	name, arg, hasArg := strings.Cut(kind, ":")
	for _, k := range kinds {
		want, form, wantsArg := strings.Cut(k, ":")
		if want != name || hasArg != wantsArg {
			continue
		}
		if form == "N" && !wholeNumber.MatchString(arg) {
			return fmt.Errorf("fault %s %s: %q is not a whole number", device, k, arg)
		}
		if form == "D" {
			if _, err := time.ParseDuration(arg); err != nil {
				return fmt.Errorf("fault %s %s: %q is not a duration like 90s or -2h", device, k, arg)
			}
		}
		return nil
	}
	return fmt.Errorf("unknown fault %q of %s: want one of %s", kind, device, strings.Join(kinds, ", "))
}

// formal says whether a kind of fault stands for many, by the letter at its end.
func formal(kind string) bool {
	_, form, _ := strings.Cut(kind, ":")
	return form == "N" || form == "D"
}

// setting checks one key and value of the office's settings.
func setting(key, val string) error {
	form := ""
	switch {
	case townKey.MatchString(key) && strings.HasPrefix(key, "tariff."):
		if !tariff.MatchString(val) {
			form = "YEN or YEN@RFC3339"
		} else if _, from, dated := strings.Cut(val, "@"); dated && !isTime(from) {
			form = "YEN@RFC3339"
		}
	case townKey.MatchString(key):
		if !openHours.MatchString(val) {
			form = "06:30-23:00"
		}
	case closedKey.MatchString(key):
		if !closedDays.MatchString(val) {
			form = "MM-DD..MM-DD"
		}
	case key == "maintenance":
		from, to, ok := strings.Cut(val, "..")
		if !ok || !isTime(from) || !isTime(to) {
			form = "RFC3339..RFC3339"
		}
	case key == "offers":
		for _, o := range strings.Split(val, ",") {
			if o != "certificate" && o != "reset" && o != "" {
				form = "certificate, reset or both"
			}
		}
	case noticeKey.MatchString(key):
		if val == "" {
			form = "TEXT"
		}
	case key == "out-of-service":
		if val != "true" && val != "false" {
			form = "true or false"
		}
	case key == "version.minimum":
		if !wholeNumber.MatchString(val) {
			form = "a whole number"
		}
	case key == "region":
		if !plainName.MatchString(val) {
			form = "a name"
		}
	case key == "servers":
		if !wholeNumber.MatchString(val) {
			form = "a whole number"
		}
	case placeKey.MatchString(key):
		if !plainName.MatchString(val) {
			form = "a municipality"
		}
	default:
		return fmt.Errorf("unknown setting %q: want tariff.TOWN, hours.TOWN, hours.TOWN.OFFER, closed, closed.TOWN, closed.TOWN.OFFER, out-of-service, maintenance, offers, notice.LANGUAGE, version.minimum, "+
			"region, servers or place.KIOSK "+
			"(towns are inagi and other-town)", key)
	}
	if form != "" {
		return fmt.Errorf("office sets %s=%s: want %s", key, val, form)
	}
	return nil
}

func isTime(s string) bool {
	_, err := time.Parse(time.RFC3339, s)
	return err == nil
}

// The forms of single words, compiled once; they are read only.
var (
	wholeNumber = regexp.MustCompile(`^[0-9]{1,9}$`)
	memberID    = regexp.MustCompile(`^(head|spouse|child|child-spouse|grandchild|parent|lodger)(-[0-9]{1,3})?$`)
	townKey     = regexp.MustCompile(`^(tariff\.(inagi|other-town)|hours\.(inagi|other-town)(\.(certificate|reset))?)$`)
	closedKey   = regexp.MustCompile(`^closed(\.(inagi|other-town)(\.(certificate|reset))?)?$`)
	placeKey    = regexp.MustCompile(`^place\.k[0-9]{3}$`)
	plainName   = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
	noticeKey   = regexp.MustCompile(`^notice\.(ja|en|zh|ko|pt|vi)$`)
	tariff      = regexp.MustCompile(`^[0-9]{1,6}(@.+)?$`)
	openHours   = regexp.MustCompile(`^([01][0-9]|2[0-4]):[0-5][0-9]-([01][0-9]|2[0-4]):[0-5][0-9]$`)
	closedDays  = regexp.MustCompile(`^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\.\.(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`)
)

func keysOf[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// nearest suggests the known word that shares the longest beginning.
func nearest(word string, known []string) string {
	best, most := "", 1
	for _, k := range known {
		n := 0
		for n < len(k) && n < len(word) && k[n] == word[n] {
			n++
		}
		if n > most {
			best, most = k, n
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}

// Faults are the kinds of fault that each device can have, as scenarios write
// them: N stands for a number, D for a time.
func Faults() map[string][]string { return newVocabulary().devices }

// Lies are the kinds of lie that the office can tell.
func Lies() []string { return newVocabulary().lies }
