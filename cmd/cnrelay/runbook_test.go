package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// keyFiles are what somebody who follows the runbook has.
const keyFiles = `
-- keys.txt --
main = sk-ok-main
spare = sk-402-spare
-- new.txt --
sk-ok-new
`

// TestRunbook does what the runbook says, command by command. The Chinese one has the same commands.
func TestRunbook(t *testing.T) {
	if testing.Short() {
		t.Skip("the same without the race detector will do")
	}
	en, zh := steps(t, "runbook.md"), steps(t, "runbook.zh.md")
	if !slices.Equal(en, zh) {
		for i := range min(len(en), len(zh)) {
			if en[i] != zh[i] {
				t.Fatalf("the Chinese runbook says %q, not %q", zh[i], en[i])
			}
		}
		t.Fatalf("the Chinese runbook has %d steps, the English one %d", len(zh), len(en))
	}
	file := filepath.Join(t.TempDir(), "runbook.txtar")
	if err := os.WriteFile(file, []byte(strings.Join(en, "\n")+keyFiles), 0o600); err != nil {
		t.Fatal(err)
	}
	p := params()
	p.Files = []string{file}
	testscript.Run(t, p)
}

var (
	meanwhile = regexp.MustCompile(`^<!-- test: (.*) -->$`)
	command   = regexp.MustCompile(`^\$ (cnrelay .*?)( > \S+)?(?:  # exit (\d+))?$`)
	asked     = regexp.MustCompile(` --replace$|^cnrelay (batch )?rollback |^cnrelay adopt |^cnrelay host rebind |^cnrelay state prune `)
)

// steps are a runbook's commands as a script: on the simulated host and provider, with a yes where a person is asked.
// What happens meanwhile stands in comments.
func steps(t *testing.T, name string) (out []string) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	there := strings.NewReplacer("http://127.0.0.1:8080", "$HOST_URL", "admin.key", "$ADMIN_KEY", "b2k4m6n8p", "$BATCH", `"`, "'")
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		if m := meanwhile.FindStringSubmatch(line); m != nil {
			out = append(out, m[1])
		}
		if !strings.HasPrefix(line, "$ ") {
			continue
		}
		m := command.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("%s: nobody runs %q", name, line)
		}
		cmd, exit := there.Replace(m[1]), m[3]
		if strings.Contains(cmd, " --keys-file ") {
			cmd += " --base-url $UPSTREAM_URL"
		}
		if asked.MatchString(m[1]) && !strings.Contains(cmd, " --preview") {
			cmd += " --yes"
		}
		if exit == "" {
			exit = "0"
		}
		out = append(out, "exits "+exit+" "+cmd)
	}
	if len(out) < 40 {
		t.Fatalf("%s: only %d steps were read", name, len(out))
	}
	return out
}
