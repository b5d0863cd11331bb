package soak_test

import (
	"context"
	"errors"

	"kioskd/flows"
)

// slot is the coin acceptor, which must stay shut.
type slot struct {
	flows.Cash // nobody calls the rest
	k          *kiosk
}

func (s slot) Accept() error                   { s.k.accepted++; return nil }
func (slot) Refuse() error                     { return nil }
func (slot) Pending() <-chan struct{}          { return nil }
func (slot) Next() (flows.Coin, bool)          { return flows.Coin{}, false }
func (slot) PayOut(int) (coins int, err error) { return 0, errors.New("no coins here") }

type noSheets struct{}

func (noSheets) Ready(context.Context) error           { return nil }
func (noSheets) Print(context.Context, []byte) error   { return errors.New("no paper here") }
func (noSheets) Lying() bool                           { return false }
func (noSheets) Clear(context.Context) <-chan struct{} { return nil }

type slips struct{ k *kiosk }

func (slips) Ready(context.Context) error { return nil }

func (s slips) Print(_ context.Context, slip flows.Slip) error {
	s.k.slips = append(s.k.slips, slip.Kind+" "+slip.Incident)
	return s.k.alive()
}

type dark struct{}

func (dark) On(string)    {}
func (dark) Blink(string) {}
func (dark) Off(string)   {}
func (dark) Beep()        {}
func (dark) Alarm()       {}

type fit struct{}

func (fit) OutOfService() string     { return "" }
func (fit) Withheld(string) string   { return "" }
func (fit) Changed() <-chan struct{} { return nil }
