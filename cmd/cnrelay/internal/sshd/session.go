package sshd

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"

	"cnrelay/core"
)

// Unsaid is the exit code of a session that ends without one, because its command did not end: the client may
// ask the next process.
const Unsaid = -1

const (
	maxCommand = 64 << 10 // bytes
	maxEnv     = 64       // variables
	maxValue   = 8 << 10  // bytes of one
	// Nobody has a larger terminal: what is drawn is as large as the client says.
	maxColumns, maxRows = 1000, 400
)

// Session is what one operator asked for.
type Session struct {
	Operator core.Operator
	Local    bool   // on the machine itself
	Command  string // as a shell would take it; "" for none
	Env      map[string]string
	Terminal bool // it has one, named by TERM in Env
	In       io.Reader
	Out, Err io.Writer
	// Signals are what the operator sends; one that isn't taken is lost.
	Signals chan os.Signal
	// Sizes are the terminal's, the latest only.
	Sizes chan Size
	// Cut ends the session at once.
	Cut func()
	// Go runs something beside the session, whose panic is nobody else's.
	Go func(func())
}

// Size of a terminal, in cells.
type Size struct{ Columns, Rows int }

// session is a [Session] on its channel.
type session struct {
	Session
	server *Server
	door   *Door
	raw    *measured
	ch     ssh.Channel
	ctx    context.Context
	end    context.CancelCauseFunc
	late   *time.Timer // that nothing was asked for
	begun  bool
	served chan struct{} // closed once what was begun is over
}

// session takes a channel and answers what is asked on it until the client closes it.
func (s *Server) session(d *Door, raw *measured, n ssh.NewChannel, who core.Operator, late *time.Timer) {
	ch, requests, err := n.Accept()
	if err != nil {
		s.leave(d)
		return
	}
	x := &session{server: s, door: d, raw: raw, ch: ch, late: late, served: make(chan struct{}), Session: Session{Operator: who, Local: d.Local, Env: map[string]string{},
		Signals: make(chan os.Signal, 2), Sizes: make(chan Size, 1)}}
	x.ctx, x.end = context.WithCancelCause(s.ctx)
	x.Cut = func() { _ = raw.Close() }
	x.Go = func(f func()) {
		s.wg.Go(func() {
			defer s.guard("a session of " + who.Name)
			f()
		})
	}
	s.wg.Go(func() {
		defer s.guard("a session of " + who.Name)
		defer func() {
			x.end(ErrLeft)
			if x.begun {
				<-x.served
			}
			s.leave(d)
		}()
		for r := range requests {
			ok := x.request(r)
			if r.WantReply {
				_ = r.Reply(ok, nil)
			}
			if ok && !x.begun && (r.Type == "exec" || r.Type == "shell") {
				x.begin()
			}
		}
	})
}

// request answers one request. Agent and X11 forwarding and subsystems are among those that are refused.
func (x *session) request(r *ssh.Request) bool {
	switch r.Type {
	case "env":
		var v struct{ Name, Value string }
		if ssh.Unmarshal(r.Payload, &v) != nil || x.begun || len(x.Env) >= maxEnv || len(v.Value) > maxValue || !x.door.Env(v.Name) {
			return false
		}
		x.Env[v.Name] = v.Value
		return true
	case "pty-req":
		var v struct {
			Term                         string
			Columns, Rows, Width, Height uint32
			Modes                        string
		}
		if ssh.Unmarshal(r.Payload, &v) != nil || x.begun || len(v.Term) > 100 {
			return false
		}
		x.Terminal, x.Env["TERM"] = true, v.Term
		x.resize(v.Columns, v.Rows)
		return true
	case "window-change":
		var v struct{ Columns, Rows, Width, Height uint32 }
		if ssh.Unmarshal(r.Payload, &v) != nil || !x.Terminal {
			return false
		}
		x.resize(v.Columns, v.Rows)
		return true
	case "signal":
		var v struct{ Name string }
		if ssh.Unmarshal(r.Payload, &v) != nil || signals[v.Name] == nil {
			return false
		}
		select {
		case x.Signals <- signals[v.Name]:
		default:
		}
		return true
	case "exec", "shell":
		if x.begun || (r.Type == "exec" && !x.command(r.Payload)) {
			return false
		}
		return true
	}
	return false
}

var signals = map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM}

