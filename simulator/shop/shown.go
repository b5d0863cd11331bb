package shop

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"slices"
	"strconv"
	"sync"
)

// Limits of what is remembered of one kiosk.
const (
	treesMax   = 20_000
	slipsMax   = 1000
	remembered = 16 << 20 // bytes of trees, of the log and of the trace, each
)

// shown is what kioskd has said it shows and prints.
type shown struct {
	mu      sync.Mutex
	trees   []*Tree
	count   int   // trees ever
	current *Tree // since the process started
	slips   []Slip
	raw     bytes.Buffer
}

// treeCame takes a tree or a slip from the link, while the panel still holds the
// picture that belongs to it.
func (k *Kiosk) treeCame(b []byte) {
	sum := k.panel.Checksum()
	if bytes.Contains(b, []byte(`"slip"`)) {
		var s Slip
		if err := json.Unmarshal(b, &s); err == nil && s.Kind != "" {
			k.shown.slip(s, b)
			k.changed("slips")
			return
		}
	}
	t := &Tree{}
	if err := json.Unmarshal(b, t); err != nil {
		k.shop.log.Error("tree", "kiosk", k.name, "err", err)
		return
	}
	t.Matched = same(t.Checksum, sum)
	t.At = k.shop.clock.Uptime()
	k.shown.tree(t, b)
	k.trace.hide(t.secret())
	k.changed("tree")
}

// secret says whether a page on which a PIN or password is typed.
func (t *Tree) secret() bool {
	return slices.Contains([]string{"pin", "new-password", "again", "maintenance-code"}, t.Page)
}

func same(hex string, sum uint32) bool {
	v, err := strconv.ParseUint(hex, 16, 32)
	return err == nil && uint32(v) == sum
}

func (s *shown) tree(t *Tree, raw []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	t.Number = s.count
	s.current = t
	s.trees = append(s.trees, t)
	if len(s.trees) > treesMax {
		s.trees = slices.Delete(s.trees, 0, treesMax/2)
	}
	s.keep(raw)
}

func (s *shown) slip(p Slip, raw []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.slips = append(s.slips, p)
	if len(s.slips) > slipsMax {
		s.slips = slices.Delete(s.slips, 0, slipsMax/2)
	}
	s.keep(raw)
}

func (s *shown) keep(raw []byte) {
	if s.raw.Len()+len(raw) < remembered {
		s.raw.Write(raw)
		s.raw.WriteByte('\n')
	}
}

// forget is the end of the process that showed the page: what the panel still
// holds is nobody's page.
func (s *shown) forget() {
	s.mu.Lock()
	s.current = nil
	s.mu.Unlock()
}

// Tree is the latest tree since kioskd started; nil if it has shown none.
func (k *Kiosk) Tree() *Tree {
	k.shown.mu.Lock()
	defer k.shown.mu.Unlock()
	return k.shown.current
}

// Latest is the number of the latest tree ever.
func (k *Kiosk) Latest() int {
	k.shown.mu.Lock()
	defer k.shown.mu.Unlock()
	return k.shown.count
}

// Trees are the trees after the one of that number, oldest first.
func (k *Kiosk) Trees(after int) []*Tree {
	k.shown.mu.Lock()
	defer k.shown.mu.Unlock()
	i := len(k.shown.trees)
	for i > 0 && k.shown.trees[i-1].Number > after {
		i--
	}
	return slices.Clone(k.shown.trees[i:])
}

// Shows says whether the panel's picture has that checksum now.
func (k *Kiosk) Shows(checksum string) bool { return same(checksum, k.panel.Checksum()) }

// Picture is what somebody in front of the panel sees.
func (k *Kiosk) Picture() image.Image { return k.panel.Picture() }

// PanelBytes counts the bytes that its bus ever brought to the panel.
func (k *Kiosk) PanelBytes() uint64 { return k.panel.BytesReceived() }

// Slips are the receipts and slips kioskd has printed, oldest first.
func (k *Kiosk) Slips() []Slip {
	paper := make(map[string]bool)
	for _, p := range k.receipts.Slips() {
		paper[fmt.Sprintf("%08x", p.Checksum)] = true
	}
	k.shown.mu.Lock()
	defer k.shown.mu.Unlock()
	all := slices.Clone(k.shown.slips)
	for i := range all {
		all[i].Printed = paper[all[i].Checksum]
	}
	return all
}
