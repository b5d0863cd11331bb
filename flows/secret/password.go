package secret

import "crypto/subtle"

// The rule of the signature password: capitals and digits, six to sixteen, at
// least one of each, and nothing else. No pattern is refused that the counter at
// the town hall would take.
const (
	PasswordLeast = 6
	PasswordMost  = Max
)

// Rule says which parts of the rule a password keeps.
type Rule struct{ Length, Letter, Digit bool }

// Holds says whether it keeps all of them.
func (r Rule) Holds() bool { return r.Length && r.Letter && r.Digit }

// Password looks how far the secret keeps the rule of the signature password.
// One with a character that no password has keeps none of it.
func (t *Text) Password() Rule {
	var r Rule
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.mem[:t.n] {
		switch {
		case c >= 'A' && c <= 'Z':
			r.Letter = true
		case c >= '0' && c <= '9':
			r.Digit = true
		default:
			return Rule{}
		}
	}
	r.Length = t.n >= PasswordLeast && t.n <= PasswordMost
	return r
}

// Character is one typed character as the card knows it: a small letter becomes
// a capital, a full-width character the plain one. ok is false for what no
// password has.
func Character(typed rune) (c byte, ok bool) {
	const wide = 'Ａ' - 'A' // from a plain character to its full-width one
	if typed >= '！' && typed <= '～' {
		typed -= wide
	}
	switch {
	case typed >= 'a' && typed <= 'z':
		return byte(typed - 'a' + 'A'), true
	case typed >= 'A' && typed <= 'Z', typed >= '0' && typed <= '9':
		return byte(typed), true
	}
	return 0, false
}

// Equal says whether two secrets are the same, in a time that depends on their
// lengths alone. A wiped one equals nothing.
func (t *Text) Equal(o *Text) bool {
	if t == o {
		return t.alive()
	}
	same := false
	_ = t.Use(func(a []byte) error { // ErrWiped leaves it false
		return o.Use(func(b []byte) error {
			same = subtle.ConstantTimeCompare(a, b) == 1
			return nil
		})
	})
	return same
}

func (t *Text) alive() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.mem != nil
}
