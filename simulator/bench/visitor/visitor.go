// Package visitor is a person in front of the technician's page, in a real
// Chromium: it sees what the page shows and clicks on it. Tests and the pictures
// of the README are made by it.
//
// It takes no way round the page: a tap on the panel is the mouse on its
// picture, where the page says that the button is.
package visitor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

// Visitor is one browser with one page. Not safe for concurrent use.
type Visitor struct {
	ctx    context.Context
	closes []context.CancelFunc
	within time.Duration
}

// Opts say how the browser looks at the page. Zero values work.
type Opts struct {
	Width, Height int           // of the window; 0 means 1440x900
	Scale         float64       // device pixels a pixel; 0 means 1
	Within        time.Duration // how long to wait for something to be seen; 0 means 10 s
}

// Open starts a Chromium and opens the page. It needs chromium in the path.
func Open(ctx context.Context, url string, o Opts) (*Visitor, error) {
	if o.Width == 0 {
		o.Width, o.Height = 1440, 900
	}
	if o.Scale == 0 {
		o.Scale = 1
	}
	if o.Within == 0 {
		o.Within = 10 * time.Second
	}
	ctx, stopBrowser := chromedp.NewExecAllocator(ctx,
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("hide-scrollbars", false), chromedp.WindowSize(o.Width, o.Height),
	)
	ctx, stopTab := chromedp.NewContext(ctx)
	v := &Visitor{ctx: ctx, closes: []context.CancelFunc{stopTab, stopBrowser}, within: o.Within}
	err := chromedp.Do(ctx,
		chromedp.EmulateViewport(int64(o.Width), int64(o.Height), chromedp.EmulateScale(o.Scale)),
		chromedp.Navigate(url),
	)
	if err == nil {
		err = v.until(`document.body.dataset.live === "yes"`, "a page that is alive")
	}
	if err != nil {
		v.Close()
		return nil, fmt.Errorf("visitor: open %s in chromium: %w", url, err)
	}
	return v, nil
}

// Close ends the browser and waits for it. It may be called twice.
func (v *Visitor) Close() {
	for _, stop := range v.closes {
		stop()
	}
	v.closes = nil
}

// lookEach is how often the page is looked at while something is awaited.
const lookEach = 20 * time.Millisecond

// until waits until a JavaScript expression is true; what says what that means.
func (v *Visitor) until(expression, what string) error {
	ctx, cancel := context.WithTimeout(v.ctx, v.within)
	defer cancel()
	var last error
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
		if ok {
			return nil
		}
		// A page that is just being loaded throws: it is looked at again.
		if err != nil && ctx.Err() == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("waited %s for %s; there was %s", v.within, what, v.there()), last)
		case <-time.After(lookEach):
		}
	}
}

// there is what the page shows, for somebody who expected something else.
func (v *Visitor) there() string {
	ctx, cancel := context.WithTimeout(v.ctx, time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](
		`["power-state", "page-state", "say"].map((id) => document.getElementById(id).textContent).join(" | ")`))
	if err != nil {
		return err.Error()
	}
	return text
}

// See waits until the panel shows a page, and the bench its buttons.
func (v *Visitor) See(name string) error {
	return v.until(fmt.Sprintf(`document.getElementById("page-state").dataset.page === %q && document.getElementById("panel-buttons").dataset.page === %[1]q`, name),
		"page "+name)
}

// takenWithin is how long a person looks whether a tap did something.
const takenWithin = 1500 * time.Millisecond

// shownNumber numbers the pictures whose buttons the bench knows.
const shownNumber = `document.getElementById("panel-buttons").dataset.number`

// Tap clicks with the mouse on the middle of one of the panel's buttons, once it
// may be pressed, and waits until the panel shows something else, if it does.
func (v *Visitor) Tap(id string) error {
	button := fmt.Sprintf(`document.querySelector('#panel-buttons [data-button=%q]')`, id)
	if err := v.until(button+`?.getAttribute("aria-disabled") === "false"`, "button "+id+" on the panel"); err != nil {
		return err
	}
	type spot struct {
		X, Y   float64
		Number string
	}
	at, err := chromedp.Run(v.ctx, chromedp.Evaluate[spot](`(() => { document.getElementById("panel").scrollIntoViewIfNeeded();
		const r = `+button+`.getBoundingClientRect();
		return {X: r.x + r.width / 2, Y: r.y + r.height / 2, Number: `+shownNumber+`}; })()`))
	if err == nil {
		err = chromedp.Do(v.ctx, chromedp.MouseClickXY(at.X, at.Y))
	}
	if err != nil {
		return fmt.Errorf("tap %s: %w", id, err)
	}
	return v.pause(fmt.Sprintf("%s !== %q", shownNumber, at.Number))
}

