package cli

import (
	"os"
	"runtime/debug"
)

// enough is the memory that a process means to do with, in bytes: what merging Badger's tables leaves behind, and what
// writing a large bundle does, would else be kept. Beyond it garbage is collected more often; nothing is refused.
const enough = 80 << 20

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

// spare keeps to enough memory from here on, in a process of one's own. $GOMEMLIMIT stands above it.
func (s *session) spare() {
	if s.guest == nil && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(enough)
	}
}
