package packs

import (
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/currency"
)

// isPlain holds for every string: it is there, and what a terminal shows is what it is.
func isPlain(s string) string {
	if strings.TrimSpace(s) == "" {
		return "is empty"
	}
	for _, r := range s {
		if unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) {
			return fmt.Sprintf("holds %U, a control or invisible character", r)
		}
	}
	return ""
}

var id = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// isID is for names that cnrelay itself uses: of packs and endpoints.
func isID(s string) string {
	if len(s) > 32 || !id.MatchString(s) {
		return fmt.Sprintf("%q is not an id: up to 32 of a-z, 0-9 and single hyphens inside", s)
	}
	return ""
}

// isModelID is for the names that providers and clients use.
func isModelID(s string) string {
	switch {
	case strings.ContainsFunc(s, unicode.IsSpace):
		return fmt.Sprintf("%q holds a space", s)
	case strings.Contains(s, "*"):
		return fmt.Sprintf("%q holds a *, which a host takes for a pattern", s)
	case len(s) > 200:
		return "is longer than 200 bytes"
	}
	return ""
}

// isURL never repeats what may hold a secret.
func isURL(s string) string {
	u, err := url.Parse(s)
	switch {
	case strings.Contains(s, "@"):
		return "holds a user name or password"
	case strings.ContainsAny(s, "?#"):
		return "has a query or fragment"
	case err != nil, u.Hostname() == "":
		return fmt.Sprintf("%q is not a full URL", s)
	case u.Scheme != "https" && u.Scheme != "http":
		return fmt.Sprintf("%q is not https (or http)", s)
	case u.Path != "" && (u.Path == "/" || path.Clean(u.Path) != u.Path):
		return fmt.Sprintf("%q ends in a slash, or has an empty or dotted part in its path", s)
	}
	return ""
}

const chatPath = "/chat/completions"

// isBase is for addresses that a host appends a path to.
func isBase(s string) string {
	if what := isURL(s); what != "" {
		return what
	}
	for _, method := range []string{chatPath, "/responses", "/messages"} {
		if strings.HasSuffix(s, method) {
			return fmt.Sprintf("%q is more than a base: the host appends %s itself", s, method)
		}
	}
	return ""
}

func isChat(s string) string {
	if what := isURL(s); what != "" {
		return what
	}
	if !strings.HasSuffix(s, chatPath) {
		return fmt.Sprintf("%q doesn't end in %s", s, chatPath)
	}
	return ""
}

// isDate takes a month where the day isn't known.
func isDate(s string) string {
	for _, layout := range []string{time.DateOnly, "2006-01"} {
		if _, err := time.Parse(layout, s); err == nil {
			return ""
		}
	}
	return fmt.Sprintf("%q is not a date such as 2026-11-15 or 2026-11", s)
}

func isCurrency(s string) string {
	if unit, err := currency.ParseISO(s); err != nil || unit.String() != s {
		return fmt.Sprintf("%q is not an ISO 4217 code such as CNY or USD", s)
	}
	return ""
}

func oneOf[T ~string](words ...T) check {
	return func(s string) string {
		if slices.Contains(words, T(s)) {
			return ""
		}
		return fmt.Sprintf("%q is not one of: %s", s, list(words))
	}
}

func list[T ~string](words []T) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}

var prefix = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{1,31}$`)

// isPrefix is for the start of account names. An empty one would be that of every account.
func isPrefix(s string) string {
	if !prefix.MatchString(s) {
		return fmt.Sprintf("%q is not a prefix: 2 to 32 of letters, digits, dot, hyphen and underscore", s)
	}
	return ""
}
