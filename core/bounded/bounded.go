// Package bounded tells in a test when a reader of foreign bytes takes too long or too much.
package bounded

import (
	"runtime/metrics"
	"syscall"
	"testing"
	"time"
)

// The most that one input may cost, with the instruments of a fuzzer.
const (
	Time   = 5 * time.Second // of this process, whatever else the machine does meanwhile
	Memory = 64 << 20        // bytes allocated, whether or not they are held
)

// Run runs read, and fails the test if it costs more.
func Run(t testing.TB, read func()) {
	t.Helper()
	before, begun := allocated(), worked(t)
	read()
	if took := worked(t) - begun; took > Time {
		t.Fatalf("it took %v", took)
	}
	if n := allocated() - before; n > Memory {
		t.Fatalf("it took %d MiB", n>>20)
	}
}

func worked(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
