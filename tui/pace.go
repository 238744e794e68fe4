package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// paced is a model that is drawn so often at most. Bubble Tea asks for a view after every message and shows a part of
// them: where many consoles share a process, what nobody would see isn't drawn.
type paced struct {
	tea.Model
	every time.Duration
	drawn time.Time
	frame string
	due   bool // a drawing is on its way
}

// timeToDraw comes when what has changed since the last frame may be drawn.
type timeToDraw struct{}

// Pace makes a model that is drawn fps times a second at most. The first change after a pause is drawn at once.
func Pace(m tea.Model, fps int) tea.Model {
	return &paced{Model: m, every: time.Second / time.Duration(fps)}
}

// Update implements [tea.Model].
func (p *paced) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if _, ok := msg.(timeToDraw); ok {
		p.due = false
		return p, nil
	}
	next, cmd := p.Model.Update(msg)
	p.Model = next
	if wait := p.every - time.Since(p.drawn); wait > 0 && !p.due {
		p.due = true
		return p, tea.Batch(cmd, tea.Tick(wait, func(time.Time) tea.Msg { return timeToDraw{} }))
	}
	return p, cmd
}

// View implements [tea.Model].
func (p *paced) View() string {
	if p.drawn.IsZero() || time.Since(p.drawn) >= p.every {
		p.frame, p.drawn = p.Model.View(), time.Now()
	}
	return p.frame
}
