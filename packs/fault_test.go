package packs

import (
	"errors"
	"strings"
	"testing"

	"github.com/sebdah/goldie/v2"

	"cnrelay/core"
)

// One pass over a very broken pack says everything (go test -update rewrites the golden).
func TestEveryFaultInOnePass(t *testing.T) {
	_, err := Parse("broken.toml", []byte(mustRead("testdata/broken.toml")))
	var faults Faults
	if !errors.As(err, &faults) {
		t.Fatalf("error %v", err)
	}
	goldie.New(t, goldie.WithFixtureDir("testdata")).Assert(t, "broken", []byte(faults.Error()+"\n"))
	if core.CodeOf(err) != core.CodeInput {
		t.Errorf("code %q", core.CodeOf(err))
	}
	if strings.Contains(err.Error(), "secret") {
		t.Error("a password of a URL is repeated")
	}
}

// Each of these is the only fault of its file.
func TestSingleFaults(t *testing.T) {
	const rule = "\n[[rule]]\nclass = \"rate_limited\"\n"
	tests := []struct{ name, old, new, want string }{
		{"syntax", `id = "acme"`, `id = acme`, `1:6: not TOML: expected value but found "acme" instead`},
		{"syntax after wide characters", `zh = "顶点" }`, `zh = "顶点" !`, "2:33: not TOML: "},
		{"a key twice", `id = "acme"`, "id = \"acme\"\nid = \"b\"", "2:1: not TOML: Key 'id' has already been defined."},
		{"control characters in a syntax error", `id = "acme"`, "id = \x1b[31m", "1:5: not TOML: "},
		{"not UTF-8", `en = "Acme"`, "en = \"\xff\"", "2:"},
		{"column in characters", `zh = "顶点" }`, `zh = "顶点", x = 1 }`, "2:34: name.x: unknown key; here belong: en, zh"},
		{"missing string", `id = "acme"`, ``, "1:1: id: is missing"},
		{"missing in a table", `region = "cn"`, ``, "4:3: endpoint[0].region: is missing"},
		{"missing table", `name = {`, `#`, "1:1: name: is missing"},
		{"empty", `id = "cn"`, `id = " "`, "5:1: endpoint[0].id: is empty"},
		{"not a table", `name = { en = "Acme", zh = "顶点" }`, `name = "Acme"`, `2:1: name: must be a table, not a string`},
		{"tables where one belongs", `[smoke]`, `[[smoke]]`, "13:3: smoke: must be a table, not an array"},
		{"one table where several belong", "[[model]]", "[model]", "10:2: model: must be an array of tables, not a table"},
		{"an id that is too long", `"acme"`, `"` + strings.Repeat("a", 33) + `"`, "1:1: id: "},
		{"hyphen at the end", `"acme"`, `"acme-"`, "1:1: id: "},
		{"zero-width in a model id", `id = "acme-1"`, "id = \"acme-1\"\n[[model]]\nid = \"acme\u200b-1\"", "13:1: model[1].id: holds U+200B"},
		{"tag character", `en = "Acme"`, `en = "Acme` + "\U000E0041" + `"`, "2:10: name.en: holds U+E0041"},
		{"newline in a name", `en = "Acme"`, `en = "Ac\nme"`, "2:10: name.en: holds U+000A"},
		{"URL without host", `"https://api.acme.example/v1"`, `"https:///v1"`, `7:1: endpoint[0].base: "https:///v1" is not a full URL`},
		{"URL without scheme", `"https://api.acme.example/v1"`, `"api.acme.example/v1"`, `7:1: endpoint[0].base: "api.acme.example/v1" is not a full URL`},
		{"empty query", `"https://api.acme.example/v1"`, `"https://api.acme.example/v1?"`, "7:1: endpoint[0].base: "},
		{"a key in a query", `https://api.acme.example/v1"`, `https://api.acme.example/v1?key=sk-1"`, "7:1: endpoint[0].base: has a query or fragment\n"},
		{"a password that is no URL", `https://api.acme.example/v1"`, `https://u:p w@api.acme.example/v1"`, "7:1: endpoint[0].base: holds a user name or password\n"},
		{"fragment", `"https://api.acme.example/v1"`, `"https://api.acme.example/v1#x"`, "7:1: endpoint[0].base: "},
		{"dots in a path", `"https://api.acme.example/v1"`, `"https://api.acme.example/a/../v1"`, "7:1: endpoint[0].base: "},
		{"just a slash", `"https://api.acme.example/v1"`, `"https://api.acme.example/"`, "7:1: endpoint[0].base: "},
		{"more than a base", `"https://api.acme.example/v1"`, `"https://api.acme.example/v1/chat/completions"`, "7:1: endpoint[0].base: "},
		{"chat elsewhere", `"https://api.acme.example/v1"`, `"https://api.acme.example/v2"`, "8:1: endpoint[0].chat: is not under base"},
		{"chat on a longer name", `"https://api.acme.example/v1"`, `"https://api.acme"`, "8:1: endpoint[0].chat: is not under base"},
		{"models on another host", `region = "cn"`, "region = \"cn\"\nmodels = \"https://api.acme2.example/v1/models\"", "7:1: endpoint[0].models: is on another host than base"},
		{"a prefix of one letter", `id = "acme"`, "id = \"acme\"\naccount_prefix = \"a\"", "2:1: account_prefix: "},
		{"a model id that is too long", `id = "acme-1"`, "id = \"acme-1\"\n[[model]]\nid = \"" + strings.Repeat("a", 201) + "\"", "13:1: model[1].id: is longer than 200 bytes"},
		{"a day that isn't", "[smoke]", "[[model.price]]\ncurrency = \"CNY\"\ninput = 1\noutput = 1\ndate = \"2026-02-30\"\nsource = \"s\"\n[smoke]", "17:1: model[0].price[0].date: "},
		{"after a byte order mark", `id = "acme"`, "\ufeffid = \"acme\"\nx = 1", "2:1: x: unknown key"},
		{"a hidden key twice", `id = "acme"`, "id = \"acme\"\n\"\\u200b\" = 1\n\"\\u200b\" = 2", "3:2: not TOML: Key '"},
		{"too many tokens", `model = "acme-1"`, "model = \"acme-1\"\nmax_tokens = 65537", "15:1: smoke.max_tokens: must be between 1024 and 65536, not 65537"},
		{"a model without id may be any", `id = "acme-1"`, "", "10:3: model[0].id: is missing"},
		{"a rule that can't be read hides no other", "[smoke]", rule + "status = 429\ncode = 1113\n" + rule + "status = 429\n[smoke]", "17:1: rule[0].code: must be a string"},
		{"no such sister", `region = "cn"`, "region = \"cn\"\nsisters = [\n\"intl\"]", `8:1: endpoint[0].sisters[0]: there is no endpoint "intl"`},
		{"its own sister", `region = "cn"`, "region = \"cn\"\nsisters = [\"cn\"]", `7:12: endpoint[0].sisters[0]: "cn" is this endpoint itself`},
		{"host pattern as model", `id = "acme-1"`, "id = \"acme-1\"\n[[model]]\nid = \"acme*\"", "13:1: model[1].id: "},
		{"space in a model id", `id = "acme-1"`, "id = \"acme-1\"\n[[model]]\nid = \"acme 1\"", "13:1: model[1].id: "},
		{"model twice", `id = "acme-1"`, "id = \"acme-1\"\n[[model]]\nid = \"Acme-1\"", `13:1: model[1].id: "Acme-1" is taken by model[0].id`},
		{"smoke model", `model = "acme-1"`, `model = "acme-2"`, `14:1: smoke.model: the pack has no model "acme-2"`},
		{"too few tokens", `model = "acme-1"`, "model = \"acme-1\"\nmax_tokens = 1023", "15:1: smoke.max_tokens: must be between 1024 and 65536, not 1023"},
		{"no tokens", `model = "acme-1"`, "model = \"acme-1\"\nmax_tokens = 0", "15:1: smoke.max_tokens: must be between"},
		{"context with a fraction", `id = "acme-1"`, "id = \"acme-1\"\ncontext = 1.5", "12:1: model[0].context: must be a whole number, not a number"},
		{"alias of nothing", "[smoke]", "[mapping]\nx = \"y\"\n[smoke]", `14:1: mapping.x: the pack has no model "y"`},
		{"alias shadows", "[smoke]", "[mapping]\nACME-1 = \"acme-1\"\n[smoke]", `14:1: mapping.ACME-1: "ACME-1" is taken by model[0].id`},
		{"alias as pattern", "[smoke]", "[mapping]\n\"a*\" = \"acme-1\"\n[smoke]", `14:1: mapping."a*": `},
		{"rule without condition", "[smoke]", rule + "[smoke]", "14:3: rule[0]: has no condition"},
		{"rule about the host", "[smoke]", "[[rule]]\nstatus = 500\nclass = \"host_config_gap\"\n[smoke]", "15:1: rule[0].class: "},
		{"rule that can't be reached", "[smoke]", rule + "text = \"Limit\"\n" + rule + "text = \"rate limit\"\nstatus = 429\n[smoke]", "18:3: rule[1]: is never reached: rule[0] decides first"},
		{"a price without source", "[smoke]", "[[model.price]]\ncurrency = \"CNY\"\ninput = 1\noutput = 1\ndate = \"2026-11-15\"\n[smoke]", "13:3: model[0].price[0].source: is missing"},
		{"lower-case currency", "[smoke]", "[[model.price]]\ncurrency = \"cny\"\ninput = 1\noutput = 1\ndate = \"2026-11\"\nsource = \"s\"\n[smoke]", "14:1: model[0].price[0].currency: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("p", []byte(replace(t, minimal, tt.old, tt.new)))
			var faults Faults
			if !errors.As(err, &faults) || len(faults) != 1 || !strings.HasPrefix(err.Error()+"\n", "p:"+tt.want) {
				t.Errorf("error %v\nwant p:%s", err, tt.want)
			}
			if strings.ContainsAny(err.Error(), "\x1b\x00\u200b") {
				t.Errorf("%q holds control characters", err)
			}
		})
	}
}

