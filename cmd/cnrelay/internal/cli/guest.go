package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kballard/go-shellquote"

	"cnrelay/cmd/cnrelay/internal/attach"
	"cnrelay/cmd/cnrelay/internal/sshd"
	"cnrelay/core"
)

// guest is a command that runs in the process that owns the state directory, for an operator who came in at one of
// its doors.
type guest struct {
	house   *house
	refused error        // why nothing may be changed
	files   attach.Files // that the operator's own process read; nil from the network
	dir     string       // that the operator's own process is in
	typed   *typed       // at a terminal, else nil
	sizes   <-chan sshd.Size
	spawn   func(func()) // a guarded goroutine
}

// serve runs what a session asks for.
func (h *house) serve(ctx context.Context, s *sshd.Session) int {
	args, err := shellquote.Split(s.Command)
	if err != nil {
		return refuse(s, "the command can't be read: "+err.Error())
	}
	if len(args) > 0 && filepath.Base(args[0]) == "cnrelay" {
		args = args[1:]
	}
	a := &app{who: s.Operator, guest: &guest{house: h, sizes: s.Sizes, spawn: s.Go}}
	a.IO = IO{Args: args, In: s.In, Out: s.Out, Err: s.Err, InTerminal: s.Terminal, OutTerminal: s.Terminal, Signals: s.Signals,
		Getenv: func(name string) string { return s.Env[name] }, Exit: func(int) { s.Cut() }, Version: h.host.Version, Started: h.host.Started}
	if s.Local {
		if err := a.attached(s); err != nil {
			return refuse(s, err.Error())
		}
	}
	if s.Terminal {
		a.guest.typed = newTyped(ctx, s)
		a.In = a.guest.typed
	}
	if a.guest.refused = h.stale(s); a.guest.refused != nil && !s.Terminal && !slices.Contains(args, "--json") {
		_, _ = io.WriteString(s.Err, "cnrelay: "+a.guest.refused.Error()+"\n")
	}
	exit := run(ctx, a)
	if errors.Is(context.Cause(ctx), sshd.ErrEnding) && exit == exitInterrupted {
		return sshd.Unsaid
	}
	return exit
}

func refuse(s *sshd.Session, why string) int {
	_, _ = io.WriteString(s.Err, "cnrelay: "+why+"\n")
	return exitInput
}

// attached takes over what the operator's own process knows and read.
func (a *app) attached(s *sshd.Session) (err error) {
	a.guest.files, a.guest.dir = attach.Files{}, s.Env["PWD"]
	if !filepath.IsAbs(a.guest.dir) { // a path would be meant from where this process is
		return core.Input("it isn't known in which folder the command was given", "cd to one that exists")
	}
	if s.Env[attach.Handed] != "" {
		if a.guest.files, err = attach.ReadFiles(s.In); err != nil {
			return err
		}
	}
	if !s.Terminal {
		a.InTerminal, a.OutTerminal = strings.Contains(s.Env[attach.Terminal], "in"), strings.Contains(s.Env[attach.Terminal], "out")
	}
	return nil
}

// stale is why a client of another build may only read: it would be told one thing and another be done.
func (h *house) stale(s *sshd.Session) error {
	build, known := s.Env[attach.Build]
	if !s.Local || !known || build == h.host.Version {
		return nil
	}
	return &core.Error{Code: core.CodeState, Stage: "attach", Fault: core.FaultOperator,
		What: fmt.Sprintf("the process that owns the state directory (pid %d) is build %s, and this is build %s: for you it only reads", os.Getpid(), h.host.Version, build),
		Next: "restart it, then ask again"}
}

// ends says which ends are a terminal.
func ends(in, out bool) string {
	var list []string
	if in {
		list = append(list, "in")
	}
	if out {
		list = append(list, "out")
	}
	return strings.Join(list, " ")
}

// onBehalf is the operator behind a process of this user: one that OpenSSH let in, or the user.
func onBehalf(env map[string]string) core.Operator {
	text := env[attach.Operator]
	if text == "" {
		return thisUser()
	}
	var o core.Operator
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return core.Operator{Name: "?"} // may nothing but look
	}
	return o
}

func written(o core.Operator) string {
	raw, _ := json.Marshal(o) // strings only
	return string(raw)
}
