package core

import (
	"errors"
	"strings"
)

// Sentinels that callers ask for with errors.Is.
var (
	ErrNotFound        = errors.New("not found on the host")
	ErrIdentityChanged = errors.New("identity changed")
	ErrHeld            = errors.New("the state directory is held by another process")
	ErrReadOnly        = errors.New("the ledger is open for reading only")
	ErrInterrupted     = errors.New("interrupted")
	ErrNoSecret        = errors.New("secret is not in the vault")
	// ErrStop ends a [Reader.Scan] early.
	ErrStop = errors.New("stop")
)

// Code sorts errors by what the caller should do; exit codes follow from it.
type Code string

// The codes.
const (
	CodeInput   Code = "bad_input" // refused before anything was sent
	CodeAuth    Code = "auth"
	CodeNetwork Code = "network"
	CodeHost    Code = "host"    // the host answered with an error
	CodeBlocked Code = "blocked" // a precondition on the host is missing
	CodeState   Code = "state"   // the store or the vault
	CodeStopped Code = "stopped" // identity changed, stale plan, foreign marker: refuses to guess
	CodeDenied  Code = "denied"  // the operator may not do it; nothing was sent
)

// Error is an error for operators: what happened, where, whose fault, what to do next.
type Error struct {
	Code  Code
	Host  string // the host's label, "" if none is concerned
	Stage string // what was being done: "host check", "create group deepseek"
	What  string // one sentence, sanitised
	Fault Fault
	Next  string // what to do next
	// Status, Reason are the host's HTTP status and body code, if it answered.
	Status int
	Reason string
	// MayHaveHappened: the request was sent and its outcome isn't known.
	MayHaveHappened bool
	Err             error
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.Host != "" {
		b.WriteString(e.Host + ": ")
	}
	if e.Stage != "" {
		b.WriteString(e.Stage + ": ")
	}
	b.WriteString(e.What)
	if e.Next != "" {
		b.WriteString(" (next: " + e.Next + ")")
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// Input is a fault in what the operator gave; nothing was sent.
func Input(what, next string) *Error {
	return &Error{Code: CodeInput, Fault: FaultOperator, What: what, Next: next}
}

// Uncertain tells whether err leaves open if the write took effect.
func Uncertain(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.MayHaveHappened
}

// CodeOf is the code of the first [*Error] in err's chain, or "".
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
