package engine

import (
	"fmt"
	"runtime"
	"strings"

	"cnrelay/core"
)

// caught makes an error of a panic in f, which runs in a goroutine of its own: a fault of ours in one run, or in one
// look at a host, ends neither the others nor the console, which would leave its terminal as it is.
func caught(f func() error) func() error {
	return func() (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = &core.Error{Code: core.CodeState, Stage: "cnrelay itself", Err: core.ErrInterrupted, Fault: core.FaultUnknown,
					What: "a fault of cnrelay's, not of the host or the provider: " + place(p),
					Next: "go on with an interrupted run by cnrelay batch resume; please report this line"}
			}
		}()
		return f()
	}
}

// place says what panicked where.
func place(p any) string {
	what := core.Caught(p).What
	callers := make([]uintptr, 32)
	frames := runtime.CallersFrames(callers[:runtime.Callers(2, callers)])
	panicked := false
	for frame, more := frames.Next(); more; frame, more = frames.Next() {
		panicked = panicked || frame.Function == "runtime.gopanic"
		if _, name, ours := strings.Cut(frame.Function, "cnrelay/"); panicked && ours {
			return fmt.Sprintf("%s in %s, line %d", what, name, frame.Line)
		}
	}
	return what
}
