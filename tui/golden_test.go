package tui_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/muesli/termenv"
	"github.com/sebdah/goldie/v2"

	"cnrelay/tui/pane"
	"cnrelay/tui/text"
	"cnrelay/tui/theme"
	"cnrelay/tui/tuitest"
)

// view is a way to something on screen.
type view struct {
	name string
	show func(s *tuitest.Screen)
}

// main views are looked at in every size, colour and language; the others once.
var mainViews = []view{
	{"hosts", func(s *tuitest.Screen) {}},
	{"packs", func(s *tuitest.Screen) { s.Press("2") }},
	{"batches", func(s *tuitest.Screen) { s.Press("3", "down") }},
	{"drift", func(s *tuitest.Screen) { s.Press("4") }},
	{"rollback", func(s *tuitest.Screen) { s.Press("3", "down", "u") }},
}

var otherViews = []view{
	{"hosts.detail", func(s *tuitest.Screen) { s.Press("enter") }},
	{"hosts.lost", func(s *tuitest.Screen) { s.Press("G", "enter") }},
	{"hosts.filter", func(s *tuitest.Screen) { s.Press("/").Type("prod") }},
	{"hosts.accounts", func(s *tuitest.Screen) { s.Press("w", "pgdown") }},
	{"hosts.add", func(s *tuitest.Screen) { s.Press("a").Type("new") }},
	{"hosts.refused", func(s *tuitest.Screen) {
		s.Press("a").Type("new").Press("tab").Type("ftp://x").Press(after(7, "tab")...).Press("enter")
	}},
	{"hosts.compliance", func(s *tuitest.Screen) { s.Press("down", "A") }},
	{"hosts.why_not", func(s *tuitest.Screen) { s.Press("x") }},
	{"packs.faulty", func(s *tuitest.Screen) { s.Press("2", "G", "enter") }},
	{"batches.running", func(s *tuitest.Screen) { s.Press("3", "enter") }},
	{"batches.detail", func(s *tuitest.Screen) { s.Press("3", "down", "enter") }},
	{"drift.detail", func(s *tuitest.Screen) { s.Press("4", "enter") }},
	{"drift.never", func(s *tuitest.Screen) { s.Press("4", "down", "enter") }},
	{"help", func(s *tuitest.Screen) { s.Press("?") }},
	{"palette", func(s *tuitest.Screen) { s.Press(":").Type("imp") }},
	{"messages", func(s *tuitest.Screen) { s.Press("x", "!") }},
	{"wizard.provider", func(s *tuitest.Screen) { s.Press("i") }},
	{"wizard.route", func(s *tuitest.Screen) { s.Press("i", "enter") }},
	{"wizard.keys", func(s *tuitest.Screen) { s.Press("i", "enter", "enter").Paste(pasted) }},
	{"wizard.access", func(s *tuitest.Screen) { s.Press("i", "enter", "enter").Paste(pasted).Press("enter") }},
	{"wizard.review", func(s *tuitest.Screen) { s.Press("i", "enter", "enter").Paste(pasted).Press("enter", "enter") }},
	{"wizard.blocked", func(s *tuitest.Screen) {
		s.Press("i", "enter", "enter").Paste("other = sk-x-1").Press("enter", "enter")
	}},
	{"wizard.ended", func(s *tuitest.Screen) {
		s.Press("i", "enter", "enter").Paste(pasted).Press("enter", "enter")
		patient(s).Press("enter")
	}},
	{"wizard.leave", func(s *tuitest.Screen) {
		s.Press("i", "enter", "enter").Paste(pasted).Press("esc", "esc", "esc", "esc")
	}},
	{"notice", func(s *tuitest.Screen) { s.Send(pane.Notice{Bad: true, Text: "the host is gone"}) }},
}

const pasted = "main = sk-one-1\nsk-two-2\nsk-two-2\n\n"

func after(n int, key string) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = key
	}
	return keys
}

// TestViews compares every view with its golden file: make golden writes them anew.
func TestViews(t *testing.T) {
	g := goldie.New(t, goldie.WithFixtureDir("testdata"), goldie.WithSubTestNameForDir(false))
	looks := map[string]options{"colour": {theme: theme.Dark, profile: termenv.ANSI256}, "plain": {}}
	for _, v := range mainViews {
		for _, size := range [][2]int{{80, 24}, {120, 40}, {160, 48}} {
			for look, o := range looks {
				for _, lang := range text.Langs {
					o.lang, o.width, o.height = lang, size[0], size[1]
					shot(t, g, fmt.Sprintf("%s.%dx%d.%s.%s", v.name, size[0], size[1], look, lang), v, o, look == "colour")
				}
			}
		}
	}
	for _, v := range otherViews {
		shot(t, g, v.name, v, options{lang: text.EN}, false)
	}
}

func shot(t *testing.T, g *goldie.Goldie, name string, v view, o options, raw bool) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := start(t, newStub(), o)
			v.show(s)
			got := s.Text()
			if raw {
				got = s.Raw()
			}
			g.Assert(t, name, []byte(got+"\n"))
		})
	})
}
