package protocol

import (
	"fmt"
	"unicode/utf8"
)

// BeginAsk opens a session (LoginBegin, sealed).
type BeginAsk struct {
	Certificate []byte `json:"certificate"` // user-verification certificate, DER
	Key         []byte `json:"key"`         // the session's public key
}

// BeginAnswer brings the nonce. Nothing is said of the certificate here: only
// who proves to hold the card hears whether it is revoked.
type BeginAnswer struct {
	Nonce []byte `json:"nonce"` // 32 bytes, good for one session
}

// NonceSize is the size of the office's nonce.
const NonceSize = 32

// FinishAsk brings the card's signature over SignedMessage (LoginFinish, sealed).
type FinishAsk struct {
	Signature []byte `json:"signature"` // RSASSA-PKCS1-v1_5 with SHA-256, 256 bytes
}

// FinishAnswer says which municipality speaks, or a refusal of the person.
type FinishAnswer struct {
	Refused      string        `json:"refused,omitempty"` // a login code of the scenario language
	Municipality *Municipality `json:"municipality,omitempty"`
}

// Municipality is where the resident lives.
type Municipality struct {
	ID     string `json:"id"`     // inagi
	Name   string `json:"name"`   // 稲城市
	Office string `json:"office"` // 市民課
	Phone  string `json:"phone"`
	Hours  string `json:"hours"` // of the desk, as people read them
}

// OfferAsk asks what this resident may have (AskOffer, sealed).
type OfferAsk struct{}

// OfferAnswer is what this resident may have, or a refusal of the person.
type OfferAnswer struct {
	Refused string `json:"refused,omitempty"`
	Offer   *Offer `json:"offer,omitempty"`
}

// Offer is what may be ordered. The fee stays as it is until the session ends.
type Offer struct {
	Fee       int      `json:"fee"` // yen a copy
	CopiesMax int      `json:"copies_max"`
	Alone     bool     `json:"alone"` // nobody else in the household
	Members   []Member `json:"members"`
	Items     []string `json:"items"`
}

// Member is a member of the household as the customer reads it.
type Member struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Scopes of an order.
const (
	ScopeSelf = "self"
	ScopeAll  = "all"
	ScopeSome = "some"
)

// OrderAsk orders a document (AskOrder, sealed). The order's id is the request's.
type OrderAsk struct {
	Scope   string   `json:"scope"`
	Members []string `json:"members"` // for ScopeSome
	Items   []string `json:"items"`
	Copies  int      `json:"copies"`
	Fee     int      `json:"fee"` // yen for all copies, as the customer saw it
}

// OrderAnswer brings the manifest and says how the sheets will come, or refuses.
type OrderAnswer struct {
	Refused  string          `json:"refused,omitempty"`
	Manifest *SignedManifest `json:"manifest,omitempty"`
	Parcels  []Parcel        `json:"parcels,omitempty"` // one a sheet, in order
}

// SheetAsk fetches one chunk of an ordered sheet (AskSheet, sealed). What comes
// back is the chunk as the renderer has sealed it, and nothing around it.
type SheetAsk struct {
	Order string `json:"order"` // the id of the order's request
	Sheet int    `json:"sheet"` // from 1
	Chunk int    `json:"chunk"` // from 0
}

// Check refuses what breaks a limit.
func (b SheetAsk) Check() error {
	if b.Sheet < 1 || b.Sheet > MaxSheets {
		return fmt.Errorf("sheet %d: want 1 to %d", b.Sheet, MaxSheets)
	}
	if b.Chunk < 0 || b.Chunk >= maxChunks {
		return fmt.Errorf("chunk %d: want 0 to %d", b.Chunk, maxChunks-1)
	}
	return checkID("order", b.Order)
}

// Check refuses what breaks a limit.
func (b BeginAsk) Check() error {
	if len(b.Certificate) == 0 || len(b.Certificate) > MaxCert {
		return fmt.Errorf("certificate of %d bytes: want 1 to %d", len(b.Certificate), MaxCert)
	}
	if len(b.Key) != PublicKeySize {
		return fmt.Errorf("session key of %d bytes: want %d", len(b.Key), PublicKeySize)
	}
	return nil
}

// Check refuses what breaks a limit.
func (b BeginAnswer) Check() error {
	if len(b.Nonce) != NonceSize {
		return fmt.Errorf("nonce of %d bytes: want %d", len(b.Nonce), NonceSize)
	}
	return nil
}

