package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"cnrelay/cmd/cnrelay/internal/attach"
	"cnrelay/cmd/cnrelay/internal/socket"
	"cnrelay/cmd/cnrelay/internal/sshd"
	"cnrelay/cmd/cnrelay/internal/view"
	"cnrelay/cmd/cnrelay/internal/wire"
	"cnrelay/core"
	"cnrelay/tui"
	"cnrelay/tui/pane"
)

// house is the process that owns the state directory, with its doors.
type house struct {
	service *wire.Service
	server  *sshd.Server
	host    IO // what the process itself has: its build, its start
	serving view.Serving
	// model is what an operator sees who came in: the console.
	model func(who core.Operator, s *pane.Session) tea.Model
}

const (
	// A command that is over in a moment is waited for rather than attached to.
	moment = 200 * time.Millisecond
	// The owner opens its ledger before it listens.
	patience = 10 * time.Second
	retry    = 10 * time.Millisecond
	// Sessions have so long to say good-bye when the process ends.
	goodbye = 2 * time.Second
)

// relayed is the end of a command that ran in another process, with all of its output.
type relayed struct{ code int }

func (r *relayed) Error() string { return "relayed" }

// enter owns the state directory, or has the process that owns it do the command. A console whose owner goes away
// owns it next, or finds the next owner.
func (a *app) enter(ctx context.Context, o wire.Options) (*house, error) {
	o.What, o.Stays, o.Version, o.Started = "cnrelay "+a.ran, a.screen || a.serving, a.Version, a.Started
	since := time.Now()
	for {
		service, err := wire.Open(ctx, o)
		if err == nil {
			return a.settle(service, sshd.DefaultLimits), nil
		}
		holder, held := wire.Holder(err)
		if !held || a.serving {
			return nil, err
		}
		if holder.Listens && (holder.Stays || time.Since(since) > moment) {
			exit, failed := attach.Run(ctx, a.request(o.Dir))
			switch {
			case failed == nil:
				return nil, &relayed{exit}
			case errors.Is(failed, attach.ErrLost) && a.screen:
				since = time.Now()
				continue
			case errors.Is(failed, attach.ErrLost):
				return nil, &core.Error{Code: core.CodeState, Stage: "attach", Fault: core.FaultOperator, Err: failed, MayHaveHappened: true,
					What: fmt.Sprintf("the process that owned the state directory (pid %d) ended before the command did", holder.PID), Next: "see how far it came: cnrelay status, cnrelay batch list"}
			case !errors.Is(failed, attach.ErrNobody):
				return nil, failed
			}
			err = errors.Join(err, failed)
		}
		if left := time.Since(since) > patience; left || (holder.PID != 0 && !holder.Listens) {
			return nil, err
		}
		select {
		case <-time.After(retry):
		case <-ctx.Done():
			return nil, errors.Join(core.ErrInterrupted, err)
		}
	}
}

// handed are the variables that a command of another process may depend on.
var handed = []string{"HOME", "XDG_CONFIG_HOME", "PWD"}

// request is this command, for the process that owns the state directory.
func (a *app) request(dir string) attach.Request {
	r := attach.Request{Dir: dir, Args: a.Args, Files: a.read, Out: a.Out, Err: a.Err,
		Env: map[string]string{attach.Build: a.Version, attach.Terminal: ends(a.InTerminal, a.OutTerminal), attach.Operator: written(a.who)}}
	for _, name := range append([]string{"LANG", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "NO_COLOR", "COLORTERM", "CLICOLOR", "CLICOLOR_FORCE"}, handed...) {
		if v := a.Getenv(name); v != "" {
			r.Env[name] = v
		}
	}
	r.Env["PWD"], _ = os.Getwd() // the variable may be the parent's
	if a.InTerminal {            // what a pipe holds is left for whoever comes after this command
		r.In = a.In
	}
	if screen, ok := a.Out.(*os.File); ok && a.screen {
		r.Screen, r.Term = screen, a.Getenv("TERM")
	}
	return r
}

// settle opens the door to other processes of the same user.
func (a *app) settle(service *wire.Service, limits sshd.Limits) *house {
	h := &house{service: service, host: a.IO, serving: view.Serving{State: service.Dir, PID: os.Getpid(), Version: a.Version, Since: a.Started}, model: func(_ core.Operator, s *pane.Session) tea.Model { return tui.New(s) }}
	h.server = sshd.New(sshd.Options{Serve: h.serve, Limits: limits, Log: a.log})
	door, err := sshd.Machine(onBehalf, append(handed, attach.Build, attach.Terminal, attach.Operator, attach.Handed)...)
	var l net.Listener
	if err == nil {
		l, err = socket.Listen(service.Dir)
	}
	if err != nil { // everything works, but for this process alone
		a.log(err.Error())
		return h
	}
	h.server.Open(l, door)
	return h
}

// log says what a service should be remembered for.
func (a *app) log(line string) {
	if a.serving {
		_, _ = fmt.Fprintln(a.Err, time.Now().UTC().Format(time.RFC3339)+" "+line)
	}
}

// close lets what others started come to its end, shuts the doors, and lets go of the state directory. An
// interrupt stops what runs.
func (h *house) close(ctx context.Context, a *app) error {
	h.service.Retire()
	if work := h.work(); len(work) > 0 && ctx.Err() == nil && !a.json {
		_, _ = fmt.Fprintln(a.Err, a.words.Say("house.waits", string(work[0].Run), work[0].By.Name, strconv.Itoa(len(work))))
	}
	stop := context.AfterFunc(ctx, func() { h.stop(a.words.Say("house.ends")) })
	h.service.Engine.Close()
	stop()
	h.server.Close(goodbye)
	return h.service.Close()
}

// work is what runs, as far as the ledger can tell.
func (h *house) work() []core.Lease {
	who, _ := h.service.Who(context.Background())
	return who.Work
}

// stop interrupts whatever runs.
func (h *house) stop(reason string) {
	for _, id := range h.service.Running() {
		_ = h.service.Cancel(id, reason) // it may have ended meanwhile
	}
}
