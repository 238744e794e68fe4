package canary_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"cnrelay/core/canary"
)

var secrets = canary.Secrets{
	"key":      `zz.key.0b1e6c4f92+/=&<x>"%`,
	"password": "Corre<t&horse 9 battery",
	"token":    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
}

// TestEveryFormIsFound plants each secret in each form, whole, in part, and quoted again and again: each is found,
// and nothing else.
func TestEveryFormIsFound(t *testing.T) {
	s := canary.New(secrets)
	noise := make([]byte, 4<<10)
	for i := range noise {
		noise[i] = byte(rand.IntN(256))
	}
	if finds := s.Scan("noise", noise); finds != nil {
		t.Fatalf("found in noise: %v", finds)
	}
	planted := 0
	for slot, value := range secrets {
		for _, form := range canary.Forms {
			for name, part := range map[string]string{"whole": value, "its beginning": value[:canary.Part+2], "its end": value[len(value)-canary.Part-2:]} {
				said := form.Say(part)
				for quoted := range 3 {
					planted++
					data := slices.Concat(noise, []byte(said), noise)
					finds := s.Scan("x", data)
					if !slices.ContainsFunc(finds, func(f canary.Find) bool {
						return f.Slot == slot && (quoted > 0 || f.Form == form || form.Say(part) == f.Form.Say(part))
					}) {
						t.Errorf("%s of the %s, %s, quoted %d times: found %v", form, slot, name, quoted, finds)
					}
					if i := slices.IndexFunc(finds, func(f canary.Find) bool { return f.Slot != slot }); i >= 0 {
						t.Errorf("%s of the %s: found %v", form, slot, finds[i])
					}
					raw, err := json.Marshal(said)
					if err != nil {
						t.Fatal(err)
					}
					if said = string(raw); quoted == 1 {
						said = strconv.Quote(said)
					}
				}
			}
		}
	}
	t.Logf("%d planted, all found", planted)
}

func TestLessIsNoSecret(t *testing.T) {
	s := canary.New(secrets)
	for _, value := range secrets {
		for _, form := range canary.Forms {
			if finds := s.Scan("x", []byte("key "+form.Say(value[:canary.Part-1])+"…")); len(finds) > 0 {
				t.Errorf("%d bytes as %s: %v", canary.Part-1, form, finds)
			}
		}
	}
}

func TestDir(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "deep"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"clean": "nothing", "deep/hit": "x" + secrets["key"] + "\x00\x00", "own": secrets["token"]} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	finds, sum, err := canary.New(secrets).Dir(dir, func(path string) bool { return path == "own" })
	if err != nil || sum.Files != 2 || len(finds) == 0 || finds[0].Where != filepath.Join("deep", "hit") || finds[0].Slot != "key" || finds[0].Offset != 1 {
		t.Errorf("%v, %+v, %v", finds, sum, err)
	}
}

func BenchmarkScan(b *testing.B) {
	s := canary.New(secrets)
	data := make([]byte, 1<<20)
	for i := range data {
		data[i] = "abcdefghijklmnopqrstuvwxyz0123456789\"{}:,\n "[rand.IntN(42)]
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		s.Scan("x", data)
	}
}
