package screen

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"image"
	"strings"
	"time"

	"kioskd/daemon/screen/draw"
	"kioskd/daemon/screen/words"
	"kioskd/flows"
)

// The papers that the receipt printer makes.
const (
	SlipReceipt = "receipt" // 領収書
	SlipOwed    = "slip"    // what is owed, and whom to ask
	SlipReset   = "reset"   // a password was set without proof: what to do next
	SlipTest    = "test"    // the technician's
)

// Slip is what a receipt or slip says. It names no person.
type Slip struct {
	At       time.Time // when; zero leaves the line out
	Contact  flows.Contact
	Store    string // the shop's or the kiosk's name
	Document string // id of what was issued: residence-certificate
	Number   string // the receipt's number

	// Yen, and copies; of a receipt.
	Copies, Fee, Paid, Change int

	// Of a slip.
	Owed     int // yen
	Incident string
}

// slipDots is the printing width of an 80 mm receipt printer.
const (
	slipDots  = 576
	slipBytes = slipDots / 8
	slipEdge  = 12
	slipTall  = 2400 // dots; a receipt is about 900
)

// Dots is a picture of one bit a dot, for a receipt printer.
type Dots struct {
	Kind  string
	Rows  []byte   // 72 bytes a row, the left dot in the highest bit, 1 = black
	Lines []string // what is printed, line by line
}

// Width is in dots.
func (d *Dots) Width() int { return slipDots }

// Height is in dots.
func (d *Dots) Height() int { return len(d.Rows) / slipBytes }

// RenderSlip draws a receipt or a slip, in Japanese with English below each
// line's words. It fails on an unknown kind.
func (s *Screen) RenderSlip(kind string, sl Slip) (*Dots, error) {
	var rows []slipRow
	switch kind {
	case SlipReceipt:
		rows = receiptRows(sl)
	case SlipOwed:
		rows = owedRows(sl)
	case SlipReset:
		rows = resetRows(sl)
	case SlipTest:
		rows = testRows(sl)
	default:
		return nil, fmt.Errorf("screen: no slip %q (there is receipt, slip, reset, test)", kind)
	}
	d := &Dots{Kind: kind}
	c := draw.New(image.Pt(slipDots, slipTall), s.fonts)
	c.Fill(c.Img.Rect, paper)
	y := slipEdge
	for _, r := range rows {
		if r.left+r.right == "" {
			y += 6
			c.Fill(image.Rect(slipEdge, y, slipDots-slipEdge, y+2), 0)
			y += 14
			continue
		}
		y = r.draw(c, y)
		d.Lines = append(d.Lines, strings.TrimSpace(r.left+" "+r.right))
	}
	d.Rows = bits(c.Img, y+slipEdge)
	return d, nil
}

// SlipShown tells whoever looks on that the printer has been sent a slip.
func (s *Screen) SlipShown(d *Dots) error {
	s.mu.Lock()
	s.seq++
	seq := s.seq
	s.mu.Unlock()
	if s.o.Watched == nil || !s.o.Watched.Asked() {
		return nil
	}
	tree, err := json.Marshal(struct {
		Slip     string   `json:"slip"`
		Seq      int      `json:"seq"`
		Language string   `json:"language"`
		Lines    []string `json:"lines"`
		Checksum string   `json:"checksum"`
	}{d.Kind, seq, "ja", d.Lines, d.Checksum()})
	if err != nil {
		return fmt.Errorf("screen: tree of a %s: %w", d.Kind, err)
	}
	if err := s.o.Watched.ShowTree(tree); err != nil {
		return fmt.Errorf("screen: show tree of a %s: %w", d.Kind, err)
	}
	return nil
}

// Checksum is that of the rows from the first with a black dot to the last.
func (d *Dots) Checksum() string {
	first, last := -1, -1
	for y := range d.Height() {
		for _, v := range d.Rows[y*slipBytes : (y+1)*slipBytes] {
			if v != 0 {
				if first < 0 {
					first = y
				}
				last = y
				break
			}
		}
	}
	if first < 0 {
		return fmt.Sprintf("%08x", crc32.ChecksumIEEE(nil))
	}
	return fmt.Sprintf("%08x", crc32.ChecksumIEEE(d.Rows[first*slipBytes:(last+1)*slipBytes]))
}

// slipRow is one line of a slip; both parts empty make a rule.
type slipRow struct {
	left, right string
	size        int
	weight      draw.Weight
	middle      bool
}

