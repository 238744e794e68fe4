package bundle

import (
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"cnrelay/core"
	"cnrelay/core/engine"
)

// The JUnit report, as CI systems read it.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Time       string          `xml:"time,attr"`
		Timestamp  string          `xml:"timestamp,attr"`
		Hostname   string          `xml:"hostname,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
		took       float64         // ms
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitFailure `xml:"failure,omitempty"`
		Skipped *struct{}     `xml:"skipped,omitempty"`
	}
	junitFailure struct {
		Type    string `xml:"type,attr"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// junit is a suite of the stages, one of an acceptance run, and one of the accounts.
func junit(s Summary, e engine.Evidence) (string, error) {
	class := "cnrelay." + s.Provider + "." + string(s.Mode)
	stages := junitSuite{Name: "stages"}
	for _, st := range s.Stages {
		c := junitCase{Class: class, Name: string(st.Part), Time: seconds(st.Took)}
		switch st.Standing {
		case NotSeen:
			c.Skipped = &struct{}{}
		case Badly:
			c.Failure = failure(st.Finding, strings.TrimSpace(st.State+" "+st.Error))
		}
		stages.add(c, st.Took)
	}
	chain := junitSuite{Name: "acceptance"}
	for _, r := range s.Acceptance {
		c := junitCase{Class: class + ".acceptance", Name: string(r.Stage), Time: seconds(ms(r.Took))}
		switch r.State {
		case core.StageSkipped:
			c.Skipped = &struct{}{}
		case core.StageFailed:
			c.Failure = failure(r.Finding, strings.TrimSpace(string(r.State)+" "+r.Error))
		}
		chain.add(c, ms(r.Took))
	}
	accounts := junitSuite{Name: "accounts"}
	for _, a := range e.Batch.Accounts {
		c := junitCase{Class: class + ".account", Name: a.Name, Time: seconds(ms(a.Test.Latency))}
		if a.Verdict != core.Passed {
			c.Failure = failure(&a.Finding, string(a.Verdict))
		}
		accounts.add(c, ms(a.Test.Latency))
	}
	all := junitSuites{Name: "cnrelay " + string(s.Batch)}
	total := 0.0
	for _, suite := range []junitSuite{stages, chain, accounts} {
		if suite.Tests == 0 {
			continue
		}
		suite.Timestamp, suite.Hostname = s.From.UTC().Format("2006-01-02T15:04:05"), s.Host.Name
		for _, p := range [][2]string{{"batch", string(s.Batch)}, {"host", s.Host.Name}, {"host_url", s.Host.Public}, {"host_version", s.Versions.Host},
			{"host_fingerprint", s.Host.Fingerprint}, {"cnrelay", s.Versions.Console}, {"pack", s.Versions.Pack}, {"class", string(s.Class)}} {
			suite.Properties = append(suite.Properties, junitProperty{p[0], p[1]})
		}
		all.Tests, all.Failures, all.Skipped = all.Tests+suite.Tests, all.Failures+suite.Failures, all.Skipped+suite.Skipped
		all.Suites = append(all.Suites, suite)
		total += suite.took
	}
	all.Time = seconds(total)
	raw, err := xml.MarshalIndent(all, "", "  ")
	return xml.Header + string(raw) + "\n", err
}

func (s *junitSuite) add(c junitCase, took float64) {
	s.Tests++
	if c.Failure != nil {
		s.Failures++
	}
	if c.Skipped != nil {
		s.Skipped++
	}
	s.took += took
	s.Time = seconds(s.took)
	s.Cases = append(s.Cases, c)
}

func seconds(ms float64) string { return fmt.Sprintf("%.3f", ms/1000) }

func failure(f *core.Finding, otherwise string) *junitFailure {
	if f == nil {
		return &junitFailure{Type: "failed", Message: otherwise}
	}
	text := fmt.Sprintf("class: %s\nfault: %s\nstage: %s\nstatus: %d\nsaid: %s\nat: %s\n", f.Class, f.Fault, f.Stage, f.Status, f.Words, f.At.UTC().Format(time.RFC3339))
	return &junitFailure{Type: string(f.Class), Message: f.Words, Text: text}
}
