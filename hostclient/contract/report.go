package contract

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Report is the outcome of one run.
type Report struct {
	Version  string
	URL      string
	Started  time.Time
	Features []string
	Results  []Result
}

// WriteTo writes <version>.md into dir.
func (r Report) WriteTo(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, r.Version+".md"), []byte(r.markdown()), 0o644)
}

func (r Report) markdown() string {
	var b strings.Builder
	count := map[string]int{}
	for _, x := range r.Results {
		count[x.Outcome]++
	}
	fmt.Fprintf(&b, "# sub2api %s\n\n", r.Version)
	fmt.Fprintf(&b, "A real host, asked on %s by `go test ./hostclient/contract -run TestRealHost`\n", r.Started.UTC().Format("2006-01-02 15:04 MST"))
	fmt.Fprintf(&b, "with a simulated provider behind it. The cases are those of package contract; the second column\nnames the part of the host contract. Optional features seen: %s.\n\n", orNone(r.Features))
	fmt.Fprintf(&b, "%d cases passed, %d failed, %d do not apply to this host.\n\n", count["passed"], count["failed"], count["not on this host"])
	b.WriteString("| case | contract | result | took |\n|---|---|---|---|\n")
	for _, x := range r.Results {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", x.Name, x.Section, x.Outcome, x.Took.Round(time.Millisecond))
	}
	return b.String()
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
