// Package bounded tells in a test when a reader of foreign bytes takes too long or too much.
package bounded

import (
	"runtime/metrics"
	"testing"
	"time"
)

// The most that one input may cost. A machine that does other things as well is allowed for.
const (
	Time   = 5 * time.Second
	Memory = 64 << 20 // bytes allocated, whether or not they are held
)

// Run runs read, and fails the test if it costs more.
func Run(t testing.TB, read func()) {
	t.Helper()
	before, begun := allocated(), time.Now()
	read()
	if took := time.Since(begun); took > Time {
		t.Fatalf("it took %v", took)
	}
	if n := allocated() - before; n > Memory {
		t.Fatalf("it took %d MiB", n>>20)
	}
}

func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
