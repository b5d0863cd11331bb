package screen

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"kioskd/daemon/check"
	"kioskd/daemon/config"
	"kioskd/daemon/screen/words"
	"kioskd/drivers/escpos"
	"kioskd/drivers/ipp"
	"kioskd/flows"
)

const (
	longNotice = "12月29日（火）から1月3日（日）までは、年末年始のため証明書をお渡しできません。1月4日（月）は点検のため20時で終了します。" +
		"お急ぎの方は、12月28日（月）までにお越しください。スマートフォンの電子証明書は、この機械では使えません。くわしくは市民課へ。"
	longNoticeEnglish = "From 29 December to 3 January no certificates are issued because of the New Year holidays. On 4 January service ends at 8 p.m. for " +
		"maintenance. If you are in a hurry, please come by 28 December. Certificates in a smartphone cannot be used here."
)

// maintenanceSamples are the technician's pages.
func maintenanceSamples() []sample {
	page := func(name, ks, bs string, pad *padView) sample {
		title := name + " " + ks
		if i := strings.LastIndex(ks, " "); i > 0 {
			title = name + ks[i:]
		}
		return sample{title, view{page: flows.Page{Name: name, Keys: keys(ks), Buttons: buttons(bs)}, asked: true, pad: pad}}
	}
	const acts = "hopper-100 hopper-50 hopper-10 cash-box test-slip test-signals check "
	good := "sheet-printer=ok receipt-printer=ok card-reader=ok office=ok clock=ok panel=ok touch=ok disk=ok journal=ok failed=0 " +
		"level-100=30 stock-100=ok level-50=20 stock-50=ok level-10=40 stock-10=ok coins=0 box=0 owed=0 unsent=0 "
	bad := "sheet-printer=failed says-sheet-printer=marker-waste-almost-full receipt-printer=failed says-receipt-printer=a,job,stays,in,its,queue card-reader=failed " +
		"office=not-tried clock=failed service=technician panel=failed touch=failed failed=12 " +
		"disk=failed journal=failed level-100=999 stock-100=stopped level-50=1 stock-50=stopped level-10=0 stock-10=stopped coins=12 box=123450 owed=12300 unsent=4321 "
	var out []sample
	for _, n := range []int{0, 1, 6, 12} {
		out = append(out, page("maintenance-code", fmt.Sprintf("wait=0 n=%d", n), "cancel", &padView{n: n, least: 6, most: 12}))
	}
	out = append(out, page("maintenance-code", "wait=900", "cancel", nil))
	out = append(out, page("maintenance", good+"signals=no result= service=in-service", acts+"out-of-service next language", nil))
	for _, result := range strings.Fields(", counted box-emptied slip-printed slip-not-printed taken-out put-back not-booked busy") {
		out = append(out, page("maintenance", bad+"signals=yes result="+strings.Trim(result, ","), acts+"in-service next language", nil))
	}
	for _, reason := range strings.Fields("clock version disk journal panel touch office-order configuration") {
		out = append(out, page("maintenance", good+"result= service="+reason, acts+"out-of-service next language", nil))
	}
	out = append(out, page("maintenance-check", "failed=trying tried=", "", nil))
	said := printerWords()
	for ; len(said) > 0; said = said[min(10, len(said)):] {
		out = append(out, page("maintenance-check", checkKeys("failed", said[:min(10, len(said))]...), "back check language", nil))
	}
	out = append(out, page("maintenance-check", checkKeys("failed"), "back check language", nil))
	out = append(out, page("maintenance-check", checkKeys("ok"), "back check language", nil))
	out = append(out, page("maintenance-check", checkKeys("ok", "toner-low"), "back check language", nil))
	for _, digits := range []string{"", "7", "999"} {
		out = append(out, page("maintenance-hopper", "yen=100 level=30 typed="+digits, "emptied back", &padView{n: len(digits), least: 1, most: 3, digits: digits}))
	}
	return out
}

// checkKeys are a check's of which every line ended so, and whose last devices say
// this of themselves.
func checkKeys(state string, says ...string) string {
	failed, lines, all := 0, "", ""
	parts := check.Parts(config.Default(), true)
	for i, part := range parts {
		if part.Device == check.TestSheet {
			continue
		}
		name := check.Slug(part.Device)
		if i > 0 {
			lines += ","
		}
		lines += name
		all += fmt.Sprintf(" %s=%s answer-%s=%s", name, state, name, strings.Repeat("refused,", 20))
		if n := len(parts) - 1 - i; n < len(says) {
			all += fmt.Sprintf(" says-%s=%s", name, strings.ReplaceAll(says[n], " ", ","))
		}
		if state == "failed" {
			failed++
		}
	}
	return fmt.Sprintf("tried=%s%s failed=%d", lines, all, failed)
}

