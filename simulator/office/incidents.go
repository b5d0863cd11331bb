package office

// Incident is something that went wrong at a kiosk, as the office has it. It is
// open until somebody at the office closes it: that it went well the next time
// closes nothing (incident D8: three notices were answered with "they tried again
// and it printed").
type Incident struct {
	Number string // the customer was told this
	Reason string
	Open   bool
}

// Incidents are those of a kiosk, oldest first.
func (o *Office) Incidents(kiosk string) []Incident {
	events := o.Events(kiosk)
	o.journals.mu.Lock()
	defer o.journals.mu.Unlock()
	var all []Incident
	for _, e := range events {
		if e.Kind == "incident" && e.Trouble == "" {
			number := e.Field("incident")
			all = append(all, Incident{Number: number, Reason: e.Field("reason"), Open: !o.journals.closed[number]})
		}
	}
	return all
}

// CloseIncidents closes what is open of a kiosk: somebody has looked into it.
func (o *Office) CloseIncidents(kiosk string) {
	all := o.Incidents(kiosk)
	o.journals.mu.Lock()
	defer o.journals.mu.Unlock()
	for _, i := range all {
		o.journals.closed[i.Number] = true
	}
}
