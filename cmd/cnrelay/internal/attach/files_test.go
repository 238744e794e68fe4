package attach

import (
	"io"
	"maps"
	"strings"
	"testing"
	"testing/iotest"
)

// TestFiles: what is handed over arrives as it is, and what is typed after it is untouched.
func TestFiles(t *testing.T) {
	want := Files{"-": []byte("sk-one\n"), "/etc/../keys.txt": nil, "schlüssel/供应商.toml": []byte(strings.Repeat("x", 5000)), "..": []byte("y"), "": []byte("z")}
	for name, wrap := range map[string]func(io.Reader) io.Reader{"whole": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader} {
		t.Run(name, func(t *testing.T) {
			in := wrap(io.MultiReader(want.archive(), strings.NewReader("typed\n")))
			got, err := ReadFiles(in)
			if err != nil || !maps.EqualFunc(got, want, func(a, b []byte) bool { return string(a) == string(b) }) {
				t.Fatalf("got %v, %v", got, err)
			}
			if rest, err := io.ReadAll(in); err != nil || string(rest) != "typed\n" {
				t.Errorf("left %q, %v", rest, err)
			}
		})
	}
}

// TestTooManyFiles are refused before they are read.
func TestTooManyFiles(t *testing.T) {
	if _, err := ReadFiles(Files{"a": make([]byte, mostHanded+1)}.archive()); err == nil {
		t.Error("they were taken")
	}
	if _, err := ReadFiles(strings.NewReader("not an archive, and longer than one block of it" + strings.Repeat(".", 600))); err == nil {
		t.Error("anything is taken")
	}
}
