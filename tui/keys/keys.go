// Package keys turns a key into an action. Panes never see a key, only actions; what the help shows, what the
// palette runs and what a click does are the same actions.
package keys

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Action is something an operator can do. Its words are in tui/text under "action.<action>".
type Action string

// Scope is where a key means something. The innermost scope that knows a key decides.
type Scope string

// The scopes.
const (
	Global  Scope = "global"
	Move    Scope = "move"    // in anything that can be walked through
	Hosts   Scope = "hosts"   // a pane
	Packs   Scope = "packs"   // a pane
	Batches Scope = "batches" // a pane
	Drift   Scope = "drift"   // a pane
	Form    Scope = "form"    // dialogs, the guided import, a filter: where something is filled in
)

// Binding ties keys to an action within a scope.
type Binding struct {
	Scope  Scope
	Action Action
	Keys   []string // as Bubble Tea names them: "a", "ctrl+k", "enter"
}

// Map is a session's bindings.
type Map struct {
	order  []Binding
	lookup map[Scope]map[string]Action
}

// New makes a map from the defaults with the operator's own keys in their place. What is wrong with them is
// reported in one pass.
func New(own map[string][]string) (*Map, error) {
	m := &Map{order: slices.Clone(defaults), lookup: map[Scope]map[string]Action{}}
	var faults []string
	for _, name := range slices.Sorted(maps.Keys(own)) {
		i := slices.IndexFunc(m.order, func(b Binding) bool { return string(b.Action) == name })
		if i < 0 {
			faults = append(faults, fmt.Sprintf("keys.%q: there is no such action", name))
			continue
		}
		for _, k := range own[name] {
			if strings.TrimSpace(k) == "" {
				faults = append(faults, fmt.Sprintf("keys.%q: an empty key", name))
			}
		}
		m.order[i].Keys = own[name]
	}
	for _, b := range m.order {
		if m.lookup[b.Scope] == nil {
			m.lookup[b.Scope] = map[string]Action{}
		}
		for _, k := range b.Keys {
			if other, taken := m.lookup[b.Scope][k]; taken {
				faults = append(faults, fmt.Sprintf("key %q stands for %s and for %s", k, other, b.Action))
			}
			m.lookup[b.Scope][k] = b.Action
		}
	}
	if len(faults) > 0 {
		return nil, &FaultsError{faults}
	}
	return m, nil
}

// FaultsError lists what is wrong with an operator's keys.
type FaultsError struct{ Faults []string }

func (e *FaultsError) Error() string { return strings.Join(e.Faults, "; ") }

// Resolve finds what a key means in the innermost of the scopes that knows it.
func (m *Map) Resolve(key string, scopes ...Scope) (Action, bool) {
	for _, s := range scopes {
		if a, ok := m.lookup[s][key]; ok {
			return a, true
		}
	}
	return "", false
}

// Of are the bindings of a scope, in the order in which they are shown.
func (m *Map) Of(scope Scope) []Binding {
	return slices.DeleteFunc(slices.Clone(m.order), func(b Binding) bool { return b.Scope != scope })
}

// Keys are an action's keys as they are shown.
func (m *Map) Keys(a Action) []string {
	for _, b := range m.order {
		if b.Action == a {
			return b.Keys
		}
	}
	return nil
}

// Text tells whether a key is one that a text can hold: while one is typed, it goes there.
func Text(key string) bool {
	return utf8.RuneCountInString(key) == 1 || key == "left" || key == "right"
}

// Shown is how a key reads on screen.
func Shown(key string) string {
	names := map[string]string{"up": "↑", "down": "↓", "left": "←", "right": "→", " ": "space", "pgdown": "pgdn"}
	return cmp.Or(names[key], key)
}
