package wire

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"time"

	"cnrelay/core"
)

const (
	hookLimit  = 5 * time.Minute
	hookOutput = 64 << 10 // bytes that are kept of what a hook prints
	hookGrace  = 5 * time.Second
)

// hook runs an operator's commands. What they print becomes evidence, so it passes through clean.
type hook struct {
	clean func(text string, max int) string
}

// run runs a command through sh, with env added to the process's own environment. What it prints is capped. One
// that can't be started or overruns its time is an error.
func (h hook) run(ctx context.Context, command string, env []string) (string, int, error) {
	return h.runWithin(ctx, hookLimit, command, env)
}

func (h hook) runWithin(ctx context.Context, limit time.Duration, command string, env []string) (string, int, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	out := &capped{left: hookOutput}
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.WaitDelay = hookGrace
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	err := cmd.Run()
	text := h.clean(out.String(), hookOutput)
	exit, exited := errors.AsType[*exec.ExitError](err)
	switch {
	case errors.Is(context.Cause(ctx), context.DeadlineExceeded):
		return text, -1, hookError("it did not end within "+limit.String(), err)
	case ctx.Err() != nil:
		return text, -1, errors.Join(core.ErrInterrupted, err)
	case exited:
		return text, exit.ExitCode(), nil
	case err != nil:
		return text, -1, hookError(err.Error(), err)
	}
	return text, 0, nil
}

func hookError(what string, cause error) error {
	return &core.Error{Code: core.CodeInput, Stage: "hook", What: what, Fault: core.FaultOperator, Next: "mend the command, then resume the batch", Err: cause}
}

// capped keeps the first bytes of what is written to it.
type capped struct {
	text []byte
	left int
}

func (c *capped) Write(p []byte) (int, error) {
	n := min(len(p), c.left)
	c.text = append(c.text, p[:n]...)
	c.left -= n
	return len(p), nil
}

func (c *capped) String() string {
	if c.left == 0 {
		return string(c.text) + "\n… cut"
	}
	return string(c.text)
}
