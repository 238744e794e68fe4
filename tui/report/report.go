// Package report renders evidence for people as Markdown, in the words' language: the report of a bundle, and the
// issue that is handed to others.
package report

import (
	"slices"
	"strings"
	"time"

	"cnrelay/core"
	"cnrelay/core/bundle"
	"cnrelay/core/engine"
	"cnrelay/tui/page"
	"cnrelay/tui/text"
)

// Documents are the files for people in a bundle, one a language.
func Documents() []bundle.Document {
	var out []bundle.Document
	for _, lang := range text.Langs {
		name := "report.md"
		if lang != text.EN {
			name = "report." + string(lang) + ".md"
		}
		out = append(out, bundle.Document{Name: name, Render: func(s bundle.Summary, e engine.Evidence) string {
			return render(text.For(lang), s, e)
		}})
	}
	return out
}

// most is how many of a kind are shown: a report is read in two minutes, and the stage files hold the rest.
const most = 8

type report struct {
	markdown
	w text.Words
	s bundle.Summary
	e engine.Evidence
}

func render(w text.Words, s bundle.Summary, e engine.Evidence) string {
	r := &report{w: w, s: s, e: e}
	r.heading(1, w.Say("report.title", s.Provider, s.Host.Name, w.Name(s.State)))
	r.head()
	r.verdict()
	r.stages()
	r.acceptance()
	r.accounts()
	r.access()
	r.drift()
	r.rollback()
	r.notShown()
	r.runs()
	r.files()
	return r.String()
}

func (r *report) say(key string, args ...string) string { return r.w.Say(key, args...) }

// head is which batch, which host, when, and by what it was made: without these no claim below means anything.
func (r *report) head() {
	b, s := r.e.Batch, r.s
	host := []string{code(s.Host.Name), r.say("report.version", s.Versions.Host), r.say("host.fingerprint", code(page.Short(s.Host.Fingerprint)))}
	if s.Host.URL != "" {
		host = append(host, r.say("report.dialled", code(s.Host.URL)), r.say("report.public", code(s.Host.Public)))
	}
	r.table([]string{r.say("report.evidence"), r.say("report.between", page.Stamp(s.From), page.Stamp(s.Until))}, [][]string{
		{r.say("batch"), code(string(b.ID)) + " " + r.w.Name(b.Request.Access)},
		{r.say("host"), strings.Join(host, r.say("list"))},
		{r.say("provider"), code(s.Config.Base) + " " + string(s.Config.Protocol) + r.say("list") + r.say("provider.smoke", code(s.Config.Smoke))},
		{r.say("pack"), code(b.Pack.ID) + " " + code(page.Short(b.Pack.Digest))},
		{r.say("report.made_by"), r.say("report.console", b.Console.Version) + r.say("list") + page.Stamp(b.Console.Started)},
	})
}

func (r *report) verdict() {
	r.heading(2, r.say("report.verdict"))
	switch r.s.Access {
	case core.SubscriptionReady, core.SelfServiceReady:
		r.line(r.say("report.ready"))
	case core.AccessBroken:
		r.line(r.say("report.broken"))
	default:
		r.line(r.say("report.unchecked"))
	}
	if r.s.State == core.BatchRolledBack {
		r.line(r.say("report.rolledback", page.Stamp(r.e.Batch.Ended)))
	}
	if r.s.Class == core.Ready {
		return
	}
	r.line("")
	for _, f := range r.s.Findings {
		if f.Class == r.s.Class {
			r.finding(f)
			return
		}
	}
}

// finding says what it means, whose fault it is, in whose words, and what to do next.
func (r *report) finding(f core.Finding) {
	what, next := r.w.Class(f)
	r.item(code(string(f.Class)) + r.say("colon", plain(what)))
	r.under("- " + r.say("whose", plain(r.w.Name(f.Fault))) + r.say("aside", plain(r.w.Stage(f.Stage))+r.say("list")+page.Stamp(f.At)))
	if f.Words != "" {
		said := r.say("said", code(f.Words))
		if f.Status != 0 {
			said += r.say("aside", "HTTP "+itoa(f.Status))
		}
		r.under("- " + said)
	}
	if next != "" {
		r.under("- " + r.say("next", plain(next)))
	}
}

