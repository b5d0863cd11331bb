package soak

import (
	"context"

	"kioskd/flows"
	"kioskd/flows/secret"
)

// talkingScreen logs what was typed.
type talkingScreen struct {
	flows.Screen
	c *flows.Counter
}

func (s *talkingScreen) AskPIN(ctx context.Context, p flows.Page, until <-chan struct{}) (*secret.Text, string, error) {
	pin, id, err := s.Screen.AskPIN(ctx, p, until)
	if pin != nil {
		_ = pin.Use(func(b []byte) error { s.c.Log.Info("pin", "typed", string(b)); return nil })
	}
	return pin, id, err
}

// writingScreen puts the password into an event.
type writingScreen struct {
	flows.Screen
	c *flows.Counter
}

func (s *writingScreen) AskPassword(ctx context.Context, p flows.Page, until <-chan struct{}) (*secret.Text, string, error) {
	text, id, err := s.Screen.AskPassword(ctx, p, until)
	if text != nil {
		_ = text.Use(func(b []byte) error {
			return s.c.Journal.Write(flows.Event{Kind: flows.DeviceFault, Device: "screen", Reason: string(b)})
		})
	}
	return text, id, err
}

// stubbornReader sends VERIFY once more when no answer came.
type stubbornReader struct{ flows.Reader }

func (r *stubbornReader) Open() (flows.Card, error) {
	c, err := r.Reader.Open()
	if err != nil {
		return nil, err
	}
	return &stubbornCard{c}, nil
}

type stubbornCard struct{ flows.Card }

func (c *stubbornCard) Verify(pin *secret.Text) error {
	err := c.Card.Verify(pin)
	if err != nil {
		return c.Card.Verify(pin)
	}
	return nil
}

// hastyScreen says go on by itself when it has been said once.
type hastyScreen struct {
	flows.Screen
	said bool
}

func (s *hastyScreen) Ask(ctx context.Context, p flows.Page, until <-chan struct{}) (string, error) {
	if p.Name == flows.PageLastTry && s.said {
		s.said = false
		return "go-on", nil
	}
	id, err := s.Screen.Ask(ctx, p, until)
	s.said = p.Name == flows.PageLastTry && id == "go-on"
	return id, err
}

// hopefulOffice reports a proof whatever came of it.
type hopefulOffice struct{ flows.Office }

func (o *hopefulOffice) ReportReset(ctx context.Context, visit string, _ flows.ResetOutcome) error {
	return o.Office.ReportReset(ctx, visit, flows.OutcomeProved)
}

// hopefulReader takes a lost answer to the new password for a yes.
type hopefulReader struct{ flows.Reader }

func (r *hopefulReader) Open() (flows.Card, error) {
	c, err := r.Reader.Open()
	if err != nil {
		return nil, err
	}
	return &hopefulCard{c}, nil
}

type hopefulCard struct{ flows.Card }

func (c *hopefulCard) SetPassword(*secret.Text) error   { return nil }
func (c *hopefulCard) ProvePassword(*secret.Text) error { return nil }

// keepingOffice never closes a session.
type keepingOffice struct{ flows.Office }

func (o *keepingOffice) Begin(ctx context.Context, cert []byte) (flows.Session, error) {
	s, err := o.Office.Begin(ctx, cert)
	return &openSession{s}, err
}

type openSession struct{ flows.Session }

func (*openSession) Close() {}

// keepingScreen forgets nothing.
type keepingScreen struct{ flows.Screen }

func (*keepingScreen) Clear() {}
