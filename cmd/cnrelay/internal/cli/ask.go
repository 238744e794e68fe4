package cli

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"

	"cnrelay/core"
	"cnrelay/core/visible"
)

// confirm asks for a word to be typed, unless yes was said beforehand. Where nobody can type, yes is needed.
func (a *app) confirm(ctx context.Context, yes bool, question, word string) error {
	if yes {
		return nil
	}
	if !a.InTerminal || a.json {
		return core.Input("this needs a confirmation, and nobody can type it here; nothing was sent", "--yes, or run it on a terminal")
	}
	got, err := a.ask(ctx, question, word)
	if err != nil {
		return err
	}
	if got != word {
		return core.Input("not confirmed; nothing was sent", "type "+word)
	}
	return nil
}

// ask puts a question on the terminal and reads one line.
func (a *app) ask(ctx context.Context, question string, args ...string) (string, error) {
	if _, err := io.WriteString(a.Err, visible.Text(a.words.Say(question, args...))); err != nil {
		return "", err
	}
	line, err := a.line(ctx)
	if errors.Is(err, io.EOF) {
		return "", core.Input("nothing was typed; nothing was sent", "--yes, or type the answer")
	}
	if err == nil && a.elsewhere != nil {
		err = a.elsewhere(line)
	}
	return line, err
}

// line reads what is typed up to enter. The error is [io.EOF] if nobody types any more, and
// [core.ErrInterrupted] if ctx ends first.
func (a *app) line(ctx context.Context) (string, error) {
	if a.typed == nil {
		a.typed = bufio.NewReader(a.In)
	}
	type read struct {
		line string
		err  error
	}
	done := make(chan read, 1)
	a.spawn(func() {
		line, err := a.typed.ReadString('\n')
		done <- read{line, err}
	})
	select {
	case r := <-done:
		if r.line == "" && r.err != nil {
			return "", r.err
		}
		return strings.TrimSpace(r.line), nil
	case <-ctx.Done():
		return "", core.ErrInterrupted
	}
}
