package tui

import (
	"encoding/base64"
	"strconv"

	tea "github.com/charmbracelet/bubbletea"

	"cnrelay/tui/pane"
)

// clipboardLimit is the most that common terminals take.
const clipboardLimit = 74_000

// copied hands a text to the operator's own terminal (OSC 52), which works through SSH, and says how much it was.
func (a *App) copied(text string) tea.Cmd {
	if text == "" || len(text) > clipboardLimit {
		return pane.Say(a.s.Say("copy.nothing"))
	}
	return tea.Batch(func() tea.Msg {
		a.s.Terminal("\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(text)) + "\a")
		return nil
	}, pane.Say(a.s.Say("copy.done", strconv.Itoa(len([]rune(text))))))
}
