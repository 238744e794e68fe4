package picture

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"

	"cnrelay/cmd/cnrelay/internal/demo"
	"cnrelay/cmd/cnrelay/internal/wire"
	"cnrelay/core"
	"cnrelay/hostclient/fakehost"
	"cnrelay/packs"
	"cnrelay/tui"
	"cnrelay/tui/keys"
	"cnrelay/tui/pane"
	"cnrelay/tui/text"
	"cnrelay/tui/theme"
)

// album is where the documentation has its pictures.
const album = "../../../../docs/pictures"

// TestPictures draws the documentation's pictures from the real console on the simulation, in virtual time and with
// known randomness, so that they are the same each time; and fails if those of the documentation are others.
// With PICTURES=write it writes them (make pictures).
func TestPictures(t *testing.T) {
	if testing.Short() {
		t.Skip("the same without the race detector will do")
	}
	t.Setenv("TMPDIR", t.TempDir())
	cryptotest.SetGlobalRandom(t, 20261124)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)))
		c := openConsole(t)
		c.size(120, 34)
		c.picture("hosts", "The hosts: which answer, which providers their users can reach, and the worst that is known")
		c.press("ctrl+l")
		c.picture("hosts-zh", "主机页：哪些主机正常，用户能用哪些供应商，以及当前最严重的问题")
		c.press("ctrl+l", "3", "G")
		c.size(140, 34)
		c.picture("running", "A batch while it runs: its accounts, its steps, and the log as it happens")
		c.press("g", "down")
		c.picture("failure", "A batch of which one key failed: whose fault it is, in whose words, and what to do next")
		c.size(100, 30)
		c.press("1", "i", "down", "enter", "enter")
		c.paste("main = sk-ok-main\nspare = sk-402-spare\n")
		c.press("enter", "enter")
		c.picture("review", "The guided import: the plan to review before anything is written")
		c.press("enter")
		c.picture("proof", "What came of an import: the accounts, and the proof that users are answered")
		c.press("enter", "esc")
		must(t, c.drift())
		c.size(120, 34)
		c.press("4", "/", "k", "i", "m", "i", "enter")
		c.picture("drift", "Drift: what was recorded and what is there now, field by field, whose it is and what to do")
		c.close()
	})
}

// console is a console with somebody at it.
type console struct {
	t       *testing.T
	app     *tui.App
	program *tea.Program
	width   int
	ended   chan error
	drift   func() error
	end     func()
}

// openConsole opens the console on a seeded simulation.
func openConsole(t *testing.T) *console {
	network := fakehost.NewNet()
	stage, err := demo.Set(packs.Source{}, network)
	must(t, err)
	stage.Concurrency, stage.DriftLater = 1, true
	service, err := wire.Open(t.Context(), wire.Options{Dir: stage.StateDir, Version: "dev", Started: time.Now().UTC(), Packs: stage.Packs, Dial: network.Dial})
	must(t, err)
	seeded, err := stage.Seed(t.Context(), service.Engine)
	must(t, err)
	must(t, <-seeded)
	bindings, err := keys.New(nil)
	must(t, err)
	themed := func(name theme.Name) *theme.Theme {
		return theme.New(io.Discard, theme.Options{Name: name, Profile: termenv.TrueColor})
	}
	ctx, stop := context.WithCancel(t.Context())
	session := &pane.Session{Context: ctx, Service: service.Join(core.Operator{Role: core.RoleAdmin, From: core.Local}, "console", nil), Words: text.For(text.EN), Keys: bindings, Theme: themed(theme.Dark), Themed: themed,
		Now: time.Now, Banner: "demo.console", Process: 4321, Since: time.Now(), Rates: stage.Rates}
	c := &console{t: t, app: tui.New(session), ended: make(chan error, 1)}
	c.program = tea.NewProgram(c.app, tea.WithInput(nil), tea.WithOutput(io.Discard), tea.WithoutRenderer(), tea.WithoutSignalHandler())
	go func() {
		_, err := c.program.Run()
		c.ended <- err
	}()
	c.drift = func() error { return stage.Drift(t.Context(), service.Engine) }
	c.end = func() {
		stop()
		for _, id := range service.Running() {
			must(t, service.Cancel(id, "the pictures are made"))
		}
		must(t, service.Close())
		must(t, stage.Close())
	}
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// settled waits until nothing on screen changes by itself for a while.
func (c *console) settled() {
	time.Sleep(2 * time.Second)
	synctest.Wait()
}

func (c *console) send(msg tea.Msg) {
	c.program.Send(msg)
	c.settled()
}

func (c *console) size(width, height int) {
	c.width = width
	c.send(tea.WindowSizeMsg{Width: width, Height: height})
}

func (c *console) press(names ...string) {
	special := map[string]tea.KeyType{"down": tea.KeyDown, "up": tea.KeyUp, "enter": tea.KeyEnter, "esc": tea.KeyEsc, "ctrl+l": tea.KeyCtrlL}
	for _, name := range names {
		k := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(name)}
		if kind, ok := special[name]; ok {
			k = tea.KeyMsg{Type: kind}
		}
		c.send(k)
	}
}

func (c *console) paste(s string) {
	c.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(s), Paste: true})
}

// picture draws what is on screen, and compares it with the documentation's.
func (c *console) picture(name, title string) {
	c.t.Helper()
	drawn, err := SVG(title, strings.Split(c.app.View(), "\n"), c.width)
	if err != nil {
		c.t.Errorf("%s: %v", name, err)
		return
	}
	path := filepath.Join(album, name+".svg")
	if os.Getenv("PICTURES") == "write" {
		must(c.t, os.WriteFile(path, drawn, 0o644))
		must(c.t, os.Chmod(path, 0o644)) // an open state directory narrows the umask
		return
	}
	if there, err := os.ReadFile(path); err != nil || string(there) != string(drawn) {
		c.t.Errorf("%s is not what the console shows now: make pictures", path)
	}
}

func (c *console) close() {
	c.program.Quit()
	must(c.t, <-c.ended)
	c.end()
	time.Sleep(time.Minute) // what was to come later comes to nobody
}
