package text

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestRunbooksHaveTheClasses: what the runbooks say of a failure's class is what cnrelay says. GOLDIE_UPDATE=1 writes it
// (make golden).
func TestRunbooksHaveTheClasses(t *testing.T) {
	for lang, file := range map[Lang]string{EN: "../../docs/runbook.md", ZH: "../../docs/runbook.zh.md"} {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		const from, to = "<!-- tui/text -->\n", "<!-- /tui/text -->"
		before, rest, begins := strings.Cut(string(raw), from)
		there, after, ends := strings.Cut(rest, to)
		if !begins || !ends {
			t.Fatalf("%s has no place for the classes", file)
		}
		is := classTable(For(lang))
		if os.Getenv("GOLDIE_UPDATE") != "" {
			if err := os.WriteFile(file, []byte(before+from+is+to+after), 0o644); err != nil {
				t.Fatal(err)
			}
		} else if there != is {
			t.Errorf("%s has other classes than cnrelay: make golden", file)
		}
	}
}

func classTable(w Words) string {
	var b strings.Builder
	head := map[Lang]string{EN: "| class | what it means | what to do |", ZH: "| 分类 | 含义 | 处理办法 |"}[w.Lang()]
	b.WriteString("\n" + head + "\n|---|---|---|\n")
	all := w.tables.classes
	for _, class := range slices.Sorted(maps.Keys(all)) {
		if class != "ready" {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", class, w.fill(all[class].what, []string{"…", "…"}), w.fill(all[class].next, []string{"…", "…"}))
		}
	}
	return b.String() + "\n"
}
