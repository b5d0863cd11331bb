package office

import (
	"bytes"
	"context"
	"crypto/hpke"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"kioskd/daemon/office/protocol"
	"kioskd/flows"
)

// maxAhead is how far the time of the data may lie ahead of our own clock: two
// clocks that are both right still differ a little.
const maxAhead = 2 * time.Minute

// Order asks for a document and returns it complete, opened and checked.
func (s *session) Order(ctx context.Context, r flows.Request, progress func(sheet, of int)) (*flows.Document, error) {
	key, err := s.held()
	if err != nil {
		return nil, err
	}
	ask := protocol.OrderAsk{
		Scope: string(r.Scope), Members: r.Members, Items: r.Items, Copies: r.Copies, Fee: r.Fee,
	}
	answer, err := exchange[protocol.OrderAnswer](ctx, s, protocol.AskOrder, r.ID, ask)
	if err != nil {
		return nil, bad(err)
	}
	if answer.Refused != "" {
		return nil, &flows.Refused{Code: answer.Refused}
	}
	m, err := answer.Manifest.Verify(s.c.pinned.Document)
	if err != nil {
		return nil, &flows.BadDocument{Why: "manifest: " + err.Error()}
	}
	if err := s.check(m, r, len(answer.Parcels)); err != nil {
		return nil, err
	}
	doc := &flows.Document{Issue: m.Issue}
	for i, sheet := range m.Sheets {
		raster, err := s.fetch(ctx, key, r.ID, sheet, answer.Parcels[i])
		if err != nil {
			doc.Wipe()
			return nil, bad(err)
		}
		doc.Sheets = append(doc.Sheets, flows.Sheet{Number: sheet.Number, Raster: raster})
		if progress != nil {
			progress(sheet.Number, len(m.Sheets))
		}
	}
	// The sheets took their time: what was fresh when they began may not be now.
	if err := s.checkAge(m); err != nil {
		doc.Wipe()
		return nil, err
	}
	return doc, nil
}

// check compares the manifest with what the kiosk knows itself.
func (s *session) check(m protocol.Manifest, r flows.Request, parcels int) error {
	for _, c := range []struct {
		wrong bool
		why   string
	}{
		{m.Order != r.ID, "the manifest is for another order"},
		{m.Kiosk != s.c.kiosk, fmt.Sprintf("the manifest is for kiosk %s", m.Kiosk)},
		{m.Session != s.id, "the manifest is for another session"},
		{!bytes.Equal(m.SessionKey, s.digest), "the manifest is for another session key"},
		{!bytes.Equal(m.Certificate, s.owner), "the manifest is for another card"},
		{m.Fee != r.Fee, fmt.Sprintf("the fee is %d yen, the customer saw %d", m.Fee, r.Fee)},
		{m.Copies != r.Copies, fmt.Sprintf("the manifest is for %d copies, the customer wants %d", m.Copies, r.Copies)},
		{len(m.Sheets) != parcels, fmt.Sprintf("the manifest names %d sheets, %d come", len(m.Sheets), parcels)},
	} {
		if c.wrong {
			return &flows.BadDocument{Why: c.why}
		}
	}
	subject := protocol.SheetSubject(s.owner, m.Issue)
	for _, sheet := range m.Sheets {
		if !bytes.Equal(sheet.Subject, subject) {
			return &flows.BadDocument{Why: fmt.Sprintf("sheet %d was drawn from another record", sheet.Number)}
		}
	}
	return s.checkAge(m)
}

func (s *session) checkAge(m protocol.Manifest) error {
	now, trusted := s.c.clock.Now()
	if !trusted {
		return &flows.BadDocument{Why: "the age of the data is unknown: the clock is not set"}
	}
	age, most := now.Sub(m.DataTime), time.Duration(m.MaxAge)*time.Second
	if age > most {
		return &flows.BadDocument{Why: fmt.Sprintf("the data is %v old, at most %v", age.Round(time.Second), most)}
	}
	if age < -maxAhead {
		return &flows.BadDocument{Why: fmt.Sprintf("the data is of a time %v ahead", (-age).Round(time.Second))}
	}
	return nil
}

// fetch brings one sheet: its chunks in order, through one seal, to the digest
// that the manifest names.
func (s *session) fetch(ctx context.Context, key hpke.PrivateKey, order string, sheet protocol.ManifestSheet, p protocol.Parcel) (raster []byte, err error) {
	place := protocol.Place{Kiosk: s.c.kiosk, Session: s.id, Request: order, Key: s.digest}
	o, err := protocol.NewSheetOpener(key, place, sheet.Number, p)
	if err != nil {
		return nil, fmt.Errorf("office: %w", err)
	}
	defer func() {
		if err != nil {
			o.Wipe()
		}
	}()
	for {
		chunk, done := o.Next()
		if done {
			break
		}
		sealed, err := s.chunk(ctx, order, sheet.Number, chunk)
		if err != nil {
			return nil, err
		}
		if err := o.Add(sealed); err != nil {
			return nil, fmt.Errorf("office: sheet %d: %w", sheet.Number, err)
		}
	}
	raster, err = o.Raster()
	if err != nil {
		return nil, fmt.Errorf("office: %w", err)
	}
	if sum := sha256.Sum256(raster); !bytes.Equal(sum[:], sheet.Digest) {
		return nil, &flows.BadDocument{Why: fmt.Sprintf("sheet %d is not the one that the manifest names", sheet.Number)}
	}
	return raster, nil
}

func (s *session) chunk(ctx context.Context, order string, sheet, chunk int) ([]byte, error) {
	ask := protocol.SheetAsk{Order: order, Sheet: sheet, Chunk: chunk}
	reply, err := s.c.exchange(ctx, s.seals, protocol.AskSheet, s.id, protocol.NewID(), nil, ask)
	return reply.Sealed, err
}

// bad turns what an answer broke into the verdict on the document; a silent or
// refusing office stays what it is.
func bad(err error) error {
	var verdict *flows.BadDocument
	var said *protocol.Error
	switch {
	case errors.As(err, &verdict):
		return verdict
	case errors.Is(err, flows.ErrOfficeAway), errors.As(err, &said), errors.Is(err, protocol.ErrOver):
		return err
	}
	return &flows.BadDocument{Why: err.Error()}
}
