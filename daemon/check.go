package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"kioskd/daemon/activity"
	"kioskd/daemon/attendant"
	"kioskd/daemon/check"
	"kioskd/daemon/config"
	"kioskd/daemon/journal"
	"kioskd/daemon/office"
	"kioskd/daemon/screen/draw"
	"kioskd/daemon/serving"
	"kioskd/drivers/coin"
	"kioskd/flows"
)

// trial tries the devices of a kiosk: through those that a running one has open
// (kiosk), or by opening each by itself (kiosk nil). What is open is tried in the
// same way in both.
type trial struct {
	kiosk *kiosk
	o     opener
	d     *devices
	sheet bool  // one test sheet was asked for
	board error // why there is none
	found office.Probe
	says  sync.Map // what devices said of themselves: string, by line
}

// Check tries the devices of a kiosk that is off, each by itself, and tells the
// lines as they come. sheet asks for one test sheet.
func Check(ctx context.Context, cfg config.Config, sheet bool, tell func(check.Line)) check.Report {
	log := slog.New(slog.DiscardHandler) // a line says it all
	t := &trial{d: &devices{hoppers: make(map[int]*coin.Hopper)}, sheet: sheet}
	gauge := &activity.Gauge{}
	t.o = opener{cfg: cfg, gauge: gauge, rest: attendant.NewRest(gauge), log: log, turn: func() {}}
	b, err := openBoard(ctx, cfg)
	if err != nil {
		t.board = err
	} else {
		t.o.board = b
	}
	lines, late := check.Run(ctx, check.Parts(cfg, false), t.tries(), tell)
	// Devices are left as they were found: coins refused, motors off, lamps dark.
	// Where one hangs, only the board's end frees it.
	if t.board == nil {
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			late()
			_ = t.d.close() // the lines have said what does not answer
		}()
		select {
		case <-closed:
		case <-time.After(time.Second):
		}
		_ = b.Close()
		<-closed
	}
	late()
	return check.Report{Kiosk: cfg.Kiosk, Wiring: check.Wiring(cfg), Lines: t.said(lines)}
}

// said gives each line what its device said of itself.
func (t *trial) said(lines []check.Line) []check.Line {
	for i, l := range lines {
		if says, ok := t.says.Load(l.Device); ok {
			lines[i].Says = says.(string)
		}
	}
	return lines
}

// check tries the devices of this kiosk while it runs, and tells the lines as they
// come. It refuses while a customer is served, and lets none begin meanwhile.
func (k *kiosk) check(ctx context.Context, sheet bool, tell func(check.Line)) (r check.Report, err error) {
	release, err := serving.Alone(serving.Path(k.cfg.Control))
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, release()) }()
	t := &trial{kiosk: k, o: k.opener(), d: k.devices, sheet: sheet}
	lines, late := check.Run(ctx, check.Parts(k.cfg, true), t.tries(), tell)
	late()
	return check.Report{Kiosk: k.cfg.Kiosk, Running: true, Wiring: check.Wiring(k.cfg), Lines: t.said(lines)}, nil
}

// tryAll is the same check for the technician's page, which shows its lines.
func (k *kiosk) tryAll(ctx context.Context) []flows.Tried {
	r, err := k.check(ctx, false, func(check.Line) { k.beat() })
	if err != nil {
		k.log.Warn("no check", "err", err)
		return nil
	}
	tried := make([]flows.Tried, len(r.Lines))
	for i, l := range r.Lines {
		tried[i] = flows.Tried{Device: check.Slug(l.Device), State: check.Slug(string(l.State)), Says: l.Says, Answer: l.Answer}
	}
	return tried
}

func (t *trial) tries() map[string]check.Try {
	tries := map[string]check.Try{
		check.Fonts: t.fonts, check.Disk: t.disk, check.Journal: t.journal, check.Office: t.office,
		check.Configuration: t.configuration, check.Board: t.opened,
		check.Clock: t.onBoard(t.clock), check.Panel: t.onBoard(t.panel), check.Touch: t.onBoard(t.touch),
		check.Reader:         t.reader,
		check.ReceiptPrinter: t.onBoard(t.receipts),
		check.SheetPrinter:   t.sheetPrinter,
		check.Exit:           t.onBoard(t.exit), check.Tray: t.onBoard(t.tray),
		check.Acceptor: t.onBoard(t.acceptor), check.Signals: t.onBoard(t.signals),
		check.Door: t.onBoard(t.door),
	}
	for _, yen := range hopperCoins() {
		tries[check.Hopper(yen)] = t.onBoard(func(context.Context) (string, error) { return t.hopper(yen) })
	}
	if t.o.cfg.Wiring.PowerFail != "" {
		tries[check.PowerFail] = t.onBoard(t.power)
	}
	if t.sheet {
		tries[check.TestSheet] = t.onBoard(t.testSheet)
	}
	if t.kiosk == nil && t.o.cfg.Reader != "pcsc" {
		tries[check.Reader] = t.onBoard(t.reader)
	}
	return tries
}

