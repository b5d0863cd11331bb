package paper

import (
	"crypto/sha256"
	"fmt"
	"math"
)

// The back, in dots. Its frames are as wide as the ground, so that the rows of
// the scramble image hold nothing else and pack three to one.
const (
	scrambleScale = 4 // dots of the front in one cell, each way
	scrambleWide  = pageWidth / scrambleScale
	scrambleHigh  = pageHeight / scrambleScale
	scrambleCell  = 3   // dots of a cell on the back, each way
	scrambleRow   = 772 // cells side by side there: shuffled, they need not keep the front's shape
	scrambleRows  = (scrambleWide*scrambleHigh + scrambleRow - 1) / scrambleRow
	scrambleLeft  = (pageWidth - scrambleRow*scrambleCell) / 2
	scrambleTop   = 250
	scrambleEnds  = scrambleTop + scrambleRows*scrambleCell

	titleTop = 100
	titleEnd = 190

	bandTop    = scrambleEnds + 110 // the detection image
	bandHeight = 340
	rosetteX   = 330
	screenLeft = 620
	screenEnds = 1800

	matrixSide = 16 // 16 by 16 cells hold a SHA-256 digest
	matrixCell = 16
	matrixLeft = 1980
	matrixTop  = bandTop + (bandHeight-matrixSide*matrixCell)/2

	wordsTop = bandTop + bandHeight + 90
)

// drawBackGround draws what all backs share.
func drawBackGround(types *typesetter, ground *canvas) (*canvas, error) {
	p := &pen{canvas: ground.clone(), types: types}
	const quiet = 20
	p.window(titleTop, titleEnd)
	p.window(scrambleTop-quiet, scrambleEnds+quiet)
	p.window(bandTop, bandTop+bandHeight)
	middle := bandTop + bandHeight/2
	p.rosette(rosetteX, middle, 84, bandHeight/2-14, 8)
	p.rosette(rosetteX, middle, 24, 76, 5)
	p.lineScreen(screenLeft, bandTop+18, screenEnds, bandTop+bandHeight-18)
	p.frame(matrixLeft-10, matrixTop-10, matrixLeft+matrixSide*matrixCell+10, matrixTop+matrixSide*matrixCell+10, 4)
	p.window(wordsTop, wordsTop+200)
	for i, line := range []string{
		"上の画像は、この用紙の表面の内容を並べ替えて作られています。表面と一致しないものは、改ざんされたおそれがあります。",
		"複写機で写し取ると、地紋に「複写」の文字が浮かび上がります。中央の線画には「真正」の文字が隠されています。",
		"この方式は模擬装置のものであり、実際の証明書の偽造防止処理とは異なります。",
	} {
		p.write(style{36, false}, groundLeft+60, wordsTop+58+i*54, line)
	}
	return p.canvas, p.err
}

// window clears a band of the ground and rules it off.
func (p *pen) window(top, bottom int) {
	p.clear(groundLeft, top, groundRight, bottom)
	p.frame(groundLeft, top, groundRight, bottom, thin)
}

// rosette draws turned copies of one wave between two circles, as on banknotes.
func (p *pen) rosette(x, y, inner, outer int, petals float64) {
	const turns, steps = 9, 3600
	middle, swing := float64(outer+inner)/2, float64(outer-inner)/2
	for turn := range turns {
		phase := 2 * math.Pi * float64(turn) / turns
		for step := range steps {
			a := 2 * math.Pi * float64(step) / steps
			r := middle + swing*math.Cos(petals*a+phase)
			px, py := x+int(math.Round(r*math.Cos(a))), y+int(math.Round(r*math.Sin(a)))
			p.fill(px, py, px+2, py+2)
		}
	}
}

// lineScreen draws lines that step aside by half a period inside hidden letters.
func (p *pen) lineScreen(x0, y0, x1, y1 int) {
	const period, stroke, word = 8, 2, "真正"
	hidden := &pen{canvas: newCanvas(pageWidth, pageHeight), types: p.types}
	hidden.centre(style{260, true}, (x0+x1)/2, (y0+y1)/2+98, word)
	if hidden.err != nil {
		p.fail(hidden.err)
		return
	}
	for y := y0; y+period <= y1; y += period {
		for x := x0; x < x1; x++ {
			line := y
			if hidden.at(x, y+period/2) {
				line += period / 2
			}
			p.fill(x, line, x+1, line+stroke)
		}
	}
}

// backOf draws the back that belongs to exactly this front.
func (r *Renderer) backOf(front *canvas, issue string, number, of int) (*canvas, error) {
	p := &pen{canvas: r.back.clone(), types: r.types}
	p.write(style{36, false}, groundLeft+60, titleEnd-32, "偽造防止検証面（見本）　発行番号 "+issue)
	p.right(style{40, true}, groundRight-60, titleEnd-30, fmt.Sprintf("%d/%d", number, of))
	p.scramble(shrink(front), issue, number)
	digest := sha256.Sum256(front.dots)
	for i := range matrixSide * matrixSide {
		if digest[i/8]&(0x80>>(i%8)) != 0 {
			x, y := matrixLeft+i%matrixSide*matrixCell, matrixTop+i/matrixSide*matrixCell
			p.fill(x, y, x+matrixCell, y+matrixCell)
		}
	}
	return p.canvas, p.err
}
