package hostclient_test

import (
	"os"
	"regexp"
	"runtime/debug"
	"strconv"
)

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// residentPeak is the most memory that this process has held, in bytes; anew, it is counted from what it holds now.
func residentPeak(anew bool) int64 {
	if anew {
		debug.FreeOSMemory()
		if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
			panic(err)
		}
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		panic(err)
	}
	n, err := strconv.ParseInt(string(highWater.FindSubmatch(status)[1]), 10, 64)
	if err != nil {
		panic(err)
	}
	return n << 10
}
