package scenario

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// canary looks for every secret of the file in everything that any of its
// kiosks has written, said or shown (I4): no log, journal, message, trace, tree
// or slip may hold one, and a crash may leave no core file.
func (p *player) canary(ctx context.Context) error {
	p.settle(ctx, settleWithin)
	var marks []spoor
	for _, secret := range p.secrets() {
		marks = append(marks, spoors(secret)...)
	}
	for _, s := range p.kiosks {
		if s.kiosk.Running() {
			limit, err := s.kiosk.CoreLimit()
			if err != nil {
				return err
			}
			if limit != "0" {
				return mismatch("no core file is written when kioskd crashes", "core size limit "+limit)
			}
		}
		for _, r := range s.kiosk.Residue() {
			if err := search(s.kiosk.Name()+"'s "+r.Where, r.Bytes, marks); err != nil {
				return err
			}
		}
	}
	inText, anywhere := parted(marks)
	const message = "a message of the office's server"
	for _, m := range p.floor.Overheard() {
		if err := errors.Join(search(message, m, anywhere), search(message, prose(m), inText)); err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// accidental are typed numbers that stand in any log: years and round amounts.
var accidental = regexp.MustCompile(`^((19|20)[0-9]{2}|[0-9]{2}00)$`)

// secrets are the PINs and passwords of everyone in the file, and whatever was
// typed that is as long as one.
func (p *player) secrets() []string {
	const shortest = 4
	set := map[string]bool{}
	for who := range p.named {
		for _, s := range p.floor.Secrets(who) {
			set[s] = true
		}
	}
	for s := range p.typed {
		if len(s) >= shortest && !accidental.MatchString(s) {
			set[s] = true
		}
	}
	return keysOf(set)
}

// spoor is one way in which a secret would show.
type spoor struct {
	secret string // never printed: the file's reader knows it, the log must not
	form   string
	bytes  []byte
	alone  bool // counts only where no letter or digit stands beside it
}

// spoors lists how a secret would look. One of digits alone may stand by chance
// in longer numbers, so that it counts only as a token of its own.
func spoors(secret string) []spoor {
	digits := strings.Trim(secret, "0123456789") == ""
	var wide, wideBE []byte
	for _, u := range utf16.Encode([]rune(secret)) {
		wide = append(wide, byte(u), byte(u>>8))
		wideBE = append(wideBE, byte(u>>8), byte(u))
	}
	hexed := hex.EncodeToString([]byte(secret))
	all := []spoor{
		{secret, "plain", []byte(secret), digits},
		{secret, "UTF-16", wide, false},
		{secret, "UTF-16", wideBE, false},
		{secret, "hex", []byte(hexed), digits},
		{secret, "hex", []byte(strings.ToUpper(hexed)), digits},
		{secret, "hex", []byte(spaced(hexed)), digits},
		{secret, "hex", []byte(spaced(strings.ToUpper(hexed))), digits},
		{secret, "base64", []byte(base64.StdEncoding.EncodeToString([]byte(secret))), true},
	}
	if digits {
		return all
	}
	// Inside a longer base64 text a secret takes one of three forms, by where it
	// begins; the characters that its neighbours touch are left out.
	for shift := range 3 {
		code := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), secret...))
		from := (shift*8 + 5) / 6
		to := len(code)
		if (shift+len(secret))%3 != 0 {
			to--
		}
		all = append(all, spoor{secret, "base64", []byte(code[from:to]), false})
	}
	return all
}

// spaced writes hex as technicians do, byte by byte.
func spaced(hexed string) string {
	var b strings.Builder
	for i := 0; i < len(hexed); i += 2 {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(hexed[i : i+2])
	}
	return b.String()
}

// parted are the marks that count only by themselves, and the others.
func parted(marks []spoor) (alone, anywhere []spoor) {
	for _, m := range marks {
		if m.alone {
			alone = append(alone, m)
		} else {
			anywhere = append(anywhere, m)
		}
	}
	return alone, anywhere
}

// prose is what of a message can be read. Four digits stand by chance in some
// hundred thousand bytes that are sealed, so that of those only what looks like
// writing is left.
func prose(m []byte) []byte {
	if utf8.Valid(m) {
		return m
	}
	const shortest = 16 // bytes of printable ASCII on end: rare by chance
	var text []byte
	for i := 0; i < len(m); i++ {
		from := i
		for i < len(m) && m[i] >= ' ' && m[i] <= '~' {
			i++
		}
		if i-from >= shortest {
			text = append(append(text, m[from:i]...), 0)
		}
	}
	return text
}

func search(where string, in []byte, marks []spoor) error {
	for _, m := range marks {
		if at := m.find(in); at >= 0 {
			return mismatch("no PIN or password in "+where,
				fmt.Sprintf("one of %d characters, in %s, at byte %d of %d", len(m.secret), m.form, at, len(in)))
		}
	}
	return nil
}

func (m *spoor) find(in []byte) int {
	from := 0
	for {
		i := bytes.Index(in[from:], m.bytes)
		if i < 0 {
			return -1
		}
		at := from + i
		end := at + len(m.bytes)
		if !m.alone || (at == 0 || !wordByte(in[at-1])) && (end == len(in) || !wordByte(in[end])) {
			return at
		}
		from = at + 1
	}
}

func wordByte(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z'
}
