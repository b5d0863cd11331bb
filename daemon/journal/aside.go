package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"kioskd/flows"
)

// ErrWhole says that a journal needs no successor.
var ErrWhole = errors.New("journal: it is whole; nothing was changed")

// asideMost bounds the names that are tried for a file that is kept aside, and
// salvageMost the bytes of it that are looked through.
const (
	asideMost   = 10_000
	salvageMost = 1 << 30
)

// Aside is a damaged journal that was kept aside, and what could still be read of
// it.
type Aside struct {
	Name   string // of the file
	ID     string // of the journal; "" if it could not be read
	Events int    // that could be read
	Last   uint64 // the highest number among them
	Owed   int    // yen, as far as they tell
	New    string // id of the journal that was begun
	// Incident is the number under which the office hears of it.
	Incident string
}

// BeginAnew keeps a damaged journal aside, under a name that nothing has, and
// begins a new one whose first event is an incident that names the old. It is a
// technician's word: nothing does this by itself. What the old one says is
// owed, and what of it the office never got, is for people to see to.
func BeginAnew(dir string, at time.Time) (Aside, error) {
	switch _, err := Read(dir); {
	case err == nil:
		return Aside{}, ErrWhole
	case !errors.Is(err, ErrDamaged):
		return Aside{}, err
	}
	return anew(dir, at)
}

// BeginAnew is the same for a journal that turned out damaged while it was open.
// The new one can be opened after a fresh start.
func (j *Journal) BeginAnew(at time.Time) (Aside, error) {
	switch err := j.Err(); {
	case err == nil:
		return Aside{}, ErrWhole
	case !errors.Is(err, ErrDamaged):
		return Aside{}, err
	}
	return anew(j.dir, at)
}

func anew(dir string, at time.Time) (Aside, error) {
	path := filepath.Join(dir, fileName)
	f, err := os.Open(path)
	if err != nil {
		return Aside{}, fmt.Errorf("%w: %w", ErrDisk, err)
	}
	a, err := salvage(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return Aside{}, fmt.Errorf("%w: %w", ErrDisk, err)
	}
	if a.Name, err = keepAside(dir); err != nil {
		return Aside{}, err
	}
	// From here on the damaged file has two names; the new one takes over the
	// first in one step.
	return a, create(dir, func(tx *bolt.Tx) error {
		a.New = string(tx.Bucket(metaBucket).Get(idKey))
		a.Incident = a.New[:4] + "-" + a.New[4:8]
		b, err := json.Marshal(flows.Event{
			Number: 1, Kind: flows.Incident, At: at, Incident: a.Incident, Device: "journal", Action: "maintenance", Yen: a.Owed,
			Reason: "journal begun anew: " + a.String(),
		})
		if err != nil {
			return err
		}
		return tx.Bucket(eventsBucket).Put(key(1), b)
	})
}

func (a Aside) String() string {
	id := a.ID
	if id == "" {
		id = "of unknown id"
	}
	return fmt.Sprintf("the old one, %s, is kept as %s: %d events of it can be read, up to number %d; %d yen owed in it",
		id, a.Name, a.Events, a.Last, a.Owed)
}

// keepAside gives the file another name beside its own, and never one that is
// taken.
func keepAside(dir string) (string, error) {
	for n := 1; n <= asideMost; n++ {
		name := fmt.Sprintf("journal.kept-%d.db", n)
		err := os.Link(filepath.Join(dir, fileName), filepath.Join(dir, name))
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("%w: %w", ErrDisk, err)
		}
		return name, syncDir(dir)
	}
	return "", fmt.Errorf("%w: %d journals are kept aside already", ErrDisk, asideMost)
}

// What an event and a journal's name look like on the file's pages. A bucket's
// keys and values stand one after the other.
var (
	eventHead = []byte(`{"n":`)
	nameBytes = regexp.MustCompile(`id([0-9a-f]{32})salt`)
)

// salvage finds what can be read of a file without any of its structure: the
// events, wherever they stand. A page that is no longer in use holds old copies
// of them, and they are the same.
func salvage(f *os.File) (Aside, error) {
	st, err := f.Stat()
	if err != nil {
		return Aside{}, err
	}
	b := make([]byte, min(st.Size(), salvageMost))
	n, err := f.ReadAt(b, 0)
	if err != nil && n == 0 && len(b) > 0 {
		return Aside{}, err // nothing at all: that is the disk
	}
	return salvageBytes(b[:n]), nil
}

func salvageBytes(b []byte) Aside {
	var a Aside
	if m := nameBytes.FindSubmatch(b); m != nil {
		a.ID = string(m[1])
	}
	found := make(map[uint64]flows.Event)
	for {
		at := bytes.Index(b, eventHead)
		if at < 0 {
			break
		}
		b = b[at:]
		var e flows.Event
		d := json.NewDecoder(bytes.NewReader(b[:min(len(b), eventMax)]))
		if d.Decode(&e) == nil && e.Number > 0 && e.Kind != "" {
			found[e.Number] = e
		}
		b = b[len(eventHead):]
	}
	var numbers []uint64
	for n := range found {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	ledger := flows.NewLedger()
	for _, n := range numbers {
		ledger.Apply(found[n])
		a.Last = n
	}
	a.Events, a.Owed = len(numbers), ledger.Owed()
	return a
}
