package protocol

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// How requests and answers travel: one line of words with a space between them,
// the version first, then a newline, then bytes as they are. What is sealed is
// most of a message, and as JSON it would be longer by a third.

const maxLine = 2 + 2*(maxID+1) // bytes of a line

// The lines, as regular expressions: for who describes them, and for a test that
// holds the code to them.
const (
	AskLine    = "^2 [A-Za-z0-9][A-Za-z0-9-]{0,63} [A-Za-z0-9][A-Za-z0-9-]{0,63}$"
	AnswerLine = "^2 [A-Za-z0-9][A-Za-z0-9-]{0,63}$"
)

var errLine = errors.New("its line is not as it should be")

// EncodeAsk checks a request and writes it.
func EncodeAsk(a Ask) ([]byte, error) {
	body, err := attach(nil, a.Sealed, MaxAsk, a.ID, a.Session)
	if err != nil {
		return nil, fmt.Errorf("protocol: request: %w", err)
	}
	return body, nil
}

// DecodeAsk reads one. What is sealed is not copied.
func DecodeAsk(data []byte) (Ask, error) {
	ids, sealed, err := detach(data, MaxAsk)
	if err == nil && len(ids) != 2 {
		err = errLine
	}
	if err != nil {
		return Ask{}, fmt.Errorf("protocol: request: %w", err)
	}
	return Ask{ID: ids[0], Session: ids[1], Sealed: sealed}, nil
}

// AppendAnswer checks an answer and writes it behind what is in body.
func AppendAnswer(body []byte, a Answer) ([]byte, error) {
	if a.Error != nil {
		no, err := Encode(ErrorAnswer{Version: RequestVersion, ID: a.ID, Error: *a.Error})
		return append(body, no...), err
	}
	body, err := attach(body, a.Sealed, MaxMessage, a.ID)
	if err != nil {
		return nil, fmt.Errorf("protocol: answer: %w", err)
	}
	return body, nil
}

// DecodeAnswer reads one. What is sealed is not copied.
func DecodeAnswer(data []byte) (Answer, error) {
	if bytes.HasPrefix(data, []byte("{")) {
		no, err := Decode[ErrorAnswer](data, maxError)
		return Answer{ID: no.ID, Error: &no.Error}, err
	}
	ids, sealed, err := detach(data, MaxMessage)
	if err == nil && len(ids) != 1 {
		err = errLine
	}
	if err != nil {
		return Answer{}, fmt.Errorf("protocol: answer: %w", err)
	}
	return Answer{ID: ids[0], Sealed: sealed}, nil
}

const maxError = 1 << 10 // bytes of an ErrorAnswer

func attach(body, sealed []byte, limit int, ids ...string) ([]byte, error) {
	if len(sealed) == 0 {
		return nil, errors.New("sealed part is missing")
	}
	body = strconv.AppendInt(slices.Grow(body, maxLine+1+len(sealed)), RequestVersion, 10)
	for _, id := range ids {
		if err := checkID("id", id); err != nil {
			return nil, err
		}
		body = append(append(body, ' '), id...)
	}
	body = append(append(body, '\n'), sealed...)
	if len(body) > limit {
		return nil, fmt.Errorf("%d bytes: at most %d", len(body), limit)
	}
	return body, nil
}

func detach(data []byte, limit int) (ids []string, sealed []byte, err error) {
	if len(data) > limit {
		return nil, nil, fmt.Errorf("%d bytes: at most %d", len(data), limit)
	}
	line, _, found := bytes.Cut(data[:min(len(data), maxLine+1)], []byte("\n"))
	if !found {
		return nil, nil, errLine
	}
	version, rest, _ := strings.Cut(string(line), " ")
	if version != strconv.Itoa(RequestVersion) {
		return nil, nil, fmt.Errorf("version %q: want %d", clip(version), RequestVersion)
	}
	ids = strings.Split(rest, " ")
	for _, id := range ids {
		if err := checkID("id", id); err != nil {
			return nil, nil, err
		}
	}
	if sealed = data[len(line)+1:]; len(sealed) == 0 {
		return nil, nil, errors.New("sealed part is missing")
	}
	return ids, sealed, nil
}

// CutEnc takes off the encapsulated key that stands before what is sealed.
func CutEnc(p Purpose, sealed []byte) (enc, rest []byte, err error) {
	if len(sealed) <= encSize {
		return nil, nil, &ErrSealed{At: p}
	}
	return sealed[:encSize], sealed[encSize:], nil
}
