package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"kioskd/daemon/office/protocol"
)

// settings are what the office may set, as in scenarios, with what the page offers
// for each.
func settings() []kind {
	return []kind{
		{ID: "tariff.inagi", Label: "fee, Inagi", First: "300"},
		{ID: "hours.inagi", Label: "hours, Inagi", First: "06:30-23:00"},
		{ID: "closed", Label: "closed days", First: "12-29..01-03"},
		{ID: "maintenance", Label: "maintenance", First: "2026-11-25T00:00:00+09:00..2026-11-25T04:00:00+09:00"},
		{ID: "offers", Label: "what is offered", First: "certificate,reset"},
		{ID: "notice.ja", Label: "notice, Japanese", First: "あしたは点検です"},
		{ID: "notice.en", Label: "notice, English", First: "Maintenance tomorrow"},
		{ID: "version.minimum", Label: "least version", First: "1"},
		{ID: "out-of-service", Label: "all out of service", First: "true"},
	}
}

// officeSets has the office publish a new revision; an empty value takes away what
// can be taken away.
func (b *Bench) officeSets(_ context.Context, _ *stand, a act) error {
	if !slices.ContainsFunc(settings(), func(k kind) bool { return k.ID == a.Key }) {
		return badRequest("setting %q: want one of the office's, such as tariff.inagi", clip(a.Key))
	}
	if err := b.floor.Set(a.Key, a.Value); err != nil {
		return badRequest("%s", clip(err.Error()))
	}
	b.setOffice(func(o *officeView) { o.Said = fmt.Sprintf("set: %s=%s", a.Key, clip(a.Value)) })
	return nil
}

// officeCommand has this kiosk do something, and keeps what it answered.
func (b *Bench) officeCommand(ctx context.Context, s *stand, a act) error {
	name := protocol.CommandName(a.Kind)
	if !slices.Contains(protocol.Commands(), name) {
		return badRequest("command %q: want one of %v", clip(a.Kind), protocol.Commands())
	}
	answer, err := b.floor.Command(ctx, s.kiosk.Name(), name)
	var code protocol.CommandCode
	switch {
	case errors.As(err, &code):
		return fmt.Errorf("%s refuses %s: %s", s.kiosk.Name(), name, code)
	case err != nil:
		return err
	}
	said := "done"
	if len(answer.Log) > 0 {
		said = fmt.Sprintf("%d lines of its log", len(answer.Log))
	}
	if h := answer.Health; h != nil {
		said = fmt.Sprintf("%s, settings %d, %s", cmp.Or(h.Out, h.Page), h.Settings, ailing(*h))
	}
	b.setOffice(func(o *officeView) { o.Said = fmt.Sprintf("%s, %s: %s", s.kiosk.Name(), name, said) })
	return nil
}

// ailing names the devices that are not well.
func ailing(h protocol.Health) string {
	said := "all devices ok"
	for i, d := range slices.DeleteFunc(slices.Clone(h.Devices), func(d protocol.Device) bool { return d.State == "ok" }) {
		if i == 0 {
			said = ""
		} else {
			said += ", "
		}
		said += d.Name + " " + d.State
	}
	return said
}

// fleetRow is a kiosk as the office knows it.
type fleetRow struct {
	Kiosk  string           `json:"kiosk"`
	Health *protocol.Health `json:"health"` // nil: none that it has signed
	Why    string           `json:"why"`    // it is nil
	Ailing string           `json:"ailing"`
}

// fleet is the last word of every kiosk on the floor of how it is.
func (b *Bench) fleet(w http.ResponseWriter, r *http.Request, _ *stand) error {
	b.mu.Lock()
	var names []string
	for _, s := range b.stands {
		names = append(names, s.kiosk.Name())
	}
	b.mu.Unlock()
	slices.Sort(names)
	var rows []fleetRow
	for _, name := range names {
		row := fleetRow{Kiosk: name}
		h, err := b.floor.Health(r.Context(), name)
		if err != nil {
			row.Why = err.Error()
		} else {
			row.Health, row.Ailing = &h, ailing(h)
		}
		rows = append(rows, row)
	}
	return writeJSON(w, rows)
}
