package keys_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"cnrelay/tui/keys"
	"cnrelay/tui/text"
)

const manual = "../../docs/console.md"

// TestManualHasTheKeys: the documentation's keys are those of the console. GOLDIE_UPDATE=1 writes them (make golden).
func TestManualHasTheKeys(t *testing.T) {
	m, err := keys.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	const from, to = "tui/keys -->\n", "<!-- /keys -->"
	before, rest, begins := strings.Cut(string(raw), from)
	there, after, ends := strings.Cut(rest, to)
	if !begins || !ends {
		t.Fatalf("%s has no place for the keys", manual)
	}
	is := tables(m)
	if os.Getenv("GOLDIE_UPDATE") != "" {
		if err := os.WriteFile(manual, []byte(before+from+is+to+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if there != is {
		t.Errorf("%s has other keys than the console: make golden\n%s", manual, is)
	}
}

// tables are the keys as Markdown, a table a scope.
func tables(m *keys.Map) string {
	words := text.For(text.EN)
	var b strings.Builder
	for _, scope := range []keys.Scope{keys.Global, keys.Move, keys.Hosts, keys.Packs, keys.Batches, keys.Drift, keys.Form} {
		fmt.Fprintf(&b, "\n### %s\n\n| key | action | |\n|---|---|---|\n", words.Say("scope."+string(scope)))
		for _, binding := range m.Of(scope) {
			var shown []string
			for _, k := range binding.Keys {
				shown = append(shown, "`"+keys.Shown(k)+"`")
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", strings.Join(shown, " "), binding.Action, words.Say("action."+string(binding.Action)))
		}
	}
	return b.String() + "\n"
}
