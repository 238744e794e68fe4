package view

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"cnrelay/core"
	"cnrelay/core/bounded"
	"cnrelay/core/visible/visibletest"
	"cnrelay/packs"
	"cnrelay/tui/text"
)

// filler fills values of any type with a text, everywhere a text can stand.
type filler struct {
	text string
	// codes: what has a type of its own (kinds, states, verbs) is such a text, too; else it is what it may be.
	codes bool
}

var known = map[reflect.Type]any{
	reflect.TypeFor[core.Verb](): core.Update, reflect.TypeFor[core.Kind](): core.Account, reflect.TypeFor[core.BatchState](): core.BatchPartial,
	reflect.TypeFor[core.StepState](): core.StepFailed, reflect.TypeFor[core.EventType](): core.EventVerdict, reflect.TypeFor[core.Verdict](): core.Failed,
	reflect.TypeFor[core.AccessState](): core.AccessBroken, reflect.TypeFor[core.AccessMode](): core.AccessSubscription, reflect.TypeFor[core.Class](): core.HostConfigGap,
	reflect.TypeFor[core.Fault](): core.FaultHost, reflect.TypeFor[core.Block](): core.BlockCompliance, reflect.TypeFor[core.AuthKind](): core.AuthPassword,
}

func (f filler) value(t reflect.Type, depth int) reflect.Value {
	v := reflect.New(t).Elem()
	if depth > 12 {
		return v
	}
	switch t.Kind() {
	case reflect.String:
		if as, ok := known[t]; ok && !f.codes {
			return reflect.ValueOf(as)
		}
		v.SetString(f.text)
	case reflect.Bool:
		v.SetBool(len(f.text)%2 == 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(7 + depth))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(7)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(1.5)
	case reflect.Pointer:
		p := reflect.New(t.Elem())
		p.Elem().Set(f.value(t.Elem(), depth+1))
		return p
	case reflect.Slice:
		v.Set(reflect.Append(v, f.value(t.Elem(), depth+1), f.value(t.Elem(), depth+1)))
	case reflect.Array:
		for i := range v.Len() {
			v.Index(i).Set(f.value(t.Elem(), depth+1))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(t))
		v.SetMapIndex(f.value(t.Key(), depth+1), f.value(t.Elem(), depth+1))
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() {
			return reflect.ValueOf(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		}
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				v.Field(i).Set(f.value(t.Field(i).Type, depth+1))
			}
		}
	case reflect.Interface:
		switch {
		case t == reflect.TypeFor[error]():
			v.Set(reflect.ValueOf(f.err()))
		case t.NumMethod() == 0:
			v.Set(reflect.ValueOf([]any{f.text, map[string]any{f.text: f.text}, 1.5}[depth%3]))
		}
	}
	return v
}

func (f filler) err() error {
	return &core.Error{Code: core.CodeHost, Host: f.text, Stage: f.text, What: f.text, Next: f.text, Reason: f.text, Fault: core.FaultHost, Err: errors.New(f.text)}
}

// everything calls every method of an output, and of what it gives, with values that the filler makes.
func (f filler) everything(out Output) (calls int) {
	for _, err := range []error{f.err(), errors.New(f.text), packs.Faults{{File: f.text, Key: f.text, Message: f.text}}} {
		out.Fail(err)
		out.Warn(err)
	}
	family := reflect.ValueOf(out)
	for i := range family.NumMethod() {
		m := family.Type().Method(i)
		if m.Type.NumIn() != 1 || m.Type.NumOut() != 1 || m.Type.Out(0).Kind() != reflect.Interface || m.Name == "Nested" {
			continue
		}
		shows := family.Method(i).Call(nil)[0]
		for j := range shows.Type().NumMethod() { // those of the interface, not of what stands behind it
			show := shows.Method(j)
			var args []reflect.Value
			for k := range show.Type().NumIn() {
				args = append(args, f.value(show.Type().In(k), 0))
			}
			show.Call(args)
			calls++
		}
	}
	out.Version(f.value(reflect.TypeFor[Version](), 0).Interface().(Version))
	return calls
}

// FuzzOutputs: whatever text stands in whatever is shown, no line of either face, in either language, has a character
// in it that a terminal obeys or hides.
func FuzzOutputs(f *testing.F) {
	for _, s := range []string{
		"\x1b[31mred\x1b]0;t\x07", "\u009b31m\x9b\x85", "a\rb\b\x00\x7f", "\u202e\u2066\u200b\ufeff\u00ad\u3164", "\U000e0041\ufe0f\ue000\u0378", "z" + strings.Repeat("\u0301", 30),
		"x\nBEGUN", "\xff\xed\xa0\x80", "", "余额不足 ok", strings.Repeat("BEGUN ", 60), "{1}{2}", "%s%d%!", `"quoted\`,
	} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, s string, codes bool) {
		if len(s) > 2000 {
			return
		}
		fill := filler{s, codes}
		bounded.Run(t, func() {
			for _, lang := range text.Langs {
				var out, errs bytes.Buffer
				if fill.everything(NewHuman(&out, &errs, text.For(lang))) < 40 {
					t.Fatal("not everything was called: the reader of the interface is broken")
				}
				for _, line := range strings.Split(out.String()+errs.String(), "\n") {
					if why := visibletest.Unsafe(line); why != "" {
						t.Fatalf("%s in %q", why, line)
					}
				}
			}
			var out bytes.Buffer
			fill.everything(NewJSON(&out, s))
			for line := range strings.Lines(out.String()) {
				if strings.ContainsFunc(line, func(r rune) bool { return visibletest.Unsafe(string(r)) != "" }) {
					t.Fatalf("a hidden character in %q", line)
				}
			}
		})
	})
}
