// Package register is the simulated residents' register: the people of the
// scenarios, their households, and what may be told about them.
//
// Nobody in it exists. Their dates count from the day the simulation begins, so
// that a child stays a child whatever the calendar says. It decides who is
// refused and with which code, and makes the record that is printed; it draws
// nothing, keeps no session and knows no keys. It refuses what a resident was
// not offered, whoever asks.
//
// Source: Basic Resident Registration Act (住民基本台帳法) articles 7, 12 and
// 30-45 for the entries; towns' published rules for who is refused at a kiosk.
package register

import "time"

// What the office answers at login about some of the residents.
const (
	LoginRevoked     = "revoked"
	LoginCardStopped = "card-stopped"
)

// Refusals after login, as the scenario language names them.
const (
	Under15               = "under-15"
	MovedOut              = "moved-out"
	Overseas              = "overseas"
	NotYetReflected       = "not-yet-reflected"
	UnregisteredCharacter = "unregistered-character"
	AtTheCounter          = "at-the-counter"
)

// Resident is one person of the register. It is the register's own: read only.
type Resident struct {
	Name         string // in scenarios: adult
	ID           string // in the register, the same for every start of one simulation
	Municipality string // inagi
	Household    string // of which household; the ids of its members are unique within

	FullName, Kana string
	Alias          string // 通称, foreign residents
	Born           time.Time
	Sex            string // 男 or 女
	Address        string // with the city, without the prefecture
	Former         string // 前住所, may be empty
	Since          time.Time
	Settled        time.Time
	Notified       time.Time
	Relation       string // to the head
	Number         string // 個人番号, 12 digits with a true check digit

	Domicile, FirstOnRegister string // nationals

	Foreign     bool
	Nationality string
	Category    string // 中長期在留者
	Status      string // 在留資格
	Period      string // 在留期間
	StayEnds    time.Time
	CardNumber  string

	// Login is the code with which the office refuses this person's card at
	// login; empty lets them pass.
	Login string
	// Guardian says that a guardian appointed by a court acts for this
	// person, an adult ward, who is issued no signature certificate.
	Guardian bool

	member  string // id within the household
	refusal string // code after login; empty for none
	// arrives is the day of moving in; from the next day on it is reflected.
	arrives time.Time
}

// Register holds everybody. It never changes after New, so that any number of
// sessions may read it at once.
type Register struct {
	municipalities map[string]*Municipality
	residents      []*Resident // with a card, in the order of the scenario language
	byName         map[string]*Resident
	households     map[string][]*Resident // the head first
}

// New makes the register as it stands on the day of start.
func New(start time.Time) *Register {
	r := &Register{
		municipalities: municipalities(),
		byName:         make(map[string]*Resident),
		households:     make(map[string][]*Resident),
	}
	r.settle(day(start))
	return r
}

// Resident finds a person by the name the scenarios use.
func (r *Register) Resident(name string) (*Resident, bool) {
	p, ok := r.byName[name]
	return p, ok
}

// All lists everybody who may come to a kiosk: the residents of the scenario
// language, not the other members of their households.
func (r *Register) All() []*Resident { return append([]*Resident(nil), r.residents...) }
