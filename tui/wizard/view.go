package wizard

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"cnrelay/core"
	"cnrelay/tui/comp/scroll"
	"cnrelay/tui/page"
	"cnrelay/tui/theme"
)

// View implements [pane.Screen].
func (w *Wizard) View(width, height int) []string {
	th := w.s.Theme
	lines := []string{w.title(width), th.Rule(width)}
	room := height - len(lines)
	lines = append(lines, w.content(width, room)...)
	for len(lines) < height {
		lines = append(lines, "")
	}
	for i := range lines {
		lines[i] = th.Fit(lines[i], width)
	}
	return lines[:height]
}

func (w *Wizard) content(width, height int) []string {
	th := w.s.Theme
	if w.failed != nil && w.stage < stageReview {
		return w.s.Fail(width, w.failed)
	}
	switch w.stage {
	case stageHost, stageProvider:
		head := " " + w.s.Say("wizard.choose_"+[]string{"host", "provider"}[w.stage]) + "  > " + w.search.View(th, max(10, width/3))
		if len(w.hosts) == 0 && w.stage == stageHost {
			return []string{"", " " + w.s.Say("wizard.no_hosts")}
		}
		return append([]string{head, ""}, w.choose.View(th, width, height-2, true)...)
	case stageRoute:
		return append(w.summary(), w.route.View(th, width-2)...)
	case stageKeys:
		return append(w.summary(), w.keys.view(width, height-2)...)
	case stageAccess:
		return append(w.summary(), w.access.View(th, width-2)...)
	case stageReview:
		return w.reviewView(width, height)
	}
	return w.runView(width, height)
}

// summary says what was chosen so far.
func (w *Wizard) summary() []string {
	parts := []string{w.asked.Host, w.asked.Provider}
	if w.stage > stageRoute {
		where := w.route.Fields[routeBase].Value()
		if where == "" {
			where = w.route.Fields[routeEndpoint].Choices[w.route.Fields[routeEndpoint].Chosen()]
		}
		parts = append(parts, where)
	}
	if w.stage > stageKeys {
		parts = append(parts, w.s.Say("wizard.keys_count", strconv.Itoa(len(w.keys.list().Keys))))
	}
	return []string{w.s.Theme.Paint(theme.Dim, " "+strings.Join(parts, "  "+w.s.Theme.Glyphs.Vertical+"  ")), ""}
}

// reviewView is the plan: what is missing first, then every step.
func (w *Wizard) reviewView(width, height int) []string {
	th := w.s.Theme
	switch {
	case w.busy:
		return append(w.summary(), th.Paint(theme.Accent, " "+th.Glyphs.Busy+" "+w.s.Say("wizard.planning", w.asked.Host)))
	case w.failed != nil:
		return append(w.summary(), w.s.Fail(width, w.failed)...)
	}
	verdict := th.Paint(theme.Good, w.s.Say("wizard.ready", strconv.Itoa(w.preview.Plan.Writes())))
	if w.preview.Plan.Blocked() {
		verdict = th.Paint(theme.Bad, w.s.Say("wizard.blocked"))
	}
	w.body.Set(w.s.Page(width-1, func(p *page.Page) {
		if w.preview.Plan.Blocked() {
			p.Checks(slices.DeleteFunc(slices.Clone(w.preview.Plan.Checks), func(c core.Check) bool { return c.OK }))
			p.Blank()
		}
		p.Preview(w.preview)
	}))
	return append([]string{" " + verdict, ""}, w.body.View(th, width, height-2)...)
}

// runView is the import as it happens, then what came of it.
func (w *Wizard) runView(width, height int) []string {
	th := w.s.Theme
	host := w.host()
	total := len(w.preview.Request.Keys)
	head := th.Paint(theme.Accent, th.Glyphs.Busy+" "+w.s.Say("wizard.running", string(w.batch), strconv.Itoa(w.feed.Passed), strconv.Itoa(w.feed.Failed), strconv.Itoa(total)))
	if !w.ended() {
		lines := slices.Clone(w.feed.Lines(host, width-1))
		for _, account := range slices.Sorted(maps.Keys(w.feed.Words)) {
			lines = append(lines, th.Paint(theme.Dim, "      "+w.s.Say("run.progress", account, w.feed.Words[account])))
		}
		w.body.Set(lines)
		return append([]string{" " + head, ""}, w.body.View(th, width, height-2)...)
	}
	as := theme.Good
	switch w.detail.State {
	case core.BatchPartial, core.BatchInterrupted:
		as = theme.Warn
	case core.BatchFailed:
		as = theme.Bad
	}
	head = th.Paint(as, th.Mark(as)+" "+w.s.Say("wizard.ended", string(w.batch), w.s.Words.Name(w.detail.State)))
	lines := w.s.Page(width-1, func(p *page.Page) { p.Summary(host, w.detail) })
	if len(w.body.Lines()) == 0 || w.body.Lines()[0] != lines[0] { // from its beginning
		w.body = scroll.New(false)
	}
	w.body.Set(lines)
	return append([]string{" " + head, ""}, w.body.View(th, width, height-2)...)
}
