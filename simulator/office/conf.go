package office

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"kioskd/daemon/office/protocol"
)

// Files that the server reads.
const (
	confFile  = "nats-server.conf"
	usersFile = "users.conf" // included: who may what
)

// ownInbox is where answers to the office's own connections come.
const ownInbox = "office.v1.inbox."

// conf is the server's configuration. JetStream syncs before it acknowledges:
// what a kiosk then forgets is on disk here.
var conf = template.Must(template.New("conf").Parse(`# Written by the simulated office.
listen: "127.0.0.1:{{.Port}}"
max_payload: {{.MaxPayload}}
max_control_line: 1024
max_subscriptions: 64
write_deadline: "5s"
tls {
  cert_file: "{{.Dir}}/` + serverCert + `"
  key_file: "{{.Dir}}/` + serverKey + `"
  min_version: "1.3"
  timeout: 5
}
jetstream {
  store_dir: "{{.Dir}}/jetstream"
  sync_interval: always
  max_memory_store: 16MB
  max_file_store: 1GB
}
accounts {
  SYSTEM {}
  OFFICE {
    jetstream: enabled
    include "` + usersFile + `"
  }
}
system_account: SYSTEM
`))

// users says who may publish and subscribe to what. Nothing that is not listed
// is allowed.
var users = template.Must(template.New("users").Parse(`users: [
{{- range .}}
  {
    # {{.Who}}
    nkey: {{.Key}}
    permissions {
      publish: [{{range .Publish}}
        "{{.}}"{{end}}
      ]
      subscribe: [{{range .Subscribe}}
        "{{.}}"{{end}}
      ]
    }
  }
{{- end}}
]
`))

type user struct {
	Who, Key           string
	Publish, Subscribe []string
}

// kioskUser is what a kiosk may: ask on its own subjects, write its own journal,
// read the end of that and the settings, and hear its own inbox.
func kioskUser(id, public string) user {
	u := user{
		Who: "kiosk " + id, Key: public,
		Subscribe: []string{protocol.Inbox(id) + ".>", protocol.SettingsTopic + ">"},
	}
	for _, v := range protocol.Verbs() {
		u.Publish = append(u.Publish, protocol.Subject(id, v))
	}
	u.Publish = append(u.Publish,
		protocol.JournalSubject(id), protocol.JournalDirectGet(id), protocol.SettingsDirectGet())
	return u
}

func (s *server) users() ([]user, error) {
	// The front answers kiosks, and operators who ask how it is.
	front := user{
		Who: "front", Publish: []string{protocol.Inbox("*") + ".>", ownInbox + ">"},
		Subscribe: []string{"$SRV.>", ownInbox + "front.>"},
	}
	for _, v := range protocol.Verbs() {
		front.Subscribe = append(front.Subscribe, protocol.Subject("*", v))
	}
	clerk := user{
		Who: "clerk", Publish: []string{"$JS.API.>", "$KV." + protocol.Bucket + ".>"},
		Subscribe: []string{ownInbox + "clerk.>"},
	}
	auditor := user{Who: "auditor: hears everything, says nothing", Publish: []string{ownInbox + "nobody"}, Subscribe: []string{">"}}
	var err error
	if front.Key, err = s.keys.front.PublicKey(); err != nil {
		return nil, err
	}
	if clerk.Key, err = s.keys.clerk.PublicKey(); err != nil {
		return nil, err
	}
	if auditor.Key, err = s.keys.auditor.PublicKey(); err != nil {
		return nil, err
	}
	all := []user{front, clerk, auditor}
	for _, id := range slices.Sorted(maps.Keys(s.kiosks)) {
		all = append(all, kioskUser(id, s.kiosks[id]))
	}
	return all, nil
}

// writeConf writes both files. s.mu is held.
func (s *server) writeConf() error {
	dir, err := filepath.Abs(s.dir)
	if err != nil {
		return fmt.Errorf("office: server configuration: %w", err)
	}
	if strings.ContainsAny(dir, "\"\\\n") {
		return fmt.Errorf("office: server configuration: directory %q: want no quotes and no backslashes", dir)
	}
	port := s.port
	if port == 0 {
		port = -1 // any that is free
	}
	all, err := s.users()
	if err != nil {
		return fmt.Errorf("office: server configuration: %w", err)
	}
	for _, f := range []struct {
		name string
		text *template.Template
		data any
	}{
		{usersFile, users, all},
		{confFile, conf, struct {
			Dir              string
			Port, MaxPayload int
		}{dir, port, maxPayload}},
	} {
		var b bytes.Buffer
		if err := f.text.Execute(&b, f.data); err != nil {
			return fmt.Errorf("office: server configuration: %w", err)
		}
		if err := os.WriteFile(filepath.Join(dir, f.name), b.Bytes(), 0o600); err != nil {
			return fmt.Errorf("office: server configuration: %w", err)
		}
	}
	return nil
}
