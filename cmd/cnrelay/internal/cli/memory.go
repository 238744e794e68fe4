package cli

import (
	"os"
	"runtime/debug"
)

// enough is the memory that a process means to do with, in bytes: what merging Badger's tables leaves behind, and what
// writing a large bundle does, would else be kept. Beyond it garbage is collected more often; nothing is refused.
const enough = 80 << 20

// spare keeps to enough memory from here on, in a process of one's own. $GOMEMLIMIT stands above it.
func (s *session) spare() {
	if s.guest == nil && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(enough)
	}
}
