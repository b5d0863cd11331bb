package words

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"kioskd/daemon/screen/draw"
)

func allTexts(b *Book) []string {
	out := slices.Concat(slices.Collect(maps.Values(b.Buttons)), slices.Collect(maps.Values(b.Words)))
	for _, t := range b.Pages {
		out = append(out, t.Title, t.Head)
		out = append(out, t.Body...)
	}
	return out
}

// Every language says the same things.
func TestBooksHaveTheSameEntries(t *testing.T) {
	ja, en := Of("ja"), Of("en")
	same := func(what string, a, b []string) {
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(a, b) {
			t.Errorf("%s differ:\n%v\n%v", what, a, b)
		}
	}
	same("pages", slices.Collect(maps.Keys(ja.Pages)), slices.Collect(maps.Keys(en.Pages)))
	same("buttons", slices.Collect(maps.Keys(ja.Buttons)), slices.Collect(maps.Keys(en.Buttons)))
	same("words", slices.Collect(maps.Keys(ja.Words)), slices.Collect(maps.Keys(en.Words)))
	for name, p := range ja.Pages {
		q := en.Pages[name]
		if p.Title == "" || p.Head == "" || q.Title == "" || q.Head == "" {
			t.Errorf("%s lacks a title or a head", name)
		}
		if len(p.Body) != len(q.Body) {
			t.Errorf("%s: %d paragraphs in Japanese, %d in English", name, len(p.Body), len(q.Body))
		}
	}
}

func TestFontsHaveEveryLetter(t *testing.T) {
	fonts, err := draw.OpenFonts("/usr/share/fonts/truetype/bizud-gothic")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := fonts.Close(); err != nil {
			t.Error(err)
		}
	}()
	texts := slices.Concat(allTexts(Of("ja")), allTexts(Of("en")))
	for _, l := range Languages() {
		texts = append(texts, l.Name)
	}
	for _, text := range texts {
		for _, r := range text {
			if r != '\n' && !fonts.Has(r) {
				t.Errorf("no %q in the fonts, for %q", r, text)
			}
		}
	}
}

// What the rules of the service ask of the words.
func TestRulesOfTheWords(t *testing.T) {
	for _, c := range []struct{ language, page, has string }{
		{"ja", "pin", "利用者証明用電子証明書の暗証番号（数字4桁）"},
		{"ja", "wrong-pin", "利用者証明用電子証明書の暗証番号（数字4桁）"},
		{"ja", "last-try", "利用者証明用電子証明書の暗証番号（数字4桁）"},
		{"en", "pin", "4-digit PIN of your electronic certificate for user verification"},
		{"ja", "last-try", "マイナポータル"},
		{"ja", "last-try", "健康保険証"},
		{"en", "last-try", "health insurance"},
		{"ja", "expired", "カードに印刷された日付"},
		{"ja", "expired", "在留期間"},
		{"en", "expired", "period of stay"},
		{"ja", "confirm", "残りはお返しします"},
		{"ja", "confirm", "取り替え"},
		{"en", "confirm", "the rest comes back"},
		{"en", "confirm", "cannot be exchanged"},
		{"ja", "guidance/overseas", "在外公館"},
		{"ja", "guidance/legal-representative", "登記事項証明書"},
		{"ja", "guidance/four-digit-pin", "この機械では再設定できません"},
	} {
		p := Of(c.language).Pages[c.page]
		if all := p.Head + " " + strings.Join(p.Body, " "); !strings.Contains(all, c.has) {
			t.Errorf("%s %s lacks %q: %s", c.language, c.page, c.has, all)
		}
	}
	for _, language := range []string{"ja", "en"} {
		b := Of(language)
		// Who must not be told apart reads the same.
		if a, g := b.Pages["refused/at-the-counter"], b.Pages["refused"]; a.Head != g.Head || !slices.Equal(a.Body, g.Body) {
			t.Errorf("%s: the generic refusal differs from at-the-counter", language)
		}
		for _, text := range allTexts(b) {
			for _, never := range []string{"支援措置", "死亡", "不正", "違反", "support measures", "deceased", "fraud", "illegal"} {
				if strings.Contains(text, never) {
					t.Errorf("%s says %q: %s", language, never, text)
				}
			}
		}
	}
}

func TestFill(t *testing.T) {
	value := func(n string) (string, bool) {
		v, ok := map[string]string{"n": "1", "fee": "12345", "who": "A-1"}[n]
		return v, ok
	}
	for _, c := range []struct{ text, want string }{
		{"{fee}円", "12,345円"},
		{"{n} {n|copy|copies}", "1 copy"},
		{"{fee|copy|copies}", "copies"},
		{"{who} {nobody}", "A-1 –"},
		{"no end {n", "no end {n"},
		{"", ""},
	} {
		if got := Fill(c.text, value); got != c.want {
			t.Errorf("%q gives %q, want %q", c.text, got, c.want)
		}
	}
	for in, want := range map[string]string{"0": "0", "999": "999", "1000": "1,000", "1234567": "1,234,567", "-1500": "-1,500", "x": "x"} {
		if got := Number(in); got != want {
			t.Errorf("%s gives %s, want %s", in, got, want)
		}
	}
}

func FuzzFill(f *testing.F) {
	f.Add("{a}{b|c|d}")
	f.Add("{{}}|{")
	f.Fuzz(func(t *testing.T, text string) {
		if got := Fill(text, func(string) (string, bool) { return "1", true }); !strings.Contains(text, "{") && got != text {
			t.Errorf("%q became %q", text, got)
		}
	})
}