func (x *session) command(payload []byte) bool {
	var v struct{ Command string }
	if ssh.Unmarshal(payload, &v) != nil || len(v.Command) > maxCommand {
		return false
	}
	x.Command = v.Command
	return true
}

func (x *session) resize(columns, rows uint32) {
	select {
	case <-x.Sizes: // the one before it is of no use any more
	default:
	}
	x.Sizes <- Size{int(min(columns, maxColumns)), int(min(rows, maxRows))}
}

// begin serves the session in a goroutine of its own.
func (x *session) begin() {
	x.begun = true
	x.late.Stop()
	if x.door.as != nil {
		x.Operator = x.door.as(x.Env)
	}
	limits := x.server.o.Limits
	x.In, x.Out, x.Err = x.ch, io.Writer(x.ch), io.Writer(x.ch.Stderr())
	if !x.Local || x.Terminal { // a pipe on the machine itself may wait for its reader as long as it likes
		cut := func() {
			x.end(ErrStalled)
			x.Cut()
		}
		x.Out, x.Err = &patient{x.Out, limits.Stall, cut}, &patient{x.Err, limits.Stall, cut}
		x.Go(func() { x.answers(cut) })
	}
	if x.Terminal {
		x.raw.typed()
		x.Out = ending{x.Out}
		x.Err = x.Out
		if !x.Local {
			x.In = &awake{x.ch, time.AfterFunc(limits.Idle, func() { x.end(ErrIdle) }), limits.Idle}
		}
	}
	if x.door.still != nil {
		x.Go(x.listed)
	}
	x.server.o.Log(fmt.Sprintf("%s (%s) is on from %s: %q", x.Operator.Name, x.Operator.Role, x.Operator.From, named(x.Command)))
	x.server.wg.Go(func() {
		defer x.server.guard("the end of a session")
		exit := x.serve()
		close(x.served)
		said := fmt.Sprintf("%s from %s has left", x.Operator.Name, x.Operator.From)
		if why := context.Cause(x.ctx); why != nil && why != ErrLeft {
			said += ": " + why.Error()
		}
		x.server.o.Log(said)
		// The last words must be taken in time, too, and then the client has to go.
		stop := time.AfterFunc(limits.Stall, x.Cut)
		defer stop.Stop()
		if exit != Unsaid {
			_, _ = x.ch.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{uint32(exit)}))
		}
		_ = x.ch.Close()
		select {
		case <-x.ctx.Done():
		case <-time.After(time.Second):
		}
		x.Cut()
	})
}

// named is what may be logged of a command: its name and what it is about, not what comes after the first flag, where
// somebody may have typed a secret.
func named(command string) string {
	words := strings.Fields(command)
	if i := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "-") }); i >= 0 {
		words = words[:i]
	}
	return strings.Join(words[:min(len(words), 4)], " ")
}

// answers asks a silent client now and then whether it is still there, as OpenSSH does: what a stopped one isn't reading
// may fit into the network's buffers for minutes.
func (x *session) answers(cut func()) {
	often := time.NewTicker(x.server.o.Limits.Alive)
	defer often.Stop()
	asked := make(chan struct{}, 1) // the question that isn't answered yet; it may be long in being sent, too
	for {
		select {
		case <-often.C:
		case <-x.served:
			return
		}
		switch silent := x.raw.silent(); {
		case silent > x.server.o.Limits.Stall && len(asked) > 0:
			cut()
			return
		case silent > x.server.o.Limits.Alive/2:
			select {
			case asked <- struct{}{}:
				x.Go(func() {
					_, _ = x.ch.SendRequest("keepalive@openssh.com", true, nil)
					<-asked
				})
			default:
			}
		}
	}
}

// listed ends the session once its operator may not be on any more. It looks twice: the file may be half written.
func (x *session) listed() {
	often := time.NewTicker(x.server.o.Limits.Unlisted / 2)
	defer often.Stop()
	for missed := false; ; {
		select {
		case <-often.C:
			still := x.door.still(x.Operator)
			if !still && missed {
				x.end(ErrUnlisted)
				return
			}
			missed = !still
		case <-x.served:
			return
		}
	}
}

func (x *session) serve() (exit int) {
	defer func() {
		if r := recover(); r != nil {
			x.server.panicked("a session of "+x.Operator.Name, r)
			exit = 1
			_, _ = io.WriteString(x.Err, "cnrelay: an internal error ended this session; everything else goes on\n")
		}
	}()
	return x.server.o.Serve(x.ctx, &x.Session)
}
