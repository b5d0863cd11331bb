package office

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"kioskd/daemon/office/protocol"
)

// openService offers each verb as an endpoint of a micro service, so that the
// ordinary tools list it and count its errors.
func (o *Office) openService() error {
	svc, err := micro.AddService(o.front, micro.Config{
		Name: "office", Version: "1.0.0", Description: "residence certificates and password resets for kiosks",
	})
	if err != nil {
		return fmt.Errorf("office: service: %w", err)
	}
	o.service = svc
	for _, v := range protocol.Verbs() {
		bodies, err := schemas(v)
		if err != nil {
			return err
		}
		name := strings.ReplaceAll(string(v), ".", "-")
		handler := micro.HandlerFunc(func(r micro.Request) { o.handle(v, r) })
		if err := svc.AddEndpoint(name, handler,
			micro.WithEndpointSubject(protocol.Subject("*", v)), micro.WithEndpointMetadata(bodies)); err != nil {
			return fmt.Errorf("office: service: %w", err)
		}
	}
	return waitLine(o.front)
}

// handle takes one request off the line and has it answered. It must not block:
// one kiosk's order would wait for another's.
func (o *Office) handle(v protocol.Verb, r micro.Request) {
	kiosk, reply := protocol.Asker(r.Subject()), r.Reply()
	// What comes from a kiosk has a reply subject that the server made, whatever
	// the kiosk named. What has another was not asked by a kiosk.
	if !strings.HasPrefix(reply, ownReply) {
		o.desk.count(func(a *Audit) { a.ForeignReply++ })
		o.log.Warn("office: a question that no kiosk asked", "subject", r.Subject())
		return
	}
	o.watch(sender{kiosk, false})
	if !o.desk.enter(kiosk, v, &o.work) {
		// Not even read: who floods must not cost more than this.
		o.respond(reply, fault("", protocol.CodeBusy, true))
		return
	}
	data := r.Data()
	o.give(func() {
		defer o.desk.leave(kiosk, &o.work)
		out := o.answer(v, kiosk, data)
		o.respond(reply, out)
		if out.twice {
			o.respond(reply, out)
		}
	})
}

// give has a request answered by a worker that has nothing to do, or by a new one.
// They stay until Close, as many as were ever needed at once: growing the stack of a
// new goroutine takes longer than opening and sealing.
func (o *Office) give(request func()) {
	select {
	case o.waiting <- request:
	default:
		o.workers.Go(func() {
			for request != nil {
				request()
				select {
				case request = <-o.waiting:
				case <-o.ctx.Done():
					request = nil
				}
			}
		})
	}
}

// outcome is what a request comes to.
type outcome struct {
	id     string // of the request; "" when it was not read
	sealed []byte
	err    *protocol.Error
	twice  bool // a lie: answer twice
}

func fault(id string, code protocol.Code, retry bool) outcome {
	return outcome{id: id, err: &protocol.Error{Code: code, Retry: retry}}
}

// respond publishes an answer.
func (o *Office) respond(reply string, out outcome) {
	m := &nats.Msg{Subject: reply}
	if out.err != nil {
		out.err.Reason = out.err.Code.Reason()
		m.Header = nats.Header{
			micro.ErrorHeader:     []string{out.err.Error()},
			micro.ErrorCodeHeader: []string{string(out.err.Code)},
		}
	}
	if out.id != "" {
		// The library copies what it sends. A sheet's chunk is large, and a new place
		// for it at each answer would cost more than sending it.
		body, ok := o.bodies.Get().(*[]byte)
		if !ok {
			body = new([]byte)
		}
		defer o.bodies.Put(body)
		var err error
		*body, err = protocol.AppendAnswer((*body)[:0], protocol.Answer{
			ID: out.id, Error: out.err, Sealed: out.sealed,
		})
		if err != nil {
			o.log.Error("office: answer", "err", err)
			return
		}
		m.Data = *body
	}
	// An answer that does not get out is asked for again.
	if err := o.front.PublishMsg(m); err != nil {
		o.log.Debug("office: answer not sent", "err", err)
	}
}

func (o *Office) answer(v protocol.Verb, kiosk string, data []byte) outcome {
	ask, err := protocol.DecodeAsk(data)
	if err != nil {
		o.desk.count(func(a *Audit) { a.Malformed++ })
		return fault("", protocol.CodeMalformed, false)
	}
	var out outcome
	switch v {
	case protocol.LoginBegin:
		out = o.begin(kiosk, ask)
	case protocol.LoginFinish:
		out = handleSealed(o, v, kiosk, ask, o.finish)
	case protocol.AskOffer:
		out = handleSealed(o, v, kiosk, ask, o.offer)
	case protocol.AskOrder:
		out = o.ordered(kiosk, ask)
	case protocol.AskSheet:
		out = o.sheet(kiosk, ask)
	case protocol.ResetBegin:
		out = handleSealed(o, v, kiosk, ask, o.resetBegin)
	case protocol.ResetAuthorise:
		out = handleSealed(o, v, kiosk, ask, o.resetAuthorise)
	case protocol.ResetDone:
		out = o.resetDone(kiosk, ask)
	}
	if out.err != nil && out.err.Code == protocol.CodeMalformed {
		o.desk.count(func(a *Audit) { a.Malformed++ })
	}
	out.twice = o.desk.lying(lieTwice)
	return out
}

