package packs

import (
	"fmt"
	"strings"

	"cnrelay/core"
)

// Fault is one thing that is wrong with a file, and where.
type Fault struct {
	File    string `json:"file"`
	Line    int    `json:"line"`          // from 1
	Column  int    `json:"column"`        // from 1, in characters
	Key     string `json:"key,omitempty"` // "model[2].price[0].input"; "" for the file itself
	Message string `json:"message"`
}

func (f Fault) String() string {
	where := fmt.Sprintf("%s:%d:%d: ", f.File, f.Line, f.Column)
	if f.Key != "" {
		where += f.Key + ": "
	}
	return where + f.Message
}

// Faults is everything that is wrong, in the order of the file. As a [core.Error] it is bad input.
type Faults []Fault

func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.String()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets callers ask for the [core.Error].
func (f Faults) Unwrap() error {
	return core.Input(f.Error(), "mend the file; docs/packs.md has the format")
}
