package figures

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// eventBytes is the length of an ordinary event.
const eventBytes = 200

// A checkpoint with fewer events is one that a start makes. checkpointLate is more
// than the log can hold.
const (
	checkpointLeast = 100
	checkpointLate  = 1000
	eventsAtOnce    = 50
)

// commits compares the journal's commits, as the running kioskd timed them, with
// a write and sync of as many bytes on the same disk, made in between. Then it
// goes on until the journal has made a checkpoint, which some commit in 250 has to
// wait for.
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
	if err := m.table.add(figure{
		name: "an event in the journal", value: j.Pace.Median.Seconds(), reference: reference,
		than: "bare write and fsync of as many bytes, on the same disk", limit: 1.5 * reference,
	}); err != nil {
		return err
	}
	for n := 0; j.Pace.Checkpoint.Events < checkpointLeast; n += eventsAtOnce {
		if n >= checkpointLate {
			return fmt.Errorf("commits: no checkpoint within %d events", n)
		}
		if _, said, code, err := c.kiosk.Command(ctx, "refill", slices.Repeat([]string{"100=30"}, eventsAtOnce)...); err != nil || code != 0 {
			return fmt.Errorf("commits: refill: exit code %d: %s: %w", code, said, err)
		}
		if j, err = c.kiosk.Journal(ctx); err != nil {
			return fmt.Errorf("commits: %w", err)
		}
	}
	checkpoint := j.Pace.Checkpoint
	return m.table.add(figure{
		name: fmt.Sprintf("a checkpoint of the journal, every %d events", checkpoint.Events), value: checkpoint.Took.Seconds(),
		reference: reference, than: "the same bare write and fsync",
	})
}
