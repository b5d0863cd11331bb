package protocol

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

// TestLines: requests and answers are read strictly: one form, and no other.
func TestLines(t *testing.T) {
	ask := Ask{ID: "i", Session: "s", Sealed: []byte("\nx\n")}
	data, err := EncodeAsk(ask)
	if err != nil || string(data) != "2 i s\n\nx\n" {
		t.Fatalf("%q, %v", data, err)
	}
	if got, err := DecodeAsk(data); err != nil || got.ID != "i" || got.Session != "s" || string(got.Sealed) != "\nx\n" {
		t.Errorf("%+v, %v", got, err)
	}
	long := strings.Repeat("a", maxID)
	for what, text := range map[string]string{
		"empty": "", "no line": "2 i s", "nothing sealed": "2 i s\n", "version 1": "1 i s\nx", "no version": "i s\nx",
		"another number": "02 i s\nx", "one id": "2 i\nx", "three ids": "2 i s t\nx", "two spaces": "2 i  s\nx", "space at the end": "2 i s \nx",
		"return": "2 i s\r\nx", "tab": "2\ti\ts\nx", "id": "2 i.* s\nx", "hyphen first": "2 -i s\nx", "long id": "2 " + long + "a s\nx",
		"json": `{"version":2,"id":"i"}`, "version 1's": `{"version":1,"id":"i","session":"s","sealed":"eA=="}`,
		"too long": "2 i s\n" + strings.Repeat("x", MaxAsk-5),
	} {
		if got, err := DecodeAsk([]byte(text)); err == nil {
			t.Errorf("%s: taken as %+v", what, got)
		}
	}
	if _, err := DecodeAsk([]byte("2 " + long + " " + long + "\nx")); err != nil {
		t.Errorf("the longest line: %v", err)
	}
	for what, a := range map[string]Ask{
		"no id": {Session: "s", Sealed: []byte("x")}, "no session": {ID: "i", Sealed: []byte("x")}, "nothing": {ID: "i", Session: "s"},
		"line in an id": {ID: "i\n", Session: "s", Sealed: []byte("x")}, "long": {ID: "i", Session: "s", Sealed: make([]byte, MaxAsk)},
	} {
		if _, err := EncodeAsk(a); err == nil {
			t.Errorf("%s: may travel", what)
		}
	}
}

func TestAnswers(t *testing.T) {
	data, err := AppendAnswer([]byte("before"), Answer{ID: "i", Sealed: []byte("x")})
	if err != nil || string(data) != "before2 i\nx" {
		t.Fatalf("%q, %v", data, err)
	}
	busy := Answer{ID: "i", Error: &Error{Code: CodeBusy, Retry: true, Reason: ReasonLater}}
	if data, err = AppendAnswer(nil, busy); err != nil {
		t.Fatal(err)
	}
	if got, err := DecodeAnswer(data); err != nil || *got.Error != *busy.Error || got.ID != "i" {
		t.Errorf("%+v, %v", got, err)
	}
	good := string(data)
	for what, text := range map[string]string{
		"empty": "", "nothing sealed": "2 i\n", "an ask": "2 i s\nx", "version": "1 i\nx", "long": "2 i\n" + strings.Repeat("x", MaxMessage),
		"trailing": good + " {}", "sealed behind an error": good + "\nx", "unknown field": strings.Replace(good, "{", `{"more":1,`, 1),
		"version of an error": strings.Replace(good, `"version":2`, `"version":1`, 1), "code": strings.Replace(good, "busy", "lazy", 1),
		"reason": strings.Replace(good, "later", "fault", 1), "id": strings.Replace(good, `"i"`, `"i.*"`, 1), "no error": `{"version":2,"id":"i"}`,
	} {
		if got, err := DecodeAnswer([]byte(text)); err == nil {
			t.Errorf("%s: taken as %+v", what, got)
		}
	}
}

// FuzzBodies: what is read travels on unchanged, and its line is as described.
func FuzzBodies(f *testing.F) {
	f.Add([]byte("2 i s\nx"))
	f.Add([]byte("2 i\n\n"))
	f.Add([]byte(`{"version":2,"id":"i","error":{"code":"busy","retry":true,"reason":"later"}}`))
	askLine, answerLine := regexp.MustCompile(AskLine), regexp.MustCompile(AnswerLine)
	f.Fuzz(func(t *testing.T, data []byte) {
		line, _, _ := bytes.Cut(data, []byte("\n"))
		if a, err := DecodeAsk(data); err == nil {
			again, err := EncodeAsk(a)
			if err != nil || !bytes.Equal(again, data) || !askLine.Match(line) {
				t.Errorf("%q became %q, %v", data, again, err)
			}
		}
		if a, err := DecodeAnswer(data); err == nil && a.Error == nil {
			again, err := AppendAnswer(nil, a)
			if err != nil || !bytes.Equal(again, data) || !answerLine.Match(line) {
				t.Errorf("%q became %q, %v", data, again, err)
			}
		}
	})
}
