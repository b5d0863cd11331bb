package register

// Municipality is a city that has put its register in the office's hands.
type Municipality struct {
	ID     string // inagi
	Name   string // 稲城市
	Office string // the desk to ask: 市民部市民課
	Phone  string
	Hours  string // of that desk, as a person reads them
	Fee    int    // yen for one copy

	Open       string // hours of issuance at kiosks: 06:30-23:00
	Prefecture string // 東京都
	Mayor      string // as printed on certificates: a sample name, never a real one
	Seal       [3]string
}

// Municipality finds a city by its id.
func (r *Register) Municipality(id string) (*Municipality, bool) {
	m, ok := r.municipalities[id]
	return m, ok
}

// municipalities lists the two cities of the simulated world. The first is the
// seed's, with the telephone number of its page; the second does not exist.
func municipalities() map[string]*Municipality {
	return map[string]*Municipality{
		home: {
			ID: home, Name: "稲城市", Office: "市民部市民課", Phone: "042-378-2111",
			Hours: "月〜金 8:30〜17:00", Fee: 200, Open: "06:30-23:00",
			Prefecture: "東京都", Mayor: "稲城市長　見本 花子",
			Seal: [3]string{"稲城市", "長之印", "見本用"},
		},
		away: {
			ID: away, Name: "霞原市", Office: "市民窓口課", Phone: "042-000-0000",
			Hours: "月〜金 8:30〜17:15", Fee: 300, Open: "07:00-21:00",
			Prefecture: "東京都", Mayor: "霞原市長　見本 次郎",
			Seal: [3]string{"霞原市", "長之印", "見本用"},
		},
	}
}

const (
	home = "inagi"
	away = "other-town"
)
