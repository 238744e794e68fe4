package core

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// Panic is a fault of ours that was kept to where it happened. Of what was thrown, only what the runtime says of itself
// is repeated: anything else might hold a secret.
type Panic struct {
	What  string
	Stack []byte
}

// Caught is what was recovered, with the stack of the goroutine. One that was caught before is what it was.
func Caught(recovered any) *Panic {
	switch p := recovered.(type) {
	case *Panic:
		return p
	case runtime.Error:
		return &Panic{p.Error(), debug.Stack()}
	}
	return &Panic{fmt.Sprintf("%T", recovered), debug.Stack()}
}

func (p *Panic) Error() string { return p.What + "\n" + string(p.Stack) }
