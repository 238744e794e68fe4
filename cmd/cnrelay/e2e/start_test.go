package e2e

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"cnrelay/cmd/cnrelay/internal/ptytest"
)

// query is what asks a terminal something: colours, the cursor's place, what it can do.
var query = regexp.MustCompile(`\x1b\](4;\d+|1\d);\?|\x1b\[\??[56]n|\x1b\[[>=]?0?c|\x1b\[\?\d+\$p|\x1b\[\?u|\x1bP[+$]q|\x1b\[>0?q|\x05`)

// TestNothingIsAskedOfTheTerminal: Bubble Tea's package init asks for the background colour, and waits five seconds for
// a terminal that doesn't answer. The binary that is shipped asks nothing, whatever the command.
func TestNothingIsAskedOfTheTerminal(t *testing.T) {
	if testing.Short() {
		t.Skip("links the binary")
	}
	l := newLab(t)
	binary := filepath.Join(l.dir, "cnrelay")
	if out, err := exec.Command("go", "build", "-o", binary, "cnrelay/cmd/cnrelay").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, args := range [][]string{{"version"}, {"host", "list", "--json"}, {}} {
		x := ptytest.Start(t, ptytest.Options{Env: l.env()}, binary, args...)
		if len(args) == 0 {
			x.Sees("No host is registered yet")
			x.Press("q")
		}
		if exit := x.Exit(); exit != 0 {
			t.Errorf("cnrelay %v: exit code %d", args, exit)
		}
		if found := query.Find(x.Raw()); found != nil {
			t.Errorf("cnrelay %v asks the terminal: %q", args, found)
		}
		x.Restored()
	}
}
