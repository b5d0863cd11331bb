package paper

// The ground pattern. Fine dots of 1 dot, two in 8 by 8, and coarse dots of 2 by
// 2, two in 16 by 16, cover the same 1/32 of the paper, so that the eye sees one
// even tint. Both repeat with whole bytes, so that plain ground packs to almost
// nothing.
const (
	groundLeft, groundRight = 72, pageWidth - 72 // inside what office printers can print
	groundTop, groundBottom = 72, pageHeight - 68
	latentSize              = 300
	latentText              = "複写"
	latentEvery             = 420 // rows
	latentApart             = 1040
)

func drawGround(types *typesetter) (*canvas, error) {
	word := &pen{canvas: newCanvas(pageWidth, pageHeight), types: types}
	for row, y := 0, 330; y < pageHeight; row, y = row+1, y+latentEvery {
		for x := 230 - row%2*latentApart/2; x < pageWidth; x += latentApart {
			word.write(style{latentSize, true}, x, y, latentText)
		}
	}
	if word.err != nil {
		return nil, word.err
	}
	c := newCanvas(pageWidth, pageHeight)
	for y := groundTop; y < groundBottom; y += 4 {
		for x := groundLeft + y/4%2*4; x < groundRight; x += 8 {
			if !word.at(x, y) {
				c.set(x, y)
			}
		}
	}
	for y := groundTop; y < groundBottom; y += 8 {
		for x := groundLeft + y/8%2*8; x < groundRight; x += 16 {
			if word.at(x, y) {
				c.fill(x, y, x+2, y+2)
			}
		}
	}
	return c, nil
}
