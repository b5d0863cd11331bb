package figures

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// eventBytes is the length of an ordinary event.
const eventBytes = 200

// commits compares the journal's commits, as the running kioskd timed them, with
// a write and sync of as many bytes on the same disk, made in between.
func (m *meter) commits(ctx context.Context, c *customer, dir string) error {
	if err := m.say("committing %d events", m.runs.Commits); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(dir, "bare"))
	if err != nil {
		return fmt.Errorf("commits: %w", err)
	}
	var bare []time.Duration
	for range m.runs.Commits {
		err = c.kiosk.Refill(ctx, 100, 30) // an event, and nothing else happens
		begun := time.Now()
		_, werr := f.Write(make([]byte, eventBytes))
		err = errors.Join(err, werr, f.Sync())
		bare = append(bare, time.Since(begun))
		if err != nil {
			return errors.Join(fmt.Errorf("commits: %w", err), f.Close())
		}
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("commits: %w", err)
	}
	j, err := c.kiosk.Journal(ctx)
	if err != nil {
		return fmt.Errorf("commits: %w", err)
	}
	if j.Pace.Commits < m.runs.Commits {
		return fmt.Errorf("commits: kioskd tells of %d commits, want %d", j.Pace.Commits, m.runs.Commits)
	}
	reference := median(bare).Seconds()
	return m.table.add(figure{
		name: "an event in the journal", value: j.Pace.Median.Seconds(), reference: reference,
		than: "bare write and fsync of as many bytes, on the same disk", limit: 1.5 * reference,
	})
}
