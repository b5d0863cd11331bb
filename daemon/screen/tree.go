package screen

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"image"
)

// node is one thing on a page, as it is read aloud or found by a scenario.
type node struct {
	Role   string // heading, text, button, image, status
	ID     string
	Label  string
	State  string // of a button: "", "disabled", "on", "off"
	Bounds image.Rectangle
}

type jsonNode struct {
	Role   string  `json:"role"`
	ID     string  `json:"id,omitempty"`
	Label  string  `json:"label"`
	Bounds *[4]int `json:"bounds,omitempty"`
	State  string  `json:"state,omitempty"`
}

type jsonTree struct {
	Page     string            `json:"page"`
	Seq      int               `json:"seq"`
	Language string            `json:"language"`
	Size     [2]int            `json:"size"`
	Keys     map[string]string `json:"keys"`
	Checksum string            `json:"checksum"`
	Nodes    []jsonNode        `json:"nodes"`
}

// tell sends the tree of the picture that the panel has, if anybody looks.
func (s *Screen) tell() error {
	s.mu.Lock()
	s.seq++
	seq, language := s.seq, s.language
	s.mu.Unlock()
	if s.o.Watched == nil || !s.o.Watched.Asked() {
		return nil
	}
	tree, err := s.tree(seq, language)
	if err != nil {
		return fmt.Errorf("screen: tree of page %s: %w", s.now.name, err)
	}
	if err := s.o.Watched.ShowTree(tree); err != nil {
		return fmt.Errorf("screen: show tree of page %s: %w", s.now.name, err)
	}
	return nil
}

func (s *Screen) tree(seq int, language string) ([]byte, error) {
	t := jsonTree{
		Page: s.now.name, Seq: seq, Language: language,
		Size: [2]int{s.frame.Rect.Dx(), s.frame.Rect.Dy()}, Keys: map[string]string{},
		Checksum: checksum(s.frame.Pix),
	}
	for _, k := range s.now.keys {
		t.Keys[k.Name] = k.Value
	}
	for _, n := range s.now.nodes {
		j := jsonNode{Role: n.Role, ID: n.ID, Label: n.Label, State: n.State}
		if !n.Bounds.Empty() {
			j.Bounds = &[4]int{n.Bounds.Min.X, n.Bounds.Min.Y, n.Bounds.Max.X, n.Bounds.Max.Y}
		}
		t.Nodes = append(t.Nodes, j)
	}
	return json.Marshal(t)
}

func checksum(b []byte) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE(b)) }
