package office

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nats-io/nkeys"
)

// ExistsError says that there is a key already: a kiosk has one identity, and
// the events that it signed stay signed by it.
type ExistsError struct{ File string }

func (e *ExistsError) Error() string {
	return fmt.Sprintf("office: key %s is there already and stays: move it away for a new identity", e.File)
}

// MakeKey makes this kiosk's NKey, puts its private half into a new file that
// only we may read, and returns the public half (U…). The private half goes
// nowhere else.
func MakeKey(file string) (public string, err error) {
	key, err := nkeys.CreateUser()
	if err != nil {
		return "", fmt.Errorf("office: make a key: %w", err)
	}
	defer key.Wipe()
	if public, err = key.PublicKey(); err != nil {
		return "", fmt.Errorf("office: make a key: %w", err)
	}
	seed, err := key.Seed()
	if err != nil {
		return "", fmt.Errorf("office: make a key: %w", err)
	}
	defer clear(seed)
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return "", &ExistsError{file}
	}
	if err != nil {
		return "", fmt.Errorf("office: make a key: %w", err)
	}
	_, err = f.Write(seed)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("office: key %s: %w", file, err), os.Remove(file))
	}
	// The name too must survive a power cut.
	dir, err := os.Open(filepath.Dir(file))
	if err != nil {
		return "", fmt.Errorf("office: key %s: %w", file, err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return "", fmt.Errorf("office: key %s: %w", file, err)
	}
	return public, nil
}
