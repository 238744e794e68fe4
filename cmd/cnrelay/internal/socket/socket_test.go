package socket

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSocket: what goes in comes out, on a path of any length, and nobody else may use it.
func TestSocket(t *testing.T) {
	for name, deep := range map[string]string{"short": "s", "long": strings.Repeat("d", 200)} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), deep)
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "socket"), nil, 0o600); err != nil { // of a process that died
				t.Fatal(err)
			}
			l, err := Listen(dir)
			if err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(filepath.Join(dir, "socket"))
			if err != nil || info.Mode() != fs.ModeSocket|0o600 {
				t.Fatalf("mode %v, %v", info.Mode(), err)
			}
			got := make(chan []byte)
			go func() {
				c, err := l.Accept()
				if err != nil {
					t.Error(err)
					close(got)
					return
				}
				defer c.Close()
				b := make([]byte, 5)
				_, _ = c.Read(b)
				got <- b
			}()
			c, err := Dial(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := c.Write([]byte("hello")); err != nil {
				t.Fatal(err)
			}
			if b := <-got; !bytes.Equal(b, []byte("hello")) {
				t.Errorf("got %q", b)
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(filepath.Join(dir, "socket")); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("it is still there: %v", err)
			}
			if _, err := Dial(t.Context(), dir); err == nil {
				t.Error("a door that is gone lets in")
			}
		})
	}
}
