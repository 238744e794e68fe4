// Command cnrelay puts LLM providers behind sub2api hosts, proves that users can reach them, and takes
// back what it made.
package main

import (
	"os"

	"cnrelay/cmd/cnrelay/internal/cli"
)

// version is set when the binary is built.
var version string

func main() { os.Exit(cli.Main(version)) }