func (r *report) stages() {
	r.heading(2, r.say("report.stages"))
	var rows [][]string
	for _, st := range r.s.Stages {
		at, took := "", ""
		if !st.At.IsZero() {
			at = page.Stamp(st.At)
		}
		if st.Took > 0 {
			took = page.Took(time.Duration(st.Took * float64(time.Millisecond)))
		}
		rows = append(rows, []string{plain(r.w.Name(st.Part)), plain(r.w.Name(st.Standing)), at, took, r.detail(st)})
	}
	r.table([]string{r.say("report.stage"), r.say("report.result"), r.say("report.at"), r.say("report.took"), r.say("report.detail")}, rows)
}

// detail is what a stage's own word says, and why it failed.
func (r *report) detail(st bundle.Stage) string {
	var parts []string
	if st.State != "" {
		switch st.Part {
		case bundle.PartReconcile:
			parts = append(parts, r.w.Name(core.DriftStatus(st.State)))
		default:
			parts = append(parts, r.w.Name(core.BatchState(st.State)))
		}
	}
	if st.Status != 0 {
		parts = append(parts, "HTTP "+itoa(st.Status))
	}
	if st.Finding != nil {
		parts = append(parts, code(string(st.Finding.Class)))
	}
	return strings.Join(parts, r.say("list"))
}

func (r *report) acceptance() {
	if len(r.s.Acceptance) == 0 {
		return
	}
	r.heading(2, r.say("acceptance"))
	var rows [][]string
	for _, s := range r.s.Acceptance {
		var detail []string
		if s.Finding != nil {
			detail = append(detail, code(string(s.Finding.Class)))
		}
		if s.Error != "" {
			detail = append(detail, plain(s.Error))
		}
		for i, n := range s.Notes {
			if i == most {
				detail = append(detail, r.say("report.more", itoa(len(s.Notes)-most)))
				break
			}
			detail = append(detail, plain(r.w.Note(n)))
		}
		rows = append(rows, []string{plain(r.w.Name(s.Stage)), r.w.Name(s.State), page.Took(s.Took), strings.Join(detail, r.say("list"))})
	}
	r.table([]string{r.say("report.stage"), r.say("report.result"), r.say("report.took"), r.say("report.detail")}, rows)
}

func (r *report) accounts() {
	b := r.e.Batch
	if len(b.Accounts) == 0 {
		return
	}
	r.heading(2, r.say("report.accounts"))
	a := r.s.Accounts
	r.line(r.say("accounts.count", itoa(a.Passed), itoa(a.Failed), itoa(a.Inconclusive)))
	bad := slices.DeleteFunc(slices.Clone(b.Accounts), func(a core.AccountResult) bool { return a.Verdict == core.Passed })
	for i, a := range bad {
		if i == 0 {
			r.line("")
		}
		if i == most {
			r.item(r.say("report.more", itoa(len(bad)-most)))
			break
		}
		r.item(code(page.Resource(r.w, core.Account, a.Name, a.ID)) + r.say("colon", plain(r.w.Name(a.Verdict))))
		what, _ := r.w.Class(a.Finding)
		r.under("- " + code(string(a.Finding.Class)) + r.say("colon", plain(what)))
		if a.Finding.Words != "" {
			r.under("- " + r.say("said", code(a.Finding.Words)))
		}
	}
}

func (r *report) access() {
	a := bundle.LatestAccess(r.e)
	if a.At.IsZero() {
		return
	}
	r.heading(2, r.say("report.access"))
	r.item(r.say("user") + r.say("colon", code(a.User)))
	r.item(r.say("models") + r.say("colon", plain(page.Models(r.w, a.Models, r.s.Config.Smoke))) + " " + code(a.Models.URL))
	r.item(r.say("completion") + r.say("colon", plain(page.Completion(r.w, a.Completion))) + " " + code(a.Completion.URL))
	if a.Completion.Content != "" {
		r.item(r.say("preview") + r.say("colon", code(a.Completion.Content)))
	}
	if a.Upstream != nil {
		r.item(r.say("drift.upstream") + r.say("colon", plain(page.Completion(r.w, *a.Upstream))) + " " + code(a.Upstream.URL))
	}
	if a.ServedBy != 0 {
		r.item(r.say("served_by") + r.say("colon", code(page.Resource(r.w, core.Account, "", a.ServedBy))))
	}
	if a.Sharing == 0 {
		return
	}
	r.item(r.say("report.group", itoa(a.Sharing)))
	r.states(a.Accounts, a.Sharing)
}

