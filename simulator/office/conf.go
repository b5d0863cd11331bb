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

	"github.com/nats-io/nkeys"

	"kioskd/daemon/office/protocol"
	shipped "kioskd/systemd/office"
)

// Files that the server reads: the shipped one, and what it includes.
const (
	confFile   = "nats-server.conf"
	siteFile   = "site.conf"
	kiosksFile = "kiosks.conf"
	fleetFile  = "fleet.conf"
)

// ownInbox is where answers to the office's own connections come.
const ownInbox = "office.v1.inbox."

// ownReply begins every reply subject that the server puts in place of the one
// that a kiosk named: an answer to it goes back to the account of the question.
const ownReply = "_R_."

var site = template.Must(template.New("site").Parse(`# Written by the simulated office.
SITE_LISTEN: "127.0.0.1:{{.Port}}"
SITE_CERTIFICATE: "{{.Dir}}/` + serverCert + `"
SITE_KEY: "{{.Dir}}/` + serverKey + `"
SITE_STORE: "{{.Dir}}/jetstream"
SITE_STORE_MAX: 1GB
FRONT_NKEY: {{.Front}}
OPERATOR_NKEY: {{.Operator}}
CLERK_NKEY: {{.Clerk}}
AUDITOR_NKEY: {{.Auditor}}
`))

// kiosks is a block for each kiosk: an account with its one key, what it may
// say and hear, and the doors between it and OFFICE. Nothing that is not listed
// is allowed.
var kiosks = template.Must(template.New("kiosks").Parse(`
{{- range .}}
"{{.ID}}": {
  limits: {max_connections: 4, max_subscriptions: 128, max_leafnodes: 0}
  users: [
    {
      nkey: {{.Key}}
      permissions: {
        publish: [{{range .Publish}}"{{.}}", {{end}}]
        subscribe: [{{range .Subscribe}}"{{.}}", {{end}}]
        allow_responses: {max: 1, expires: "1m"}
      }
    }
  ]
  exports: [
{{- range .Answers}}
    {service: "{{.}}", accounts: [OFFICE]}
{{- end}}
  ]
  imports: [
{{- range .Publish}}
    {service: {account: OFFICE, subject: "{{.}}"}}
{{- end}}
    {stream: {account: OFFICE, subject: "{{.Settings}}"}}
  ]
}
{{end}}`))

// fleet is OFFICE's side of the doors that kiosks open to it.
var fleet = template.Must(template.New("fleet").Parse(`imports: [
{{- range .}}{{$id := .ID}}{{range .Answers}}
  {service: {account: "{{$id}}", subject: "{{.}}"}}
{{- end}}{{end}}
]
`))

type kioskBlock struct {
	ID, Key, Settings  string
	Publish, Subscribe []string
	Answers            []string // what OFFICE may ask it
}

// newBlock is what a kiosk may: ask on its own subjects, write its own journal,
// read the end of that and the settings, say how it is, hear its own inbox, and
// answer commands and those who look for services.
func newBlock(id, public string) kioskBlock {
	b := kioskBlock{
		ID: id, Key: public, Settings: protocol.SettingsTopic + ">",
		Answers: []string{"kiosk.v1." + id + ".command.*", "$SRV.>"},
	}
	b.Subscribe = append([]string{protocol.Inbox(id) + ".>", b.Settings}, b.Answers...)
	for _, v := range protocol.Verbs() {
		b.Publish = append(b.Publish, protocol.Subject(id, v))
	}
	b.Publish = append(b.Publish,
		protocol.JournalSubject(id), protocol.HealthSubject(id),
		protocol.JournalDirectGet(id), protocol.SettingsDirectGet())
	return b
}

// writeConf writes all files. s.mu is held.
func (s *server) writeConf() error {
	dir, err := filepath.Abs(s.dir)
	if err != nil {
		return fmt.Errorf("office: server configuration: %w", err)
	}
	if strings.ContainsAny(dir, "\"\\\n") {
		return fmt.Errorf("office: server configuration: directory %q: want no quotes and no backslashes", dir)
	}
	here := struct {
		Dir, Front, Operator, Clerk, Auditor string
		Port                                 int
	}{Dir: dir, Port: s.port}
	if here.Port == 0 {
		here.Port = -1 // any that is free
	}
	for _, u := range []struct {
		key nkeys.KeyPair
		to  *string
	}{{s.keys.front, &here.Front}, {s.keys.operator, &here.Operator}, {s.keys.clerk, &here.Clerk}, {s.keys.auditor, &here.Auditor}} {
		if *u.to, err = u.key.PublicKey(); err != nil {
			return fmt.Errorf("office: server configuration: %w", err)
		}
	}
	var blocks []kioskBlock
	for _, id := range slices.Sorted(maps.Keys(s.kiosks)) {
		blocks = append(blocks, newBlock(id, s.kiosks[id]))
	}
	for _, f := range []struct {
		name string
		text *template.Template
		data any
	}{{siteFile, site, here}, {kiosksFile, kiosks, blocks}, {fleetFile, fleet, blocks}} {
		var b bytes.Buffer
		if err := f.text.Execute(&b, f.data); err != nil {
			return fmt.Errorf("office: server configuration: %w", err)
		}
		if err := os.WriteFile(filepath.Join(dir, f.name), b.Bytes(), 0o600); err != nil {
			return fmt.Errorf("office: server configuration: %w", err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, confFile), []byte(shipped.Conf()), 0o600); err != nil {
		return fmt.Errorf("office: server configuration: %w", err)
	}
	return nil
}
