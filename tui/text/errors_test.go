package text

import (
	"go/ast"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestEveryErrorHasChinese reads the whole program's sources: a sentence of an error that has no Chinese fails.
func TestEveryErrorHasChinese(t *testing.T) {
	r := errorReader{files: token.NewFileSet(), found: map[string]string{}}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{"fakehost", "contract", "statetest", "ptytest", ".git"}, d.Name()):
			return fs.SkipDir
		case d.IsDir():
			return r.folder(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.found) < 250 {
		t.Fatalf("only %d sentences were found: the reader of the sources is broken", len(r.found))
	}
	coded := For(EN).tables
	known := map[string]bool{}
	for _, p := range failures() {
		known[p.en] = true
		if _, said := r.found[p.en]; !said {
			t.Errorf("nothing says %q any more", p.en)
		}
	}
	for sentence, at := range r.found {
		_, next := coded.next[sentence]
		_, stage := coded.names[sectionStage][sentence]
		if !known[sentence] && !next && !stage && !command.MatchString(sentence) && letters.MatchString(placeholder.ReplaceAllString(sentence, "")) {
			t.Errorf("%s: %q has no Chinese", at, sentence)
		}
	}
}

// command is what an operator types as it stands there, in any language.
var command = regexp.MustCompile(`^(cnrelay( [a-z-]+)+|ssh HOST cnrelay|chmod \S+|\{1\})?(( |^)(--[a-z-]+|\{\d\}|[A-Z]+|[0-9]+[hms]|\S+://\S+|\S+@\S+|…|<|>))*$`)

// TestFailure: the Chinese of an error is found by its English, whatever its arguments are.
func TestFailure(t *testing.T) {
	for _, tt := range []struct{ said, want string }{
		{"", ""},
		{"a monitor runs already", "监控已在运行"},
		{"the same key was given twice", "同一个密钥给出了两次"},
		{"no host named {1}", "没有名为 {1} 的主机"},
		{"no host named a: b", "没有名为 a: b 的主机"},
		{"batch B1 is writing to this host: import by ann since 09:30", "批次 B1 正在写入此主机：import by ann，自 09:30 起"},
		{"/etc/cnrelay.toml:3: theme must be dark, light or plain", "/etc/cnrelay.toml:3：theme 必须是 dark、light 或 plain"},
		{"p.toml:3:1: model[0].id: must be a string in quotes, not a number\np.toml:9:1: x: is missing", "p.toml:3:1: model[0].id：必须是带引号的字符串，而不是数字\np.toml:9:1: x：缺失"},
		{"the network failed: broken pipe", "网络故障：broken pipe"},
		{"Insufficient Balance: top up", "Insufficient Balance: top up"}, // somebody else's words
	} {
		if got := For(ZH).Failure(tt.said); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.said, got, tt.want)
		}
		if got := For(EN).Failure(tt.said); got != tt.said {
			t.Errorf("in English %q became %q", tt.said, got)
		}
	}
	for stage, want := range map[string]string{"create group deepseek": "创建 分组 deepseek", "update api_key/7": "修正 API 密钥/7", "host check": "主机检查", "read channel/3": "读取 channel/3", "test": "test"} {
		if got := For(ZH).During(stage); got != want {
			t.Errorf("%q: %q, want %q", stage, got, want)
		}
	}
}

var letters = regexp.MustCompile(`[a-z]{2}`)

// errorReader collects what the errors of a program say: the values of What, Next and Stage, as the catalog writes them.
type errorReader struct {
	files *token.FileSet
	found map[string]string // sentence: where
	takes map[string][]int  // functions of the folder at hand: which arguments become part of an error
	packs bool              // the folder at hand is that of the packs, whose checks return what is wrong
}

// speaks are the names of what becomes part of an error.
var speaks = map[string]bool{"What": true, "Next": true, "Stage": true, "what": true, "next": true, "stage": true, "format": true, "want": true}

