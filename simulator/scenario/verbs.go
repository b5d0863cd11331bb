package scenario

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// verb is one word of the language: when it may stand, and how the rest of its
// line becomes a step.
type verb struct {
	phase phase
	looks bool // waits for something, so that `within D` may follow
	parse func(p *parser, w *words, l *Line) (step, error)
}

// verbs is the language's table.
func verbs() map[string]verb {
	return map[string]verb{
		"board":    {phase: setup, parse: parseBoard},
		"config":   {phase: setup, parse: parseConfig},
		"office":   {phase: live, looks: true, parse: parseOffice},
		"clock":    {phase: ahead, parse: parseClock},
		"wait":     {phase: live, parse: parseWait},
		"language": {phase: live, looks: true, parse: parseLanguage},
		"kiosk":    {phase: ahead, parse: parseKiosk},

		"resident": {phase: ahead, parse: parseResident},
		"expires":  {phase: ahead, parse: parseExpires},
		"reissue":  {phase: ahead, parse: plain((*player).reissue)},
		"lay":      {phase: live, parse: parseLay},
		"take":     {phase: live, looks: true, parse: parseTake},

		"see":   {phase: live, looks: true, parse: parseSee},
		"not":   {phase: live, parse: parseNot},
		"tap":   {phase: live, looks: true, parse: finger((*player).tap)},
		"drag":  {phase: live, looks: true, parse: finger((*player).drag)},
		"press": {phase: live, looks: true, parse: parsePress},
		"type":  {phase: live, looks: true, parse: parseType},

		"coins":   {phase: live, looks: true, parse: parseCoins},
		"hopper":  {phase: live, parse: parseHopper},
		"sheets":  {phase: live, looks: true, parse: parseSheets},
		"sheet":   {phase: live, looks: true, parse: parseSheet},
		"receipt": {phase: live, looks: true, parse: parseSlip("receipt")},
		"slip":    {phase: live, looks: true, parse: parseSlip("slip")},
		"owed":    {phase: live, looks: true, parse: parseOwed},

		"phone":    {phase: ahead, parse: parsePhone},
		"booking":  {phase: ahead, looks: true, parse: parseBooking},
		"tries":    {phase: ahead, looks: true, parse: parseTries},
		"password": {phase: ahead, looks: true, parse: parsePassword},

		"fault": {phase: ahead, parse: parseFault},
		"clear": {phase: ahead, parse: parseClear},
		"cut":   {phase: live, parse: parseCut},
		"kill":  {phase: live, parse: plain((*player).kill)},
		"power": {phase: power, parse: parsePower},

		"journal": {phase: live, looks: true, parse: parseJournal},
		"lamp":    {phase: live, looks: true, parse: parseLamp},
		"sound":   {phase: live, looks: true, parse: plain((*player).sound)},
		"canary":  {phase: live, parse: plain((*player).canary)},
		"quiet":   {phase: live, looks: true, parse: plain((*player).quiet)},
	}
}

type parse = func(*parser, *words, *Line) (step, error)

// plain is a verb without anything after it.
func plain(do func(*player, context.Context) error) parse {
	return func(*parser, *words, *Line) (step, error) {
		return func(ctx context.Context, p *player) error { return do(p, ctx) }, nil
	}
}

func parseBoard(p *parser, w *words, _ *Line) (step, error) {
	model, err := w.need("spi7 or fb10")
	if err != nil {
		return nil, err
	}
	if model != "spi7" && model != "fb10" {
		return nil, fmt.Errorf("unknown board %q: want spi7 or fb10", model)
	}
	p.script.Board = model
	return func(context.Context, *player) error { return nil }, nil
}

func keyValue(w *words) (key, val string, err error) {
	key, val, ok := strings.Cut(strings.TrimSpace(w.rest), "=")
	w.rest = ""
	key = strings.TrimSpace(key)
	if !ok || key == "" {
		return "", "", fmt.Errorf("want KEY=VALUE")
	}
	return key, unquote(strings.TrimSpace(val)), nil
}

