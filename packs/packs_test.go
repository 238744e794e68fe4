package packs

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"cnrelay/core"
)

func mustRead(path string) string {
	src, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	return string(src)
}

// minimal has only what a pack must have, example every key there is.
var (
	minimal = mustRead("../testdata/packs/minimal.toml")
	example = block("toml")
)

// block is a code block of the document.
func block(info string) string {
	_, rest, _ := strings.Cut(mustRead("../docs/packs.md"), "\n```"+info+"\n")
	src, _, _ := strings.Cut(rest, "\n```\n")
	return src + "\n"
}

func write(t *testing.T, dir, name, src string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func replace(t *testing.T, src, old, new string) string {
	t.Helper()
	if !strings.Contains(src, old) {
		t.Fatalf("the source has no %q", old)
	}
	return strings.Replace(src, old, new, 1)
}

func TestMinimalPackGetsDefaults(t *testing.T) {
	p, err := Parse("acme.toml", []byte(minimal))
	if err != nil {
		t.Fatal(err)
	}
	want := core.Pack{
		ID: "acme", Name: core.Text{EN: "Acme", ZH: "顶点"}, Source: "acme.toml", Digest: p.Digest,
		Platform: "openai", AccountPrefix: "acme-",
		Endpoints: []core.Endpoint{{ID: "cn", Region: "cn", Product: "payg", Base: "https://api.acme.example/v1",
			Chat: "https://api.acme.example/v1/chat/completions", Speaks: []core.Protocol{core.ProtocolChat}}},
		Models: []core.Model{{ID: "acme-1"}},
		Smoke:  core.Smoke{Model: "acme-1", Prompt: "Reply with the single word: pong", MaxTokens: 1024},
	}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got  %+v\nwant %+v", p, want)
	}
}

func TestDocumentExample(t *testing.T) {
	p, err := Parse("example", []byte(example))
	if err != nil {
		t.Fatal(err)
	}
	p.Replaces = true // the source's, not the file's
	filled(t, "Pack", reflect.ValueOf(p))
	if _, err := parse("prices", []byte(block("toml prices")), readPrices); err != nil {
		t.Error(err)
	}
	if rates, err := parse("rates", []byte(block("toml rates")), readRates); err != nil || len(rates) != 1 {
		t.Errorf("%v, %v", rates, err)
	}
}

// filled wants each field of the first of everything set: the example shows every key, and every key
// reaches the pack.
func filled(t *testing.T, path string, v reflect.Value) {
	if v.IsZero() {
		t.Errorf("%s is not set by the example", path)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		filled(t, path, v.Elem())
	case reflect.Slice:
		filled(t, path+"[0]", v.Index(0))
	case reflect.Struct:
		for i := range v.NumField() {
			filled(t, path+"."+v.Type().Field(i).Name, v.Field(i))
		}
	}
}

func TestDigestIsOfTheContent(t *testing.T) {
	digestOf := func(name, src string) string {
		p, err := Parse(name, []byte(src))
		if err != nil {
			t.Fatalf("%s:\n%v", name, err)
		}
		return p.Digest
	}
	want := digestOf("a", example)
	if !regexp.MustCompile(`^sha256:[0-9a-f]{64}$`).MatchString(want) {
		t.Fatalf("digest %q", want)
	}
	same := map[string]string{
		"comments and blank lines": "# another\n\n" + strings.ReplaceAll(example, "\n[[", "\n\n# more\n[["),
		"line endings":             "\ufeff" + strings.ReplaceAll(example, "\n", "\r\n"),
		"order of keys":            replace(t, replace(t, example, "id = \"acme\" ", "# "), "name =", "id = \"acme\"\nname ="),
		"quoting":                  replace(t, example, `acme-latest = "acme-1"`, `"acme-latest" = 'acme-1'`),
		"a table in line":          replace(t, example[:strings.Index(example, "[quirks]")], "notes =", `quirks = { thinking = true, dated_ids = true, tokens_field = "max_completion_tokens" }`+"\nnotes ="),
	}
	for name, src := range same {
		if got := digestOf("b", src); got != want {
			t.Errorf("%s change the digest", name)
		}
	}
	seen := map[string]string{want: "the example"}
	for _, edit := range [][2]string{
		{`en = "Acme"`, `en = "Ajax"`}, {`platform = "openai"`, `platform = "kimi"`}, {"input = 2", "input = 2.01"},
		{"cache_read = 0.04", ""}, {`sisters = ["intl"]`, ""}, {`acme-latest`, `acme-newest`}, {"status = 403", "status = 402"},
		{"thinking = true", "thinking = false"}, {"What an operator", "What the operator"}, {"max_tokens = 1024", "max_tokens = 2048"},
	} {
		got := digestOf(edit[0], replace(t, example, edit[0], edit[1]))
		if other, ok := seen[got]; ok {
			t.Errorf("%q has the digest of %s", edit[0], other)
		}
		seen[got] = edit[0]
	}
}

func TestLoadNamesThePath(t *testing.T) {
	dir := t.TempDir()
	for name, tt := range map[string]struct{ path, want string }{
		"not there":   {filepath.Join(dir, "no.toml"), `there is no file "` + filepath.Join(dir, "no.toml") + `"`},
		"a directory": {dir, `can't read "` + dir + `": is a directory`},
		"too big":     {write(t, dir, "big.toml", minimal+strings.Repeat("#", maxSize)), "big.toml:1:1: the file is larger than 1024 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(tt.path)
			if err == nil || !strings.Contains(err.Error(), tt.want) || core.CodeOf(err) != core.CodeInput {
				t.Errorf("error %v (%s), want %q as bad input", err, core.CodeOf(err), tt.want)
			}
		})
	}
	path := write(t, dir, "acme.toml", minimal+"\n"+strings.Repeat("#", maxSize-len(minimal)-1))
	if p, err := Load(path); err != nil || p.Source != path {
		t.Errorf("a file of exactly the most: source %q, %v", p.Source, err)
	}
}
