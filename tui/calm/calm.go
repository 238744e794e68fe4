// Package calm keeps Bubble Tea from asking the terminal a question while the program starts. The v1 line asks
// for the background colour in its package init: a terminal that doesn't answer costs five seconds and gets
// stray bytes, in every command. Go initialises ready packages in the order of their paths, and this one's
// comes before Bubble Tea's; once the answer is set, nobody asks. Keep the path that way.
package calm

import "github.com/charmbracelet/lipgloss"

func init() { lipgloss.SetHasDarkBackground(true) }