func (r *report) states(list []core.AccountState, of int) {
	for i, s := range list {
		if i == most {
			break
		}
		mark := r.say("account.serves")
		if !s.Serves {
			mark = r.say("account.out")
		}
		line := "- " + mark + r.say("colon", code(page.Resource(r.w, core.Account, s.Name, s.ID)))
		if s.Why != "" {
			line += " " + code(s.Why)
		}
		r.under(line)
	}
	if rest := of - min(most, len(list)); rest > 0 {
		r.under("- " + r.say("report.more", itoa(rest)))
	}
}

func (r *report) drift() {
	if len(r.e.Drift) == 0 {
		return
	}
	d := r.e.Drift[len(r.e.Drift)-1]
	r.heading(2, r.say("report.drift"))
	r.line(r.say("drift.line", code(d.ID), r.w.Name(d.Status), page.Stamp(d.At), page.Took(d.Took)) + r.say("list") +
		r.say("drift.counts", itoa(d.Checked), itoa(len(d.Findings)), itoa(d.ProbeFailures)))
	if len(d.Findings)+d.RawExtraCount > 0 {
		r.line("")
	}
	for i, f := range d.Findings {
		if i == most {
			r.item(r.say("report.more", itoa(len(d.Findings)-most)))
			break
		}
		what, _ := r.w.Drift(f)
		r.item(plain(r.w.Name(f.Type)) + r.say("colon", code(page.Resource(r.w, f.Ref.Kind, f.Name, f.Ref.ID))+" "+plain(what)))
	}
	if d.RawExtraCount > 0 {
		r.item(r.say("drift.extra", itoa(d.RawExtraCount), itoa(d.ExtraCount), itoa(d.StaleNoiseCount)))
	}
}

func (r *report) rollback() {
	b := r.e.Batch
	if b.State != core.BatchRolledBack {
		return
	}
	r.heading(2, r.say("report.rollback"))
	if len(b.Kept) == 0 {
		r.line(r.say("report.kept_none"))
		return
	}
	r.line(r.say("report.kept"))
	r.line("")
	for i, k := range b.Kept {
		if i == most {
			r.item(r.say("report.more", itoa(len(b.Kept)-most)))
			break
		}
		r.item(code(page.Resource(r.w, k.Ref.Kind, k.Name, k.Ref.ID)) + r.say("colon", plain(r.w.Kept(k))))
	}
}

func (r *report) notShown() {
	r.heading(2, r.say("report.not_shown"))
	for _, n := range r.s.NotShown {
		r.item(plain(r.w.Note(n)))
	}
}

func (r *report) runs() {
	r.heading(2, r.say("report.runs"))
	var rows [][]string
	for i, c := range r.s.Commands {
		if left := len(r.s.Commands) - most; left > 0 && i >= most/2 && i < len(r.s.Commands)-most/2 {
			if i == most/2 {
				rows = append(rows, []string{"…", r.say("report.more", itoa(left)), "", "", ""})
			}
			continue
		}
		rows = append(rows, []string{page.Stamp(c.Started), plain(r.w.Name(c.Kind)), page.Took(c.Ended.Sub(c.Started)), r.outcome(c), code(c.Command)})
	}
	r.table([]string{r.say("report.at"), r.say("report.what"), r.say("report.took"), r.say("report.result"), r.say("report.command")}, rows)
}

// outcome is how a run came out, in the words of what it was.
func (r *report) outcome(c bundle.Command) string { return plain(r.w.Outcome(c.Kind, c.State)) }

func (r *report) files() {
	r.heading(2, r.say("report.files"))
	r.line(r.say("report.counts", itoa(r.s.Exchanges)) + " " + plain(r.say("report.secrets")))
	r.line("")
	r.line(r.say("report.check"))
	r.line("")
	r.block("sh", "sha256sum -c manifest-sha256.txt\ncnrelay bundle verify .")
}
