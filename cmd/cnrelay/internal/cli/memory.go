package cli

import (
	"os"
	"runtime/debug"
)

// How many bytes a process means to do with. Beyond it garbage is collected more often; nothing is refused. What is in
// use must fit, or nothing else is done but collecting: while Badger merges tables that is some 60 MB in a console.
const (
	consoleMost = 88 << 20
	exportMost  = 80 << 20 // a large bundle's garbage would else be kept
)

// A service lets its garbage grow to so many percent of what it needs, and to so many bytes in all: it is collected
// seldom, and what operators wait for isn't kept waiting by it.
const (
	servesPercent = 400
	servesMost    = 256 << 20
)

// serves makes the process one that many share. $GOGC and $GOMEMLIMIT stand above it.
func serves() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(servesPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(servesMost)
	}
}

// spare keeps to so much memory from here on, in a process of one's own. $GOMEMLIMIT stands above it.
func (s *session) spare(most int64) {
	if s.guest == nil && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(most)
	}
}
