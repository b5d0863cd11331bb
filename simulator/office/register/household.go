package register

import (
	"fmt"
	"time"
)

// household is how families are written down here; admit makes residents of it.
type household struct {
	id       string
	city     string // id of the municipality; empty is the first one
	since    time.Time
	arrives  time.Time // moving in that is not reflected before the next day
	former   string
	domicile string     // empty: elsewhere, so that no address gives it away
	people   []Resident // the head first; those with a Name may come to a kiosk
}

// noticeDays is how long after moving people usually tell the city; the law gives
// fourteen days (article 22).
const noticeDays = 4

func (r *Register) admit(h household) {
	if h.city == "" {
		h.city = home
	}
	city := r.municipalities[h.city]
	plot := len(r.households) + 1
	address := fmt.Sprintf("%s見本台%d丁目%d番地の%d", city.Name, plot%5+1, plot, plot%7+1)
	if h.domicile == "" {
		h.domicile = fmt.Sprintf("東京都霞原市里町%d番地", 100+plot)
	}
	for i := range h.people {
		p := &h.people[i]
		p.ID = fmt.Sprintf("r%03d-%02d", plot, i+1)
		p.Municipality, p.Household = h.city, h.id
		p.Address, p.Former = address, h.former
		p.Number = myNumber(plot*100 + i + 1)
		p.arrives = h.arrives
		if p.Since.IsZero() {
			p.Since = latest(h.since, p.Born)
		}
		p.Settled = p.Since
		if p.Since.Equal(p.Born) {
			p.Former = "" // born here
		}
		p.Notified = p.Since.AddDate(0, 0, noticeDays)
		if !h.arrives.IsZero() {
			p.Notified = p.Since // whoever moves in today stood at the counter today
		}
		if p.Foreign {
			p.Kana = ""
			p.CardNumber = fmt.Sprintf("ZZ%08dZZ", plot*100+i+1)
			if p.Category == "" {
				p.Category = "中長期在留者"
			}
		} else {
			p.Domicile = h.domicile
			if p.FirstOnRegister == "" {
				p.FirstOnRegister = h.people[0].FullName
			}
		}
		r.households[h.id] = append(r.households[h.id], p)
		if p.Name != "" {
			r.byName[p.Name] = p
		}
	}
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// couple is a household of two: the resident of a scenario and a partner.
func couple(who, partner Resident) []Resident {
	who.member, who.Relation = "head", "世帯主"
	partner.member, partner.Relation = "spouse", "妻"
	if partner.Sex == "男" {
		partner.Relation = "夫"
	}
	return []Resident{who, partner}
}
