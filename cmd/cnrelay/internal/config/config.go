// Package config reads the operator's config.toml: how the console looks, which keys do what, and exchange rates.
// It holds no secret and changes nothing on a host. Everything in it is optional; whatever is wrong with it is an
// error before anything else happens.
package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"cnrelay/core"
	"cnrelay/core/drift"
	"cnrelay/core/engine"
)

// Config is what the file says.
type Config struct {
	Lang  string              `toml:"lang"`  // en or zh
	Theme string              `toml:"theme"` // dark, light or plain
	ASCII bool                `toml:"ascii"` // draw with ASCII characters only
	Mouse bool                `toml:"mouse"` // the mouse selects; the terminal's own selection then needs shift
	Keys  map[string][]string `toml:"keys"`  // action → keys
	FX    []Rate              `toml:"fx"`

	Monitor Monitor `toml:"monitor"`
}

// Monitor says how often hosts are looked at, and what it takes to believe an outcome. What isn't given is the
// engine's default.
type Monitor struct {
	Off         bool           `toml:"off"`         // the console doesn't run one; watch does
	Every       time.Duration  `toml:"every"`       // "60s": the free look at each host
	Completions *time.Duration `toml:"completions"` // "30m": the paid question; "0s": never
	PerDay      int            `toml:"per_day"`     // completions a day, provider and host
	Failures    int            `toml:"failures"`    // in a row, until an alert fires
	For         time.Duration  `toml:"for"`         // or failing for so long
	Successes   int            `toml:"successes"`   // in a row, until it is resolved
	Deep        time.Duration  `toml:"deep"`        // "6h": the deeper smoke; never, if it isn't given
	Recover     bool           `toml:"recover"`     // accounts whose upstream answers again are put back into traffic
}

// Rate is an exchange rate of the operator's.
type Rate struct {
	Currency string  `toml:"currency"` // ISO 4217
	USD      float64 `toml:"usd"`      // for one unit
	Date     string  `toml:"date"`     // 2026-11-24
	Source   string  `toml:"source"`
}

// Parse reads the text of a file.
func Parse(path, text string) (Config, error) {
	var c Config
	meta, err := toml.Decode(text, &c)
	var at toml.ParseError
	switch {
	case errors.As(err, &at):
		return c, fault(path, at.Position.Line, at.Message)
	case err != nil:
		return c, fault(path, 0, err.Error())
	}
	for _, key := range meta.Undecoded() {
		return c, fault(path, lineOf(text, key[len(key)-1]), "unknown key "+key.String())
	}
	return c, c.valid(path, text)
}

func (c Config) valid(path, text string) error {
	if !slices.Contains([]string{"", "en", "zh"}, c.Lang) {
		return fault(path, lineOf(text, "lang"), "lang must be en or zh")
	}
	if !slices.Contains([]string{"", "dark", "light", "plain"}, c.Theme) {
		return fault(path, lineOf(text, "theme"), "theme must be dark, light or plain")
	}
	switch m := c.Monitor; {
	case m.Every != 0 && m.Every < 5*time.Second:
		return fault(path, lineOf(text, "every"), "monitor: every must be 5s or more")
	case m.Completions != nil && *m.Completions != 0 && *m.Completions < time.Minute:
		return fault(path, lineOf(text, "completions"), "monitor: completions must be 1m or more, or 0s for none")
	case m.PerDay < 0 || m.Failures < 0 || m.Successes < 0 || m.For < 0 || m.Deep < 0:
		return fault(path, lineOf(text, "monitor"), "monitor: nothing in it may be below 0")
	}
	for i, r := range c.FX {
		_, dated := time.Parse(time.DateOnly, r.Date)
		switch {
		case len(r.Currency) != 3 || r.Currency != strings.ToUpper(r.Currency):
			return fault(path, lineOf(text, "currency"), fmt.Sprintf("fx %d: currency must be a code like CNY", i+1))
		case !(r.USD > 0 && r.USD < 1e6):
			return fault(path, lineOf(text, "usd"), fmt.Sprintf("fx %d: usd must be above 0", i+1))
		case dated != nil:
			return fault(path, lineOf(text, "date"), fmt.Sprintf("fx %d: date must be like 2026-11-24", i+1))
		case r.Source == "":
			return fault(path, lineOf(text, "fx"), fmt.Sprintf("fx %d: source is missing", i+1))
		}
	}
	return nil
}

// Rates are the exchange rates as the engine takes them.
func (c Config) Rates() []core.Rate {
	var out []core.Rate
	for _, r := range c.FX {
		out = append(out, core.Rate(r))
	}
	return out
}

// Spec is the monitor as the engine takes it.
func (m Monitor) Spec() engine.MonitorSpec {
	p := drift.DefaultPatience
	p.Failures, p.Successes, p.For = cmp.Or(m.Failures, p.Failures), cmp.Or(m.Successes, p.Successes), cmp.Or(m.For, p.For)
	s := engine.MonitorSpec{Every: m.Every, PerDay: m.PerDay, Patience: p, Recover: m.Recover, Deep: m.Deep}
	if m.Completions != nil {
		if s.Completions = *m.Completions; s.Completions == 0 {
			s.Completions = -1
		}
	}
	return s
}

// lineOf finds the line on which a key stands.
func lineOf(text, key string) int {
	for i, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(strings.TrimLeft(line, " \t[\""), key) {
			return i + 1
		}
	}
	return 0
}

func fault(path string, line int, what string) error {
	at := path
	if line > 0 {
		at = fmt.Sprintf("%s:%d", path, line)
	}
	return core.Input(at+": "+what, "mend the file, or start without it: --config /dev/null")
}
