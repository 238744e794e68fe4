package engine_test

import (
	"os"
	"runtime/debug"
	"testing"
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // the sweeps make and forget a great many small hosts
	os.Exit(m.Run())
}
