package office

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"net"
	"strings"
	"testing"
)

// upgrade opens a NATS connection by hand: the server says who it is, then TLS.
type upgrade struct{ address string }

type serverInfo struct {
	Nonce       string `json:"nonce"`
	TLSRequired bool   `json:"tls_required"`
}

func (u *upgrade) open(t *testing.T, conf *tls.Config) (serverInfo, *tls.Conn) {
	t.Helper()
	plain, err := net.Dial("tcp", u.address)
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReaderSize(plain, 4096).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var info serverInfo
	if err := json.Unmarshal([]byte(strings.TrimPrefix(line, "INFO ")), &info); err != nil {
		t.Fatal(err)
	}
	if info.Nonce == "" || !info.TLSRequired {
		t.Fatalf("the server wants no TLS or gives no nonce: %s", line)
	}
	return info, tls.Client(plain, conf)
}
