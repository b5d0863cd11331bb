package register

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kioskd/simulator/office/paper"
)

// Ids of what may be printed or left out.
const (
	HeadAndRelation    = "head-and-relation"
	RegisteredDomicile = "registered-domicile" // nationals
	MyNumber           = "my-number"
	Nationality        = "nationality"         // foreign residents
	StatusOfResidence  = "status-of-residence" // foreign residents
	CardNumber         = "card-number"         // foreign residents
)

// Scopes of a copy.
const (
	ScopeSelf = "self"
	ScopeAll  = "all"
	ScopeSome = "some"
)

// adultAge is from when on a resident may have certificates at a kiosk. The
// user-verification certificate has no age limit: the city refuses, not the card.
const adultAge = 15

// Offer is what a resident may have.
type Offer struct {
	Members []Member // the whole household, the head first, the resident among them
	Items   []string // ids, in the order of the form
	Alone   bool     // nobody else in the household: self only
}

// Member is a member of the household.
type Member struct{ ID, Name string }

// ErrChoice says that a choice was not among what the resident was offered.
var ErrChoice = errors.New("register: not offered")

// Refused says that the city does not serve this person at a kiosk.
type Refused struct{ Code string }

func (e *Refused) Error() string { return "register: refused: " + e.Code }

// Offer tells what the named resident may have at that moment, or a refusal
// code. Somebody the register does not know is sent to the counter.
func (r *Register) Offer(name string, at time.Time) (Offer, string) {
	p, ok := r.byName[name]
	if !ok {
		return Offer{}, AtTheCounter
	}
	if code := p.refusedAt(at); code != "" {
		return Offer{}, code
	}
	o := Offer{Items: p.items()}
	for _, m := range r.households[p.Household] {
		o.Members = append(o.Members, Member{ID: m.member, Name: m.FullName})
	}
	o.Alone = len(o.Members) == 1
	return o, ""
}

func (p *Resident) refusedAt(at time.Time) string {
	if p.refusal != "" {
		return p.refusal
	}
	if !p.arrives.IsZero() && !day(at).After(p.arrives) {
		return NotYetReflected
	}
	if age(p.Born, at) < adultAge {
		return Under15
	}
	return ""
}

func (p *Resident) items() []string {
	if p.Foreign {
		return []string{HeadAndRelation, Nationality, StatusOfResidence, CardNumber, MyNumber}
	}
	return []string{HeadAndRelation, RegisteredDomicile, MyNumber}
}

// Record makes what is printed for the named resident: the chosen members and
// items, nothing else. It fails with a Refused, or with ErrChoice for a scope, a
// member or an item that this person was not offered.
func (r *Register) Record(name, scope string, members, items []string, at time.Time) (paper.Record, error) {
	offer, code := r.Offer(name, at)
	if code != "" {
		return paper.Record{}, &Refused{Code: code}
	}
	p := r.byName[name]
	if err := unique(items, offer.Items); err != nil {
		return paper.Record{}, fmt.Errorf("%w: item %w", ErrChoice, err)
	}
	chosen, whose, err := r.choose(p, scope, members)
	if err != nil {
		return paper.Record{}, fmt.Errorf("%w: %w", ErrChoice, err)
	}
	city := r.municipalities[p.Municipality]
	rec := paper.Record{
		Title:        "住民票",
		Municipality: city.Prefecture + city.Name,
		Address:      city.Prefecture + p.Address,
		Certifies:    "この写しは、" + whose + "の住民票の原本と相違ないことを証明する。",
		Issued:       era(at),
		Mayor:        city.Mayor,
		Seal:         city.Seal,
	}
	if slices.Contains(items, HeadAndRelation) {
		rec.Head = r.households[p.Household][0].FullName
	}
	for _, m := range chosen {
		rec.Persons = append(rec.Persons, m.printed(items))
	}
	return rec, nil
}

// choose finds the members a copy shows, in the register's order, and the words
// of the certifying sentence.
func (r *Register) choose(p *Resident, scope string, members []string) ([]*Resident, string, error) {
	all := r.households[p.Household]
	ids := make([]string, len(all))
	for i, m := range all {
		ids[i] = m.member
	}
	if err := unique(members, ids); err != nil {
		return nil, "", fmt.Errorf("member %w", err)
	}
	if scope == ScopeSelf && len(all) == 1 {
		return all, "世帯全員", nil // whoever lives alone is the whole household, and desks ask for that word
	}
	if scope == ScopeSelf {
		return []*Resident{p}, "本人", nil
	}
	if scope != ScopeAll && scope != ScopeSome {
		return nil, "", fmt.Errorf("scope %q", scope)
	}
	if len(all) == 1 {
		return nil, "", fmt.Errorf("scope %q in a household of one", scope)
	}
	if scope == ScopeAll || len(members) == len(all) {
		return all, "世帯全員", nil
	}
	if len(members) == 0 {
		return nil, "", errors.New("some members, but none named")
	}
	var chosen []*Resident
	for _, m := range all {
		if slices.Contains(members, m.member) {
			chosen = append(chosen, m)
		}
	}
	return chosen, "世帯の一部", nil
}

// unique checks that each of chosen is offered, and comes once.
func unique(chosen, offered []string) error {
	for i, c := range chosen {
		if !slices.Contains(offered, c) {
			return fmt.Errorf("%q, want one of %s", c, strings.Join(offered, " "))
		}
		if slices.Contains(chosen[:i], c) {
			return fmt.Errorf("%q twice", c)
		}
	}
	return nil
}

// printed is one person's block: what is always there and what was asked for.
func (p *Resident) printed(items []string) paper.Person {
	asked := func(item, value string) string {
		if !slices.Contains(items, item) {
			return ""
		}
		return cmp.Or(value, paper.Nothing)
	}
	out := paper.Person{
		Foreign: p.Foreign,
		Name:    p.FullName, Kana: p.Kana, Alias: p.Alias, Sex: p.Sex, Birth: era(p.Born),
		Since: era(p.Since), Settled: era(p.Settled), Notified: era(p.Notified), Former: p.Former,
		Relation: asked(HeadAndRelation, p.Relation),
		Number:   asked(MyNumber, p.Number),
	}
	if !p.Foreign {
		out.Domicile = asked(RegisteredDomicile, p.Domicile)
		out.FirstOnRegister = asked(RegisteredDomicile, p.FirstOnRegister)
		return out
	}
	ends := ""
	switch {
	case !p.StayEnds.IsZero():
		ends = era(p.StayEnds)
	case p.Status != "":
		ends = "なし" // a permanent resident's stay has no end; a special permanent resident has no such entry
	}
	out.Birth = western(p.Born)
	out.Nationality = asked(Nationality, p.Nationality)
	out.Category = asked(StatusOfResidence, p.Category)
	out.Status = asked(StatusOfResidence, p.Status)
	out.Period = asked(StatusOfResidence, p.Period)
	out.StayEnds = asked(StatusOfResidence, ends)
	out.CardNumber = asked(CardNumber, p.CardNumber)
	return out
}
