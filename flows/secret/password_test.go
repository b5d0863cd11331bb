package secret

import (
	"regexp"
	"strings"
	"testing"

	"golang.org/x/text/width"
)

// typed puts a text into a secret as a keyboard would, and says what of it was
// taken.
func typed(t testing.TB, text string) (s *Text, taken string) {
	t.Helper()
	s, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Wipe)
	for _, r := range text {
		c, ok := Character(r)
		if !ok {
			continue
		}
		if s.Append(c) != nil {
			break
		}
		taken += string(c)
	}
	return s, taken
}

func TestPasswordRule(t *testing.T) {
	for _, tc := range []struct {
		text string
		want Rule
	}{
		{"", Rule{}},
		{"A", Rule{Letter: true}},
		{"1", Rule{Digit: true}},
		{"ABC12", Rule{Letter: true, Digit: true}},
		{"ABC123", Rule{true, true, true}},
		{"ABCDEF", Rule{Length: true, Letter: true}},
		{"123456", Rule{Length: true, Digit: true}},
		{"AAAAA1", Rule{true, true, true}}, // nothing else is demanded
		{"ABCDEFGHIJKLMNO1", Rule{true, true, true}},
		{"abc123", Rule{true, true, true}},
		{"ａｂｃ１２３", Rule{true, true, true}},
		{"ＡＢＣ１２３", Rule{true, true, true}},
	} {
		s, _ := typed(t, tc.text)
		if got := s.Password(); got != tc.want {
			t.Errorf("%q: %+v, want %+v", tc.text, got, tc.want)
		}
	}
	// What did not come through a keyboard is looked at all the same.
	s, _ := typed(t, "ABC12")
	if err := s.Append('-'); err != nil {
		t.Fatal(err)
	}
	if got := s.Password(); got != (Rule{}) {
		t.Errorf("with a hyphen: %+v", got)
	}
	s.Wipe()
	if got := s.Password(); got.Holds() {
		t.Errorf("a wiped password keeps the rule: %+v", got)
	}
}

func TestEqual(t *testing.T) {
	a, _ := typed(t, "ABC123")
	b, _ := typed(t, "ABC123")
	c, _ := typed(t, "ABC124")
	d, _ := typed(t, "ABC1234")
	if !a.Equal(b) || !b.Equal(a) || !a.Equal(a) {
		t.Error("the same is not the same")
	}
	if a.Equal(c) || a.Equal(d) || d.Equal(a) {
		t.Error("another is the same")
	}
	b.Wipe()
	if a.Equal(b) || b.Equal(a) || b.Equal(b) {
		t.Error("a wiped secret equals something")
	}
}

// FuzzPassword holds the rule against one written down another way: the
// characters by the tables of Unicode, the rule as expressions.
func FuzzPassword(f *testing.F) {
	for _, s := range []string{"", "abc123", "ＡＢＣ１２３", "パスワード1A", "A1-_ \x00\xff", "ABCDEFGHIJKLMNOP1", "ſK１ａ"} {
		f.Add(s)
	}
	known := regexp.MustCompile(`[^A-Z0-9]`)
	length, letter, digit := regexp.MustCompile(`^.{6,16}$`), regexp.MustCompile(`[A-Z]`), regexp.MustCompile(`[0-9]`)
	f.Fuzz(func(t *testing.T, text string) {
		s, taken := typed(t, text)
		var plain strings.Builder
		for _, r := range text {
			c := width.Narrow.String(string(r))
			if len(c) == 1 { // no letter outside ASCII becomes one
				plain.WriteString(known.ReplaceAllString(strings.ToUpper(c), ""))
			}
		}
		want := plain.String()
		want = want[:min(len(want), Max)]
		if taken != want {
			t.Fatalf("%q: took %q, want %q", text, taken, want)
		}
		rule := Rule{length.MatchString(want), letter.MatchString(want), digit.MatchString(want)}
		if got := s.Password(); got != rule {
			t.Errorf("%q: %+v, want %+v", want, got, rule)
		}
	})
}
