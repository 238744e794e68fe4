package tui_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"cnrelay/tui"
	"cnrelay/tui/tuitest"
)

// counting counts what it is told and how often it is drawn.
type counting struct{ told, drawn int }

func (c *counting) Init() tea.Cmd { return nil }
func (c *counting) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if _, key := msg.(tea.KeyMsg); key {
		c.told++
	}
	return c, nil
}
func (c *counting) View() string {
	c.drawn++
	return fmt.Sprint("told ", c.told)
}

// TestPace: a flood is drawn a few times a second, its end is, and the first key after a pause is drawn at once.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counting{}
		s := tuitest.Start(t, tui.Pace(c, 20), 80, 24)
		time.Sleep(time.Second) // of the bubble's own time, like all below
		s.Settle()
		s.Press("a").Shows("told 1")
		before := c.drawn
		for range 250 {
			s.Press("b").Text()
			time.Sleep(time.Millisecond)
		}
		if n := c.drawn - before; n < 4 || n > 6 {
			t.Errorf("drawn %d times in 250 ms", n)
		}
		time.Sleep(time.Second)
		s.Settle().Shows("told 251")
	})
}
