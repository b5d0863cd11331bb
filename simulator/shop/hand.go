package shop

import (
	"context"
	"fmt"

	"kioskd/simulator/card"
)

// Down puts a finger on the glass; coordinates are the panel's pixels.
func (k *Kiosk) Down(x, y int) { k.glass.Down(x, y) }

// Move slides the finger.
func (k *Kiosk) Move(x, y int) { k.glass.Move(x, y) }

// Up lifts it.
func (k *Kiosk) Up() { k.glass.Up() }

// Touched returns when the kiosk has read everything the touch chip had to say,
// or with the cause of ctx.
func (k *Kiosk) Touched(ctx context.Context) error { return k.glass.Wait(ctx) }

// Insert drops a coin into the slot and returns when it has come to rest, on the
// shop's clock. One that comes back lies in the tray.
func (k *Kiosk) Insert(yen int) error {
	defer k.changed("coins")
	if err := k.acceptor.Insert(yen); err != nil {
		return fmt.Errorf("shop: %w", err)
	}
	return nil
}

// Inserted is how many yen were ever dropped into the slot.
func (k *Kiosk) Inserted() int { return k.acceptor.Counts().Inserted }

// Returned is how many yen ever came back to the customer, from acceptor and
// hoppers alike.
func (k *Kiosk) Returned() int { return k.tray.Total() }

// Lying is how many yen lie in the tray; TakeCoins takes them.
func (k *Kiosk) Lying() int { return k.tray.Lying() }

// TakeCoins empties the coin tray and says how many yen lay in it.
func (k *Kiosk) TakeCoins() int {
	defer k.changed("coins")
	return k.tray.TakeReturned()
}

// HopperLevel is how many coins of that value are in their hopper, as a
// technician counts them.
func (k *Kiosk) HopperLevel(yen int) int { return k.hoppers.Level(yen) }

// Card is the resident's present card, made when first asked for.
func (s *Shop) Card(resident string) (*card.Card, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cardOf(resident)
}

func (s *Shop) cardOf(resident string) (*card.Card, error) {
	if c := s.cards[resident]; c != nil {
		return c, nil
	}
	spec, err := s.office.CardSpec(resident)
	if err != nil {
		return nil, fmt.Errorf("shop: %w", err)
	}
	c, err := card.New(spec)
	if err != nil {
		return nil, fmt.Errorf("shop: card of %s: %w", resident, err)
	}
	s.cards[resident] = c
	return c, nil
}

// Lay lays a resident's card on the reader. A card lies in one place only.
func (k *Kiosk) Lay(resident string) error { return k.lay(resident, false) }

// LayTwo lays the resident's card and a stranger's beside it.
func (k *Kiosk) LayTwo(resident string) error { return k.lay(resident, true) }

// LayCard lays a card of which neither shop nor office knows.
func (k *Kiosk) LayCard(c *card.Card) { k.reader.Lay(c) }

func (k *Kiosk) lay(resident string, two bool) error {
	c, err := k.shop.Card(resident)
	if err != nil {
		return err
	}
	for _, other := range k.shop.All() {
		for _, lying := range other.reader.Lying() {
			if lying == c {
				return fmt.Errorf("shop: the card of %s lies on %s already", resident, other.name)
			}
		}
	}
	if !two {
		k.reader.Lay(c)
		return nil
	}
	stranger, err := card.New(card.Spec{Resident: "stranger", Kind: card.Transit})
	if err != nil {
		return fmt.Errorf("shop: a stranger's card: %w", err)
	}
	k.reader.Lay(c, stranger)
	return nil
}

// Take takes off all cards that lie there. It says whose they were.
func (k *Kiosk) Take() []string {
	var whose []string
	for _, c := range k.reader.Take() {
		whose = append(whose, c.Resident())
	}
	return whose
}

// Laid says whose cards lie on the reader.
func (k *Kiosk) Laid() []string {
	var whose []string
	for _, c := range k.reader.Lying() {
		whose = append(whose, c.Resident())
	}
	return whose
}

// Open says whether the door is open.
func (k *Kiosk) Open() bool { return k.door.Alarm() }

// SetDoor opens or shuts the door.
func (k *Kiosk) SetDoor(open bool) {
	k.door.Set(open)
	k.changed("door")
}
