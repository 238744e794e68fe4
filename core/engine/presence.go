package engine

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"cnrelay/core"
)

// Present is an operator who is on.
type Present struct {
	Operator core.Operator `json:"operator"`
	What     string        `json:"what"` // the command, or "console"
	Since    time.Time     `json:"since"`
}

// Work is a batch that is writing to a host.
type Work struct {
	Host  string        `json:"host"` // name
	Batch core.BatchID  `json:"batch"`
	By    core.Operator `json:"by"`
	Since time.Time     `json:"since"`
}

// Who tells who is on, and who works on which host, each since when.
type Who struct {
	Present []Present `json:"present"`
	Work    []Work    `json:"work"`
}

// presence is who is on.
type presence struct {
	mu   sync.Mutex
	list map[*Desk]Present
}

func (p *presence) join(d *Desk, who Present) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.list == nil {
		p.list = map[*Desk]Present{}
	}
	p.list[d] = who
}

func (p *presence) leave(d *Desk) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.list, d)
}

// Who tells who is on and what runs, the earliest first.
func (e *Engine) Who() Who {
	var w Who
	e.present.mu.Lock()
	for _, p := range e.present.list {
		w.Present = append(w.Present, p)
	}
	e.present.mu.Unlock()
	e.mu.Lock()
	for _, work := range e.busy {
		w.Work = append(w.Work, work)
	}
	e.mu.Unlock()
	slices.SortFunc(w.Present, func(a, b Present) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Operator.Name, b.Operator.Name))
	})
	slices.SortFunc(w.Work, func(a, b Work) int { return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Host, b.Host)) })
	return w
}

// startedBy is who asked for what a batch is doing now.
func (e *Engine) startedBy(id core.BatchID) (core.Operator, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, work := range e.busy {
		if work.Batch == id {
			return work.By, true
		}
	}
	return core.Operator{}, false
}
