package pane

import (
	"context"
	"errors"
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"cnrelay/core"
	"cnrelay/core/bundle"
	"cnrelay/tui/keys"
	"cnrelay/tui/page"
	"cnrelay/tui/text"
	"cnrelay/tui/theme"
)

// Session is one operator at one terminal. Nothing in it is shared with another session but the service.
type Session struct {
	Context context.Context // ends with the session; runs go on
	Service Service
	Words   text.Words
	Theme   *theme.Theme
	Keys    *keys.Map
	Now     func() time.Time
	// Me is who the operator is.
	Me core.Operator
	// Process owns the state directory, and has since then.
	Process int
	Since   time.Time
	// Banner is the key of a sentence that stands above everything: a simulation says so.
	Banner string
	// Guest tells that the process belongs to somebody else: what runs in it goes on without this session.
	Guest bool
	// Local tells that the terminal is on this machine, so that an editor can be opened.
	Local bool
	// Editor is the command that opens a file, "" if there is none.
	Editor string
	// Rates convert prices into the host's currency.
	Rates []core.Rate
	// ReadKeys reads a keys file on the machine that the operator is at.
	ReadKeys func(path string) ([]byte, error)
	// Export writes a batch's evidence to a new file on that machine.
	Export func(ctx context.Context, id core.BatchID, path string) (bundle.File, error)
	// Terminal writes to the operator's own terminal, past the screen: the clipboard's sequence.
	Terminal func(s string)
	// Themed makes the session's theme of a name, for its terminal.
	Themed func(name theme.Name) *theme.Theme
}

// NextTheme changes the colours.
func (s *Session) NextTheme() {
	i := slices.Index(theme.Names, s.Theme.Name)
	s.Theme = s.Themed(theme.Names[(i+1)%len(theme.Names)])
}

// NextLanguage changes the words.
func (s *Session) NextLanguage() {
	i := slices.Index(text.Langs[:], s.Words.Lang())
	s.Words = text.For(text.Langs[(i+1)%len(text.Langs)])
}

// Say is a sentence of the catalog.
func (s *Session) Say(key string, args ...string) string { return s.Words.Say(key, args...) }

// Called is a name in the session's language.
func (s *Session) Called(t core.Text) string { return s.Words.Called(t) }

// Page collects what both faces say, in the session's words and colours.
func (s *Session) Page(width int, write func(p *page.Page)) []string {
	var lines []string
	write(page.New(s.Words, width, func(line string) { lines = append(lines, line) }, s.Theme.Page))
	return lines
}

// Age is how long ago something was, coarse enough not to change all the time.
func (s *Session) Age(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	switch d := s.Now().Sub(t); {
	case d < time.Minute:
		return s.Say("age.now")
	case d < time.Hour:
		return s.Say("age.minutes", itoa(int(d/time.Minute)))
	case d < 48*time.Hour:
		return s.Say("age.hours", itoa(int(d/time.Hour)))
	default:
		return s.Say("age.days", itoa(int(d/(24*time.Hour))))
	}
}

// Failed is a notice of what went wrong and what to do next.
func (s *Session) Failed(err error) tea.Cmd {
	if err == nil || (errors.Is(err, context.Canceled) && s.Context.Err() != nil) {
		return nil
	}
	return Send(Notice{Bad: true, Text: s.Explain(err)})
}

// Explain is an error on one line: what, where, and what to do next.
func (s *Session) Explain(err error) string { return page.Brief(s.Words, err) }

// Fail is an error over several lines.
func (s *Session) Fail(width int, err error) []string {
	return s.Page(width, func(p *page.Page) { p.Failure(err) })
}
