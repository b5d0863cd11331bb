// Package pcsc is a card reader behind PC/SC: pcscd and whatever reader it
// drives.
//
// Events are waited for, not polled: a call to the resource manager sleeps until
// a card or a reader comes or goes. A card is held alone from Connect to Close,
// and has its power taken at the end. Every other call has a deadline of its
// own, since neither library nor manager has one: a reader that does not answer
// by then is given up together with the context it hangs in, and while its call
// is out the reader counts as not there. So it goes on by itself after a reader
// was unplugged and plugged in, after pcscd was started anew, and after a command
// that came back late.
//
// Another program may have the card for a moment: one that looks what was laid
// down, or one that has ended and that pcscd has not tidied up after. It is waited
// for; one that keeps the card is in the way of the reader, and the card is not
// to blame.
//
// A command is sent once. Nothing here sends anything again, and no command and
// no answer is logged.
//
// It refuses a card with any protocol but T=1, which is what PC/SC part 3 says
// of every contactless card. Where two cards lie on one reader, PC/SC has no word
// for it: most readers then report a card that does not answer to power
// (board.ErrUnpowered); one that shows each card in a slot of its own is
// board.ErrCollision, as long as the pattern names both slots.
//
// Without cgo the package still builds, and Open says what is missing.
//
// Source: PC/SC Workgroup specification 2, part 5; pcsc-lite's winscard.
package pcsc

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"kioskd/drivers/board"
)

// Limits.
const (
	// TransmitWithin is how long an answer may take; the slowest command, a
	// signature, takes a quarter of a second.
	TransmitWithin = 3 * time.Second
	callWithin     = 3 * time.Second        // any other call
	goneWithin     = 600 * time.Millisecond // for pcscd to see that a card has left: it looks every 400 ms
	sharedWithin   = 2 * time.Second        // for another program to let go of the card
	sharedEvery    = 20 * time.Millisecond
	commandMax     = 4 + 3 + 65535 + 2 // bytes of an extended command APDU
)

// relook bounds one sleep: a reader that was exchanged for another between two
// calls is not told of by every version of pcsc-lite.
const relook = 30 * time.Second

// Options say which reader to use.
type Options struct {
	// Name is a pattern of the reader's name: with * and ? it is matched as a
	// whole, otherwise it may stand anywhere in it; case does not count. Empty
	// matches every reader. All slots that match are one reader.
	Name string
	Log  *slog.Logger // of readers that come and go; nil means none
}

// What the board's errors do not say.
var (
	errHeld     = errors.New("pcsc: a card of this reader is held already")
	errClosed   = errors.New("pcsc: the card was given up")
	errProtocol = errors.New("card does not speak T=1")
	errShared   = fmt.Errorf("another program has the card: %w", board.ErrNoReader)
	errCommand  = errors.New("pcsc: not a command APDU")
)

// matcher says whether a reader's name fits the pattern.
func matcher(pattern string) func(name string) bool {
	low := strings.ToLower(pattern)
	if !strings.ContainsAny(pattern, "*?") {
		return func(name string) bool { return strings.Contains(strings.ToLower(name), low) }
	}
	// Brackets are common in readers' names, so that they stand for themselves.
	expr := strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(regexp.QuoteMeta(low))
	whole := regexp.MustCompile(`^(?s:` + expr + `)$`)
	return func(name string) bool { return whole.MatchString(strings.ToLower(name)) }
}
