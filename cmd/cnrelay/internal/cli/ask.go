package cli

import (
	"bufio"
	"io"
	"strings"

	"cnrelay/core"
	"cnrelay/core/visible"
)

// confirm asks for a word to be typed, unless yes was said beforehand. Where nobody can type, yes is needed.
func (a *app) confirm(yes bool, question, word string) error {
	if yes {
		return nil
	}
	if !a.InTerminal || a.json {
		return core.Input("this needs a confirmation, and nobody can type it here; nothing was sent", "--yes, or run it on a terminal")
	}
	got, err := a.ask(question, word)
	if err != nil {
		return err
	}
	if got != word {
		return core.Input("not confirmed; nothing was sent", "type "+word)
	}
	return nil
}

// ask puts a question on the terminal and reads one line.
func (a *app) ask(question string, args ...string) (string, error) {
	if _, err := io.WriteString(a.Err, visible.Text(a.words.Say(question, args...))); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(a.In).ReadString('\n')
	if err != nil && line == "" {
		return "", core.Input("nothing was typed; nothing was sent", "--yes, or type the answer")
	}
	return strings.TrimSpace(line), nil
}
