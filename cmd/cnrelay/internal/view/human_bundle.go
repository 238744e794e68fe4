package view

import (
	"strconv"
	"strings"

	"cnrelay/core/bundle"
	"cnrelay/tui/page"
	"cnrelay/tui/report"
)

// HumanBundles shows bundles as text.
type HumanBundles struct{ *page.Page }

var _ Bundles = (*HumanBundles)(nil)

// Written implements [Bundles].
func (v *HumanBundles) Written(f bundle.File) { v.Bundle(f) }

// Verified implements [Bundles].
func (v *HumanBundles) Verified(path string, r bundle.Report) {
	v.Field(v.Say("bundle"), path)
	if r.Summary.Batch != "" {
		v.BundleOf(r.Summary)
	}
	if len(r.Faults) == 0 {
		v.Page.Verdict(0, true, v.Say("bundle.whole", strconv.Itoa(r.Files), strconv.FormatInt(r.Octets, 10)))
		return
	}
	v.Page.Verdict(0, false, v.Say("bundle.faulty", strconv.Itoa(len(r.Faults))))
	for _, f := range r.Faults {
		line := v.Words().Name(f.Code)
		if f.File != "" {
			line = f.File + v.Say("colon", line)
		}
		if f.Detail != "" {
			line += v.Say("aside", page.OneLine(f.Detail))
		}
		v.Line(5, line)
	}
}

// Diff implements [Bundles].
func (v *HumanBundles) Diff(a, b bundle.Summary, list []bundle.Difference) {
	for _, s := range []bundle.Summary{a, b} {
		v.BundleOf(s)
	}
	if a.Provider != b.Provider || a.Host.Fingerprint != b.Host.Fingerprint {
		v.Tell(0, v.Say("bundle.other", a.Provider+" @ "+a.Host.Name, b.Provider+" @ "+b.Host.Name), page.Warn)
	}
	v.Blank()
	if len(list) == 0 {
		v.Line(0, v.Say("bundle.same"))
	}
	side := func(s string) string {
		if s == "" {
			return v.Say("bundle.nothing")
		}
		return page.OneLine(s)
	}
	for _, d := range list {
		v.Hang("  ", 4, v.Say("bundle.differs", d.What, side(d.Was), side(d.Is)))
	}
}

// Issue implements [Bundles]: Markdown, so that it can be redirected into a file or pasted.
func (v *HumanBundles) Issue(i bundle.Issue, dir string) {
	if dir != "" {
		v.Field(v.Say("bundle"), v.Say("issue.written", string(i.Batch), dir))
		return
	}
	for line := range strings.Lines(report.Issue(v.Words(), i)) {
		v.Raw(strings.TrimRight(line, "\n"))
	}
}
