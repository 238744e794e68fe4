package view

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"cnrelay/tui/text"
)

// TestEverySentenceIsInTheCatalog reads the sources of both faces for what they say.
func TestEverySentenceIsInTheCatalog(t *testing.T) {
	words := text.For(text.EN)
	seen := 0
	for _, dir := range []string{".", "../cli", "../../../../tui", "../../../../tui/*", "../../../../tui/*/*"} {
		paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(dir, err)
		}
		for _, path := range paths {
			files := token.NewFileSet()
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			file, err := parser.ParseFile(files, path, src, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				for _, key := range spoken(n) {
					seen++
					if words.Say(key) == key && !strings.HasSuffix(key, ".") && !strings.HasSuffix(key, "_") { // what is put together has a test where it is
						t.Errorf("%s: %q is not in the catalog", files.Position(n.Pos()), key)
					}
				}
				return true
			})
		}
	}
	if seen < 100 {
		t.Fatalf("only %d sentences were found: the reader of the sources is broken", seen)
	}
}

// spoken are the keys in a call of say, Say, ask or confirm.
func spoken(n ast.Node) []string {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return nil
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	at := 0
	switch sel.Sel.Name {
	case "say", "Say":
	case "ask":
		at = 1 // after the context
	case "confirm":
		at = 2
	default:
		return nil
	}
	if at >= len(call.Args) {
		return nil
	}
	lit, ok := call.Args[at].(*ast.BasicLit)
	if !ok {
		return nil
	}
	key, err := strconv.Unquote(lit.Value)
	if err != nil {
		return nil
	}
	return []string{key}
}
