package text

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// failures are the sentences of errors. The whole program says them in English, since they are also kept in the ledger,
// logged and sent to other machines; their Chinese is found by the English. An argument may be any text, so the phrase
// with the most words of its own comes first: "{1} is not there" is less than what names the file.
func failures() []phrase {
	all := slices.Concat(failuresCommands(), failuresCore(), failuresHost(), failuresPacks(), failuresState())
	slices.SortStableFunc(all, func(a, b phrase) int { return cmp.Compare(literals(b.en), literals(a.en)) })
	return all
}

// Failure is what an error says, in the words' language. What isn't in the catalog is said as it is: what a host, an
// upstream or the operating system said.
func (w Words) Failure(said string) string {
	if w.lang != ZH || said == "" {
		return said
	}
	lines := strings.Split(said, "\n")
	for i, line := range lines {
		lines[i] = w.sentence(line)
	}
	return strings.Join(lines, "\n")
}

// During is what was being done: "create group deepseek" and the like, or a sentence of the catalog.
func (w Words) During(stage string) string {
	verb, rest, _ := strings.Cut(stage, " ")
	p, known := w.tables.names[sectionVerb][verb]
	if !known || rest == "" || w.lang != ZH {
		return w.Failure(stage)
	}
	kind := rest
	if i := strings.IndexAny(rest, " /"); i >= 0 {
		kind = rest[:i]
	}
	return w.pick(p) + " " + w.named(sectionKind, kind) + rest[len(kind):]
}

// sentence is one line: a sentence of the catalog, or "FILE:12: KEY: " or the like and such a sentence.
func (w Words) sentence(line string) string {
	said, known := w.known(line)
	for i := 0; !known; i++ {
		next := strings.Index(line[i:], ": ")
		if next < 0 {
			return line
		}
		i += next
		before, first := w.known(line[:i])
		after, second := w.known(line[i+2:])
		known = first || second
		said = before + w.Say("colon", after)
	}
	return said
}

// known is a sentence in the words' language; one that isn't known stays.
func (w Words) known(sentence string) (string, bool) {
	for _, p := range w.tables.failures() {
		if args, ok := arguments(p.en, sentence); ok {
			var said []string
			for i, a := range args {
				if a != sentence {
					a, _ = w.known(a)
				}
				said = append(said, "{"+strconv.Itoa(i+1)+"}", a)
			}
			return strings.NewReplacer(said...).Replace(w.pick(p)), true
		}
	}
	return sentence, false
}

// arguments are what stands in a sentence where the pattern has {1}, {2} and so on.
func arguments(pattern, sentence string) (args []string, ok bool) {
	before, rest, hole := strings.Cut(pattern, "{")
	if !hole {
		return nil, pattern == sentence
	}
	if !strings.HasPrefix(sentence, before) {
		return nil, false
	}
	sentence = sentence[len(before):]
	for {
		_, rest, _ = strings.Cut(rest, "}")
		before, after, more := strings.Cut(rest, "{")
		if !more {
			if !strings.HasSuffix(sentence, before) {
				return nil, false
			}
			return append(args, strings.TrimSuffix(sentence, before)), true
		}
		arg, left, found := strings.Cut(sentence, before)
		if !found {
			return nil, false
		}
		args, sentence, rest = append(args, arg), left, after
	}
}

// literals counts what a pattern says itself.
func literals(pattern string) (n int) {
	for {
		before, rest, hole := strings.Cut(pattern, "{")
		n += len(before)
		if !hole {
			return n
		}
		_, pattern, _ = strings.Cut(rest, "}")
	}
}