func parseConfig(p *parser, w *words, _ *Line) (step, error) {
	key, val, err := keyValue(w)
	if err != nil {
		return nil, err
	}
	if !p.words.config.MatchString(key) {
		return nil, fmt.Errorf("unknown configuration key %q: want language, municipality, office.region, office.servers, hopper.YEN or limit.idle, pay, end, card, fetch, "+
			"sheet, settle, visit, last-start", key)
	}
	if strings.HasPrefix(key, "limit.") {
		if d, err := time.ParseDuration(val); err != nil || d <= 0 {
			return nil, fmt.Errorf("config %s: %q is not a duration like 90s", key, val)
		}
	}
	if strings.HasPrefix(key, "hopper.") && number(val) != "" {
		return nil, fmt.Errorf("config %s: %q is not a number of coins", key, val)
	}
	return func(_ context.Context, p *player) error { return p.kiosk.Config(key, val) }, nil
}

func parseClock(p *parser, w *words, l *Line) (step, error) {
	word, err := w.need("a time, as 2026-11-24T10:00:00+09:00")
	if err != nil {
		return nil, err
	}
	t, err := time.Parse(time.RFC3339, word)
	if err != nil {
		return nil, fmt.Errorf("clock: %q is not a time like 2026-11-24T10:00:00+09:00", word)
	}
	if !p.clocked && len(p.started) == 0 {
		p.clocked = true
		p.script.Start = t
		l.phase = ahead
		return func(context.Context, *player) error { return nil }, nil
	}
	return func(ctx context.Context, p *player) error { return p.setClock(ctx, t) }, nil
}

func duration(w *words) (time.Duration, error) {
	word, err := w.need("a duration like 30s")
	if err != nil {
		return 0, err
	}
	d, err := time.ParseDuration(word)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is not a duration like 30s or 2m", word)
	}
	return d, nil
}

func parseWait(_ *parser, w *words, _ *Line) (step, error) {
	d, err := duration(w)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, p *player) error { return p.wait(ctx, d) }, nil
}

func parseLanguage(p *parser, w *words, _ *Line) (step, error) {
	lang, err := w.need("a language")
	if err != nil {
		return nil, err
	}
	if err := p.words.word("language", lang, p.words.languages); err != nil {
		return nil, err
	}
	if lang != "ja" && lang != "en" {
		return nil, notYet("language " + lang)
	}
	return func(ctx context.Context, p *player) error { return p.language(ctx, lang) }, nil
}

// kiosksMax bounds the kiosks of one file.
const kiosksMax = 99

func parseKiosk(p *parser, w *words, l *Line) (step, error) {
	n, err := count(w, "a kiosk's number")
	if err != nil {
		return nil, err
	}
	if n < 1 || n > kiosksMax {
		return nil, fmt.Errorf("kiosk %d: want 1 to %d", n, kiosksMax)
	}
	p.kiosk = n
	l.Kiosk = n
	return func(_ context.Context, p *player) error { return p.turnTo(n) }, nil
}

func count(w *words, what string) (int, error) {
	word, err := w.need(what)
	if err != nil {
		return 0, err
	}
	if !wholeNumber.MatchString(word) {
		return 0, fmt.Errorf("%q is not %s", word, what)
	}
	return strconv.Atoi(word)
}

func parseResident(p *parser, w *words, _ *Line) (step, error) {
	name, err := w.need("a resident's name")
	if err != nil {
		return nil, err
	}
	if !slices.Contains(p.words.residents, name) {
		return nil, fmt.Errorf("unknown resident %q%s", name, nearest(name, p.words.residents))
	}
	return func(_ context.Context, p *player) error { return p.inHand(name) }, nil
}

