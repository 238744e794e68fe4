package batches

import (
	"maps"
	"slices"

	"cnrelay/core"
	"cnrelay/tui/page"
)

// detail is a batch as far as it got: what was asked, how each account did, what the gateway answered, what every
// step took.
func (p *Pane) detail(id string, width int) []string {
	d, read := p.details[core.BatchID(id)]
	return p.S.Page(width, func(pg *page.Page) {
		if !read { // it will be in a moment
			b, _ := p.find(id)
			pg.BatchTitle(b.ID, b.Provider, b.State, b.Started, b.Ended)
			return
		}
		pg.BatchHead(d)
		p.words(pg, core.BatchID(id))
		pg.Accounts(d)
		pg.Proof(d)
		if len(d.Kept) > 0 {
			pg.Blank()
			pg.Kept(d.Kept)
		}
		if runs := p.drifts[d.ID]; len(runs) > 0 {
			pg.Title(p.S.Say("drift.runs"))
			pg.DriftRuns(runs)
		}
		pg.Timeline(d)
	})
}

// words are what account tests say right now.
func (p *Pane) words(pg *page.Page, id core.BatchID) {
	run := p.runs[id]
	if run == nil {
		return
	}
	for _, account := range slices.Sorted(maps.Keys(run.Words)) {
		pg.Tell(2, p.S.Say("run.progress", account, run.Words[account]), page.Dim)
	}
}

// log is what happened, as it happens.
func (p *Pane) log(id string, width int) []string {
	run, b := p.runs[core.BatchID(id)], p.details[core.BatchID(id)]
	if run == nil {
		return nil
	}
	host := core.Host{ID: b.Host, Name: b.HostName, URL: p.S.Say("batch.console", b.Console.Version, page.Stamp(b.Console.Started))}
	return run.Lines(host, width)
}
