package view

import (
	"cnrelay/core"
	"cnrelay/core/bundle"
)

func (v *JSONBundles) line(kind string, value any) { (*JSON)(v).line(kind, value) }

// Written implements [Bundles].
func (v *JSONBundles) Written(f bundle.File) { v.line("bundle", f) }

// Verified implements [Bundles].
func (v *JSONBundles) Verified(path string, r bundle.Report) {
	v.line("verified", struct {
		Path  string `json:"path"`
		Whole bool   `json:"whole"`
		bundle.Report
	}{path, len(r.Faults) == 0, r})
}

// Diff implements [Bundles].
func (v *JSONBundles) Diff(a, b bundle.Summary, list []bundle.Difference) {
	v.line("summary", a)
	v.line("summary", b)
	for _, d := range list {
		v.line("difference", d)
	}
}

// Issue implements [Bundles].
func (v *JSONBundles) Issue(i bundle.Issue, dir string) {
	v.line("issue", struct {
		Path string `json:"path,omitempty"`
		bundle.Issue
	}{dir, i})
}

func (v *JSONAcceptances) line(kind string, value any) { (*JSON)(v).line(kind, value) }

// Started implements [Acceptances].
func (v *JSONAcceptances) Started(host, provider string, access core.AccessMode) {
	v.line("acceptance_started", struct {
		Host     string          `json:"host"`
		Provider string          `json:"provider"`
		Access   core.AccessMode `json:"access"`
	}{host, provider, access})
}

// Stage implements [Acceptances].
func (v *JSONAcceptances) Stage(s core.StageResult) { v.line("stage", s) }

// Done implements [Acceptances].
func (v *JSONAcceptances) Done(a Acceptance) {
	v.line("acceptance", struct {
		Passed bool `json:"passed"`
		Acceptance
	}{a.Passed(), a})
}

// Table implements [Acceptances].
func (v *JSONAcceptances) Table(rows []Acceptance) {
	for _, a := range rows {
		v.Done(a)
	}
}