// pause waits until an expression is true, but not long: a button that changes
// nothing one can see is no error.
func (v *Visitor) pause(expression string) error {
	deadline := time.Now().Add(takenWithin)
	for time.Now().Before(deadline) {
		done, err := chromedp.Run(v.ctx, chromedp.Evaluate[bool](expression))
		if err != nil || done {
			return err
		}
		time.Sleep(lookEach)
	}
	return nil
}

// Type taps key by key.
func (v *Visitor) Type(keys string) error {
	for _, k := range strings.Split(keys, "") {
		if err := v.Tap(k); err != nil {
			return err
		}
	}
	return nil
}

// Walk sees a page and taps a button on it, over and over: "menu certificate",
// "terms agree".
func (v *Visitor) Walk(steps ...string) error {
	for _, s := range steps {
		name, button, _ := strings.Cut(s, " ")
		if err := v.See(name); err != nil {
			return err
		}
		if button == "" {
			continue
		}
		if err := v.Tap(button); err != nil {
			return fmt.Errorf("page %s: %w", name, err)
		}
	}
	return nil
}

// Click clicks on one of the bench's own controls, by its test id, once it is
// not disabled.
func (v *Visitor) Click(id string) error {
	at := fmt.Sprintf(`[data-testid=%q]`, id)
	if err := v.until(fmt.Sprintf(`document.querySelector('%s')?.matches(":not(:disabled)")`, at), "control "+id); err != nil {
		return err
	}
	if err := chromedp.Do(v.ctx, chromedp.Click(at)); err != nil {
		return fmt.Errorf("click %s: %w", id, err)
	}
	return nil
}

// Press does what Tap does with the keyboard alone: the button that lies over the
// panel for those who cannot use a mouse gets the focus, then Enter.
func (v *Visitor) Press(id string) error {
	button := fmt.Sprintf(`#panel-buttons [data-button=%q]`, id)
	if err := v.until(fmt.Sprintf(`document.querySelector('%s')`, button), "button "+id+" on the panel"); err != nil {
		return err
	}
	if err := chromedp.Do(v.ctx, chromedp.Focus(button), chromedp.KeyEvent("\r")); err != nil {
		return fmt.Errorf("press %s: %w", id, err)
	}
	return nil
}

// Choose chooses from a list.
func (v *Visitor) Choose(id, value string) error {
	_, err := chromedp.Run(v.ctx, chromedp.Evaluate[bool](fmt.Sprintf(
		`(() => { const e = document.querySelector('[data-testid=%q]'); e.value = %q; e.dispatchEvent(new Event("change")); return true; })()`, id, value)))
	if err != nil {
		return fmt.Errorf("choose %s in %s: %w", value, id, err)
	}
	return nil
}

// Until waits until the text of a control holds some text.
func (v *Visitor) Until(id, text string) error {
	return v.until(fmt.Sprintf(`document.querySelector('[data-testid=%q]')?.textContent.includes(%q)`, id, text), fmt.Sprintf("%q in %s", text, id))
}

// Holds waits until a JavaScript expression is true of the page.
func (v *Visitor) Holds(expression string) error { return v.until(expression, expression) }

// Picture is a PNG of one control, by its test id; "" is the whole window.
func (v *Visitor) Picture(id string) ([]byte, error) {
	shot := chromedp.CaptureScreenshot()
	if id != "" {
		shot = chromedp.Screenshot(fmt.Sprintf(`[data-testid=%q]`, id))
	}
	b, err := chromedp.Run(v.ctx, shot)
	if err != nil {
		return nil, fmt.Errorf("picture: %w", err)
	}
	return b, nil
}
