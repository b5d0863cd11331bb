// Package protocol holds the words that a kiosk and the office exchange over
// NATS. Both ends import it; it knows neither residents nor hardware.
//
// A request goes to one of the kiosk's own subjects (Subject) as an Ask and is
// answered to the kiosk's own inbox (Inbox) as an Answer. What they say is sealed,
// so that whoever runs the NATS servers reads nothing. A request carries an id and
// may be repeated: the office gives the same answer, not a second order.
//
// The seal is HPKE (RFC 9180) with the hybrid KEM ML-KEM-768 + X25519. Traffic of
// a kiosk that is recorded today must stay unread for as long as the person
// lives, so the KEM must hold against a machine that breaks X25519 later; the
// classical half stays because the other is young.
//
// That KEM costs more than a request does, so it is paid once a session and
// direction, not once a message (Seals). With its first question a kiosk opens a
// context to the office's pinned key. When the office has verified what the card
// signs, which names the session's public key, it opens one to that key. Both
// contexts serve for their exporter alone (section 5.3); section 9.8 has a
// recipient answer like that. HKDF-Extract joins the two secrets (RFC 5869,
// section 2.2, with the first as salt, as TLS 1.3 joins its own, RFC 8446,
// section 7.1), and what is said from then on, either way, needs the private key
// of both: one that leaks later opens nothing that was recorded.
//
// From there on a request costs no more than AES-256-GCM. Each secret is expanded
// into two keys, one for what the kiosk says and one for what the office says.
// HPKE's own sequence of nonces (section 5.2) would have both ends count alike,
// and a request that is repeated, lost or overtaken breaks that; the same key with
// the same nonce for two texts would give both away. So each seal draws its nonce,
// 96 bits, and sends it before the ciphertext (NIST SP 800-38D, section 8.2.2; 8.3
// bounds that to 2^32 seals a key, a session makes some dozens), and a question
// that is asked again under its id may be sealed again. The associated data is the
// Place: verb and direction, kiosk, session, request and session key,
// length-framed. What was sealed for one place opens in no other.
//
// A sheet has a context of its own, to the session's key, for it is closed before
// the deliverer has it; its chunks come in order and are numbered as HPKE numbers
// messages.
//
// Decoding is strict: unknown fields, trailing bytes, an unknown version and
// whatever breaks a limit of this package are refused, never guessed at. There is
// nothing to negotiate, so there is nothing to talk a kiosk down to.
package protocol

import (
	"fmt"
	"regexp"
	"strings"
)

// Versions of what travels. Requests have one of their own: how they are sealed
// has changed once, what lies in streams and files has not.
const (
	Version        = 1 // of manifests, journals, settings, commands and health
	RequestVersion = 2 // of requests and their answers
)

// Limits of what travels. A message that breaks one is refused whole.
const (
	MaxMessage = 512 << 10 // bytes of one NATS message, headers included
	MaxAsk     = 24 << 10  // bytes of a request's body
	MaxChunk   = 256 << 10 // bytes of one sealed chunk of a sheet
	MaxSheet   = 4 << 20   // bytes of one sheet: two sides of PWG Raster
	MaxSheets  = 20        // of one copy
	MaxCopies  = 5
	MaxFee     = 100_000 // yen
	MaxMembers = 80      // of one household
	MaxItems   = 16
	MaxText    = 512  // bytes of one text field
	MaxCert    = 8192 // bytes of a certificate, DER
)

// Verb is what a kiosk may ask.
type Verb string

// The verbs, as they end the subject.
const (
	LoginBegin  Verb = "login.begin"
	LoginFinish Verb = "login.finish"
	AskOffer    Verb = "offer"
	AskOrder    Verb = "order"
	AskSheet    Verb = "sheet"

	ResetBegin     Verb = "reset.begin"
	ResetAuthorise Verb = "reset.authorise"
	ResetDone      Verb = "reset.done"
)

// Verbs are all verbs that a kiosk may ask today.
var verbs = [...]Verb{LoginBegin, LoginFinish, AskOffer, AskOrder, AskSheet, ResetBegin, ResetAuthorise, ResetDone}

// Verbs returns all verbs that a kiosk may ask, in the order of a visit.
func Verbs() []Verb { return append([]Verb(nil), verbs[:]...) }

const root = "kiosk.v1."

// Names in the office's JetStream.
const (
	Stream        = "JOURNAL"             // the journals of all kiosks, one subject each
	Bucket        = "SETTINGS"            // key-value bucket of the settings
	SettingsKey   = "rules"               // the one key in it
	SettingsTopic = "office.v1.settings." // the bucket's keys are republished here
)

var kioskID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// CheckKiosk refuses what is no kiosk id: 1 to 32 of a–z, 0–9 and hyphen. An id
// is one token of a subject, so a dot or a wildcard in it would open others'.
func CheckKiosk(id string) error {
	if !kioskID.MatchString(id) {
		return fmt.Errorf("protocol: kiosk id %q: want 1 to 32 of a-z, 0-9 and hyphen", clip(id))
	}
	return nil
}

// Subject is where the kiosk asks. The kiosk may be "*" for a subscription.
func Subject(kiosk string, v Verb) string { return root + kiosk + "." + string(v) }

// JournalSubject is where the kiosk's journal goes.
func JournalSubject(kiosk string) string { return root + kiosk + ".journal" }

// Inbox is the prefix of every subject on which the kiosk takes answers,
// without the last dot.
func Inbox(kiosk string) string { return root + kiosk + ".inbox" }

// Asker is the kiosk whose subject this is, or "" when it is nobody's.
func Asker(subject string) string {
	rest, ok := strings.CutPrefix(subject, root)
	if !ok {
		return ""
	}
	id, _, ok := strings.Cut(rest, ".")
	if !ok || !kioskID.MatchString(id) {
		return ""
	}
	return id
}

// JournalDirectGet is the subject that answers the last journal message of this
// kiosk, straight from the stream.
func JournalDirectGet(kiosk string) string {
	return "$JS.API.DIRECT.GET." + Stream + "." + JournalSubject(kiosk)
}

// SettingsDirectGet is the subject that answers the present settings.
func SettingsDirectGet() string {
	return "$JS.API.DIRECT.GET.KV_" + Bucket + ".$KV." + Bucket + "." + SettingsKey
}

func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
