package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"cnrelay/core"
	"cnrelay/state/internal/private"
)

// Holder is the process that has a state directory open.
type Holder struct {
	PID   int       `json:"pid"`
	User  string    `json:"user"`
	Host  string    `json:"host"`
	Since time.Time `json:"since"`
	What  string    `json:"what"` // the command it runs
	Build string    `json:"build"`
	// Listens tells that other processes can attach to it, Stays that it does more than one command.
	Listens bool `json:"listens,omitempty"`
	Stays   bool `json:"stays,omitempty"`
}

func (h Holder) String() string {
	return fmt.Sprintf("%q (pid %d of %s on %s, build %s) since %s",
		h.What, h.PID, h.User, h.Host, h.Build, h.Since.Local().Format(time.DateTime))
}

// HeldError is [core.ErrHeld] with the one who holds; the zero Holder is one that left no word.
type HeldError struct{ Holder Holder }

func (e *HeldError) Error() string { return core.ErrHeld.Error() }

// Unwrap gives [core.ErrHeld].
func (e *HeldError) Unwrap() error { return core.ErrHeld }

// hold takes the lock of a state directory and says who has it. The lock file is never removed: a
// process that waits on it would lock a file that nobody else sees.
func hold(dir string, opts Options) (release func() error, err error) {
	lock := flock.New(filepath.Join(dir, "holder.lock"), flock.SetPermissions(0o600))
	word := filepath.Join(dir, "holder.json")
	locked, err := lock.TryLock()
	if err != nil {
		return nil, problem("open state", dir+" can't be locked: "+err.Error(), "make it writable for this user", err)
	}
	if !locked {
		return nil, held(dir, word)
	}
	b, err := json.Marshal(thisProcess(opts))
	if err == nil {
		err = private.Write(word, b)
	}
	if err != nil {
		return nil, errors.Join(problem("open state", word+" can't be written: "+err.Error(), "check the disk", err), lock.Unlock())
	}
	return func() error { return errors.Join(os.Remove(word), lock.Unlock()) }, nil
}

func held(dir, word string) error {
	var h Holder
	b, err := os.ReadFile(word)
	if err == nil {
		err = json.Unmarshal(b, &h)
	}
	who, next := h.String(), fmt.Sprintf("wait until it ends, or end it: kill %d", h.PID)
	if err != nil {
		h = Holder{}
		who, next = "another process", "wait until it ends; `fuser -v "+filepath.Join(dir, "holder.lock")+"` tells which one it is"
	}
	return problem("open state", dir+" is held by "+who, next, &HeldError{h})
}

func thisProcess(opts Options) Holder {
	h := Holder{PID: os.Getpid(), User: "?", Host: "?", Since: time.Now().UTC(), What: opts.What, Build: opts.Build,
		Listens: opts.Listens, Stays: opts.Stays}
	if u, err := user.Current(); err == nil {
		h.User = u.Username
	}
	if name, err := os.Hostname(); err == nil {
		h.Host = name
	}
	return h
}
