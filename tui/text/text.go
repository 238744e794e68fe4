// Package text is the one catalog of words that both faces use, in English and Simplified Chinese.
// The core speaks in codes and values; here stands what they mean to an operator, the two languages
// side by side, so that neither can be forgotten.
package text

import (
	"strconv"
	"strings"
	"sync"

	"cnrelay/core"
)

// Lang is a language of the catalog.
type Lang string

// The languages.
const (
	EN Lang = "en"
	ZH Lang = "zh"
)

// Langs are the languages that --lang takes.
var Langs = [...]Lang{EN, ZH}

// FromEnv is the language that the environment asks for: the first of LC_ALL and LANG that is set.
func FromEnv(getenv func(string) string) Lang {
	for _, name := range []string{"LC_ALL", "LANG"} {
		if v := strings.ToLower(getenv(name)); v != "" {
			if strings.HasPrefix(v, "zh") {
				return ZH
			}
			return EN
		}
	}
	return EN
}

// phrase is one thing said in each language. {1}, {2}, … stand for arguments.
type phrase struct{ en, zh string }

// explained is what something means and what to do about it.
type explained struct{ what, next phrase }

// Words are the catalog in one language. They are immutable and safe for concurrent use.
type Words struct {
	lang   Lang
	tables *tables
}

type tables struct {
	classes map[string]explained
	drifts  map[string]explained
	checks  map[string]checked
	next    map[string]phrase
	notes   map[string]phrase
	reasons map[string]phrase
	names   map[section]map[string]phrase
	says    map[string]phrase
	// failures are made when the first error is to be said in Chinese.
	failures func() []phrase
}

// For is the catalog in a language; any other than Chinese is English.
func For(lang Lang) Words {
	if lang != ZH {
		lang = EN
	}
	return Words{lang, &tables{classes(), drifts(), checks(), nextSteps(), notes(), reasons(), names(), says(), sync.OnceValue(failures)}}
}

// Lang is the language of the words.
func (w Words) Lang() Lang { return w.lang }

// Say is a sentence or label of the faces themselves. A key that isn't in the catalog is said as it is.
func (w Words) Say(key string, args ...string) string {
	p, ok := w.tables.says[key]
	if !ok {
		return key
	}
	return w.fill(p, args)
}

// Called is a name in the words' language.
func (w Words) Called(t core.Text) string {
	if w.lang == ZH && t.ZH != "" {
		return t.ZH
	}
	return t.EN
}

func (w Words) pick(p phrase) string {
	if w.lang == ZH {
		return p.zh
	}
	return p.en
}

// fill puts arguments into a phrase. One that is missing leaves a question mark, never a hole.
func (w Words) fill(p phrase, args []string) string {
	s := w.pick(p)
	if !strings.Contains(s, "{") {
		return s
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		inside, after, closed := strings.Cut(rest, "}")
		n, err := strconv.Atoi(inside)
		switch {
		case !closed || err != nil:
			b.WriteString("{")
			s = rest
			continue
		case n >= 1 && n <= len(args) && args[n-1] != "":
			b.WriteString(args[n-1])
		default:
			b.WriteString("?")
		}
		s = after
	}
}

// coded is the phrase of a code in a table, or the code itself where there is none.
func (w Words) coded(table map[string]phrase, code string, args ...string) string {
	p, ok := table[code]
	if !ok {
		return strings.TrimSpace(code + " " + strings.Join(args, " "))
	}
	return w.fill(p, args)
}