// draw draws the row and returns where the next begins. What does not fit on
// one line goes on below.
func (r slipRow) draw(c *draw.Canvas, y int) int {
	st := draw.Style{Weight: r.weight, Size: r.size, Leading: 125}
	if r.middle {
		st.Align = draw.Centre
	}
	width := slipDots - 2*slipEdge
	f := c.Fonts()
	if r.right != "" {
		w := f.Width(r.weight, r.size, r.right)
		if f.Width(r.weight, r.size, r.left)+w+16 <= width {
			c.String(slipDots-slipEdge-w, y+draw.Ascent(r.size)+r.size*8/100, r.weight, r.size, 0, r.right)
		} else {
			c.Text(image.Rect(slipEdge, y, slipEdge+width, slipTall), r.left, st)
			y += f.Lay(r.left, image.Pt(width, slipTall), st).Height + 4
			r.left, st.Align = r.right, draw.Right
		}
	}
	set := c.Text(image.Rect(slipEdge, y, slipEdge+width, slipTall), r.left, st)
	return y + set.Height + 8
}

// bits turns what is dark to dots, down to row high.
func bits(img *image.RGBA, high int) []byte {
	out := make([]byte, slipBytes*high)
	for y := range high {
		row := img.Pix[img.PixOffset(0, y):]
		for x := range slipDots {
			if row[4*x] < 0x90 {
				out[y*slipBytes+x/8] |= 0x80 >> (x % 8)
			}
		}
	}
	return out
}

func yen(n int) string { return words.Number(fmt.Sprint(n)) + "円" }

func title(ja, en string) []slipRow {
	return []slipRow{{left: ja, size: 48, weight: draw.Bold, middle: true}, {left: en, size: 26, middle: true}, {}}
}

func pair(ja, en, value string) []slipRow {
	return []slipRow{{left: ja, right: value, size: 28, weight: draw.Bold}, {left: en, size: 22}}
}

func plain(lines ...string) []slipRow {
	var out []slipRow
	for _, l := range lines {
		if strings.TrimSpace(l) != "" {
			out = append(out, slipRow{left: l, size: 26})
		}
	}
	return out
}

func (sl Slip) when() []slipRow {
	if sl.At.IsZero() {
		return nil
	}
	return pair("日時", "Date", sl.At.Format("2006年1月2日 15:04"))
}

func (sl Slip) desk() []slipRow {
	c := sl.Contact
	return plain(strings.TrimSpace(c.Municipality+" "+c.Office), strings.TrimSpace("電話 Phone "+c.Phone), c.Hours)
}

func receiptRows(sl Slip) []slipRow {
	rows := title("領収書", "Receipt")
	rows = append(rows, sl.when()...)
	if sl.Number != "" {
		rows = append(rows, pair("領収書番号", "Receipt number", sl.Number)...)
	}
	rows = append(rows, slipRow{})
	ja, en := documentNames(sl.Document)
	rows = append(rows, pair(ja, en, fmt.Sprintf("%d部", sl.Copies))...)
	rows = append(rows, pair("手数料", "Fee", yen(sl.Fee))...)
	rows = append(rows, pair("お預かり", "Paid", yen(sl.Paid))...)
	rows = append(rows, pair("おつり・返金", "Change and refund", yen(sl.Change))...)
	if sl.Owed > 0 {
		rows = append(rows, pair("あとでお返しするお金", "Still owed to you", yen(sl.Owed))...)
	}
	rows = append(rows, slipRow{})
	rows = append(rows, plain(sl.Store)...)
	return append(rows, sl.desk()...)
}

func owedRows(sl Slip) []slipRow {
	rows := title("お返しするお金の控え", "Money owed to you")
	rows = append(rows, sl.when()...)
	rows = append(rows, pair("お返しする額", "Amount owed", yen(sl.Owed))...)
	if sl.Incident != "" {
		rows = append(rows, pair("お問い合わせ番号", "Reference number", sl.Incident)...)
	}
	rows = append(rows, slipRow{})
	rows = append(rows, plain(
		"機械からお返しできなかったお金があります。この紙を持って、下の窓口へお問い合わせください。",
		"The machine could not give this money back. Please keep this slip and ask at:",
	)...)
	rows = append(rows, sl.desk()...)
	return append(rows, plain(sl.Store)...)
}

// testRows have the thinnest and the thickest strokes, so that a worn head shows.
func testRows(sl Slip) []slipRow {
	rows := title("試し印刷", "Test slip")
	rows = append(rows, sl.when()...)
	rows = append(rows, slipRow{})
	rows = append(rows, plain("国国国国国国国国国国国国国国国国国国国国", "0123456789 ABCDEFGHIJKLMNOPQRSTUVWXYZ", "あいうえお　アイウエオ　稲城市　円")...)
	return append(append(rows, slipRow{}), plain(sl.Store)...)
}

func documentNames(id string) (ja, en string) {
	if id == "" {
		id = "residence-certificate"
	}
	find := func(language string) string {
		b := words.Of(language)
		if l, ok := b.Button("", id); ok {
			return l
		}
		return id
	}
	return find("ja"), find("en")
}
