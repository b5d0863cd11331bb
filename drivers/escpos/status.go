package escpos

import "strings"

// What has to be done about a printer, in the words of XFS4IoT: an operator
// clears, a technician maintains.
const (
	ActionClear       = "clear"
	ActionMaintenance = "maintenance"
)

// Status is what the printer says of itself.
type Status struct {
	Offline      bool
	CoverOpen    bool
	PaperEnd     bool
	PaperNearEnd bool // it still prints
	CutterError  bool
	Broken       bool // an error that a restart may mend, not an operator
	HeadHot      bool // it prints again when it has cooled
	// Action is what has to be done before it prints again; "" means nothing.
	Action string
}

// Ready says whether it would print now.
func (s Status) Ready() bool {
	return !s.Offline && !s.CoverOpen && !s.PaperEnd && !s.CutterError && !s.Broken && !s.HeadHot
}

// String lists what is wrong. A printer is off line for each of the others too: it
// is said only where none of them says why.
func (s Status) String() string {
	var words []string
	why := s
	why.Offline = false
	for _, w := range []struct {
		is   bool
		word string
	}{
		{s.Offline && why.Ready(), "offline"},
		{s.CoverOpen, "cover open"},
		{s.PaperEnd, "paper end"},
		{s.PaperNearEnd, "paper near end"},
		{s.CutterError, "cutter error"},
		{s.Broken, "broken"},
		{s.HeadHot, "head hot"},
	} {
		if w.is {
			words = append(words, w.word)
		}
	}
	if len(words) == 0 {
		return "ready"
	}
	return strings.Join(words, ", ")
}

// Bits of the answers to DLE EOT 1 to 4.
const (
	oneOffline = 0x08

	twoCover    = 0x04
	twoPaperEnd = 0x20
	twoError    = 0x40

	threeCutter      = 0x08
	threeUnrecovered = 0x20
	threeHeadHot     = 0x40

	fourNearEnd  = 0x0C
	fourPaperEnd = 0x60
)

// parseStatus reads the answers to DLE EOT 1, 2, 3 and 4.
func parseStatus(b [4]byte) Status {
	s := Status{
		Offline:      b[0]&oneOffline != 0,
		CoverOpen:    b[1]&twoCover != 0,
		PaperEnd:     b[1]&twoPaperEnd != 0 || b[3]&fourPaperEnd != 0,
		PaperNearEnd: b[3]&fourNearEnd != 0,
		CutterError:  b[2]&threeCutter != 0,
		HeadHot:      b[2]&threeHeadHot != 0,
	}
	named := s.CutterError || s.HeadHot
	s.Broken = b[2]&threeUnrecovered != 0 || (b[1]&twoError != 0 && !named)
	switch {
	case s.CutterError, s.Broken:
		s.Action = ActionMaintenance
	case s.CoverOpen, s.PaperEnd:
		s.Action = ActionClear
	case s.Offline:
		s.Action = ActionMaintenance // for no reason that it can name
	}
	return s
}

// kind is what a byte from the printer is.
type kind int

const (
	kindOther    kind = iota // XON, XOFF, unsolicited status, noise
	kindRealTime             // answer to DLE EOT
	kindReply                // answer to GS r
)

// replies tells the printer's bytes apart by their pattern: some printers talk
// without being asked, so their number means nothing.
type replies struct {
	asb int // bytes of an unsolicited status still to come
}

func (r *replies) next(b byte) kind {
	switch {
	case b&0x93 == 0x12:
		return kindRealTime
	case b&0x93 == 0x10: // the first of four bytes of automatic status
		r.asb = 3
		return kindOther
	case b&0x90 != 0:
		return kindOther
	case r.asb > 0:
		r.asb--
		return kindOther
	default:
		return kindReply
	}
}
