// Package figures prints what a test measured of a promise, and collects it where docs/reliability.md can take it
// from: in the file that CNRELAY_FIGURES names (make chaos).
package figures

import (
	"fmt"
	"os"
	"testing"
)

// Long tells whether the long versions are asked for (make chaos).
func Long() bool { return os.Getenv("CNRELAY_CHAOS") != "" }

// Print prints a test's figure.
func Print(t testing.TB, promise, format string, args ...any) {
	t.Helper()
	figure := fmt.Sprintf(format, args...)
	t.Logf("%s: %s", promise, figure)
	path := os.Getenv("CNRELAY_FIGURES")
	if path == "" || t.Failed() {
		return
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := fmt.Fprintf(f, "| %s | %s | `%s` |\n", promise, figure, t.Name()); err != nil {
		t.Fatal(err)
	}
}
