// Package words holds what the kiosk says, one file a language.
//
// A page's words are found under "page/value" where a value decides what is
// said (a reason, a kind, a code), else under "page". No text accuses anybody,
// and the codes that must not say why (support measures, a death in the
// household) share one text. Words of the law are those of the glossary that
// municipalities use.
//
// In a text, {name} stands for the page's key of that name, and {n|one|many}
// picks by number.
package words

import (
	"maps"
	"strconv"
	"strings"
)

// Text is what one page says.
type Text struct {
	Title string   // the step's name, in the title bar
	Head  string   // the one question, or the news
	Body  []string // paragraphs
}

// Book is one language.
type Book struct {
	Pages   map[string]Text
	Buttons map[string]string // by id, or by "page/id" where a page says it its own way
	Words   map[string]string // short words inside pages: labels of figures
}

// Language is one that the chooser offers.
type Language struct {
	ID    string
	Name  string // in itself, or in English where the fonts lack its letters
	Ready bool
}

// Languages are those on the chooser, in its order.
func Languages() []Language {
	return []Language{
		{"ja", "日本語", true},
		{"en", "English", true},
		{"zh", "中文", false},
		{"ko", "Korean（韓国語）", false},
		{"pt", "Português", false},
		{"vi", "Vietnamese", false},
	}
}

// Of returns the book of a language, or nil.
func Of(language string) *Book {
	switch language {
	case "ja":
		return japanese()
	case "en":
		return english()
	default:
		return nil
	}
}

// add takes in what another file says in the same language.
func (b *Book) add(more *Book) {
	maps.Copy(b.Pages, more.Pages)
	maps.Copy(b.Buttons, more.Buttons)
	maps.Copy(b.Words, more.Words)
}

// Page finds what a page says, given the values that may decide it. ok is
// false when the language has no such text; then the page's own text, or the
// text of "sorry", must do.
func (b *Book) Page(name string, values ...string) (t Text, ok bool) {
	for _, v := range values {
		if t, ok = b.Pages[name+"/"+v]; ok {
			return t, true
		}
	}
	t, ok = b.Pages[name]
	return t, ok
}

// Button finds what a button says.
func (b *Book) Button(page, id string) (label string, ok bool) {
	if label, ok = b.Buttons[page+"/"+id]; ok {
		return label, true
	}
	label, ok = b.Buttons[id]
	return label, ok
}

// Fill puts values into a text.
func Fill(text string, value func(name string) (string, bool)) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		inner, after, closed := strings.Cut(rest, "}")
		if !closed {
			out.WriteString("{" + rest)
			return out.String()
		}
		out.WriteString(fillOne(inner, value))
		text = after
	}
}

func fillOne(inner string, value func(string) (string, bool)) string {
	parts := strings.Split(inner, "|")
	v, ok := value(parts[0])
	if !ok {
		v = "–"
	}
	if len(parts) != 3 {
		return Number(v)
	}
	if v == "1" {
		return parts[1]
	}
	return parts[2]
}

// Number writes a whole number with commas between thousands, and leaves
// anything else as it is.
func Number(s string) string {
	n, err := strconv.Atoi(s)
	if err != nil || (n < 1000 && n > -1000) {
		return s
	}
	return Number(strconv.Itoa(n/1000)) + "," + strconv.Itoa(1000 + max(n, -n)%1000)[1:]
}
