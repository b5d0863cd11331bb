package pages

import "time"

// jobState is RFC 8011's job-state.
type jobState int

const (
	jobPending    jobState = 3
	jobHeld       jobState = 4
	jobProcessing jobState = 5
	jobStopped    jobState = 6
	jobCanceled   jobState = 7
	jobAborted    jobState = 8
	jobCompleted  jobState = 9
)

// printerState is RFC 8011's printer-state.
type printerState int

const (
	stateIdle       printerState = 3
	stateProcessing printerState = 4
	stateStopped    printerState = 5
)

const (
	jobsMax      = 8                // that have not ended
	jobsKept     = 32               // that have
	documentWait = 60 * time.Second // for the document of a job made by Create-Job
)

// job is a print job. The printer's lock guards it.
type job struct {
	id         int
	name, user string
	state      jobState
	reason     string
	duplex     bool
	duplexSet  bool      // by the request; else the document decides
	document   []*Bitmap // pages that were not fed yet
	raster     [32]byte
	size       int // of the document, in bytes
	fed        int
	cancelled  bool // while a sheet of it was on its way
	holdsStuck bool // its sheet stands still inside

	total       int // sides of the document
	impressions int
	sheets      int

	created, started, ended int // printer-up-time; 0 is not yet
}

func (j *job) over() bool { return j.state >= jobCanceled }

// waiting are the jobs that have not ended.
func (p *Printer) waiting() []*job {
	var open []*job
	for _, j := range p.jobs {
		if !j.over() {
			open = append(open, j)
		}
	}
	return open
}

// next is the job whose sheet would be fed now.
func (p *Printer) next() *job {
	for _, j := range p.jobs {
		if !j.over() && !j.cancelled && !j.holdsStuck && len(j.document) > 0 {
			return j
		}
	}
	return nil
}

func (p *Printer) job(id int) *job {
	for _, j := range p.jobs {
		if j.id == id {
			return j
		}
	}
	return nil
}

// add makes a job that has no document yet.
func (p *Printer) add(name, user string) *job {
	p.lastJob++
	j := &job{
		id: p.lastJob, name: name, user: user,
		state: jobHeld, reason: "job-data-insufficient", created: p.uptime(),
	}
	p.jobs = append(p.jobs, j)
	return j
}

// give hands a job its document and lets it wait for its turn.
func (p *Printer) give(j *job, d *document) {
	j.document = d.pages
	j.total = len(d.pages)
	j.raster, j.size = d.digest, d.size
	if !j.duplexSet {
		j.duplex = d.duplex
	}
	j.state, j.reason = jobPending, "none"
	p.feed()
}

// end ends a job and forgets its document.
func (p *Printer) end(j *job, state jobState, reason string) {
	j.state, j.reason, j.document, j.holdsStuck = state, reason, nil, false
	j.ended = p.uptime()
	over := 0
	for _, other := range p.jobs {
		if other.over() {
			over++
		}
	}
	if over <= jobsKept {
		return
	}
	for i, other := range p.jobs {
		if other.over() {
			p.jobs = append(p.jobs[:i:i], p.jobs[i+1:]...)
			return
		}
	}
}

// cancel ends a job, or has it end with the sheet that is on its way. It says
// whether there was anything to cancel.
func (p *Printer) cancel(j *job) bool {
	if j.over() || j.cancelled {
		return false
	}
	if p.moving != nil && p.moving.job == j {
		j.cancelled = true
		j.document = nil
		j.reason = "processing-to-stop-point"
		return true
	}
	p.end(j, jobCanceled, "job-canceled-by-user")
	p.feed()
	return true
}

// abandon aborts a job whose document does not come.
func (p *Printer) abandon(j *job) {
	p.clock.AfterFunc(documentWait, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if j.state == jobHeld {
			p.end(j, jobAborted, "aborted-by-system")
			p.note()
		}
	})
}

// state is the printer-state.
func (p *Printer) state() printerState {
	switch {
	case p.stopped():
		return stateStopped
	case p.moving != nil || p.next() != nil:
		return stateProcessing
	}
	return stateIdle
}

// note remembers when the printer's state changed.
func (p *Printer) note() {
	if s := p.state(); s != p.lastSeen {
		p.lastSeen = s
		p.changed = p.clock.Uptime()
	}
}

// uptime is printer-up-time: whole seconds, at least 1.
func (p *Printer) uptime() int { return seconds(p.clock.Uptime()) }

func seconds(d time.Duration) int { return int(d/time.Second) + 1 }