func parseExpires(p *parser, w *words, _ *Line) (step, error) {
	which, err := w.need("user or signature")
	if err != nil {
		return nil, err
	}
	if err := p.words.word("certificate", which, []string{"user", "signature"}); err != nil {
		return nil, err
	}
	word, err := w.need("a time")
	if err != nil {
		return nil, err
	}
	t, err := time.Parse(time.RFC3339, word)
	if err != nil {
		return nil, fmt.Errorf("expires: %q is not a time like 2026-11-24T10:00:00+09:00", word)
	}
	return func(_ context.Context, p *player) error { return p.expires(which, t) }, nil
}

func parseLay(_ *parser, w *words, _ *Line) (step, error) {
	what := strings.Join(strings.Fields(w.rest), " ")
	w.rest = ""
	switch what {
	case "card":
		return func(ctx context.Context, p *player) error { return p.lay(ctx, false) }, nil
	case "two cards":
		return func(ctx context.Context, p *player) error { return p.lay(ctx, true) }, nil
	}
	return nil, fmt.Errorf("lay %s: want lay card or lay two cards", what)
}

func parseTake(_ *parser, w *words, _ *Line) (step, error) {
	what, err := w.need("card or sheets")
	if err != nil {
		return nil, err
	}
	switch what {
	case "card":
		return func(ctx context.Context, p *player) error { return p.takeCard(ctx) }, nil
	case "sheets":
		return func(ctx context.Context, p *player) error { return p.takeSheets(ctx) }, nil
	}
	return nil, fmt.Errorf("take %s: want take card or take sheets", what)
}

func finger(do func(*player, context.Context, string) error) parse {
	return func(p *parser, w *words, _ *Line) (step, error) {
		id, err := w.need("a button's id")
		if err != nil {
			return nil, err
		}
		if err := p.words.button(id); err != nil {
			return nil, err
		}
		return func(ctx context.Context, p *player) error { return do(p, ctx, id) }, nil
	}
}

func parsePress(p *parser, w *words, _ *Line) (step, error) {
	id, err := w.need("a button's id")
	if err != nil {
		return nil, err
	}
	if err := p.words.button(id); err != nil {
		return nil, err
	}
	d, err := duration(w)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, p *player) error { return p.press(ctx, id, d) }, nil
}

func parseType(p *parser, w *words, _ *Line) (step, error) {
	text, err := w.text()
	if err != nil {
		return nil, err
	}
	for _, c := range text {
		if err := p.words.button(string(c)); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context, p *player) error { return p.typeText(ctx, text) }, nil
}

func parseHopper(_ *parser, w *words, _ *Line) (step, error) {
	yen, err := count(w, "a coin's value")
	if err != nil {
		return nil, err
	}
	if yen != 10 && yen != 50 && yen != 100 {
		return nil, fmt.Errorf("hopper %d: the hoppers hold coins of 10, 50 and 100", yen)
	}
	n, err := count(w, "a number of coins")
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, p *player) error { return p.kiosk.Refill(ctx, yen, n) }, nil
}

func parseTries(p *parser, w *words, _ *Line) (step, error) {
	which, err := w.need("pin or password")
	if err != nil {
		return nil, err
	}
	if err := p.words.word("secret", which, []string{"pin", "password"}); err != nil {
		return nil, err
	}
	n, err := count(w, "a number of tries")
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, p *player) error { return p.tries(ctx, which, n) }, nil
}

func parseFault(p *parser, w *words, _ *Line) (step, error) {
	device, err := w.need("a device")
	if err != nil {
		return nil, err
	}
	kind, err := w.need("a kind of fault")
	if err != nil {
		return nil, err
	}
	if err := p.words.fault(device, kind); err != nil {
		return nil, err
	}
	return func(_ context.Context, p *player) error { return p.fault(device, kind) }, nil
}

func parseClear(p *parser, w *words, _ *Line) (step, error) {
	device, err := w.need("a device")
	if err != nil {
		return nil, err
	}
	if err := p.words.word("device", device, keysOf(p.words.devices)); err != nil {
		return nil, err
	}
	return func(ctx context.Context, p *player) error { return p.mend(ctx, device) }, nil
}
