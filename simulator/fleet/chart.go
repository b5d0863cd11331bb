package fleet

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"os"
	"path/filepath"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The chart's size.
const (
	chartWidth  = 28 * vg.Centimeter
	chartHeight = 26 * vg.Centimeter
	chartEdge   = 0.6 * vg.Centimeter
)

// CheckChart says whether a chart can be written to a file of that name.
func CheckChart(file string) error {
	switch filepath.Ext(file) {
	case ".svg", ".png":
		return nil
	}
	return fmt.Errorf("fleet: chart %s: want a name that ends in .svg or .png", file)
}

// Chart draws the day: load, what the office does not have yet, kiosks on the
// line and memory, over one time axis, with the outages as bands.
func (r *Report) Chart(file string) (err error) {
	if err := CheckChart(file); err != nil {
		return err
	}
	panels := []*plot.Plot{
		r.panel("a second", 0,
			series{"visits", r.rates(func(m Moment) int { return m.Visits })},
			series{"events written", r.rates(func(m Moment) int { return m.Written })},
			series{"events at the office", r.rates(func(m Moment) int { return m.Acked })}),
		r.panel("events", 0, series{"not yet at the office", r.levels(func(m Moment) float64 { return float64(m.Written - m.Acked) })}),
		r.panel("kiosks", float64(r.Kiosks), series{"on the line", r.levels(func(m Moment) float64 { return float64(m.OnLine) })}),
		r.panel("MB", 0, series{"memory, office and kiosks", r.levels(func(m Moment) float64 { return float64(m.Memory >> 20) })}),
	}
	panels[0].Title.Text = fmt.Sprintf("%d kiosks, a day in %v; grey: outages", r.Kiosks, r.Day)
	panels[len(panels)-1].X.Label.Text = "clock of the store"
	write, canvas := r.canvas(file)
	area := draw.New(canvas)
	area = draw.Crop(area, chartEdge, -chartEdge, chartEdge, -chartEdge)
	var grid [][]*plot.Plot
	for _, p := range panels {
		grid = append(grid, []*plot.Plot{p})
	}
	tiles := draw.Tiles{Rows: len(panels), Cols: 1, PadY: chartEdge}
	for i, row := range plot.Align(grid, tiles, area) {
		panels[i].Draw(row[0])
	}
	f, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("fleet: chart: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := write.WriteTo(f); err != nil {
		return fmt.Errorf("fleet: chart: %w", err)
	}
	return nil
}

func (r *Report) canvas(file string) (io.WriterTo, vg.CanvasSizer) {
	if filepath.Ext(file) == ".png" {
		c := vgimg.New(chartWidth, chartHeight)
		return vgimg.PngCanvas{Canvas: c}, c
	}
	c := vgsvg.New(chartWidth, chartHeight)
	return c, c
}

// series is one line of the chart.
type series struct {
	name   string
	points plotter.XYs
}

// colours are those of Okabe and Ito, told apart by everybody.
func colours() []color.Color {
	return []color.Color{
		color.RGBA{R: 0x00, G: 0x72, B: 0xB2, A: 0xFF},
		color.RGBA{R: 0xD5, G: 0x5E, B: 0x00, A: 0xFF},
		color.RGBA{R: 0x00, G: 0x9E, B: 0x73, A: 0xFF},
	}
}

// panel is one diagram. least is where its axis ends at the lowest; 0: anywhere.
func (r *Report) panel(unit string, least float64, all ...series) *plot.Plot {
	p := plot.New()
	p.Y.Label.Text = unit
	p.X.Tick.Marker = hours{}
	p.X.Min, p.X.Max = r.span()
	p.Y.Min, p.Y.Max = 0, max(1, least)
	for _, s := range all {
		for _, at := range s.points {
			p.Y.Max = max(p.Y.Max, at.Y)
		}
	}
	p.Y.Max *= 1.1
	for _, o := range r.Outages {
		p.Add(band{r.hour(o.Began), r.hour(o.AllBack)})
	}
	for i, s := range all {
		line := &plotter.Line{XYs: s.points, LineStyle: draw.LineStyle{Color: colours()[i%len(colours())], Width: vg.Points(1.4)}}
		p.Add(line)
		p.Legend.Add(s.name, line)
	}
	p.Legend.Top, p.Legend.Left = true, true
	return p
}

func (r *Report) hour(at time.Duration) float64 {
	return dawn.Hours() + at.Seconds()*(midnight-dawn).Hours()/r.Day.Seconds()
}

func (r *Report) span() (from, to float64) {
	to = midnight.Hours()
	if n := len(r.Moments); n > 0 {
		to = max(to, r.hour(r.Moments[n-1].At))
	}
	return dawn.Hours(), to
}

// levels are the values as they were.
func (r *Report) levels(of func(Moment) float64) plotter.XYs {
	points := make(plotter.XYs, len(r.Moments))
	for i, m := range r.Moments {
		points[i] = plotter.XY{X: r.hour(m.At), Y: of(m)}
	}
	return points
}

// rateOver is how many moments a rate is taken over: less is noise.
const rateOver = 4

// rates are the differences by the second.
func (r *Report) rates(of func(Moment) int) plotter.XYs {
	points := plotter.XYs{{X: dawn.Hours()}}
	for i := rateOver; i < len(r.Moments); i++ {
		a, b := r.Moments[i-rateOver], r.Moments[i]
		points = append(points, plotter.XY{
			X: r.hour((a.At + b.At) / 2),
			Y: float64(of(b)-of(a)) / (b.At - a.At).Seconds(),
		})
	}
	return points
}

// hours marks the axis as a clock.
type hours struct{}

func (hours) Ticks(from, to float64) []plot.Tick {
	var ticks []plot.Tick
	for h := int(from); float64(h) <= to; h++ {
		t := plot.Tick{Value: float64(h)}
		if h%3 == 0 && h <= 24 {
			t.Label = fmt.Sprintf("%d:00", h)
		}
		ticks = append(ticks, t)
	}
	return ticks
}

// band is an outage: a grey ground from one hour to the other.
type band struct{ from, to float64 }

func (b band) Plot(c draw.Canvas, p *plot.Plot) {
	x, _ := p.Transforms(&c)
	grey := color.Gray{Y: 0xDD}
	c.FillPolygon(grey, []vg.Point{
		{X: x(b.from), Y: c.Min.Y},
		{X: x(b.to), Y: c.Min.Y},
		{X: x(b.to), Y: c.Max.Y},
		{X: x(b.from), Y: c.Max.Y},
	})
}
