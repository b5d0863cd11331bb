package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
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
	Name   string // of the file; "" where there was none
	Log    string // name of the log beside it; "" where there was none
	ID     string // of the journal; "" if it could not be read
	Events int    // that could be read
	Last   uint64 // the highest number among them
	Owed   int    // yen, as far as they tell
	New    string // id of the journal that was begun
	// Incident is the number under which the office hears of it.
	Incident string
}

// BeginAnew keeps a damaged journal aside, file and log under names that nothing
// has, and begins a new one whose first event is an incident that names the old. It is a
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
	file, err := salvage(filepath.Join(dir, fileName))
	if err != nil {
		return Aside{}, err
	}
	log, err := salvage(filepath.Join(dir, logName))
	if err != nil {
		return Aside{}, err
	}
	a := salvageBytes(file, log)
	kept, err := keepAside(dir, fileName, logName)
	if err != nil {
		return Aside{}, err
	}
	a.Name, a.Log = kept[0], kept[1]
	// From here on the damaged files have two names; the new one takes over the
	// first in one step. It needs no log yet: one that a crash leaves here is in
	// nobody's way.
	err = create(dir, func(tx *bolt.Tx) error {
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
	if err != nil {
		return a, err
	}
	if err := os.Remove(filepath.Join(dir, logName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return a, fmt.Errorf("%w: %w", ErrDisk, err)
	}
	return a, syncDir(dir)
}

func (a Aside) String() string {
	id := a.ID
	if id == "" {
		id = "of unknown id"
	}
	names := slices.DeleteFunc([]string{a.Name, a.Log}, func(name string) bool { return name == "" })
	return fmt.Sprintf("the old one, %s, is kept as %s: %d events of it can be read, up to number %d; %d yen owed in it",
		id, strings.Join(names, " and "), a.Events, a.Last, a.Owed)
}

// keepAside gives the files other names beside their own, and never ones that are
// taken; "" for a file that is not there.
func keepAside(dir string, files ...string) ([]string, error) {
	for n := 1; n <= asideMost; n++ {
		taken, err := filepath.Glob(filepath.Join(dir, fmt.Sprintf("journal.kept-%d.*", n)))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrDisk, err)
		}
		if len(taken) > 0 {
			continue
		}
		names := make([]string, len(files))
		for i, file := range files {
			name := fmt.Sprintf("journal.kept-%d%s", n, filepath.Ext(file))
			err := os.Link(filepath.Join(dir, file), filepath.Join(dir, name))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("%w: %w", ErrDisk, err)
			}
			names[i] = name
		}
		return names, syncDir(dir)
	}
	return nil, fmt.Errorf("%w: %d journals are kept aside already", ErrDisk, asideMost)
}

// What an event and a journal's name look like on the file's pages. A bucket's
// keys and values stand one after the other.
var (
	eventHead = []byte(`{"n":`)
	nameBytes = regexp.MustCompile(`id([0-9a-f]{32})salt`)
	logsName  = regexp.MustCompile(`^` + firstWords + `([0-9a-f]{32}) `)
)

// salvage is what can be read of a file; nothing where there is none.
func salvage(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDisk, err)
	}
	b, err := io.ReadAll(io.LimitReader(f, salvageMost))
	if len(b) > 0 {
		err = nil // it is nothing at all that is the disk's
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDisk, err)
	}
	return b, nil
}

// salvageBytes finds what can be read without any structure: the events, wherever
// they stand. A page or block that is no longer in use holds old copies of them,
// and they are the same. Those of another journal's log are not counted.
func salvageBytes(file, log []byte) Aside {
	var a Aside
	if m := nameBytes.FindSubmatch(file); m != nil {
		a.ID = string(m[1])
	}
	if m := logsName.FindSubmatch(log); m != nil {
		if a.ID == "" {
			a.ID = string(m[1])
		}
		if a.ID != string(m[1]) {
			log = nil
		}
	}
	found := make(map[uint64]flows.Event)
	for _, b := range [][]byte{file, log} {
		gather(b, found)
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

func gather(b []byte, found map[uint64]flows.Event) {
	for {
		at := bytes.Index(b, eventHead)
		if at < 0 {
			return
		}
		b = b[at:]
		var e flows.Event
		d := json.NewDecoder(bytes.NewReader(b[:min(len(b), eventMax)]))
		if d.Decode(&e) == nil && e.Number > 0 && e.Kind != "" {
			found[e.Number] = e
		}
		b = b[len(eventHead):]
	}
}
