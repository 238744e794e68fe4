package engine

import (
	"cmp"
	"context"
	"maps"
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

// Who tells who is on, and who works on which host, each since when.
type Who struct {
	Present []Present    `json:"present"`
	Work    []core.Lease `json:"work"`
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

func (p *presence) all() []Present {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Collect(maps.Values(p.list))
}

// Who tells who is on and what runs, the earliest first.
func (e *Engine) Who(ctx context.Context) (Who, error) {
	work, err := e.leases(ctx)
	w := Who{Present: e.present.all(), Work: work}
	slices.SortFunc(w.Present, func(a, b Present) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Operator.Name, b.Operator.Name))
	})
	slices.SortFunc(w.Work, func(a, b core.Lease) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.HostName, b.HostName))
	})
	return w, err
}
