package authority

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"sync"
)

const (
	keyBits = 2048
	pemKind = "PRIVATE KEY"
)

// ErrClosed says that the pool was closed.
var ErrClosed = errors.New("authority: key pool is closed")

// keyNames are names of files, too.
var keyNames = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// KeyPool makes RSA-2048 keys by name. Making one takes a good part of a second,
// so keys that will be wanted can be made ahead in the background, and a pool
// with a folder keeps them there for the next run. They are test keys: whoever
// reads the folder can be any resident of the simulation.
type KeyPool struct {
	dir    string
	slots  chan struct{} // one for each key in the making
	closed chan struct{}

	mu      sync.Mutex
	entries map[string]*keyEntry
	making  sync.WaitGroup
	shut    bool
}

type keyEntry struct {
	done chan struct{} // closed when key or err is set
	key  *rsa.PrivateKey
	err  error
}

// OpenKeyPool opens a pool whose keys are kept in dir (made with mode 0700; each
// key 0600); "" keeps none.
func OpenKeyPool(dir string) (*KeyPool, error) {
	if dir != "" {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("authority: key pool: %w", err)
		}
	}
	return &KeyPool{
		dir: dir, slots: make(chan struct{}, runtime.NumCPU()),
		closed: make(chan struct{}), entries: make(map[string]*keyEntry),
	}, nil
}

// Prepare begins to make keys, as many at a time as there are processors.
func (p *KeyPool) Prepare(names ...string) {
	for _, name := range names {
		p.entry(name)
	}
}

// Key is the key of that name: small letters, digits and hyphens. The same name
// is the same key.
func (p *KeyPool) Key(name string) (*rsa.PrivateKey, error) {
	e := p.entry(name)
	<-e.done
	return e.key, e.err
}

// Close waits for the keys in the making and makes no more. It may be called
// twice.
func (p *KeyPool) Close() {
	p.mu.Lock()
	if !p.shut {
		p.shut = true
		close(p.closed)
	}
	p.mu.Unlock()
	p.making.Wait()
}

func (p *KeyPool) entry(name string) *keyEntry {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e := p.entries[name]; e != nil {
		return e
	}
	e := &keyEntry{done: make(chan struct{})}
	p.entries[name] = e
	if p.shut {
		e.err = ErrClosed
		close(e.done)
		return e
	}
	p.making.Add(1)
	go func() {
		defer p.making.Done()
		defer close(e.done)
		e.key, e.err = p.get(name)
	}()
	return e
}

func (p *KeyPool) get(name string) (*rsa.PrivateKey, error) {
	if !keyNames.MatchString(name) {
		return nil, fmt.Errorf("authority: key name %q: want small letters, digits, hyphens", name)
	}
	key, err := p.load(name)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-p.closed:
		return nil, ErrClosed
	}
	key, err = rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, fmt.Errorf("authority: make key %s: %w", name, err)
	}
	return p.keep(name, key)
}

func (p *KeyPool) path(name string) string { return filepath.Join(p.dir, name+".pem") }

// load reads a key kept earlier; fs.ErrNotExist where there is none.
func (p *KeyPool) load(name string) (*rsa.PrivateKey, error) {
	if p.dir == "" {
		return nil, fs.ErrNotExist
	}
	text, err := os.ReadFile(p.path(name))
	if err != nil {
		return nil, fmt.Errorf("authority: key %s: %w", name, err)
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != pemKind {
		return nil, fmt.Errorf("authority: %s holds no private key: delete it to have it made anew", p.path(name))
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("authority: %s: %w: delete it to have it made anew", p.path(name), err)
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok || key.N.BitLen() != keyBits {
		return nil, fmt.Errorf("authority: %s is no RSA-%d key: delete it to have it made anew", p.path(name), keyBits)
	}
	return key, nil
}

// keep writes the key whole or not at all. Where another process was first, its
// key is the one.
func (p *KeyPool) keep(name string, key *rsa.PrivateKey) (kept *rsa.PrivateKey, err error) {
	if p.dir == "" {
		return key, nil
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("authority: keep key %s: %w", name, err)
	}
	f, err := os.CreateTemp(p.dir, ".new-*") // 0600
	if err != nil {
		return nil, fmt.Errorf("authority: keep key %s: %w", name, err)
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	if err := errors.Join(pem.Encode(f, &pem.Block{Type: pemKind, Bytes: der}), f.Close()); err != nil {
		return nil, fmt.Errorf("authority: keep key %s: %w", name, err)
	}
	if err := os.Link(f.Name(), p.path(name)); errors.Is(err, fs.ErrExist) {
		return p.load(name)
	} else if err != nil {
		return nil, fmt.Errorf("authority: keep key %s: %w", name, err)
	}
	return key, nil
}
