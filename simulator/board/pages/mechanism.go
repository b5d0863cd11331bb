package pages

import "time"

// pass is one sheet on its way through the printer.
type pass struct {
	job         *job
	front, back *Bitmap
	raster      [32]byte
	number      int
	jams        bool
	leaving     bool // both sides are done, it is at the exit
	lost        bool // the power went: nothing happens to it any more
}

// after calls f, with the lock, when the sheet has moved for d.
func (p *Printer) after(d time.Duration, s *pass, f func(*pass)) {
	p.clock.AfterFunc(d, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if !s.lost {
			f(s)
		}
	})
}

// feed takes the next sheet in, if there is one to print and nothing stands in
// the way.
func (p *Printer) feed() {
	defer p.note()
	j := p.next()
	if j == nil || p.moving != nil {
		return
	}
	if p.stopped() {
		j.state, j.reason = jobStopped, "printer-stopped"
		return
	}
	if j.started == 0 {
		j.started = p.uptime()
	}
	j.state, j.reason = jobProcessing, "job-printing"
	s := &pass{job: j, raster: j.raster, number: j.fed + 1}
	s.front = j.document[0]
	j.document = j.document[1:]
	if j.duplex && len(j.document) > 0 {
		s.back = j.document[0]
		j.document = j.document[1:]
	}
	j.fed++
	if p.jamIn > 0 {
		p.jamIn--
		s.jams = p.jamIn == 0
	}
	p.moving = s
	p.after(sideTime, s, p.frontDone)
}

func (p *Printer) frontDone(s *pass) {
	if s.jams {
		p.stand()
		return
	}
	s.job.impressions++
	if s.back == nil {
		p.leave(s)
		return
	}
	if p.fault == faultPeek {
		p.exit.Set(true)
		p.after(peekTime, s, func(*pass) { p.exit.Set(false) })
	}
	p.after(sideTime, s, p.backDone)
}

func (p *Printer) backDone(s *pass) {
	s.job.impressions++
	p.leave(s)
}

// leave is the moment the printer is done with a sheet: only its fall is left.
func (p *Printer) leave(s *pass) {
	s.leaving = true
	j := s.job
	j.sheets++
	switch {
	case j.cancelled:
		p.end(j, jobCanceled, "job-canceled-by-user")
	case len(j.document) == 0:
		p.end(j, jobCompleted, "job-completed-successfully")
	}
	if p.fault != faultSilent {
		p.exit.Set(true)
	}
	p.after(exitTime, s, func(s *pass) {
		p.moving = nil
		p.exit.Set(false)
		p.fallen(s)
		p.feed()
	})
	p.note()
}

// fallen puts a sheet into the tray.
func (p *Printer) fallen(s *pass) {
	p.count++
	p.sheets = append(p.sheets, Sheet{
		ID:     p.count,
		Front:  s.front,
		Back:   s.back,
		Raster: s.raster,
		Size:   s.job.size,
		Number: s.number,
		Job:    s.job.id,
		At:     p.clock.Now(),
	})
	p.lying++
	if n := len(p.sheets) - picturesMax - 1; n >= 0 {
		p.sheets[n].Front, p.sheets[n].Back = nil, nil
	}
	if len(p.sheets) > sheetsMax {
		p.sheets = p.sheets[len(p.sheets)-sheetsMax:]
	}
	p.lying = min(p.lying, sheetsMax)
	if p.fault != faultSilent {
		p.tray.Set(true)
	}
}

// stand stops the sheet where it is. Somebody must take it out, by Clear.
func (p *Printer) stand() {
	j := p.moving.job
	p.moving.lost = true
	p.moving = nil
	p.stuck = true
	p.exit.Set(false)
	if j.cancelled {
		p.end(j, jobCanceled, "job-canceled-by-user")
	} else {
		j.state, j.reason = jobStopped, "printer-stopped"
		j.holdsStuck = true
	}
	p.note()
}
