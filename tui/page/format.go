package page

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"cnrelay/core"
	"cnrelay/core/plan"
	"cnrelay/tui/text"
)

// Stamp is a time as claims carry it.
func Stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}

// Clock is a time as the lines of a run carry it: its date stands above them.
func Clock(t time.Time) string { return t.UTC().Format("15:04:05Z") }

// Took is a duration for people.
func Took(d time.Duration) string {
	switch {
	case d <= 0:
		return "-"
	case d < time.Millisecond:
		return "<1ms"
	case d < 10*time.Second:
		return d.Round(time.Millisecond).String()
	}
	return d.Round(100 * time.Millisecond).String()
}

// Short is the part of a digest that is enough to tell it from others.
func Short(s string) string {
	if i := strings.IndexByte(s, ':'); i >= 0 {
		s = s[i+1:]
	}
	return s[:min(12, len(s))]
}

// symbols stand beside the words of the verbs.
var symbols = map[core.Verb]string{
	core.Create: "+", core.Update: "~", core.Delete: "-", core.Leave: "=", core.Adopt: "⊕", core.Forget: "○", core.Test: "?",
}

// Action is what a step does as symbol and word.
func Action(w text.Words, v core.Verb, step string) string {
	return strings.TrimSpace(symbols[v] + " " + w.Deed(v, step))
}

// Value is one side of a change, short enough for a line.
func Value(w text.Words, v any) string {
	switch v := v.(type) {
	case nil:
		return w.Say("value.none")
	case map[string]any:
		if _, secret := v["$secret"]; secret && len(v) == 1 {
			return w.Say("value.secret")
		}
		if step, id := v["$id"].(string); id && len(v) == 1 {
			return w.Say("value.id", step)
		}
		if len(v) == 0 {
			return w.Say("value.none")
		}
	case []any:
		return list(w, v)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return ansi.Truncate(string(raw), 60, "…")
}

// list is a value that is an array: its values if they are short, else how many there are.
func list(w text.Words, values []any) string {
	if len(values) == 0 {
		return w.Say("value.none")
	}
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = Value(w, v)
	}
	if s := strings.Join(out, ", "); ansi.StringWidth(s) <= 40 {
		return "[" + s + "]"
	}
	return w.Say("value.rows", strconv.Itoa(len(values)))
}

// Quoted quotes what another side said; it is never empty.
func Quoted(s string) string { return strconv.Quote(OneLine(s)) }

// OneLine puts a text of several lines on one.
func OneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Models tells what a model list answered, with regard to the model that was asked for.
func Models(w text.Words, m core.ModelList, smoke string) string {
	switch {
	case m.At.IsZero() && m.Status == 0 && m.Net == "":
		return w.Say("not_asked")
	case m.Net != "" && m.Status == 0:
		return w.Name(m.Net)
	case !m.OK():
		return "HTTP " + strconv.Itoa(m.Status) + said(w, m.Failure)
	case smoke != "" && slices.Contains(m.Models, smoke):
		return w.Say("models.lists", strconv.Itoa(m.Status), strconv.Itoa(len(m.Models)), smoke, Took(m.Latency))
	case smoke != "":
		return w.Say("models.lacks", strconv.Itoa(m.Status), strconv.Itoa(len(m.Models)), smoke, Took(m.Latency))
	}
	return w.Say("models.plain", strconv.Itoa(m.Status), strconv.Itoa(len(m.Models)), Took(m.Latency))
}

// Completion tells what a completion answered.
func Completion(w text.Words, c core.Completion) string {
	switch {
	case c.At.IsZero() && c.Status == 0 && c.Net == "":
		return w.Say("not_asked")
	case c.Status == 0:
		return w.Name(c.Net) + said(w, core.Failure{Message: c.Message})
	case c.Answered():
		return w.Say("completion.answered", strconv.Itoa(c.Status), Took(c.Latency), modelNamed(w, c.Model))
	case c.Status == 200 && c.Failure == (core.Failure{}):
		return w.Say("completion.empty", Took(c.Latency), modelNamed(w, c.Model))
	}
	return "HTTP " + strconv.Itoa(c.Status) + w.Say("after", Took(c.Latency)) + said(w, c.Failure)
}

func modelNamed(w text.Words, model string) string {
	if model == "" {
		return w.Say("model.unnamed")
	}
	return model
}

// said is the other side's code and words, after a status.
func said(w text.Words, f core.Failure) string {
	out := ""
	if f.Net != "" {
		out += w.Say("aside", w.Name(f.Net))
	}
	if f.Code != "" {
		out += " " + f.Code
	}
	if f.Message != "" {
		out += w.Say("colon", Quoted(f.Message))
	}
	return out
}

// Resource names a step's or record's subject.
func Resource(w text.Words, k core.Kind, name string, id int64) string {
	s := strings.TrimSpace(w.Name(k) + " " + name)
	if id != 0 {
		s += " #" + strconv.FormatInt(id, 10)
	}
	return s
}

// Keys tells how many keys and which, by the part of their fingerprint that stands in names.
func Keys(w text.Words, refs []core.KeyRef) string {
	var out []string
	for _, k := range refs {
		name := plan.Short(k.Fingerprint)
		if k.Name != "" {
			name = k.Name + w.Say("aside", name)
		}
		out = append(out, name)
	}
	return strings.Join(out, w.Say("list"))
}

func IDs(list []core.BatchID) string {
	out := make([]string, len(list))
	for i, id := range list {
		out[i] = string(id)
	}
	return strings.Join(out, ", ")
}

func Number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
