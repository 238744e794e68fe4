package packs

import (
	"strconv"
	"strings"
)

// maxPath is the most bytes that the path of a value may have. It bounds how deep a file nests, too:
// beyond, the TOML decoder takes quadratic time, and a stack frame a level.
const maxPath = 300

// scan finds the byte offset of every key and array element of a TOML source, by its path
// ("model[1].price[0].input"): the decoder keeps no positions. It trusts the syntax, which the
// decoder checks, and stops where it can't follow it. tooDeep is the offset of the first path that
// is longer than maxPath, -1 if none is.
func scan(src string) (at map[string]int, tooDeep int) {
	s := &scanner{src: src, at: map[string]int{}, elements: map[string]int{}, tooDeep: -1}
	for table := ""; !s.stopped; {
		s.blank()
		switch {
		case s.pos == len(s.src):
			s.stopped = true
		case s.skip("[["):
			table = s.header(true)
		case s.skip("["):
			table = s.header(false)
		default:
			s.pair(table)
		}
	}
	return s.at, s.tooDeep
}

type scanner struct {
	src      string
	pos      int
	at       map[string]int
	elements map[string]int // of each array of tables so far
	tooDeep  int
	stopped  bool
}

func (s *scanner) rest() string { return s.src[s.pos:] }

func (s *scanner) skip(token string) bool {
	found := strings.HasPrefix(s.rest(), token)
	if found {
		s.pos += len(token)
	}
	return found
}

// until moves to the first of the characters, or to the end.
func (s *scanner) until(chars string) {
	if n := strings.IndexAny(s.rest(), chars); n >= 0 {
		s.pos += n
	} else {
		s.pos = len(s.src)
	}
}

func (s *scanner) spaces() {
	s.pos += len(s.rest()) - len(strings.TrimLeft(s.rest(), " \t"))
}

// blank skips white space, newlines and comments.
func (s *scanner) blank() {
	for {
		s.pos += len(s.rest()) - len(strings.TrimLeft(s.rest(), " \t\r\n"))
		if !s.skip("#") {
			return
		}
		s.until("\n")
	}
}

func (s *scanner) mark(path string, offset int) {
	if len(path) > maxPath {
		s.tooDeep, s.stopped = offset, true
	} else if _, seen := s.at[path]; !seen {
		s.at[path] = offset
	}
}

// header reads the rest of [a.b] or [[a.b]] and gives the path of the table that it opens.
func (s *scanner) header(array bool) string {
	start := s.pos
	path := s.key("")
	if array {
		s.elements[path]++
	}
	path = s.last(path)
	s.mark(path, start)
	s.until("\n")
	return path
}

// last is the element that a path means which names an array of tables: the latest.
func (s *scanner) last(path string) string {
	if n := s.elements[path]; n > 0 {
		return element(path, n-1)
	}
	return path
}

// pair reads key = value in a table.
func (s *scanner) pair(table string) {
	path := s.key(table)
	s.stopped = s.stopped || !s.skip("=")
	s.spaces()
	s.value(path)
}

// key reads a bare, quoted or dotted key and the space after it; it gives the path of what it names.
func (s *scanner) key(path string) string {
	for !s.stopped {
		s.spaces()
		start := s.pos
		path = join(s.last(path), s.part())
		if s.pos == start {
			s.stopped = true
			break
		}
		s.mark(path, start)
		s.spaces()
		if !s.skip(".") {
			break
		}
	}
	return path
}

func (s *scanner) part() string {
	start := s.pos
	if s.pos < len(s.src) && (s.src[s.pos] == '"' || s.src[s.pos] == '\'') {
		s.quoted()
		raw := s.src[start:s.pos]
		if name, err := strconv.Unquote(raw); err == nil && raw[0] == '"' {
			return name
		}
		return raw[1:max(1, len(raw)-1)]
	}
	s.pos += len(s.rest()) - len(strings.TrimLeft(s.rest(), bareChars))
	return s.src[start:s.pos]
}

// value reads any value; path is where it belongs.
func (s *scanner) value(path string) {
	rest := s.rest()
	switch {
	case s.stopped:
	case strings.HasPrefix(rest, `"`), strings.HasPrefix(rest, `'`):
		s.quoted()
	case s.skip("["):
		s.items("]", func(i int) {
			item := element(path, i)
			s.mark(item, s.pos)
			s.value(item)
		})
	case s.skip("{"):
		s.items("}", func(int) { s.pair(path) })
	default:
		s.until(",]}#\n")
		s.stopped = len(s.rest()) == len(rest)
	}
}

// items reads up to a closing bracket, with commas, newlines and comments in between.
func (s *scanner) items(closing string, item func(i int)) {
	for i := 0; !s.stopped; i++ {
		s.blank()
		if s.skip(closing) {
			return
		}
		item(i)
		s.blank()
		s.stopped = s.stopped || !s.skip(",") && !strings.HasPrefix(s.rest(), closing)
	}
}

// quoted skips a string of any of the four kinds.
func (s *scanner) quoted() {
	quote := s.src[s.pos : s.pos+1]
	closing := quote
	if strings.HasPrefix(s.rest(), strings.Repeat(quote, 3)) {
		closing = strings.Repeat(quote, 3)
	}
	s.pos += len(closing)
	for s.pos < len(s.src) {
		switch {
		case quote == `"` && s.src[s.pos] == '\\':
			s.pos = min(s.pos+2, len(s.src))
		case s.skip(closing):
			for len(closing) == 3 && s.skip(quote) { // """" ends with a quote of the text's own
			}
			return
		default:
			s.pos++
		}
	}
	s.stopped = true
}

const bareChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

// join adds a key to a path, quoted where TOML would quote it.
func join(path, key string) string {
	if key == "" || strings.Trim(key, bareChars) != "" {
		key = strconv.Quote(key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

func element(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
