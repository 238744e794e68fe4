package bundle

import (
	"encoding/json"
	"time"

	"cnrelay/core"
	"cnrelay/core/engine"
)

// findings are the exchanges that stage files show, picked while all of them go by.
type findings struct {
	evidence engine.Evidence

	count, cut        int
	first, last       time.Time
	gatewayModels     *shown
	gatewayCompletion *shown
	upstreamModels    *shown
	upstreamChat      *shown
	bySteps           map[string][]shown // the last two exchanges of a step that makes a group, channel, user, …
	numbers           map[core.RunKind][]int
}

const (
	get  = "GET"
	post = "POST"
)

// shown is an exchange as a stage file has it.
type shown struct {
	Number   int           `json:"exchange"` // its place in exchanges.har
	Run      string        `json:"run"`
	Kind     core.RunKind  `json:"-"`
	At       time.Time     `json:"at"`
	Took     time.Duration `json:"took_ns"`
	Side     core.Side     `json:"side"`
	Method   string        `json:"method"`
	URL      string        `json:"url"`
	Status   int           `json:"status"`
	Sent     []core.Header `json:"request_headers,omitempty"`
	Request  any           `json:"request,omitempty"`
	Got      []core.Header `json:"response_headers,omitempty"`
	Response any           `json:"response,omitempty"`
	Cut      bool          `json:"cut,omitempty"`
	Net      core.NetError `json:"net,omitempty"`
	Error    string        `json:"error,omitempty"`
}

func show(run core.Run, number int, x core.Exchange) *shown {
	return &shown{Number: number, Run: run.ID, Kind: run.Kind, At: x.At, Took: x.Took, Side: x.Side, Method: x.Method, URL: x.URL, Status: x.Status,
		Sent: x.Sent.Headers, Request: body(x.Sent), Got: x.Got.Headers, Response: body(x.Got), Cut: x.Got.Cut, Net: x.Net, Error: x.Error}
}

// body is JSON where it is, and else text.
func body(m core.Message) any {
	switch {
	case m.Body == "":
		return nil
	case !m.Cut && json.Valid([]byte(m.Body)):
		return json.RawMessage(m.Body)
	}
	return m.Body
}

func (f *findings) see(run core.Run, number int, x core.Exchange) {
	if f.bySteps == nil {
		f.bySteps, f.numbers = map[string][]shown{}, map[core.RunKind][]int{}
	}
	if f.count++; f.first.IsZero() || x.At.Before(f.first) {
		f.first = x.At
	}
	if end := x.At.Add(x.Took); end.After(f.last) {
		f.last = end
	}
	if x.Sent.Cut || x.Got.Cut {
		f.cut++
	}
	f.numbers[run.Kind] = append(f.numbers[run.Kind], number)
	about := func(into **shown) { *into = show(run, number, x) }
	switch {
	case x.Side == core.SideGateway && x.Method == get:
		about(&f.gatewayModels)
	case x.Side == core.SideGateway && x.Method == post:
		about(&f.gatewayCompletion)
	case x.Side == core.SideUpstream && x.Method == get:
		about(&f.upstreamModels)
	case x.Side == core.SideUpstream && x.Method == post:
		about(&f.upstreamChat)
	case x.Phase == core.PhaseFoundation, x.Phase == core.PhaseAccess:
		last := append(f.bySteps[x.Step], *show(run, number, x))
		f.bySteps[x.Step] = last[max(0, len(last)-2):] // the write, and the look at what it made
	}
}

// of are the last exchanges of the steps of some kinds of resource.
func (f *findings) of(kinds ...core.Kind) []shown {
	var out []shown
	for _, s := range f.evidence.Batch.Plan.Steps {
		for _, k := range kinds {
			if s.Kind == k {
				out = append(out, f.bySteps[s.ID]...)
			}
		}
	}
	return out
}
