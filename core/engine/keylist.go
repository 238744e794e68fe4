package engine

import (
	"fmt"
	"regexp"
	"strings"
)

// KeyList is what a text of upstream keys holds: one a line, as "key" or "name = key"; # starts a comment line.
type KeyList struct {
	Keys   []Key
	Blank  int // lines that are empty or a comment
	Faults []KeyFault
}

// KeyFault is a line that gives no key. What is wrong is said without the line's own words: it may hold a key.
type KeyFault struct {
	Line  int
	Why   string
	Twice bool // the key stands on an earlier line: leaving this one out loses nothing
}

// ParseKeys reads keys from a text.
func ParseKeys(text string) KeyList {
	var list KeyList
	byKey, byName := map[string]int{}, map[string]int{}
	for i, line := range strings.Split(strings.TrimSuffix(strings.TrimPrefix(text, "\ufeff"), "\n"), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			list.Blank++
			continue
		}
		n := i + 1
		key := keyOf(line)
		fault := ""
		switch {
		case key.Value == "":
			fault = "there is no key after the name"
		case !KeyLike(key.Value):
			fault = "that is not a key: it holds spaces or characters that no key has, or is too short or too long"
		case key.Name != "" && !nameShape.MatchString(key.Name):
			fault = "bad name: letters, digits, dots, dashes and underscores only, 40 at most"
		case byKey[key.Value] != 0:
			list.Faults = append(list.Faults, KeyFault{n, fmt.Sprintf("the same key stands on line %d", byKey[key.Value]), true})
			continue
		case key.Name != "" && byName[key.Name] != 0:
			fault = fmt.Sprintf("the same name stands on line %d", byName[key.Name])
		}
		if fault != "" {
			list.Faults = append(list.Faults, KeyFault{Line: n, Why: fault})
			continue
		}
		byKey[key.Value], byName[key.Name] = n, n
		list.Keys = append(list.Keys, key)
	}
	return list
}

var nameShape = regexp.MustCompile(`^[A-Za-z0-9._-]{1,40}$`)

// KeyLike tells what can go into a header as a key.
func KeyLike(s string) bool {
	return len(s) >= 4 && len(s) <= 4096 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// keyOf splits a line. A key may end in the padding of base64, which is no name's equals sign.
func keyOf(line string) Key {
	name, value, named := strings.Cut(line, "=")
	if !named || strings.HasPrefix(value, "=") {
		return Key{Value: line}
	}
	return Key{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)}
}
