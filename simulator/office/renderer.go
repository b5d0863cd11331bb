package office

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"kioskd/daemon/office/protocol"
	"kioskd/simulator/office/paper"
	"kioskd/simulator/office/register"
)

// dataAge is how long a record may lie between the register and the paper.
const dataAge = 2 * time.Minute

// sheetLimit is how many sheets of one copy this city prints at a kiosk, unless
// Options say otherwise.
const sheetLimit = 10

// textsMost is how many sheets' texts are remembered.
const textsMost = 4096

// renderer draws sheets from the record and signs what it drew. It takes no
// word for whose record that is: it looks up the certificate of the resident
// whose record it read, so a deliverer who mixes up people cannot hide it.
type renderer struct {
	key      ed25519.PrivateKey // the document key: nobody else has it
	clock    Clock
	register *register.Register
	paper    Paper
	limit    int // sheets of one copy
	cards    *cards

	mu    sync.Mutex
	texts map[[sha256.Size]byte]string
	order [][sha256.Size]byte // the oldest first
}

// work is what is to be drawn, and for which order.
type work struct {
	resident   string
	ask        protocol.OrderAsk
	order      string
	kiosk      string
	session    string
	sessionKey []byte        // digest
	aged       time.Duration // how long ago the record was read
}

// drawn is a copy with its manifest.
type drawn struct {
	manifest protocol.SignedManifest
	sheets   []paper.Sheet
}

// errTooBig says that a copy would have more sheets than one may.
var errTooBig = errors.New("office: too many sheets")

// draw reads the record once, draws it and signs for what it drew.
func (r *renderer) draw(w work) (*drawn, error) {
	read := r.clock.Now().Add(-w.aged)
	rec, err := r.register.Record(w.resident, w.ask.Scope, w.ask.Members, w.ask.Items, read)
	if err != nil {
		return nil, err
	}
	if n := paper.Count(rec); n > r.limit {
		return nil, fmt.Errorf("%w: %d", errTooBig, n)
	}
	owner, err := r.cards.digest(w.resident)
	if err != nil {
		return nil, err
	}
	issue := protocol.NewID()
	sheets, err := r.paper.Sheets(rec, issue)
	if err != nil {
		return nil, err
	}
	m := protocol.Manifest{
		Version: protocol.Version, Order: w.order, Issue: issue,
		Kiosk: w.kiosk, Session: w.session, SessionKey: w.sessionKey,
		Certificate: owner, DataTime: read.UTC(), MaxAge: int(dataAge / time.Second),
		Fee: w.ask.Fee, Copies: w.ask.Copies,
	}
	for _, s := range sheets {
		sum := sha256.Sum256(s.Raster)
		m.Sheets = append(m.Sheets, protocol.ManifestSheet{
			Number: s.Number, Digest: sum[:], Subject: protocol.SheetSubject(owner, issue),
		})
		r.remember(sum, s.Text)
	}
	signed, err := protocol.SignManifest(r.key, m)
	if err != nil {
		return nil, err
	}
	return &drawn{manifest: signed, sheets: sheets}, nil
}

func (r *renderer) remember(digest [sha256.Size]byte, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.texts == nil {
		r.texts = make(map[[sha256.Size]byte]string)
	}
	if _, known := r.texts[digest]; known {
		return
	}
	if len(r.order) == textsMost {
		delete(r.texts, r.order[0])
		r.order = append(r.order[:0:0], r.order[1:]...)
	}
	r.texts[digest] = text
	r.order = append(r.order, digest)
}

// SheetText is what stands on the front of the sheet whose raster has this
// SHA-256 digest. The last few thousand sheets are known.
func (o *Office) SheetText(digest [sha256.Size]byte) (text string, ok bool) {
	o.renderer.mu.Lock()
	defer o.renderer.mu.Unlock()
	text, ok = o.renderer.texts[digest]
	return text, ok
}

// refusal is what is told to the person when a copy cannot be made; "" is a
// fault of the request or of the office.
func refusal(err error) string {
	var refused *register.Refused
	switch {
	case errors.As(err, &refused):
		return refused.Code
	case errors.Is(err, errTooBig):
		return "sheet-limit"
	case errors.Is(err, paper.ErrCharacter):
		return register.UnregisteredCharacter
	case errors.Is(err, paper.ErrTooLong):
		return register.AtTheCounter
	}
	return ""
}
