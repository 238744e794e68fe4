package state

import "cnrelay/core"

// problem is an error that someone at this machine can do something about.
func problem(stage, what, next string, err error) *core.Error {
	return &core.Error{Code: core.CodeState, Stage: stage, What: what, Fault: core.FaultOperator, Next: next, Err: err}
}
