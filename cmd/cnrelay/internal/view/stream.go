package view

import (
	"encoding/json"
	"errors"
	"io"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/core/plan"
	"cnrelay/core/visible"
	"cnrelay/packs"
)

// Schema is the version of the JSON stream. It grows when a line changes its meaning or loses a field.
const Schema = 1

// JSON speaks JSON, one object a line. The first line names the program, the schema and the command; the
// last one has the exit code. Every line between has a "type", and its value under that name.
type JSON struct {
	out     io.Writer
	version string
	nested  bool
}

var _ Output = (*JSON)(nil)

// NewJSON makes a stream.
func NewJSON(out io.Writer, version string) *JSON { return &JSON{out: out, version: version} }

// Nested implements [Output]: a part of a stream has no first and last line.
func (j *JSON) Nested() Output { return &JSON{out: j.out, version: j.version, nested: true} }

// line writes {"type": kind, kind: value}.
func (j *JSON) line(kind string, value any) {
	name, _ := json.Marshal(kind)
	raw, err := json.Marshal(value)
	if err != nil {
		raw, _ = json.Marshal(err.Error())
	}
	line := append([]byte(`{"type":`), name...)
	line = append(line, ',')
	line = append(line, name...)
	line = append(line, ':')
	line = append(line, raw...)
	_, _ = j.out.Write(append(visible.JSON(line), '}', '\n'))
}

// plain writes a line whose fields stand beside its type.
func (j *JSON) plain(value any) {
	raw, _ := json.Marshal(value)
	_, _ = j.out.Write(append(visible.JSON(raw), '\n'))
}

// Begin implements [Output].
func (j *JSON) Begin(command string) {
	if j.nested {
		return
	}
	j.plain(struct {
		Type    string `json:"type"`
		Schema  int    `json:"schema"`
		Version string `json:"version"`
		Command string `json:"command"`
	}{"cnrelay", Schema, j.version, command})
}

// End implements [Output].
func (j *JSON) End(exit int) {
	if j.nested {
		return
	}
	j.plain(struct {
		Type string `json:"type"`
		Exit int    `json:"exit"`
	}{"end", exit})
}

// fault is an error as the stream has it.
type fault struct {
	Code   core.Code    `json:"code,omitempty"`
	Host   string       `json:"host,omitempty"`
	Stage  string       `json:"stage,omitempty"`
	What   string       `json:"what"`
	Fault  core.Fault   `json:"fault,omitempty"`
	Next   string       `json:"next,omitempty"`
	Status int          `json:"status,omitempty"`
	Reason string       `json:"reason,omitempty"`
	Faults packs.Faults `json:"faults,omitempty"`
	// Differences are those of a plan from the one that was reviewed.
	Differences []plan.Difference `json:"differences,omitempty"`
	// MayHaveHappened: a request was sent, and its outcome isn't known.
	MayHaveHappened bool `json:"may_have_happened,omitempty"`
}

// Fail implements [Output].
func (j *JSON) Fail(err error) { j.line("error", faultOf(err)) }

// Warn implements [Output].
func (j *JSON) Warn(err error) { j.line("warning", faultOf(err)) }

func faultOf(err error) fault {
	f := fault{What: err.Error()}
	if faults, ok := errors.AsType[packs.Faults](err); ok {
		f.Faults = faults
	}
	if e, ok := errors.AsType[*core.Error](err); ok {
		f = fault{Code: e.Code, Host: e.Host, Stage: e.Stage, What: e.What, Fault: e.Fault, Next: e.Next, Status: e.Status,
			Reason: e.Reason, MayHaveHappened: e.MayHaveHappened, Faults: f.Faults}
	}
	if _, ok := errors.AsType[*engine.BlockedError](err); ok {
		f.Code = core.CodeBlocked
	}
	if stale, ok := errors.AsType[*engine.StaleError](err); ok {
		f.Differences = stale.Differences
	}
	return f
}

// Version implements [Output].
func (j *JSON) Version(v Version) { j.line("version", v) }

// Metrics implements [Output].
func (j *JSON) Metrics(text string) { j.line("metrics", text) }

// Hosts implements [Output].
func (j *JSON) Hosts() Hosts { return (*JSONHosts)(j) }

// Packs implements [Output].
func (j *JSON) Packs() Packs { return (*JSONPacks)(j) }

// Imports implements [Output].
func (j *JSON) Imports() Imports { return &JSONImports{jsonRun{j}} }

// Rollbacks implements [Output].
func (j *JSON) Rollbacks() Rollbacks { return &JSONRollbacks{jsonRun{j}} }

// Batches implements [Output].
func (j *JSON) Batches() Batches { return (*JSONBatches)(j) }

// Access implements [Output].
func (j *JSON) Access() Access { return (*JSONAccess)(j) }

// Probes implements [Output].
func (j *JSON) Probes() Probes { return (*JSONProbes)(j) }

// Status implements [Output].
func (j *JSON) Status() Status { return (*JSONStatus)(j) }

// Drifts implements [Output].
func (j *JSON) Drifts() Drifts { return (*JSONDrifts)(j) }

// State implements [Output].
func (j *JSON) State() State { return (*JSONState)(j) }

// Alerts implements [Output].
func (j *JSON) Alerts() Alerts { return (*JSONAlerts)(j) }

// Receivers implements [Output].
func (j *JSON) Receivers() Receivers { return (*JSONReceivers)(j) }

// Bundles implements [Output].
func (j *JSON) Bundles() Bundles { return (*JSONBundles)(j) }

// Acceptances implements [Output].
func (j *JSON) Acceptances() Acceptances { return (*JSONAcceptances)(j) }

// History implements [Output].
func (j *JSON) History() History { return (*JSONHistory)(j) }

// Adoption implements [Output].
func (j *JSON) Adoption() Adoption { return (*JSONAdoption)(j) }

// Demo implements [Output].
func (j *JSON) Demo() Demo { return (*JSONDemo)(j) }
