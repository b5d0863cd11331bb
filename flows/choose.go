package flows

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// errBack starts the choice anew.
var errBack = errors.New("back to the choice")

// choose asks what is to be printed, until the customer confirms it. The fee is
// frozen here: what the confirm page said is what the order must cost.
func (v *visit) choose(ctx context.Context) error {
	for {
		err := v.chooseOnce(ctx)
		if !errors.Is(err, errBack) {
			return err
		}
	}
}

func (v *visit) chooseOnce(ctx context.Context) error {
	v.request = Request{ID: number(), Copies: 1}
	if _, err := v.ask(ctx, v.page(PageKind, "residence-certificate"), nil); err != nil {
		return err
	}
	if err := v.chooseScope(ctx); err != nil {
		return err
	}
	if err := v.chooseItems(ctx); err != nil {
		return err
	}
	if err := v.chooseCopies(ctx); err != nil {
		return err
	}
	return v.confirm(ctx)
}

// membersMax is how many members fit on one page to choose from. A larger
// household is on several, which follow each other in a ring by "more".
const membersMax = 15

// chooseScope offers the household only to somebody who shares one.
func (v *visit) chooseScope(ctx context.Context) error {
	ids := []string{"self"}
	if !v.offer.Alone {
		ids = append(ids, "all", "some")
	}
	id, err := v.ask(ctx, v.page(PageScope, ids...), nil)
	if err != nil {
		return err
	}
	v.request.Scope = Scope(id)
	if v.request.Scope != ScopeSome {
		return nil
	}
	var members []Button
	for _, m := range v.offer.Members {
		members = append(members, Button{ID: m.ID, Label: m.Name, Toggle: true})
	}
	v.request.Members, err = v.toggle(ctx, PageMembers, members, true)
	return err
}

// chooseItems asks item by item, all off at first. My Number is asked for twice:
// it may be used only where the law says so.
func (v *visit) chooseItems(ctx context.Context) error {
	for {
		var items []Button
		for _, id := range v.offer.Items {
			items = append(items, Button{ID: id, Toggle: true, On: slices.Contains(v.request.Items, id)})
		}
		chosen, err := v.toggle(ctx, PageItems, items, false)
		if err != nil {
			return err
		}
		v.request.Items = chosen
		if !slices.Contains(chosen, "my-number") {
			return nil
		}
		id, err := v.ask(ctx, v.page(PageMyNumber, "yes", "no"), nil)
		if err != nil {
			return err
		}
		if id == "yes" {
			return nil
		}
	}
}

// toggle shows a list of switches until next, and returns the ids that are on.
func (v *visit) toggle(ctx context.Context, name string, list []Button, oneAtLeast bool) ([]string, error) {
	parts := slices.Collect(slices.Chunk(list, membersMax))
	part := 0
	for {
		var on []string
		for _, b := range list {
			if b.On {
				on = append(on, b.ID)
			}
		}
		p := v.page(name, "next")
		p.Buttons[0].Disabled = oneAtLeast && len(on) == 0
		if len(parts) > 1 {
			p.Keys = append(p.Keys, keys("part", strconv.Itoa(part+1), "parts", strconv.Itoa(len(parts)))...)
			p.Buttons = append(buttons("more"), p.Buttons...)
		}
		if len(parts) > 0 {
			p.Buttons = append(slices.Clone(parts[part]), p.Buttons...)
		}
		id, err := v.ask(ctx, p, nil)
		if err != nil {
			return nil, err
		}
		switch id {
		case "next":
			return on, nil
		case "more":
			part = (part + 1) % len(parts)
		}
		for i := range list {
			if list[i].ID == id {
				list[i].On = !list[i].On
			}
		}
	}
}

// chooseCopies counts between one and what the municipality sells at once.
func (v *visit) chooseCopies(ctx context.Context) error {
	for {
		p := v.page(PageCopies, "minus", "plus", "next")
		p.Keys = keys("n", strconv.Itoa(v.request.Copies))
		p.Fee = v.offer.Fee
		id, err := v.ask(ctx, p, nil)
		if err != nil {
			return err
		}
		switch id {
		case "plus":
			v.request.Copies = min(v.request.Copies+1, v.offer.CopiesMax)
		case "minus":
			v.request.Copies = max(v.request.Copies-1, 1)
		case "next":
			return nil
		}
	}
}

// confirm shows all of it once more, with the price.
func (v *visit) confirm(ctx context.Context) error {
	v.request.Fee = v.offer.Fee * v.request.Copies
	p := v.page(PageConfirm, "go-on", "back")
	p.Keys = keys("fee", yen(v.request.Fee), "copies", strconv.Itoa(v.request.Copies), "scope", string(v.request.Scope))
	p.Keys = append(p.Keys, keys("items", strings.Join(v.request.Items, " "), "members", strconv.Itoa(len(v.request.Members)))...)
	p.Fee = v.offer.Fee
	id, err := v.ask(ctx, p, nil)
	if err != nil {
		return err
	}
	if id == "back" {
		return errBack
	}
	return nil
}
