package soak

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"kioskd/flows"
)

// spool is what outlives a customer.
type spool struct {
	late  [][]byte
	files map[string][][]byte
}

func document(sheets [][]byte) *flows.Document {
	d := &flows.Document{Issue: "from the spool"}
	for i, s := range sheets {
		d.Sheets = append(d.Sheets, flows.Sheet{Number: i + 1, Raster: append([]byte(nil), s...)})
	}
	return d
}

func rasters(d *flows.Document) [][]byte {
	var all [][]byte
	for _, s := range d.Sheets {
		all = append(all, append([]byte(nil), s.Raster...))
	}
	return all
}

// lateOffice goes on with an order whose customer has given up, and hands the
// document to whoever comes next.
type lateOffice struct {
	flows.Office
	spool *spool
}

func (o *lateOffice) Begin(ctx context.Context, cert []byte) (flows.Session, error) {
	s, err := o.Office.Begin(ctx, cert)
	return &lateSession{s, o.spool}, err
}

type lateSession struct {
	flows.Session
	spool *spool
}

func (s *lateSession) Order(ctx context.Context, r flows.Request, progress func(int, int)) (*flows.Document, error) {
	if late := s.spool.late; late != nil {
		s.spool.late = nil
		return document(late), nil
	}
	anyway, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Minute)
	defer cancel()
	d, err := s.Session.Order(anyway, r, progress)
	if ctx.Err() != nil && err == nil {
		s.spool.late = rasters(d)
	}
	return d, err
}

// filingOffice keeps documents in files named by the second.
type filingOffice struct {
	flows.Office
	spool *spool
	clock flows.Clock
}

func (o *filingOffice) Begin(ctx context.Context, cert []byte) (flows.Session, error) {
	s, err := o.Office.Begin(ctx, cert)
	return &filingSession{s, o}, err
}

type filingSession struct {
	flows.Session
	o *filingOffice
}

func (s *filingSession) Order(ctx context.Context, r flows.Request, progress func(int, int)) (*flows.Document, error) {
	now, _ := s.o.clock.Now()
	d, err := s.Session.Order(ctx, r, progress)
	if err != nil {
		return d, err
	}
	name := now.Format("05")
	if there, ok := s.o.spool.files[name]; ok {
		d.Wipe()
		return document(there), nil
	}
	s.o.spool.files[name] = rasters(d)
	return d, nil
}

// proudPrinter believes that what it was given came out.
type proudPrinter struct{ flows.SheetPrinter }

func (p *proudPrinter) Print(ctx context.Context, raster []byte) error {
	err := p.SheetPrinter.Print(ctx, raster)
	var not *flows.NotPrinted
	if errors.As(err, &not) {
		return nil
	}
	return err
}

// againPrinter prints again what nobody saw.
type againPrinter struct{ flows.SheetPrinter }

func (p *againPrinter) Print(ctx context.Context, raster []byte) error {
	err := p.SheetPrinter.Print(ctx, raster)
	var not *flows.NotPrinted
	if err != nil && !errors.As(err, &not) {
		return p.SheetPrinter.Print(ctx, raster)
	}
	return err
}

// filingPrinter leaves the sheet in a file.
type filingPrinter struct {
	flows.SheetPrinter
	dir string
}

func (p *filingPrinter) Print(ctx context.Context, raster []byte) error {
	if err := os.WriteFile(filepath.Join(p.dir, "sheet.pwg"), raster, 0o600); err != nil {
		return err
	}
	return p.SheetPrinter.Print(ctx, raster)
}
