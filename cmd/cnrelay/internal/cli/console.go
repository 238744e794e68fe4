package cli

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"
	"github.com/spf13/cobra"

	"cnrelay/cmd/cnrelay/internal/config"
	"cnrelay/core"
	"cnrelay/core/bundle"
	"cnrelay/core/engine"
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
	accessible    bool
}

func (f *consoleFlags) bind(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.config, "config", "", "configuration `FILE` (default $XDG_CONFIG_HOME/cnrelay/config.toml)")
	flags.StringVar(&f.theme, "theme", "", "dark, light or plain")
	flags.BoolVar(&f.ascii, "ascii", false, "draw with ASCII characters only")
	flags.BoolVar(&f.mouse, "mouse", false, "let the mouse select")
	flags.BoolVar(&f.accessible, "accessible", false, "ask and answer in plain lines, for a screen reader ($ACCESSIBLE)")
}

// How often a second the screen is drawn at most: over a line that may be slow more would only queue up.
const (
	framesHere = 60
	framesFar  = 20
)

// console opens the panes on the state directory.
func (a *app) console(ctx context.Context, f consoleFlags) error {
	a.screen = true
	look, err := a.look(f)
	if err != nil {
		return err
	}
	return a.open(ctx, func(ctx context.Context, s *session) error {
		if err := s.unlock(); err != nil { // a passphrase is asked for before there are panes
			return err
		}
		if s.damaged {
			look.banner, look.monitor = "ledger.banner", nil // whose findings couldn't be kept
		}
		return s.face(ctx, look)
	})
}

// look is what flags, configuration and environment make of the screen.
type look struct {
	keys  *keys.Map
	words text.Words
	theme theme.Options
	mouse bool
	lines bool // no screen: plain lines
	rates []core.Rate
	// monitor is what runs beside the panes; nil: nothing does.
	monitor *engine.MonitorSpec
	// banner is the key of a sentence that stands above everything, "" for none.
	banner string
}

// config reads the configuration that is named, or the one in its usual place. One that isn't there is an empty one,
// unless it was named. From the network none is read.
func (a *app) config(named string) (cfg config.Config, path string, err error) {
	if a.who.Remote() {
		if named != "" {
			err = core.Input("a configuration isn't taken over the network", "--theme, --ascii, --mouse and --lang say how it looks")
		}
		return cfg, "", err
	}
	path = named
	if dir := a.configDir(); named == "" && dir != "" {
		path = filepath.Join(dir, "config.toml")
	}
	if named == "" {
		if _, err := a.file(path); path == "" || errors.Is(err, fs.ErrNotExist) {
			return cfg, path, nil
		}
	}
	text, err := a.readFile(path)
	if err == nil {
		cfg, err = config.Parse(path, string(text))
	}
	return cfg, path, err
}

func (a *app) look(f consoleFlags) (look, error) {
	cfg, path, err := a.config(f.config)
	if err != nil {
		return look{}, err
	}
	if f.theme != "" {
		cfg.Theme = f.theme
	}
	if !known(cfg.Theme, append(names(theme.Names), "")...) {
		return look{}, core.Input("unknown theme "+cfg.Theme, "--theme dark, light or plain")
	}
	m, err := keys.New(cfg.Keys)
	if err != nil {
		return look{}, core.Input(path+": "+err.Error(), "mend [keys], or start without it: --config /dev/null")
	}
	l := look{keys: m, words: a.words, mouse: f.mouse || cfg.Mouse, lines: f.accessible || a.plainOnly(), rates: cfg.Rates(), theme: theme.Options{Name: theme.Name(cfg.Theme), ASCII: f.ascii || cfg.ASCII || a.asciiOnly(), Profile: a.colours()}}
	if a.lang == "" && cfg.Lang != "" {
		l.words = text.For(text.Lang(cfg.Lang))
	}
	if spec := cfg.Monitor.Spec(); !cfg.Monitor.Off {
		l.monitor = &spec
	}
	return l, nil
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

// plainOnly tells whether the environment asks for lines, or the terminal can do nothing else.
func (a *app) plainOnly() bool {
	return !known(a.Getenv("ACCESSIBLE"), "", "0", "false") || a.Getenv("TERM") == "dumb"
}

// colours are as many as the environment says that the terminal has. The terminal itself isn't asked.
func (a *app) colours() termenv.Profile {
	return termenv.NewOutput(io.Discard, termenv.WithEnvironment(environ{a.Getenv}), termenv.WithUnsafe()).EnvColorProfile()
}

// environ is the environment as termenv asks for it.
type environ struct{ getenv func(string) string }

func (e environ) Environ() []string         { return nil }
func (e environ) Getenv(name string) string { return e.getenv(name) }

// face is the console as the operator wants it, until they leave. In a process of its own, what runs then is
// interrupted and waited for; in the process of another it goes on.
func (s *session) face(ctx context.Context, l look) error {
	show := s.show
	if l.lines {
		show = s.accessible
	}
	s.spare(consoleMost)
	err := show(ctx, l)
	if s.guest == nil {
		s.house.stop(s.words.Say("console.closed"))
	}
	return err
}

// show draws the panes.
func (s *session) show(ctx context.Context, l look) error {
	out := &screen{file: s.Out}
	sess := &pane.Session{
		Context: ctx, Service: s.Desk, Words: l.words, Keys: l.keys, Now: time.Now, Banner: l.banner,
		Me: s.who, Local: s.guest == nil && !s.who.Remote() && s.Getenv("SSH_CONNECTION") == "", Guest: s.guest != nil,
		Process: os.Getpid(), Since: s.Started, Rates: l.rates,
		ReadKeys: func(path string) ([]byte, error) {
			if path == "-" { // standard input is what the operator types
				path = "./-"
			}
			return s.readKeysAt(path)
		},
		Export: func(ctx context.Context, id core.BatchID, path string) (bundle.File, error) {
			path = s.near(path)
			abs, err := filepath.Abs(path) // who reads it doesn't know where this process stands
			if err != nil {
				return bundle.File{}, unwritable(path, err)
			}
			return s.export(ctx, id, abs, false)
		},
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
	frames := framesHere
	if !sess.Local {
		frames = framesFar
	}
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
	unwatch := s.beside(ctx, l.monitor)
	guarded := tui.Guard(ctx, tui.New(sess))
	_, err := tea.NewProgram(guarded, options...).Run()
	unwatch()
	return cmp.Or(guarded.Panicked(), closed(ctx, err))
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
