package packs

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"cnrelay/core"
	"cnrelay/core/bounded"
)

// Every key and element is found where it is written: want has the text that stands there.
func TestScan(t *testing.T) {
	tests := []struct {
		name, src string
		want      map[string]string
	}{
		{"tables", "a = 1\n[t] # [no]\nb = 2\n[t.u]\nc = 3", map[string]string{
			"a": "a = 1", "t": "t] #", "t.b": "b = 2", "t.u": "u]", "t.u.c": "c = 3"}},
		{"arrays of tables", "[[m]]\na = 1\n[[m.p]]\nb = 2\n[[m.p]]\nb = 3\n[[m]]\n[m.q]\nc = 4", map[string]string{
			"m": "m]]\na", "m[0]": "m]]\na", "m[0].a": "a = 1", "m[0].p": "p]]\nb = 2", "m[0].p[0]": "m.p]]\nb = 2", "m[0].p[0].b": "b = 2",
			"m[0].p[1]": "m.p]]\nb = 3", "m[0].p[1].b": "b = 3", "m[1]": "m]]\n[m.q", "m[1].q": "q]", "m[1].q.c": "c = 4"}},
		{"a list of its own in each element", "[[m]]\n[[m.p]]\n[[m]]\n[[m.p]]\nb = 1", map[string]string{
			"m": "m]]\n[[m.p]]\n[[m]]", "m[0]": "m]]\n[[m.p]]\n[[m]]", "m[0].p": "p]]\n[[m]]", "m[0].p[0]": "m.p]]\n[[m]]",
			"m[1]": "m]]\n[[m.p]]\nb", "m[1].p": "p]]\nb", "m[1].p[0]": "m.p]]\nb", "m[1].p[0].b": "b = 1"}},
		{"dotted and quoted keys", `a . "b.c".'d"e' = 1` + "\n" + `"" = 2` + "\n" + `"\u00e9" = 3`, map[string]string{
			"a": "a .", `a."b.c"`: `"b.c"`, `a."b.c"."d\"e"`: `'d"e'`, `""`: `"" =`, `"é"`: `"\u00e9"`}},
		{"inline values", "a = [1, { b = 2, c.d = [[3], []] },\n  # x\n  'y', ]\ne = {\n f = 1, # }\n}", map[string]string{
			"a": "a =", "a[0]": "1", "a[1]": "{ b", "a[1].b": "b = 2", "a[1].c": "c.d", "a[1].c.d": "d = [[",
			"a[1].c.d[0]": "[3]", "a[1].c.d[0][0]": "3]", "a[1].c.d[1]": "[]", "a[2]": "'y'", "e": "e =", "e.f": "f = 1"}},
		{"strings hide everything", "a = \"\"\"\n[no]\nx = 1 \\\"\"\" \"\"\"\"\"\nb = '''\n[[no]]'''''\nc = \"# \\\" ]\"\nd = 'C:\\'\ne = \"\"\nf = ''", map[string]string{
			"a": "a =", "b": "b =", "c": "c =", "d": "d =", "e": "e =", "f": "f ="}},
		{"dates and CRLF", "a = 2026-11-15 10:00:00 # [x]\r\nb = 'x'\r\nc = 1.5e3\r\n", map[string]string{"a": "a =", "b": "b =", "c": "c ="}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := toml.Decode(tt.src, new(map[string]any)); err != nil {
				t.Fatalf("the test's own source: %v", err)
			}
			at, tooDeep := scan(tt.src)
			if tooDeep >= 0 {
				t.Fatalf("too deep at %d", tooDeep)
			}
			if got, want := slices.Sorted(maps.Keys(at)), slices.Sorted(maps.Keys(tt.want)); !slices.Equal(got, want) {
				t.Fatalf("paths\n got %q\nwant %q", got, want)
			}
			for path, text := range tt.want {
				if !strings.HasPrefix(tt.src[at[path]:], text) {
					t.Errorf("%s stands at %.20q, want %q", path, tt.src[at[path]:], text)
				}
			}
		})
	}
}

// What would take the decoder minutes, or the whole stack, is refused before it sees it.
func TestTooDeep(t *testing.T) {
	const n = 120_000
	for name, src := range map[string]string{
		"arrays":        "a = " + strings.Repeat("[", n) + strings.Repeat("]", n),
		"inline tables": "a = " + strings.Repeat("{a = ", n) + "1" + strings.Repeat("}", n),
		"dotted key":    "a" + strings.Repeat(".a", n) + " = 1",
		"header":        "[a" + strings.Repeat(".a", n) + "]",
		"long key":      strings.Repeat("a", n) + " = 1",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("deep.toml", []byte("\n"+src))
			if want := "nested too deep"; err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "deep.toml:2:") {
				t.Errorf("error %.200v, want %q in line 2", err, want)
			}
		})
	}
}

// Whatever the decoder accepts, the scanner follows; whatever anybody writes, parsing ends with a
// pack or with faults that stand inside the file.
func FuzzParse(f *testing.F) {
	for _, src := range []string{
		minimal, "a = [1, {b.c = 2}]\n[[x]]\n[x.y]\n'z' = 1", `a = """` + "\n" + `"""` + `""` + "\n", "a.b = 1\n[c.d]\n[c]\n", "[[a]]\n[[a.b]]\n[[a]]",
		"a={b=1,\n#x\n}", "a\r\n=1", "\ufeffa = 'x", "[a]\n\"\\u0061.b\"=2", "a = 1979-05-27 07:32:00Z", "id = 1\nid = 2", "\r0",
	} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		var pack core.Pack
		var err error
		bounded.Run(t, func() { pack, err = Parse("f", src) })
		if err == nil {
			if len(pack.Endpoints) == 0 || pack.Smoke.Model == "" {
				t.Fatalf("a pack without endpoints or smoke: %+v", pack)
			}
		} else {
			lines := strings.Count(string(src), "\n") + 1
			for _, fault := range err.(Faults) {
				if fault.Line < 1 || fault.Line > lines || fault.Column < 1 || fault.Message == "" {
					t.Fatalf("a fault outside the %d lines: %+v", lines, fault)
				}
			}
		}
		text := strings.TrimPrefix(string(src), "\ufeff")
		at, tooDeep := scan(text)
		values := map[string]any{}
		if tooDeep >= 0 || len(src) > maxSize {
			return
		}
		if _, err := toml.Decode(text, &values); err == nil {
			known(t, text, at, "", values)
		}
	})
}

func known(t *testing.T, src string, at map[string]int, path string, v any) {
	t.Helper()
	if _, ok := at[path]; path != "" && !ok {
		t.Fatalf("%q: the scanner has not found %s", src, path)
	}
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			known(t, src, at, join(path, key), inner)
		}
	case []map[string]any:
		for i, inner := range v {
			known(t, src, at, element(path, i), inner)
		}
	case []any:
		for i, inner := range v {
			known(t, src, at, element(path, i), inner)
		}
	}
}
