package core_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// deps are the packages that the given ones stand on, tests not counted.
func deps(t *testing.T, patterns ...string) []string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-deps"}, patterns...)...)
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}

func external(pkg string) bool {
	first, _, _ := strings.Cut(pkg, "/")
	return strings.Contains(first, ".")
}

// Imports point down and inwards only: cmd → tui → core ← hostclient, packs, state.
func TestImportsPointInwards(t *testing.T) {
	under := func(pkg string, folders ...string) bool {
		return slices.ContainsFunc(folders, func(f string) bool { return pkg == "cnrelay/"+f || strings.HasPrefix(pkg, "cnrelay/"+f+"/") })
	}
	for _, rule := range []struct {
		of      string
		refused func(pkg string) bool
	}{
		{"./core/...", func(p string) bool {
			if strings.HasPrefix(p, "cnrelay/") || p == "cnrelay" {
				return !under(p, "core")
			}
			return p == "net/http" || (external(p) && !strings.HasPrefix(p, "golang.org/x/sync") && !strings.HasPrefix(p, "golang.org/x/time"))
		}},
		{"./hostclient/...", func(p string) bool {
			return strings.HasPrefix(p, "cnrelay/") && !under(p, "hostclient") && p != "cnrelay/core" && p != "cnrelay/core/visible"
		}},
		{"./packs/...", func(p string) bool {
			return strings.HasPrefix(p, "cnrelay/") && !under(p, "packs") && p != "cnrelay/core"
		}},
		{"./state/...", func(p string) bool {
			return strings.HasPrefix(p, "cnrelay/") && !under(p, "state") && p != "cnrelay/core"
		}},
		{"./tui/...", func(p string) bool {
			return under(p, "state", "packs", "hostclient", "cmd") || strings.Contains(p, "badger") || strings.Contains(p, "BurntSushi")
		}},
		{"./cmd/...", func(p string) bool { return strings.HasPrefix(p, "charm.land/") }}, // the v2 line can't live beside v1
	} {
		for _, p := range deps(t, rule.of) {
			if rule.refused(p) {
				t.Errorf("%s stands on %s", rule.of, p)
			}
		}
	}
}

// floors are the oldest versions without a known hole or a known loss of data.
var floors = map[string]string{
	"golang.org/x/crypto":            "v0.52.0", // 13 ssh and agent advisories
	"golang.org/x/net":               "v0.55.0",
	"github.com/dgraph-io/badger/v4": "v4.9.4", // acknowledged writes dropped, deleted keys back
	"filippo.io/age":                 "v1.2.1",
	"go.opentelemetry.io/otel":       "v1.44.0",
}

func TestModuleFloors(t *testing.T) {
	cmd := exec.Command("go", "list", "-m", "all")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		name, version, _ := strings.Cut(strings.TrimSpace(line), " ")
		if floor, ok := floors[name]; ok && less(version, floor) {
			t.Errorf("%s is at %s, below %s", name, version, floor)
		}
	}
}

func less(a, b string) bool {
	return slices.CompareFunc(numbers(a), numbers(b), func(x, y int) int { return x - y }) < 0
}

func numbers(v string) []int {
	var out []int
	for _, part := range strings.FieldsFunc(v, func(r rune) bool { return r < '0' || r > '9' }) {
		n := 0
		for _, digit := range part {
			n = n*10 + int(digit-'0')
		}
		out = append(out, n)
	}
	return out
}
