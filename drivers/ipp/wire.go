package ipp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/OpenPrinting/goipp"
)

// StatusError is a printer's answer that it did not do what was asked.
type StatusError struct {
	Status  goipp.Status
	Message string // the printer's own words, if any
}

func (e StatusError) Error() string {
	if e.Message == "" {
		return e.Status.String()
	}
	return fmt.Sprintf("%v: %s", e.Status, e.Message)
}

// HTTPError is an answer that is not IPP at all.
type HTTPError struct{ Code int }

func (e HTTPError) Error() string { return fmt.Sprintf("HTTP status %d", e.Code) }

// request begins a message: the order of its attributes is prescribed (RFC 8011
// 4.1.4 and 4.1.5).
func (d *Dev) request(op goipp.Op) *goipp.Message {
	m := goipp.NewRequest(goipp.DefaultVersion, op, d.ids.Add(1))
	m.Operation.Add(goipp.MakeAttr("attributes-charset", goipp.TagCharset, goipp.String("utf-8")))
	m.Operation.Add(goipp.MakeAttr("attributes-natural-language", goipp.TagLanguage, goipp.String("en")))
	m.Operation.Add(goipp.MakeAttr("printer-uri", goipp.TagURI, goipp.String(d.uri)))
	return m
}

func (d *Dev) user() goipp.Attribute {
	return goipp.MakeAttr("requesting-user-name", goipp.TagName, goipp.String(d.o.User))
}

func wanted(first string, more ...string) goipp.Attribute {
	a := goipp.MakeAttr("requested-attributes", goipp.TagKeyword, goipp.String(first))
	for _, name := range more {
		a.Values.Add(goipp.TagKeyword, goipp.String(name))
	}
	return a
}

func (d *Dev) printerRequest(first string, more ...string) *goipp.Message {
	m := d.request(goipp.OpGetPrinterAttributes)
	m.Operation.Add(d.user())
	m.Operation.Add(wanted(first, more...))
	return m
}

// ask sends a message without a document.
func (d *Dev) ask(ctx context.Context, m *goipp.Message) (*goipp.Message, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, d.o.Answer, errNoAnswer)
	defer cancel()
	return d.send(ctx, m, nil)
}

var errNoAnswer = errors.New("the printer does not answer in time")

// send posts a message, and the document behind it.
func (d *Dev) send(ctx context.Context, m *goipp.Message, document []byte) (*goipp.Message, error) {
	head, err := m.EncodeBytes()
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	body := io.MultiReader(bytes.NewReader(head), bytes.NewReader(document))
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.http, body)
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	r.ContentLength = int64(len(head) + len(document))
	r.Header.Set("Content-Type", goipp.ContentType)
	r.Header.Set("Accept", goipp.ContentType)
	answer, err := d.client.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }() // read to its end or given up
	if answer.StatusCode != http.StatusOK {
		return nil, HTTPError{answer.StatusCode}
	}
	raw, err := io.ReadAll(io.LimitReader(answer.Body, answerMax+1))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if len(raw) > answerMax {
		return nil, fmt.Errorf("answer is longer than %d bytes", answerMax)
	}
	return parse(raw, m.RequestID)
}

// parse reads an answer to the request of that id. An answer that says no is a
// StatusError.
func parse(raw []byte, id uint32) (*goipp.Message, error) {
	var m goipp.Message
	if err := m.DecodeBytes(raw); err != nil {
		return nil, fmt.Errorf("decode answer: %w", err)
	}
	if m.RequestID != id {
		return nil, fmt.Errorf("answer to request %d, want %d", m.RequestID, id)
	}
	// RFC 8011 B.1: below 0x0100 all went well, or nearly.
	if m.Code >= 0x0100 {
		e := StatusError{Status: goipp.Status(m.Code)}
		if said := words(m.Operation, "status-message"); len(said) > 0 {
			e.Message = said[0]
		}
		return nil, e
	}
	return &m, nil
}

// find returns an attribute's values, in whichever order they came.
func find(attrs goipp.Attributes, name string) goipp.Values {
	for _, a := range attrs {
		if a.Name == name {
			return a.Values
		}
	}
	return nil
}

// words returns the values that are words.
func words(attrs goipp.Attributes, name string) []string {
	var all []string
	for _, v := range find(attrs, name) {
		switch w := v.V.(type) {
		case goipp.String:
			all = append(all, string(w))
		case goipp.TextWithLang:
			all = append(all, w.Text)
		}
	}
	return all
}

func number(attrs goipp.Attributes, name string) (int, bool) {
	for _, v := range find(attrs, name) {
		if n, ok := v.V.(goipp.Integer); ok {
			return int(n), true
		}
	}
	return 0, false
}

func boolean(attrs goipp.Attributes, name string) (value, ok bool) {
	for _, v := range find(attrs, name) {
		if b, ok := v.V.(goipp.Boolean); ok {
			return bool(b), true
		}
	}
	return false, false
}
