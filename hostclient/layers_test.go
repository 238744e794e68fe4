package hostclient

import (
	"encoding/json"
	"html"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// escapes are what puts a text into another.
var escapes = map[string]func(string) string{
	"JSON": func(s string) string {
		raw, _ := json.Marshal(s)
		return string(raw[1 : len(raw)-1])
	},
	"JSON of others": func(s string) string { return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "/", `\/`).Replace(s) },
	"HTML":           html.EscapeString,
	"HTML of others": func(s string) string {
		return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#x27;").Replace(s)
	},
	"URL":  url.QueryEscape,
	"path": url.PathEscape,
}

// A page shows what JSON has quoted, and JSON quotes pages: a secret is hidden whole on every layer, and what stands
// around it stays as it is. That a password with a quote lost its beginning only was a leak.
func TestEscapesOnEscapesHideNothing(t *testing.T) {
	const secret = `p"a<ss%41\&/word'0`
	leaks := func(s string) bool { return strings.Contains(s, "word") || strings.Contains(s, "ss%") }
	m := newMask()
	m.add(secret, "another-secret-of-ours")
	for first, a := range escapes {
		for second, b := range escapes {
			for third, c := range escapes {
				for _, said := range []string{secret, "x" + secret + "\"y", secret + secret} {
					text := "it said " + c(b(a(`{"said": "`+said+`"}`))) + " and no more"
					got := m.text(text, 0)
					if !strings.HasPrefix(got, "it said ") || !strings.HasSuffix(got, " and no more") || !strings.Contains(got, hidden) || leaks(got) {
						t.Errorf("%s, %s, %s: %q of %q", first, second, third, got, text)
					}
				}
			}
		}
	}
	page := escapes["HTML"](escapes["JSON"](`{"password":"` + secret + `"}`))
	if got := m.text(page, 0); got != `{\&#34;password\&#34;:\&#34;[secret]\&#34;}` {
		t.Errorf("%q", got)
	}
}

// A password that looks like markup was cut out of the middle of itself before anything looked for it.
func TestSecretsThatLookLikeMarkup(t *testing.T) {
	const secret = `pass"123\<word>&'/more`
	l := newLine(secret)
	for _, page := range []string{"<p>no " + secret + " here</p>", "no " + secret + " here", "<p>no " + escapes["HTML"](secret) + " here"} {
		if got := l.firstWords([]byte(page), longText); got != "no "+hidden+" here" {
			t.Errorf("%q of %q", got, page)
		}
	}
}

// Whatever is said in whatever escapes, what is hidden is what the text says without them.
func TestLayersTellWhereTheirPartsStood(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "é", `\"`, `\u00e9`, `\ud83d\ude00`, "&lt;", "&amp;lt;", "&quot", "&#x27;", "%41", "%", `\`, "&", "秘"}), 0, 12).Draw(t, "parts")
		s := strings.Join(parts, "")
		unescaped(s, func(bare string, in func(span) span) {
			at := 0
			for i := range len(bare) {
				p := in(span{i, i + 1})
				if p.from < at && bare[i] == s[p.from] || p.from >= p.to || p.to > len(s) {
					t.Fatalf("%q: byte %d of %q stood at %v", s, i, bare, p)
				}
				if p.to == p.from+1 && s[p.from] != bare[i] {
					t.Fatalf("%q: %q stood at %v", s, bare[i], p)
				}
				at = p.from
			}
			if whole := in(span{0, len(bare)}); len(bare) > 0 && (whole.from != 0 || whole.to != len(s)) {
				t.Fatalf("%q: all of %q stood at %v", s, bare, whole)
			}
		})
	})
}

// A secret is found wherever the pieces of a long text end.
func TestLongTextsArePeeledInPieces(t *testing.T) {
	const secret = `pass"word<of>ours&more`
	m := newMask()
	m.add(secret)
	said := escapes["HTML"](escapes["JSON"](secret))
	for shift := range len(said) + 2 {
		text := `\"` + strings.Repeat("x", peeledAtOnce-len(said)-1+shift) + said + " end"
		if got := m.text(text, 0); !strings.HasSuffix(got, "xx"+hidden+" end") {
			t.Fatalf("shift %d: %q", shift, got[len(got)-60:])
		}
	}
}