// onBoard is not tried where there is no board.
func (t *trial) onBoard(try check.Try) check.Try {
	if t.board == nil {
		return try
	}
	return func(context.Context) (string, error) { return "", &check.Skipped{Why: "the board was not opened"} }
}

// own opens what a running kiosk has open.
func (t *trial) own(open func(*devices) error) error {
	if t.kiosk != nil {
		return nil
	}
	return open(t.d)
}

func (t *trial) fonts(context.Context) (string, error) {
	f, err := draw.OpenFonts(t.o.cfg.Fonts)
	if err != nil {
		return "", err
	}
	return "all there", f.Close()
}

// roomLeast is what a state folder should have left: settings, and what else
// lies on that disk. The journal has taken its own space when it was begun.
const roomLeast = 16 << 20 // bytes

func (t *trial) disk(context.Context) (string, error) {
	dir := t.o.cfg.State
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return "not there yet: the first start makes it", nil
	}
	if err := journal.TryDisk(dir); err != nil {
		return "", err
	}
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return "", fmt.Errorf("%s: %w", dir, err)
	}
	room := s.Bavail * uint64(s.Bsize) //nolint:gosec // a block size is positive
	if room < roomLeast {
		return "", fmt.Errorf("only %d MiB are left", room>>20)
	}
	return fmt.Sprintf("it can be written, %d MiB are left", room>>20), nil
}

func (t *trial) configuration(context.Context) (string, error) {
	c := t.o.cfg
	if t.found.Public == "" {
		return fmt.Sprintf("%s in %s, model %s; the office could not be asked", c.Kiosk, c.Municipality, c.Model), nil
	}
	if why := misconfigured(c, t.found.Rules.Topology); why != "" {
		return "", errors.New(why)
	}
	return fmt.Sprintf("%s in %s, model %s: as the office has it", c.Kiosk, c.Municipality, c.Model), nil
}

func (t *trial) opened(context.Context) (string, error) {
	if t.board == nil {
		return "it is " + t.o.board.String(), nil
	}
	var bad *config.Error
	if errors.As(t.board, &bad) && strings.Contains(bad.What, "office.authority") {
		return "", &check.Skipped{Why: "office.authority decides which board is allowed, and cannot be read"}
	}
	return "", t.board
}

func (t *trial) clock(context.Context) (string, error) {
	now, trusted := t.o.board.Clock().Now()
	if !trusted {
		return "", fmt.Errorf("not set: it says %s", now.Format(time.RFC3339))
	}
	return now.Format(time.RFC3339), nil
}

func (t *trial) office(ctx context.Context) (string, error) {
	c := t.o.cfg
	p, err := office.Probe{}, error(nil)
	if t.kiosk != nil && t.kiosk.office.Reachable() {
		p = office.Probe{Server: c.Office.URL, Public: "its own", Rules: t.kiosk.office.Rules()}
	} else {
		p, err = office.Knock(ctx, office.Options{
			URL: c.Office.URL, AuthorityFile: c.Office.Authority, KeyFile: c.Office.Key, PublicKeyFile: c.Office.PublicKey, Kiosk: c.Kiosk,
		})
	}
	var unknown *office.UnknownKioskError
	if errors.As(err, &unknown) {
		return "", &check.Advice{Err: err, Todo: fmt.Sprintf("tell the office: %s=%s", unknown.Kiosk, unknown.Public)}
	}
	if err != nil {
		return "", err
	}
	t.found = p
	if p.Rules.Revision == 0 {
		return "admitted; it has no settings yet: the base hours and fee are in force", nil
	}
	hours := "no hours of " + c.Municipality + ", so the base hours"
	if h, ok := p.Rules.Hours[c.Municipality]; ok {
		hours = fmt.Sprintf("hours of %s %s to %s", c.Municipality, clockTime(h.From), clockTime(h.To))
	}
	return fmt.Sprintf("admitted; settings revision %d, %s", p.Rules.Revision, hours), nil
}

func clockTime(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60)
}

// technicians is what the control socket hands on.
type technicians struct {
	*memory
	kiosk *kiosk
}

func (t technicians) Check(ctx context.Context, sheet bool) (check.Report, error) {
	return t.kiosk.check(ctx, sheet, func(check.Line) {})
}