func (r *errorReader) folder(dir string) error {
	parsed, err := sources(r.files, dir)
	if err != nil {
		return err
	}
	r.takes, r.packs = map[string][]int{"Input": {0, 1}}, filepath.Base(dir) == "packs" && filepath.Dir(dir) == "../.."
	for _, file := range parsed {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				r.function(n.Name.Name, n.Type)
				if ret, ok := last(n.Body).(*ast.ReturnStmt); ok && speaks[n.Name.Name] && len(ret.Results) == 1 {
					r.add(ret.Results[0])
				}
			case *ast.AssignStmt:
				if f, ok := n.Rhs[0].(*ast.FuncLit); ok {
					r.function(selector(n.Lhs[0]), f.Type)
				}
			}
			return true
		})
	}
	for _, file := range parsed {
		ast.Inspect(file, func(n ast.Node) bool { r.node(n); return true })
	}
	return nil
}

// last is a function's last statement.
func last(body *ast.BlockStmt) ast.Stmt {
	if body == nil || len(body.List) == 0 {
		return nil
	}
	return body.List[len(body.List)-1]
}

func (r *errorReader) function(name string, f *ast.FuncType) {
	n := 0
	for _, field := range f.Params.List {
		for _, id := range field.Names {
			if speaks[id.Name] {
				r.takes[name] = append(r.takes[name], n)
			}
			n++
		}
	}
}

func (r *errorReader) node(n ast.Node) {
	switch n := n.(type) {
	case *ast.KeyValueExpr:
		if speaks[selector(n.Key)] {
			r.add(n.Value)
		}
	case *ast.AssignStmt:
		for i, left := range n.Lhs {
			name := selector(left)
			if speaks[name[strings.LastIndexByte(name, '.')+1:]] && len(n.Rhs) == len(n.Lhs) && n.Tok != token.ADD_ASSIGN {
				r.add(n.Rhs[i])
			}
		}
	case *ast.ReturnStmt:
		if r.packs && len(n.Results) == 1 && strings.Contains(sentence(n.Results[0]), " ") {
			r.add(n.Results[0])
		}
	case *ast.CallExpr:
		name := selector(n.Fun)
		for _, i := range r.takes[name[strings.LastIndexByte(name, '.')+1:]] {
			if i < len(n.Args) {
				r.add(n.Args[i])
			}
		}
	case *ast.ValueSpec:
		switch name := n.Names[0].Name; {
		case len(n.Values) != 1:
		case name == "stage":
			r.add(n.Values[0])
		case name == "words" || name == "nextStep": // what broken connections are called
			for _, e := range n.Values[0].(*ast.CompositeLit).Elts {
				r.add(e.(*ast.KeyValueExpr).Value)
			}
		}
	}
}

func (r *errorReader) add(e ast.Expr) {
	if s := number(verb.ReplaceAllString(sentence(e), "{}")); strings.Trim(s, "{}1: ") != "" {
		r.found[s] = r.files.Position(e.Pos()).String()
	}
}

// verb is one of a format.
var verb = regexp.MustCompile(`%[-+#0-9.]*[a-zA-Z]`)

// sentence writes an expression as the catalog does, each argument as {}.
func sentence(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, _ := strconv.Unquote(e.Value)
		return s // a format, too
	case *ast.BinaryExpr:
		return sentence(e.X) + sentence(e.Y)
	case *ast.ParenExpr:
		return sentence(e.X)
	case *ast.CallExpr:
		if selector(e.Fun) == "fmt.Sprintf" {
			return verb.ReplaceAllString(sentence(e.Args[0]), "{}")
		}
	}
	return "{}"
}

func number(s string) string {
	s = strings.ReplaceAll(s, "accept-compliance NAME", "accept-compliance {}") // hostclient fills in the host's name
	for n := 1; strings.Contains(s, "{}"); n++ {
		s = strings.Replace(strings.ReplaceAll(s, "{}{}", "{}"), "{}", "{"+strconv.Itoa(n)+"}", 1)
	}
	return s
}
