// Package e2e uses the console as an operator does: the real command on a terminal of its own, in front of a
// simulated host. Whatever a test does is done by keys, and whatever it believes stands on the screen, or on the host.
package e2e

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"cnrelay/cmd/cnrelay/internal/cli"
)

// TestMain makes this binary the command, too: it is built once, and with the race detector if the tests are.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"cnrelay": func() { os.Exit(cli.Main("test")) }})
}
