package office

import (
	"context"
	"crypto/tls"
	"time"

	"github.com/nats-io/nats.go"

	"kioskd/daemon/health"
	"kioskd/daemon/office/protocol"
)

// How the line is kept. All in process time: a moved clock changes none of it.
const (
	connectTimeout = 3 * time.Second
	pingEvery      = 5 * time.Second // two unanswered pings end a dead line
	backoffFirst   = 100 * time.Millisecond
	backoffMost    = 5 * time.Second
	lookAgain      = 30 * time.Second // settings are asked for anew, in case a notice was lost
)

// keep owns the connection: it makes it, watches it, fetches settings over it
// and closes it. It is the only goroutine that calls OnReachable and OnRules.
func (c *Client) keep(ctx context.Context, url string, conf *tls.Config) {
	defer close(c.done)
	defer c.key.Wipe()
	closed := make(chan struct{})
	nc := c.connect(ctx, url, conf, closed)
	if nc == nil {
		close(c.dialled)
		return
	}
	defer func() {
		nc.Close()
		<-closed
	}()
	settings := make(chan *nats.Msg, 8)
	if _, err := nc.ChanSubscribe(protocol.SettingsTopic+protocol.SettingsKey, settings); err != nil {
		c.log.Error("office: watch the settings", "err", err)
	}
	c.mu.Lock()
	c.nc = nc
	c.mu.Unlock()
	close(c.dialled)
	c.watch(ctx, nc, settings)
}

func (c *Client) watch(ctx context.Context, nc *nats.Conn, settings <-chan *nats.Msg) {
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	turn := time.NewTicker(health.Turn)
	defer turn.Stop()
	told, said := false, false // what OnReachable was told last, and whether it was told
	var hearer func(bool)
	for {
		health.Beat(ctx)
		up := nc.IsConnected()
		c.mu.Lock()
		f := c.onReachable
		c.mu.Unlock()
		fresh := up && !(said && told)
		if f != nil && (!said || told != up || hearer == nil) {
			f(up)
			hearer = f
		}
		if !said || told != up {
			c.log.Info("office: line", "up", up)
		}
		told, said = up, true
		if fresh {
			c.fetchRules(ctx, nc)
		}
		select {
		case <-ctx.Done():
			return
		case <-turn.C:
		case <-c.changed:
		case m := <-settings:
			c.takeRules(m.Data)
		case <-again.C:
			if up {
				c.fetchRules(ctx, nc)
			}
		}
	}
}

// connect makes the first attempt; the library makes the others.
func (c *Client) connect(ctx context.Context, url string, conf *tls.Config, closed chan struct{}) *nats.Conn {
	public, err := c.key.PublicKey()
	if err != nil {
		c.log.Error("office: key", "err", err)
		return nil
	}
	event := func(*nats.Conn) { c.signal() }
	nc, err := nats.Connect(url,
		nats.Name("kiosk "+c.kiosk),
		nats.Nkey(public, c.key.Sign),
		nats.Secure(conf),
		nats.SetCustomDialer(dialer{ctx}),
		nats.Timeout(connectTimeout),
		nats.CustomInboxPrefix(protocol.Inbox(c.kiosk)),
		nats.PingInterval(pingEvery),
		nats.MaxPingsOutstanding(2),
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		// A key that is not known yet may be known tomorrow.
		nats.IgnoreAuthErrorAbort(),
		nats.CustomReconnectDelay(func(n int) time.Duration { return c.backoff(n, backoffMost) }),
		// Nothing is kept for a line that is down: what is repeated, we repeat.
		nats.ReconnectBufSize(-1),
		nats.ConnectHandler(event),
		nats.ReconnectHandler(event),
		nats.DisconnectErrHandler(func(*nats.Conn, error) { c.signal() }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			c.log.Warn("office: line", "err", err)
		}),
		nats.ClosedHandler(func(*nats.Conn) { close(closed) }),
	)
	if err != nil {
		c.log.Error("office: connect", "err", err)
		return nil
	}
	return nc
}