// Check refuses what breaks a limit.
func (b FinishAsk) Check() error {
	if len(b.Signature) == 0 || len(b.Signature) > MaxText {
		return fmt.Errorf("signature of %d bytes: want 1 to %d", len(b.Signature), MaxText)
	}
	return nil
}

// Check refuses what breaks a limit.
func (b FinishAnswer) Check() error {
	if err := checkRefusal(b.Refused, b.Municipality != nil); err != nil {
		return err
	}
	if b.Municipality == nil {
		return nil
	}
	m := b.Municipality
	if m.ID == "" {
		return fmt.Errorf("municipality has no id")
	}
	return checkTexts("municipality", m.ID, m.Name, m.Office, m.Phone, m.Hours)
}

// Check has nothing to refuse.
func (OfferAsk) Check() error { return nil }

// Check refuses what breaks a limit.
func (b OfferAnswer) Check() error {
	if err := checkRefusal(b.Refused, b.Offer != nil); err != nil {
		return err
	}
	if b.Offer == nil {
		return nil
	}
	o := b.Offer
	if o.Fee < 0 || o.Fee > MaxFee {
		return fmt.Errorf("fee of %d yen: want 0 to %d", o.Fee, MaxFee)
	}
	if o.CopiesMax < 1 || o.CopiesMax > MaxCopies {
		return fmt.Errorf("at most %d copies: want 1 to %d", o.CopiesMax, MaxCopies)
	}
	if len(o.Members) == 0 || len(o.Members) > MaxMembers {
		return fmt.Errorf("%d members: want 1 to %d", len(o.Members), MaxMembers)
	}
	ids := make([]string, 0, len(o.Members))
	for _, m := range o.Members {
		if err := checkTexts("member", m.Name); err != nil {
			return err
		}
		ids = append(ids, m.ID)
	}
	if err := checkNames("member", ids, MaxMembers); err != nil {
		return err
	}
	return checkNames("item", o.Items, MaxItems)
}

// Check refuses what breaks a limit.
func (b OrderAsk) Check() error {
	switch b.Scope {
	case ScopeSelf, ScopeAll:
		if len(b.Members) != 0 {
			return fmt.Errorf("scope %s names members", b.Scope)
		}
	case ScopeSome:
		if len(b.Members) == 0 {
			return fmt.Errorf("scope some names no members")
		}
	default:
		return fmt.Errorf("scope %q: want self, all or some", clip(b.Scope))
	}
	if err := checkNames("member", b.Members, MaxMembers); err != nil {
		return err
	}
	if err := checkNames("item", b.Items, MaxItems); err != nil {
		return err
	}
	if b.Copies < 1 || b.Copies > MaxCopies {
		return fmt.Errorf("%d copies: want 1 to %d", b.Copies, MaxCopies)
	}
	if b.Fee < 0 || b.Fee > MaxFee*MaxCopies {
		return fmt.Errorf("fee of %d yen: want 0 to %d", b.Fee, MaxFee*MaxCopies)
	}
	return nil
}

// Check refuses what breaks a limit.
func (b OrderAnswer) Check() error {
	if err := checkRefusal(b.Refused, b.Manifest != nil); err != nil {
		return err
	}
	if b.Manifest == nil {
		if len(b.Parcels) != 0 {
			return fmt.Errorf("a refusal brings sheets")
		}
		return nil
	}
	if err := b.Manifest.Check(); err != nil {
		return err
	}
	if len(b.Parcels) == 0 || len(b.Parcels) > MaxSheets {
		return fmt.Errorf("%d sheets: want 1 to %d", len(b.Parcels), MaxSheets)
	}
	for _, p := range b.Parcels {
		if err := p.Check(); err != nil {
			return err
		}
	}
	return nil
}

func checkRefusal(code string, answered bool) error {
	if (code == "") != answered {
		return fmt.Errorf("want either a refusal or an answer")
	}
	if code != "" {
		return checkID("refusal", code)
	}
	return nil
}

func checkTexts(what string, texts ...string) error {
	for _, t := range texts {
		if len(t) > MaxText || !utf8.ValidString(t) {
			return fmt.Errorf("%s: want UTF-8 of at most %d bytes", what, MaxText)
		}
	}
	return nil
}

// checkNames takes ids that are all different.
func checkNames(what string, ids []string, most int) error {
	if len(ids) > most {
		return fmt.Errorf("%d times %s: at most %d", len(ids), what, most)
	}
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		if err := checkID(what, id); err != nil {
			return err
		}
		if seen[id] {
			return fmt.Errorf("%s %s comes twice", what, id)
		}
		seen[id] = true
	}
	return nil
}
