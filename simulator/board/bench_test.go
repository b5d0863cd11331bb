package board_test

import (
	"testing"
	"time"

	"kioskd/simulator/board"
	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
)

// A full frame of the RA8875: 800x480 pixels of 2 bytes in SPI messages of at
// most 4096 bytes. It must cross in less than 10 ms.
func BenchmarkFullFrame(b *testing.B) {
	w := serve(b, func(b *board.Board) { b.AddSPI("SPI0.0", chipFunc(sink)) })
	port := must(w.dial(b).SPI("SPI0.0"))(b)
	conn := must(port.Connect(20*physic.MegaHertz, spi.Mode3, 8))(b)
	message := make([]byte, 4096)
	b.ReportAllocs()
	for b.Loop() {
		for range 188 {
			check(b, conn.Tx(message, nil))
		}
	}
}

// A touch: the controller's edge, its point read, its status cleared. It must
// take less than 2 ms.
func BenchmarkTouch(b *testing.B) {
	var line *board.Line
	w := serve(b, func(b *board.Board) {
		b.AddI2C("I2C1", 0x5d, chipFunc(sink))
		line = b.AddInput("TOUCH_INT", false)
	})
	client := w.dial(b)
	bus := must(client.I2C("I2C1"))(b)
	edges := must(must(client.Input("TOUCH_INT"))(b).Watch(b.Context()))(b)
	point := make([]byte, 10)
	level := false
	b.ReportAllocs()
	for b.Loop() {
		level = !level
		line.SetAt(level, time.Second)
		<-edges
		check(b, bus.Tx(0x5d, []byte{0x81, 0x4e}, point))
		check(b, bus.Tx(0x5d, []byte{0x81, 0x4e, 0}, nil))
	}
}
