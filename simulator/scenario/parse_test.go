package scenario

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestVisitsAreOfTheLanguage reads every scenario of this repository.
func TestVisitsAreOfTheLanguage(t *testing.T) {
	files, err := filepath.Glob("visits/*.scenario")
	if err != nil {
		t.Fatal(err)
	}
	const atLeast = 20
	if len(files) < atLeast {
		t.Fatalf("%d scenarios, want at least %d", len(files), atLeast)
	}
	for _, f := range files {
		if _, err := Load(f); err != nil {
			t.Error(err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, tc := range []struct{ text, why string }{
		{"", "nothing to play"},
		{"# only a comment\n", "nothing to play"},
		{"sea home", "unknown verb \"sea\""},
		{"see hom", "unknown page \"hom\""},
		{"see home|hom", "unknown page \"hom\""},
		{"see home extra", "\"extra\""},
		{"see pin fee=3", "unknown key \"fee\""},
		{"see pin tries=three", "whole number"},
		{"see unavailable reason=rain", "want one of hours"},
		{"see home has=", "want a TEXT"},
		{"see home within soon", "not a duration"},
		{"resident adult within 3s", "does not wait"},
		{"tap sart", "unknown id \"sart\""},
		{"tap", "want a button's id"},
		{"tap start twice", "nothing belongs after it"},
		{"press start", "want a duration"},
		{"fault reader pulled:before-lunch", "not a whole number"},
		{"see new-password length=maybe", "want one of yes, no"},
		{"phone call", "want phone book"},
		{"password unlocks ABC123", "want works or fails"},
		{"password works", "want TEXT"},
		{"type 12a4", "unknown id \"a\""},
		{"resident adlut", "unknown resident"},
		{"expires both 2026-11-24T10:00:00+09:00", "unknown certificate"},
		{"expires user tomorrow", "not a time"},
		{"lay cards", "want lay card"},
		{"take coins", "want take card"},
		{"coins in 20", "no coin of 20 yen"},
		{"coins in", "at least one coin"},
		{"coins fall", "want a coin"},
		{"coins fall 20", "no coin of 20 yen"},
		{"coins up 10", "coins fall YEN"},
		{"coins out x", "not an amount"},
		{"hopper 500 3", "10, 50 and 100"},
		{"sheet 0 has x", "counted from 1"},
		{"sheet 1 is x", "want has TEXT"},
		{"fault printer jam", "unknown device"},
		{"fault sheet-printer jam", "unknown fault"},
		{"fault sheet-printer jam:x", "not a whole number"},
		{"fault clock jump:x", "not a duration"},
		{"clear printer", "unknown device"},
		{"office lies truth", "unknown lie"},
		{"office naps", "want sets"},
		{"office has nothing", "unknown event"},
		{"office has paid 1 colour=red", "unknown field"},
		{"office has visit-ended how=well", "unknown how"},
		{"office sets tariff.narnia=200", "unknown setting"},
		{"office sets hours.inagi=always", "want 06:30-23:00"},
		{"office sets maintenance=now", "want RFC3339"},
		{"journal has paid 1 2", "want [N]"},
		{"cut power at noon", "want before:KIND"},
		{"cut power at before:lunch", "unknown event"},
		{"power off", "want power on"},
		{"lamp desk on", "unknown lamp"},
		{"lamp reader dim", "unknown state"},
		{"kiosk 0", "want 1 to"},
		{"clock noon", "not a time"},
		{"wait -3s", "not a duration"},
		{"language fr", "unknown language"},
		{"board vga", "unknown board"},
		{"config limit.idle=soon", "not a duration"},
		{"config colour=red", "unknown configuration key"},
		{"see home\nconfig limit.idle=3s", "x.scenario:2: config: only before"},
		{"see home\noffice sets offers=reset", "only before"},
		{"booking maybe", "unknown booking"},
		{"\xff", "not UTF-8"},
	} {
		_, err := Parse("x.scenario", strings.NewReader(tc.text))
		var bad *SyntaxError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), tc.why) {
			t.Errorf("%q: got %v, want a SyntaxError with %q", tc.text, err, tc.why)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: more than one line: %v", tc.text, err)
		}
	}
}

func TestParseAnswersNotYet(t *testing.T) {
	for _, text := range []string{
		"language zh", "language vi",
	} {
		_, err := Parse("x.scenario", strings.NewReader("see home\n"+text))
		var later *NotYetError
		if !errors.As(err, &later) || later.Line != 2 {
			t.Errorf("%q: got %v, want not yet at line 2", text, err)
		}
	}
	// What is wrong is wrong, whatever else is not built.
	if _, err := Parse("x", strings.NewReader("language zh\nsea home")); ExitCode(err) != ExitSyntax {
		t.Errorf("got %v, want a SyntaxError", err)
	}
}

func TestParseReads(t *testing.T) {
	s, err := Parse("x", strings.NewReader("\ufeff# a visit\n\n  clock 2027-01-01T00:00:00+09:00 # the start\n"+
		"config limit.idle=30s\noffice sets notice.ja=本日 17 時まで\n"+
		"see home|menu has=two words lacks=\"three # words\" within 30s\nkiosk 2\nconfig language=en\nsee home\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := time.Date(2026, 12, 31, 15, 0, 0, 0, time.UTC)
	if !s.Start.Equal(want) {
		t.Errorf("start %v, want %v", s.Start, want)
	}
	if len(s.Lines) != 7 || s.Lines[3].within != 30*time.Second || s.Lines[3].Number != 6 || s.Lines[6].Kiosk != 2 {
		t.Errorf("read %+v", s.Lines)
	}
}

// TestPowerOnByHand: where the first line about power is `power on`, nothing
// before it starts the kiosk.
func TestPowerOnByHand(t *testing.T) {
	s, err := Parse("x", strings.NewReader("fault clock unset\nlamp reader off\npower on\nsee home\n"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Lines[1].phase != ahead || s.Lines[3].phase != live {
		t.Errorf("phases %v and %v", s.Lines[1].phase, s.Lines[3].phase)
	}
	s, err = Parse("x", strings.NewReader("see home\nkill\npower on\nsee home\n"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Lines[0].phase != live {
		t.Errorf("phase %v", s.Lines[0].phase)
	}
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("visits/*.scenario")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	f.Add("see home has=\" # \" within 3s\nsheet 1 has #\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse("fuzz", strings.NewReader(text))
		if (s == nil) == (err == nil) {
			t.Errorf("%v and %v", s, err)
		}
		if err != nil && ExitCode(err) == ExitMismatch {
			t.Errorf("an unforeseen error: %v", err)
		}
	})
}
