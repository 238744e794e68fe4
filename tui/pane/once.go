package pane

import tea "github.com/charmbracelet/bubbletea"

// Once reads a thing one reading at a time. What changes meanwhile is read when the reading has come back: readings
// don't pile up, and an older one never comes after a newer one.
type Once struct{ under, again bool }

// Read is the command that reads, nil if one is under way.
func (o *Once) Read(read func() tea.Msg) tea.Cmd {
	if o.under {
		o.again = true
		return nil
	}
	o.under = true
	return read
}

// Came ends a reading; load is asked again if something changed meanwhile.
func (o *Once) Came(load func() tea.Cmd) tea.Cmd {
	again := o.again
	o.under, o.again = false, false
	if !again {
		return nil
	}
	return load()
}
