package scenario_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"kioskd/simulator/card"
	"kioskd/simulator/office"
	"kioskd/simulator/office/authority"
	"kioskd/simulator/scenario"
	"kioskd/simulator/shop"
)

// floor is a shop as the player knows it.
type floor struct{ *shop.Shop }

func (f floor) Kiosk(n int) (scenario.Kiosk, error) { return f.Shop.Kiosk(n) }

// hall is one shop for all rules, customers one after the other.
type hall struct {
	shop  *shop.Shop
	kiosk *shop.Kiosk
	dir   string
}

// openHall opens it, with a kioskd that has no race detector: that slows it down,
// and keeps memory of its own.
func openHall(t *testing.T) *hall {
	t.Helper()
	return openTraced(t, nil)
}

// openTraced is openHall, with all that the office's server sees told to trace.
func openTraced(t *testing.T, trace func(seen []byte)) *hall {
	t.Helper()
	dir, err := os.MkdirTemp("", "rules")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	binary, err := kioskd()
	if err != nil {
		t.Fatal(err)
	}
	s, err := shop.New(t.Context(), shop.Options{
		Dir: dir, Start: parse(t, "see home").Start, Kioskd: binary, Log: slog.New(slog.DiscardHandler), Trace: trace,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	k, err := s.Kiosk(1)
	if err != nil {
		t.Fatal(err)
	}
	return &hall{s, k, dir}
}

// play has lines played and returns what was exchanged with cards meanwhile, a
// line each, as the virtual card masks it.
func (h *hall) play(t *testing.T, text string) []string {
	t.Helper()
	before := len(h.trace())
	if err := scenario.Play(t.Context(), parse(t, text), floor{h.shop}, scenario.Options{Pictures: t.ArtifactDir()}); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, line := range strings.Split(h.trace()[before:], "\n") {
		if strings.Contains(line, "  →  ") {
			lines = append(lines, line)
		}
	}
	return lines
}

func (h *hall) trace() string {
	for _, r := range h.kiosk.Residue() {
		if r.Where == "trace" {
			return string(bytes.ToValidUTF8(r.Bytes, nil))
		}
	}
	return ""
}

// want checks that some exchange, or none, is as the pattern says.
func want(t *testing.T, exchanges []string, some bool, pattern string) {
	t.Helper()
	all := strings.Join(exchanges, "\n")
	if regexp.MustCompile(pattern).MatchString(all) != some {
		t.Errorf("%q is exchanged: want %t:\n%s", pattern, some, all)
	}
}

const (
	presented = `VERIFY  \S+ \[masked\]` // a secret
	// What belongs to the signature certificate: its files, key and password, by
	// selection and by short identifier.
	signatureSide = `00A4020C0200(01|02|1A|1B)|00B08[12]|^VERIFY.* 0020009B|802A009A`
)

func of(resident string) string {
	return strings.Replace(untilLayCard, "adult", resident, 1) + "lay card\n"
}

const leave = "tap cancel\nsee cancelled|take-card\ntake card\nwait 30s\nsee home\n"

// Each rule of the service that concerns the card, by its number (the seed's, as
// the sheet of facts lists them).
func TestRules(t *testing.T) {
	t.Parallel()
	h := openHall(t)

	t.Run("S2: only a My Number Card, and any other is told which", func(t *testing.T) {
		for resident, kind := range map[string]string{"old-card": "old", "phone-token": "phone", "transit-card": "foreign", "no-pin": "no-pin"} {
			sent := h.play(t, of(resident)+"see wrong-card kind="+kind+"\nnot pin\ntake card\nsee lay-card\ntap cancel\nsee cancelled\nwait 30s\nsee home")
			want(t, sent, false, presented)
		}
		mute, err := card.New(card.Spec{Kind: card.Unreadable})
		if err != nil {
			t.Fatal(err)
		}
		h.play(t, untilLayCard)
		h.kiosk.LayCard(mute)
		h.play(t, "resident adult\nsee wrong-card kind=unreadable\nnot pin\ntake card\nsee lay-card\nlay two cards\nsee wrong-card kind=two\nnot pin\ntake card\nsee lay-card\ntap cancel\nsee cancelled\nwait 30s\nsee home\ntries pin 3")
	})
	t.Run("S3: the PIN page names certificate, length and purpose", func(t *testing.T) {
		h.play(t, of("adult")+"see pin has=利用者証明用電子証明書の暗証番号（数字4桁） tries=3\n"+leave)
	})
	t.Run("S4, S5: the certificate's own end, no try for an expired one, and the printed date is another", func(t *testing.T) {
		sent := h.play(t, of("expired")+"see expired has=カードに印刷された日付は、カードの有効期限です\nnot pin\ntap next\nsee guidance\ntap next\nsee take-card\ntake card\nsee home\ntries pin 3")
		want(t, sent, false, presented)
	})
	t.Run("S6, S7: issuance logs in with user verification and never touches the signature side", func(t *testing.T) {
		sent := h.play(t, untilKind+fromKind)
		want(t, sent, false, signatureSide)
		want(t, sent, true, `VERIFY  00200098 \[masked\]  →  9000`)
		want(t, sent, true, `SIGN  802A0097`)
	})
	t.Run("S9: before the last try, what else a lock stops", func(t *testing.T) {
		sent := h.play(t, of("last-try")+"see last-try has=マイナポータルや健康保険証\ntap stop\nsee take-card\ntake card\nsee cancelled\nwait 30s\nsee home\ntries pin 1")
		want(t, sent, false, presented)
	})
	t.Run("S11: nothing is sent before four digits are in", func(t *testing.T) {
		for _, digits := range []string{"1", "12", "123"} {
			sent := h.play(t, of("adult")+"see pin\ntype "+digits)
			if enter, ok := h.kiosk.Tree().Button("enter"); !ok || enter.State != "disabled" {
				t.Errorf("after %d digits enter is %+v", len(digits), enter)
			}
			want(t, append(sent, h.play(t, "resident adult\n"+leave+"tries pin 3")...), false, presented)
		}
	})
	t.Run("S12: no signature certificate, no password asked for", func(t *testing.T) {
		sent := h.play(t, `
			resident child
			phone book
			see home
			tap start
			tap reset
			see reset-about
			tap next
			see booked
			tap yes
			see terms
			tap agree
			see lay-card
			lay card
			see refused code=no-signature-certificate lacks=15歳
			not pin
			tap next
			see guidance
			tap next
			see take-card
			take card
			see home`)
		want(t, sent, true, `READ BINARY  00B0880003`)
		want(t, sent, false, presented)
	})
	t.Run("S13: a child's card logs in; the refusal is the municipality's", func(t *testing.T) {
		h.play(t, of("child")+"see pin\ntype 1234\ntap enter\nsee take-card\ntake card\nsee refused code=under-15\ntap next\nsee guidance\ntap next\nsee home\noffice has login-ok")
	})
	t.Run("S14, S16: no page knows a name before the municipality has answered, and no trace what is in the certificate", func(t *testing.T) {
		sent := h.play(t, of("adult")+"see pin lacks=稲城\n"+leave)
		want(t, sent, false, `READ BINARY.*→  3082`)
	})
	t.Run("S18: a move ends the signature certificate and not this one", func(t *testing.T) {
		h.play(t, of("moved")+"see pin\ntype 1234\ntap enter\nsee take-card\ntake card\nsee kind\ntap cancel\nsee cancelled\nwait 30s\nsee home")
	})
	t.Run("S20: the end of a period of stay has its word", func(t *testing.T) {
		h.play(t, of("expired")+"see expired has=在留期間を延長\ntap next\nsee guidance\ntap next\nsee take-card\ntake card\nsee home")
	})
	t.Run("S31: a locked PIN is for the counter, and nothing is offered here", func(t *testing.T) {
		sent := h.play(t, of("blocked-pin")+"see blocked has=市区町村の窓口で再設定\nnot pin\ntap next\nsee guidance\ntap next\nsee take-card\ntake card\nsee home")
		want(t, sent, false, presented)
	})
	t.Run("S34: no command sets a PIN anew", func(t *testing.T) {
		want(t, strings.Split(h.trace(), "\n"), false, `CHANGE REFERENCE DATA|RESET RETRY COUNTER  002C..98`)
	})
}

// S21: from three months before its end a certificate has a notice, once, and is
// no less good for it; S4: it is good until its last second and not after. The
// world's clock stands at the certificates' edges.
func TestRuleS21(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	login := "see pin\ntype 1234\ntap enter\nsee take-card\ntake card\n"
	done := "see kind\ntap cancel\nsee cancelled\nwait 30s\nsee home"
	now := h.shop.Now()
	for _, tc := range []struct {
		name string
		ends time.Time
		then string
	}{
		{"three months and a day", now.AddDate(0, 3, 1), login + done},
		{"a day less than three months", now.AddDate(0, 3, -1), login + "see notice kind=expiring\ntap next\n" + done},
		{"a minute", now.Add(10 * time.Minute), login + "see notice kind=expiring\ntap next\n" + done},
		{"a second ago", now.Add(-time.Second), "see expired\nnot pin\ntap next\nsee guidance\ntap next\nsee take-card\ntake card\nsee home"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h.play(t, fmt.Sprintf("resident adult\nexpires user %s\n", tc.ends.Format(time.RFC3339))+of("adult")+tc.then)
		})
	}
}

// What the office says no to at login and no resident of the scenarios brings
// about: each has its page, in the shopper's words and with where to go.
func TestRefusalsAtLogin(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	const typed = "see pin\ntype 1234\ntap enter\n"
	t.Run("card of another authority of the same name", func(t *testing.T) {
		other, err := authority.New(h.shop.Now())
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		spec, err := office.CardOf("adult", other, h.shop.Now())
		if err != nil {
			t.Fatal(err)
		}
		forged, err := card.New(spec)
		if err != nil {
			t.Fatal(err)
		}
		h.play(t, untilLayCard)
		h.kiosk.LayCard(forged)
		h.play(t, "resident adult\n"+typed+"see refused code=unknown-card has=市区町村の窓口\ntap next\nsee guidance\ntap next\nsee take-card\ntake card\nsee home\noffice has login-refused 1 code=unknown-card\nquiet")
	})
	t.Run("municipality outside the service", func(t *testing.T) {
		for _, r := range h.shop.Office().Residents() {
			if r.Name == "alone" {
				r.Municipality = "elsewhere"
			}
		}
		h.play(t, of("alone")+typed+"see refused code=not-in-service has=お住まいの市区町村の窓口\ntap next\nsee take-card\ntake card\nsee home\nquiet")
	})
	t.Run("no fresh list of revocations", func(t *testing.T) {
		h.shop.Office().Lists(false)
		h.play(t, of("elderly")+typed+"see sorry has=お問い合わせ within 20s\ntap next\nsee take-card\ntake card\nsee home\nquiet")
		h.shop.Office().Lists(true)
		h.play(t, of("elderly")+typed+"see take-card\ntake card\nsee kind\ntap cancel\nsee cancelled\nwait 30s\nsee home\nquiet")
	})
}
