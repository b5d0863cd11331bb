package shop

import (
	"encoding/json"
	"fmt"
	"image"
	"maps"
	"strings"
	"time"
)

// Tree is what the panel shows, as kioskd describes it: the accessibility tree
// of one picture.
type Tree struct {
	Page     string            `json:"page"`
	Seq      uint64            `json:"seq"`
	Language string            `json:"language"`
	Size     [2]int            `json:"size"` // pixels
	Keys     map[string]string `json:"keys"`
	Checksum string            `json:"checksum"` // CRC-32 of the panel's pixels, 8 hex digits
	Nodes    []Node            `json:"nodes"`

	// Number counts the trees of this kiosk, from 1, over every start.
	Number int `json:"-"`
	// Matched says that the virtual panel held exactly this picture when the
	// tree came. A tree without its picture is no page.
	Matched bool          `json:"-"`
	At      time.Duration `json:"-"` // the clock's uptime
}

// Node is one thing on the page.
type Node struct {
	Role   string `json:"role"` // heading, text, button, image, status
	ID     string `json:"id"`
	Label  string `json:"label"`
	Bounds [4]int `json:"bounds"` // x0 y0 x1 y1 in panel pixels
	State  string `json:"state"`  // of a button: "", disabled, on, off
}

// Button finds a button by its id.
func (t *Tree) Button(id string) (Node, bool) {
	for _, n := range t.Nodes {
		if n.Role == "button" && n.ID == id {
			return n, true
		}
	}
	return Node{}, false
}

// Buttons are the ids of the page's buttons, in reading order.
func (t *Tree) Buttons() []string {
	var ids []string
	for _, n := range t.Nodes {
		if n.Role == "button" {
			ids = append(ids, n.ID)
		}
	}
	return ids
}

// Text is everything that can be read on the page, a line a node.
func (t *Tree) Text() string {
	var lines []string
	for _, n := range t.Nodes {
		if n.Label != "" {
			lines = append(lines, n.Label)
		}
	}
	return strings.Join(lines, "\n")
}

// Same says whether two trees show the same page in the same state.
func (t *Tree) Same(o *Tree) bool {
	return t.Page == o.Page && t.Language == o.Language && maps.Equal(t.Keys, o.Keys)
}

// Middle is the point of a node where a finger would go.
func (n Node) Middle() image.Point {
	return image.Pt((n.Bounds[0]+n.Bounds[2])/2, (n.Bounds[1]+n.Bounds[3])/2)
}

// Slip is what kioskd says it printed on the receipt printer.
type Slip struct {
	Kind     string   `json:"slip"` // receipt or slip
	Seq      uint64   `json:"seq"`
	Language string   `json:"language"`
	Lines    []string `json:"lines"`
	Checksum string   `json:"checksum"` // CRC-32 of the printed dots, 8 hex digits

	// Printed says that dots with this checksum came out of the printer.
	Printed bool `json:"-"`
}

// Text is the slip as one reads it.
func (s *Slip) Text() string { return strings.Join(s.Lines, "\n") }

// State is kioskd's answer to "have you settled".
type State struct {
	Settled bool   `json:"settled"` // no work in hand
	Turn    uint64 `json:"turn"`    // pieces of work so far
	Page    string `json:"page"`
	Session bool   `json:"session"` // an office session or a customer exists
	Card    bool   `json:"card"`    // a card handle is open
	Sheets  int    `json:"sheets"`  // sheets in memory
	Office  bool   `json:"office"`  // connected to the office
	Booting bool   `json:"booting"`
}

// Journal is what `kioskd journal -json` prints.
type Journal struct {
	Events []Event `json:"events"`
	Owed   int     `json:"owed"`   // yen
	Unsent int     `json:"unsent"` // events the office has not acknowledged
	Pace   struct {
		Commits int           `json:"commits"`
		Median  time.Duration `json:"median"`

		Checkpoint struct {
			Events int           `json:"events"`
			Took   time.Duration `json:"took"`
		} `json:"checkpoint"` // the latest
	} `json:"pace"` // of the running kioskd's latest commits
}

// Event is one line of a journal, by its field names.
type Event map[string]any

// Kind is what happened.
func (e Event) Kind() string { return e.Field("kind") }

// Field is one value as it would be written in a scenario; "" if absent.
func (e Event) Field(name string) string {
	switch v := e[name].(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strings.TrimSuffix(fmt.Sprintf("%.3f", v), ".000")
	case json.Number:
		return v.String()
	default:
		return fmt.Sprint(v)
	}
}

// Residue is something a kiosk has written or said, where a secret might have
// been left.
type Residue struct {
	Where string // log, journal, trace, tree, slip
	Bytes []byte
}