// body is what travels sealed.
type body interface{ Check() error }

// handleSealed opens a question of a known session, has it answered once, and
// seals the answer.
func handleSealed[Q, A body](
	o *Office, verb protocol.Verb, kiosk string, ask protocol.Ask,
	do func(context.Context, *visit, string, Q) (A, *protocol.Error),
) outcome {
	v, q, no := hear[Q](o, verb, kiosk, ask)
	if no != nil {
		return outcome{id: ask.ID, err: no}
	}
	return once(o, v, verb, ask.ID, q, do)
}

// hear opens a question of a known session.
func hear[Q body](o *Office, verb protocol.Verb, kiosk string, ask protocol.Ask) (v *visit, q Q, no *protocol.Error) {
	v = o.desk.visit(kiosk, ask.Session)
	if v == nil {
		return nil, q, &protocol.Error{Code: protocol.CodeSession}
	}
	q, err := protocol.Open[Q](v.seals, protocol.Question(verb), ask.ID, ask.Sealed)
	switch {
	case errors.Is(err, protocol.ErrTooEarly):
		return nil, q, &protocol.Error{Code: protocol.CodeSequence}
	case errors.Is(err, protocol.ErrOver):
		return nil, q, &protocol.Error{Code: protocol.CodeSession}
	case err != nil:
		return nil, q, &protocol.Error{Code: protocol.CodeMalformed}
	}
	return v, q, nil
}

// once does what is asked, unless it was done or is being done under this id.
func once[Q, A body](
	o *Office, v *visit, verb protocol.Verb, id string, q Q,
	do func(context.Context, *visit, string, Q) (A, *protocol.Error),
) outcome {
	question, err := protocol.Encode(q)
	if err != nil {
		return fault(id, protocol.CodeMalformed, false)
	}
	j, mine, no := v.take(verb, id, sha256.Sum256(question))
	if no != nil {
		return outcome{id: id, err: no}
	}
	if !mine {
		o.desk.count(func(a *Audit) { a.Repeated++ })
		select {
		case <-j.done:
			return outcome{id: id, sealed: j.sealed, err: j.err}
		case <-v.ctx.Done():
			return fault(id, protocol.CodeSession, false)
		}
	}
	defer close(j.done)
	if d := o.desk.slowBy(); d > 0 {
		if err := o.clock.Sleep(v.ctx, d); err != nil {
			j.err = &protocol.Error{Code: protocol.CodeSession}
			return outcome{id: id, err: j.err}
		}
	}
	a, no := do(v.ctx, v, id, q)
	if no == nil {
		j.sealed, err = v.seal(verb, id, a)
		switch {
		case errors.Is(err, protocol.ErrOver):
			no = &protocol.Error{Code: protocol.CodeSession}
		case err != nil:
			o.log.Error("office: seal an answer", "verb", verb, "err", err)
			no = &protocol.Error{Code: protocol.CodeFailed}
		}
	}
	j.err = no
	if no != nil && no.Retry {
		v.forget(id)
	}
	return outcome{id: id, sealed: j.sealed, err: j.err}
}

// seal closes an answer. The one to the card's proof begins with a context to the
// session's key, which that proof has named: an error of the proof seals nothing.
func (v *visit) seal(verb protocol.Verb, id string, a body) ([]byte, error) {
	var enc []byte
	if verb == protocol.LoginFinish {
		var err error
		if enc, err = v.seals.Confirm(v.key, id); err != nil {
			return nil, err
		}
	}
	sealed, err := v.seals.Seal(protocol.Reply(verb), id, a)
	if err != nil {
		return nil, err
	}
	return slices.Concat(enc, sealed), nil
}

// take finds the job of this id or makes it; mine says that it is to be done.
func (v *visit) take(verb protocol.Verb, id string, question [sha256.Size]byte) (j *job, mine bool, no *protocol.Error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if j := v.jobs[id]; j != nil {
		if j.verb != verb || j.question != question {
			return nil, false, &protocol.Error{Code: protocol.CodeConflict}
		}
		return j, false, nil
	}
	if len(v.jobs) == jobsMost {
		return nil, false, &protocol.Error{Code: protocol.CodeBusy}
	}
	j = &job{verb: verb, question: question, done: make(chan struct{})}
	v.jobs[id] = j
	return j, true, nil
}

func (v *visit) forget(id string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.jobs, id)
}
