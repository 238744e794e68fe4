package cli

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"
	"github.com/spf13/cobra"

	"cnrelay/cmd/cnrelay/internal/config"
	"cnrelay/core"
	"cnrelay/tui"
	"cnrelay/tui/keys"
	"cnrelay/tui/pane"
	"cnrelay/tui/text"
	"cnrelay/tui/theme"
)

// consoleFlags choose how the console looks; they go before config.toml.
type consoleFlags struct {
	config, theme string
	ascii, mouse  bool
}

func (f *consoleFlags) bind(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.config, "config", "", "configuration `FILE` (default $XDG_CONFIG_HOME/cnrelay/config.toml)")
	flags.StringVar(&f.theme, "theme", "", "dark, light or plain")
	flags.BoolVar(&f.ascii, "ascii", false, "draw with ASCII characters only")
	flags.BoolVar(&f.mouse, "mouse", false, "let the mouse select")
}

// frames is how often the screen is drawn at most: over a slow line more would only queue up.
const frames = 20

// console opens the panes on the state directory.
func (a *app) console(ctx context.Context, f consoleFlags) error {
	a.screen = true
	cfg, look, err := a.look(f)
	if err != nil {
		return err
	}
	return a.open(ctx, func(ctx context.Context, s *session) error { return s.show(ctx, cfg, look, "") })
}

// look is what flags, configuration and environment make of the screen.
type look struct {
	keys  *keys.Map
	words text.Words
	theme theme.Options
	mouse bool
}

func (a *app) look(f consoleFlags) (config.Config, look, error) {
	path, named := f.config, f.config != ""
	if named && a.who.Remote() {
		return config.Config{}, look{}, core.Input("a configuration isn't taken over the network", "--theme, --ascii, --mouse and --lang say how it looks")
	}
	if !named {
		dir := a.Getenv("XDG_CONFIG_HOME")
		if dir == "" {
			dir = filepath.Join(a.Getenv("HOME"), ".config")
		}
		path = filepath.Join(dir, "cnrelay", "config.toml")
	}
	cfg, err := a.config(path, named)
	if err != nil {
		return cfg, look{}, err
	}
	if f.theme != "" {
		cfg.Theme = f.theme
	}
	if !known(cfg.Theme, append(names(theme.Names), "")...) {
		return cfg, look{}, core.Input("unknown theme "+cfg.Theme, "--theme dark, light or plain")
	}
	m, err := keys.New(cfg.Keys)
	if err != nil {
		return cfg, look{}, core.Input(path+": "+err.Error(), "mend [keys], or start without it: --config /dev/null")
	}
	l := look{keys: m, words: a.words, mouse: f.mouse || cfg.Mouse, theme: theme.Options{Name: theme.Name(cfg.Theme), ASCII: f.ascii || cfg.ASCII || a.asciiOnly(), Profile: a.colours()}}
	if a.lang == "" && cfg.Lang != "" {
		l.words = text.For(text.Lang(cfg.Lang))
	}
	return cfg, l, nil
}

// config reads the operator's configuration. A file that isn't there is an empty one, unless it was named.
func (a *app) config(path string, named bool) (config.Config, error) {
	if a.who.Remote() {
		return config.Config{}, nil
	}
	if !named {
		if _, err := a.file(path); errors.Is(err, fs.ErrNotExist) {
			return config.Config{}, nil
		}
	}
	text, err := a.readFile(path)
	if err != nil {
		return config.Config{}, err
	}
	return config.Parse(path, string(text))
}

// asciiOnly tells whether the locale says that the terminal has no Unicode.
func (a *app) asciiOnly() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := a.Getenv(name); v != "" {
			return !strings.Contains(strings.ToLower(strings.ReplaceAll(v, "-", "")), "utf8")
		}
	}
	return false
}

// colours are as many as the environment says that the terminal has. The terminal itself isn't asked.
func (a *app) colours() termenv.Profile {
	return termenv.NewOutput(io.Discard, termenv.WithEnvironment(environ{a.Getenv}), termenv.WithUnsafe()).EnvColorProfile()
}

// environ is the environment as termenv asks for it.
type environ struct{ getenv func(string) string }

func (e environ) Environ() []string         { return nil }
func (e environ) Getenv(name string) string { return e.getenv(name) }

// show runs the console until the operator leaves. In a process of its own, what runs then is interrupted and waited
// for; in the process of another it goes on.
func (s *session) show(ctx context.Context, cfg config.Config, l look, banner string) error {
	out := &screen{file: s.Out}
	sess := &pane.Session{
		Context: ctx, Service: s.Desk, Words: l.words, Keys: l.keys, Now: time.Now, Banner: banner,
		Me: s.who, Local: s.guest == nil && s.Getenv("SSH_CONNECTION") == "", Guest: s.guest != nil,
		Owner: func(w text.Words) string {
			return w.Say("console.owner", strconv.Itoa(os.Getpid()), s.Started.Format("15:04:05Z"))
		},
		Rates:    cfg.Rates(),
		ReadKeys: s.readKeysAt,
		Terminal: func(seq string) { _, _ = io.WriteString(out, seq) },
		Themed: func(name theme.Name) *theme.Theme {
			o := l.theme
			o.Name = name
			return theme.New(out, o)
		},
	}
	for _, name := range []string{"VISUAL", "EDITOR"} {
		if sess.Editor == "" {
			sess.Editor = s.Getenv(name)
		}
	}
	sess.Theme = sess.Themed(l.theme.Name)
	options := []tea.ProgramOption{tea.WithContext(ctx), tea.WithInput(s.In), tea.WithOutput(out.asFile()), tea.WithAltScreen(), tea.WithoutSignalHandler(), tea.WithFPS(frames)}
	if l.mouse {
		options = append(options, tea.WithMouseCellMotion())
	}
	if s.guest != nil {
		if s.guest.refused != nil {
			sess.Banner = sess.Explain(s.guest.refused)
		}
		return s.showGuest(ctx, sess, options)
	}
	_, err := tea.NewProgram(tui.New(sess), options...).Run()
	s.house.stop(s.words.Say("console.closed"))
	return closed(ctx, err)
}

// closed is how a console ended.
func closed(ctx context.Context, err error) error {
	if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil {
		return ended(exitInterrupted)
	}
	return err
}

// screen lets one write at a time through, so that what is meant for the terminal itself never lands in the
// middle of a frame.
type screen struct {
	file io.Writer
	mu   sync.Mutex
}

func (t *screen) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.file.Write(p)
}

// asFile is the terminal as Bubble Tea wants it: it asks a file for its size.
func (t *screen) asFile() io.Writer {
	f, ok := t.file.(*os.File)
	if !ok {
		return t
	}
	return &screenFile{f, t}
}

type screenFile struct {
	*os.File
	t *screen
}

func (f *screenFile) Write(p []byte) (int, error) { return f.t.Write(p) }
