package coin_test

import (
	"context"
	"fmt"
	"time"

	"periph.io/x/conn/v3/gpio"

	"kioskd/drivers/board/boardtest"
	"kioskd/drivers/coin"
)

func ExampleAcceptor() {
	clock := boardtest.NewClock()
	pulse := boardtest.NewLine(clock, gpio.High) // on a kiosk: board.Input("COIN_PULSE")
	inhibit := &boardtest.Pin{}                  // board.Output("COIN_INHIBIT")
	a, err := coin.NewAcceptor(pulse, inhibit, clock, coin.Opts{})
	if err != nil {
		fmt.Println(err)
		return
	}
	inhibit.Hook = func(level gpio.Level) {
		if level == gpio.Low {
			go pulse.Pulse(25 * time.Millisecond) // somebody inserts 10 yen
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(200*time.Millisecond, func() { // what comes at once may be the rest of a coin
		if err := a.Accept(); err != nil {
			fmt.Println(err)
		}
	})
	err = a.Run(ctx, func(t coin.Train) {
		fmt.Println(t)
		cancel()
	})
	fmt.Println(err)
	// Output:
	// 10 yen
	// context canceled
}

func ExampleHopper() {
	clock := boardtest.NewClock()
	exit := boardtest.NewLine(clock, gpio.High) // on a kiosk: board.Input("HOPPER_100_COIN")
	motor := &boardtest.Pin{Hook: func(level gpio.Level) {
		if level == gpio.Low {
			go exit.Pulse(30 * time.Millisecond) // it throws one
		}
	}}
	h, err := coin.NewHopper(motor, exit, clock, coin.HopperOpts{})
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := h.Dispense(context.Background())
	fmt.Println(p.Coins, err)
	fmt.Println(h.Close())
	// Output:
	// 1 <nil>
	// <nil>
}
