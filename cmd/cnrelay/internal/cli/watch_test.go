package cli

import (
	"bufio"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"cnrelay/cmd/cnrelay/internal/sshd"
	"cnrelay/core"
	"cnrelay/core/drift"
	"cnrelay/core/engine"
	"cnrelay/hostclient/fakehost"
	"cnrelay/tui/text"
)

// TestReaderOfWatchStandsStill: a monitor goes on whose reader doesn't, as in a pager; what waited is said when the reader goes
// on.
func TestReaderOfWatchStandsStill(t *testing.T) {
	t.Parallel()
	e := newEstate(t, sshd.DefaultLimits)
	e.importOne()
	read, written := io.Pipe()
	a := &app{IO: IO{Out: written, Err: io.Discard, Version: "test", Getenv: func(string) string { return "" }}, who: thisUser(), words: text.For(text.EN)}
	a.begin("watch")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- a.work(ctx, e.house, nil, func(ctx context.Context, s *session) error {
			return s.watch(ctx, engine.MonitorSpec{Every: 2 * time.Millisecond, Completions: -1, Patience: drift.Patience{Failures: 1, For: time.Hour, Successes: 1}}, "")
		})
		_ = written.Close()
	}()
	lines := bufio.NewScanner(read)
	if !lines.Scan() || !strings.Contains(lines.Text(), "Watching 1 hosts") {
		t.Fatalf("it begins with %q", lines.Text())
	}
	down := func(want bool) {
		t.Helper()
		waitFor(t, "the monitor sees it", func() bool {
			alerts, err := e.house.service.Alerts(t.Context(), true)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range alerts {
				if a.Kind == core.AlertHost {
					return (a.State != core.AlertOK) == want
				}
			}
			return false
		})
	}
	for range 2 {
		down(false)
		mend := e.host.Inject(fakehost.Fault{Path: "^/api/v1/", Times: -1, Action: fakehost.Reset})
		down(true)
		mend()
	}
	stop()
	var told []string
	for lines.Scan() {
		told = append(told, lines.Text())
	}
	if err := <-ended; err != nil || len(told) < 4 || !strings.Contains(told[0], "FIRING") || strings.Contains(strings.Join(told, ""), "left out") {
		t.Errorf("told %q, %v", told, err)
	}
}

// TestMoreThanAReaderLeavesRoomFor: who tells never waits, and how much was left out is said in its place.
func TestMoreThanAReaderLeavesRoomFor(t *testing.T) {
	var said []int
	var missed int64
	tell, end := (&session{app: &app{}}).aside(func(n int64) { missed = n })
	began, reads := make(chan struct{}), make(chan struct{})
	tell(func() { close(began); <-reads })
	<-began
	for n := range untold + 3 {
		tell(func() { said = append(said, n) })
	}
	close(reads)
	end()
	if len(said) != untold || said[untold-1] != untold-1 || missed != 3 {
		t.Errorf("%d were said, %d missed", len(said), missed)
	}
}