// What is next to these faults is no fault.
func TestNoFaults(t *testing.T) {
	const price = "[[model.price]]\ncurrency = \"CNY\"\ninput = 0\noutput = 0.0\ndate = \"2026-11\"\nsource = \"s\"\n"
	const narrow = "[[rule]]\nstatus = 429\ntext = \"limit\"\nclass = \"unknown\"\n"
	const wide = "[[rule]]\nstatus = 429\nclass = \"rate_limited\"\n[[rule]]\ntext = \"limit\"\nclass = \"unknown\"\n"
	for name, src := range map[string]string{
		"plain HTTP for a relay at home": strings.ReplaceAll(minimal, "https://api.acme.example/v1", "http://127.0.0.1:8080/v1"),
		"a base without a version":       replace(t, minimal, `"https://api.acme.example/v1"`, `"https://api.acme.example"`),
		"an array in line":               "model = [{ id = \"acme-1\" }]\n" + replace(t, minimal, "[[model]]\nid = \"acme-1\"", ""),
		"narrow rules before wide ones":  minimal + narrow + wide,
		"model ids of all kinds":         minimal + "[[model]]\nid = \"Pro/deepseek-ai/V4.1:free@x_y\"\n",
		"free":                           replace(t, minimal, "[smoke]", price+"[smoke]"),
	} {
		if _, err := Parse("p", []byte(src)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
