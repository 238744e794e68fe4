package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cnrelay/core"
	"cnrelay/core/bounded"
	"cnrelay/core/engine"
)

func TestReadKeys(t *testing.T) {
	tests := []struct {
		name, text string
		want       []engine.Key
		err        string
	}{
		{"one a line", "sk-one\nsk-two\n", []engine.Key{{Value: "sk-one"}, {Value: "sk-two"}}, ""},
		{"no newline at the end", "sk-one", []engine.Key{{Value: "sk-one"}}, ""},
		{"comments and blank lines", "# keys\n\n  # more\nsk-one\n\n", []engine.Key{{Value: "sk-one"}}, ""},
		{"names", "a.b-c_1 = sk-one\nother=sk-two", []engine.Key{{Name: "a.b-c_1", Value: "sk-one"}, {Name: "other", Value: "sk-two"}}, ""},
		{"from Windows, with a mark", "\ufeffone = sk-one\r\nsk-two\r\n", []engine.Key{{Name: "one", Value: "sk-one"}, {Value: "sk-two"}}, ""},
		{"padding isn't a name", "c2VjcmV0==", []engine.Key{{Value: "c2VjcmV0=="}}, ""},
		{"padding of a named one", "k = c2VjcmV0==", []engine.Key{{Name: "k", Value: "c2VjcmV0=="}}, ""},
		{"a long one", strings.Repeat("k", 4096), []engine.Key{{Value: strings.Repeat("k", 4096)}}, ""},
		{"empty", "", nil, "there is no key in the file"},
		{"comments only", "# sk-one\n", nil, "there is no key in the file"},
		{"twice", "sk-one\n#\nagain = sk-one", nil, "line 3: the same key stands on line 1"},
		{"name twice", "a = sk-one\na = sk-two", nil, "line 2: the same name stands on line 1"},
		{"bad name", "a b = sk-one", nil, "line 1: bad name"},
		{"name too long", strings.Repeat("n", 41) + "=sk-one", nil, "line 1: bad name"},
		{"no key", "\na =", nil, "line 2: there is no key after the name"},
		{"spaces", "sk-one sk-two", nil, "line 1: that is not a key"},
		{"quotes of a word processor", "“sk-one”", nil, "line 1: that is not a key"},
		{"control characters", "sk-\x00one", nil, "line 1: that is not a key"},
		{"too short", "abc", nil, "line 1: that is not a key"},
		{"too long", strings.Repeat("k", 4097), nil, "line 1: that is not a key"},
		{"too big", strings.Repeat("#", maxInput+1), nil, "larger than 1 MiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := &app{IO: IO{In: strings.NewReader(tt.text)}}
			got, err := a.readKeys("keys-file", "-")
			if tt.err == "" {
				if err != nil || !slices.Equal(got, tt.want) {
					t.Fatalf("got %v, %v", got, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.err) || core.CodeOf(err) != core.CodeInput {
				t.Fatalf("got %v, want bad input with %q", err, tt.err)
			}
			if strings.Contains(err.Error(), "sk-one") {
				t.Errorf("a key stands in the error: %v", err)
			}
		})
	}
}

// FuzzReadKeys: whatever a file holds, what is read could be sent in a header, no key is read twice, and no
// error repeats a line.
func FuzzReadKeys(f *testing.F) {
	f.Add("a = sk-one\n# x\nsk-two==")
	f.Add("\ufeff=\r\n==")
	f.Fuzz(func(t *testing.T, text string) {
		a := &app{IO: IO{In: strings.NewReader(text)}}
		var keys []engine.Key
		var err error
		bounded.Run(t, func() { keys, err = a.readKeys("keys-file", "-") })
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, k := range keys {
			if seen[k.Value] || !engine.KeyLike(k.Value) || strings.ContainsAny(k.Name, " =\t") {
				t.Fatalf("%q gave %q", text, keys)
			}
			seen[k.Value] = true
		}
	})
}

func TestReadSecret(t *testing.T) {
	tests := []struct{ name, text, want, err string }{
		{"a line", "secret\n", "secret", ""},
		{"from Windows, with a mark", "\ufeffsecret\r\n", "secret", ""},
		{"spaces are a part of it", " se cret ", " se cret ", ""},
		{"empty", " \n", "", "the file is empty"},
		{"two lines", "one\ntwo\n", "", "more than one line"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "secret")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := (&app{who: thisUser()}).readSecret("password-file", path)
			if got != tt.want || (err == nil) != (tt.err == "") || (err != nil && !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	if _, err := (&app{who: thisUser()}).readSecret("password-file", t.TempDir()); core.CodeOf(err) != core.CodeInput {
		t.Errorf("a folder: %v", err)
	}
}
