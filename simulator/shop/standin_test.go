package shop

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"kioskd/drivers/board/link"
	"kioskd/simulator/board"
	"kioskd/simulator/board/panel"
)

func entry(device string, b ...byte) board.TraceEntry {
	return board.TraceEntry{Device: device, Bytes: b, Len: len(b)}
}

// standIn does as much of kioskd as a shop must get along with: it connects to
// the board, shows one page on a black panel, and does what files in its folder
// ask for.
func standIn(args []string) int {
	var c struct {
		Board, Language string
		Limit           map[string]string
	}
	b, err := os.ReadFile(args[2])
	if err == nil {
		err = toml.Unmarshal(b, &c)
	}
	if err != nil || c.Language != "ja" {
		fmt.Fprintln(os.Stderr, "stand-in: bad configuration:", err)
		return exitBadConfig
	}
	switch args[0] {
	case "journal":
		fmt.Println(`{"events":[{"n":1,"kind":"visit-begun"}],"owed":300,"unsent":0}`)
		return 0
	case "refill":
		if strings.HasSuffix(args[3], "=99") {
			fmt.Fprintln(os.Stderr, "stand-in: too many")
			return exitBadConfig
		}
		return 0
	}
	fmt.Fprintln(os.Stderr, "limit.idle", c.Limit["idle"])
	return standAt(c.Board, filepath.Dir(args[2]))
}

// asked says whether a file of that name lies there, and takes it away.
func asked(dir, name string) bool {
	return os.Remove(filepath.Join(dir, name)) == nil
}

func standAt(address, dir string) int {
	l, err := link.Dial(context.Background(), address)
	if err != nil {
		fmt.Fprintln(os.Stderr, "stand-in:", err)
		return 1
	}
	l.SetLooker(looker{})
	black := panel.New(board.NewClock(time.Now())).Checksum()
	if err := l.ShowTree(fmt.Appendf(nil, `{"page":"home","language":"ja","checksum":"%08x"}`, black)); err != nil {
		fmt.Fprintln(os.Stderr, "stand-in:", err)
		return 1
	}
	for {
		select {
		case <-l.Lost():
			return 1
		case <-time.After(2 * time.Millisecond):
		}
		switch {
		case asked(dir, "die"):
			return 3
		case asked(dir, "pay"):
			fmt.Fprintln(os.Stderr, "paying")
			l.CommitPoint("after", "paid")
			fmt.Fprintln(os.Stderr, "paid")
		default:
			if _, err := os.Stat(filepath.Join(dir, "write")); err != nil {
				continue
			}
			err := os.WriteFile(filepath.Join(dir, "wrote"), []byte("something"), 0o600)
			fmt.Fprintln(os.Stderr, "wrote:", err)
			asked(dir, "write")
		}
	}
}

type looker struct{}

func (looker) State() []byte { return []byte(`{"settled":true,"turn":1,"page":"home"}`) }
