package bench

import (
	"time"

	"kioskd/simulator/shop"
)

// view is everything small that the page shows of one kiosk. The page redraws
// the parts that changed.
type view struct {
	Kiosk   int               `json:"kiosk"`
	Name    string            `json:"name"`
	Clock   string            `json:"clock"` // of the world, RFC 3339
	Power   powerView         `json:"power"`
	Page    pageView          `json:"page"`
	Picture uint64            `json:"picture"` // number of the panel's picture
	Lamps   map[string]string `json:"lamps"`
	Buzzer  buzzerView        `json:"buzzer"`
	Door    bool              `json:"door"` // open
	Reader  []string          `json:"reader"`
	Coins   coinsView         `json:"coins"`
	Sheets  []sheetView       `json:"sheets"`
	Queued  int               `json:"queued"` // jobs in the sheet printer
	Papers  []paperView       `json:"papers"`
	Faults  map[string]string `json:"faults"`
	Office  officeView        `json:"office"`
	// Bookings are the states of those residents' bookings who have one.
	Bookings map[string]string `json:"bookings"`
	Record   recordView        `json:"record"`
}

type powerView struct {
	On        bool   `json:"on"`        // kioskd is meant to run
	Connected bool   `json:"connected"` // it speaks with the board
	Ended     string `json:"ended"`     // how it ended last, "" while it runs
	Armed     bool   `json:"armed"`     // a cut waits for its event
}

type pageView struct {
	Number   int               `json:"number"` // of the tree
	Page     string            `json:"page"`
	Language string            `json:"language"`
	Keys     map[string]string `json:"keys"`
	// Shown says that the panel holds just the picture kioskd says it does.
	Shown bool `json:"shown"`
}

type buzzerView struct {
	On    bool `json:"on"`
	Times int  `json:"times"` // it ever began
}

type coinsView struct {
	Lying  int         `json:"lying"` // yen in the tray
	Levels map[int]int `json:"levels"`
}

type sheetView struct {
	ID    int    `json:"id"`
	At    string `json:"at"`
	Tray  bool   `json:"tray"`  // lies there still
	Front bool   `json:"front"` // there is a picture
	Back  bool   `json:"back"`
}

type paperView struct {
	ID   int    `json:"id"`
	At   string `json:"at"`
	Torn bool   `json:"torn"`
}

type officeView struct {
	Away bool   `json:"away"`
	Slow string `json:"slow"` // "" or a duration
	Lies string `json:"lies"` // "" or a kind
	Said string `json:"said"` // what the last command came to
}

// papersShown is how many sheets, and how many slips, the page has in its trays
// and shelves.
const papersShown = 24

func (b *Bench) view(s *stand) view {
	k := s.kiosk
	v := view{
		Kiosk: s.number, Name: k.Name(), Clock: b.floor.Now().Format(time.RFC3339),
		Power:   powerView{On: k.Running(), Connected: k.Connected(), Ended: k.Ended(), Armed: k.Armed()},
		Picture: b.watch.picture(k.Name()),
		Lamps:   make(map[string]string),
		Buzzer:  buzzerView{On: k.Sounding(), Times: k.Sounded()},
		Door:    k.Open(), Reader: k.Laid(), Queued: k.Queued(),
		Coins:  coinsView{Lying: k.Lying(), Levels: map[int]int{}},
		Sheets: []sheetView{}, Papers: []paperView{},
		Faults: s.faults.all(), Record: s.record.take(k),
	}
	if v.Reader == nil {
		v.Reader = []string{}
	}
	for _, name := range lamps() {
		v.Lamps[name] = k.Lamp(name)
	}
	for _, yen := range hoppers() {
		v.Coins.Levels[yen] = k.HopperLevel(yen)
	}
	if t := k.Tree(); t != nil {
		v.Page = pageOf(k, t)
	}
	b.mu.Lock()
	v.Office = b.office
	b.mu.Unlock()
	v.papers(k)
	v.Bookings = b.bookings()
	return v
}

func (b *Bench) bookings() map[string]string {
	all := make(map[string]string)
	for _, p := range hand() {
		if state := b.floor.Booking(p.ID); state != "none" {
			all[p.ID] = state
		}
	}
	return all
}

func pageOf(k Kiosk, t *shop.Tree) pageView {
	return pageView{Number: t.Number, Page: t.Page, Language: t.Language, Keys: t.Keys, Shown: k.Shows(t.Checksum)}
}

func (v *view) papers(k Kiosk) {
	lying := make(map[int]bool)
	for _, sheet := range k.Tray() {
		lying[sheet.ID] = true
	}
	sheets := k.Sheets()
	for _, sheet := range sheets[max(0, len(sheets)-papersShown):] {
		v.Sheets = append(v.Sheets, sheetView{
			ID: sheet.ID, At: sheet.At.Format(time.TimeOnly), Tray: lying[sheet.ID],
			Front: sheet.Front != nil, Back: sheet.Back != nil,
		})
	}
	slips := k.Papers()
	for _, slip := range slips[max(0, len(slips)-papersShown):] {
		v.Papers = append(v.Papers, paperView{ID: slip.ID, At: slip.At.Format(time.TimeOnly), Torn: slip.Torn})
	}
}

func lamps() []string { return []string{"attention", "reader", "coins", "sheets"} }

func hoppers() []int { return []int{10, 50, 100} }
