package visible_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"

	"cnrelay/core/visible"
	"cnrelay/core/visible/visibletest"
)

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"余额不足 ok\nand more":                     "余额不足 ok\nand more",
		"\x1b[31mred":                           "␛[31mred",
		"a\tb\rc\x7f":                           "a b␍c␡",
		"a\u202egnp":                            "a⟪U+202E⟫gnp",
		"a\U000e0041":                           "a⟪U+E0041⟫",
		"a\xffb":                                "a\ufffdb",
		"e" + strings.Repeat("\u0301", 9) + "x": "e" + strings.Repeat("\u0301", 4) + "x",
	} {
		if got := visible.Text(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := visible.Line("a\r\nb"); got != "a␍␊b" {
		t.Errorf("%q", got)
	}
}

// mean are the characters that spoof, and some ordinary ones between them.
var mean = []rune("\x00\x07\x08\x1b\x7f\u009b\u009d\u00ad\u061c\u115f\u180e\u200b\u200d\u200e\u202a\u202e\u2028\u2060\u2066\u2069\u3164\ufe0f\ufeff\ufff9\ue000\u0378\U000e0001\U000e0041\U000f0000\u0301\u0489abc <>\n\t余")

// TestNothingHiddenComesThrough tries a million texts: what comes out shows all that is in it, as text and as JSON.
func TestNothingHiddenComesThrough(t *testing.T) {
	cases := 1_000_000
	if testing.Short() {
		cases = 20_000
	}
	for n := range cases {
		text := make([]rune, 1+rand.IntN(8))
		for i := range text {
			if text[i] = mean[rand.IntN(len(mean))]; rand.IntN(4) == 0 {
				text[i] = rune(rand.IntN(unicode.MaxRune))
			}
		}
		s := string(text)
		got := visible.Text(s)
		safe(t, got)
		if n%20 > 0 {
			continue
		}
		if visible.Text(got) != got {
			t.Fatalf("%q changes again", got)
		}
		raw, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		shown := visible.JSON(raw)
		safe(t, strings.NewReplacer("\u0301", "", "\u0489", "").Replace(string(shown))) // marks may be many in a value
		var back string
		if err := json.Unmarshal(shown, &back); err != nil || back != s {
			t.Fatalf("%q became %q, %v", s, back, err)
		}
	}
	t.Logf("%d texts, 0 violations", cases)
}

func FuzzText(f *testing.F) {
	f.Add(string(mean))
	f.Fuzz(func(t *testing.T, s string) {
		got := visible.Text(s)
		safe(t, got)
		if visible.Text(got) != got {
			t.Fatalf("%q changes again", got)
		}
	})
}

func safe(t *testing.T, s string) {
	t.Helper()
	if why := visibletest.Unsafe(s); why != "" {
		t.Fatalf("%s in %q", why, s)
	}
}