// printerWords are all that a printer can say of itself.
func printerWords() []string {
	all := append(ipp.Stems(), "no answer", "holds the line", "a job stays in its queue")
	for _, s := range []escpos.Status{
		{Offline: true}, {CoverOpen: true}, {PaperEnd: true}, {PaperNearEnd: true}, {CutterError: true}, {Broken: true}, {HeadHot: true},
	} {
		all = append(all, s.String())
	}
	return all
}

// What a printer says of itself, the technician reads in the page's language.
func TestPrintersWordsAreKnown(t *testing.T) {
	if fields := reflect.TypeFor[escpos.Status]().NumField(); fields != 8 {
		t.Errorf("a status has %d fields: does printerWords know them all?", fields)
	}
	for _, language := range []string{"ja", "en"} {
		book := words.Of(language)
		for _, said := range printerWords() {
			if w := book.Words["says-"+said]; w == "" || (language == "ja" && w == said) {
				t.Errorf("%s: no word for %q", language, said)
			}
		}
	}
	st := newStage(t, small, "ja", nil)
	p := flows.Page{Name: "maintenance-check", Keys: keys(checkKeys("failed")), Buttons: buttons("back check")}
	p.Keys = append([]flows.Key{{Name: "says-receipt-printer", Value: "cover open, paper near end"}}, p.Keys...)
	if err := st.Show(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if tree := st.looker.last(); !strings.Contains(tree, "領収書プリンター: カバー開・用紙残りわずか") {
		t.Errorf("it reads %s", tree)
	}
}

// The code is in no tree; the count is.
func TestDigitsInTheTree(t *testing.T) {
	v := newVisit(t, small)
	for _, c := range []struct {
		page string
		seen bool
	}{{"maintenance-code", false}, {"maintenance-hopper", true}} {
		v.run(func() answer {
			p := flows.Page{Name: c.page, Keys: keys("wait=0 yen=100 level=3"), Buttons: buttons("emptied cancel")}
			text, id, err := v.AskDigits(t.Context(), p, 3, 4, nil)
			a := answer{id: id, err: err}
			if text != nil {
				a.pin = spell(text)
				text.Wipe()
			}
			return a
		})
		for _, key := range []string{"1", "clear", "9", "8", "enter", "7", "7", "5"} {
			v.tap(key)
			v.waiting()
		}
		if seen := strings.Contains(v.looker.last(), "9877"); seen != c.seen {
			t.Errorf("%s: the digits are in the tree: %v, want %v", c.page, seen, c.seen)
		}
		v.tap("enter")
		if a := <-v.answers; a.pin != "9877" || a.err != nil {
			t.Errorf("%s: typed %q, %v", c.page, a.pin, a.err)
		}
	}
}

// The office's notice is said in the customer's language where there is one.
func TestNoticeSpeaksTheLanguage(t *testing.T) {
	for _, c := range []struct {
		language, want string
		notice         map[string]string
	}{
		{"ja", "点検", map[string]string{"ja": "点検", "en": "maintenance"}},
		{"en", "maintenance", map[string]string{"ja": "点検", "en": "maintenance"}},
		{"en", "点検", map[string]string{"ja": "点検"}},
		{"ja", "maintenance", map[string]string{"en": "maintenance"}},
	} {
		st := newStage(t, small, c.language, nil)
		if err := st.Show(t.Context(), flows.Page{Name: "home", Notice: c.notice}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(st.looker.last(), c.want) {
			t.Errorf("%s of %v: no %q", c.language, c.notice, c.want)
		}
	}
}

// A panel that was set up anew gets its picture again at once, whoever asks just
// then.
func TestRenew(t *testing.T) {
	v := newVisit(t, small)
	whole := small.Dx() * small.Dy() * 2
	lose := func(want int) {
		t.Helper()
		sent := v.glass.sent()
		if err := v.Renew(); err != nil || v.glass.sent() != sent {
			t.Errorf("a picture that was not lost was sent again, %v", err)
		}
		v.Forget()
		if err := v.Renew(); err != nil {
			t.Error(err)
		}
		waitSettled(t, v.gauge)
		if got := v.glass.sent() - sent; got != want {
			t.Errorf("%d bytes after a loss, want %d", got, want)
		}
	}
	lose(0) // nothing was shown yet
	if err := v.Show(t.Context(), flows.Page{Name: "printing"}); err != nil {
		t.Fatal(err)
	}
	lose(whole)
	v.asks(t.Context(), terms(), nil)
	lose(whole)
	v.sees("terms")
	v.tap("agree")
	v.want("agree")
}
