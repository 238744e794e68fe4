package text

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// typed are core's vocabularies of constants, and where their words are.
var typed = map[string]section{
	"Kind": sectionKind, "Verb": sectionVerb, "Phase": sectionPhase, "Verdict": sectionVerdict, "BatchState": sectionBatch,
	"AccessState": sectionAccess, "ProviderState": sectionProvider, "StepState": sectionStep, "Origin": sectionOrigin,
	"AccessMode": sectionMode, "ReplaceMode": sectionReplace, "Fault": sectionFault, "Feature": sectionFeature,
	"Block": sectionBlock, "NetError": sectionNet, "Code": sectionCode, "AuthKind": sectionAuth,
	"DriftStatus": sectionDrift, "Role": sectionRole, "Deed": sectionAct, "AlertKind": sectionAlert, "AlertState": sectionAlertState, "DeepKind": sectionDeep,
	"RunKind": sectionRun, "Side": sectionSide,
	"Part": sectionPart, "Standing": sectionStanding, "FaultCode": sectionFaulty,
	"Stage": sectionAccepted, "StageState": sectionOutcome,
}

// silent are vocabularies that no one reads as words: they are names of the field itself.
var silent = map[string]bool{"Table": true, "Protocol": true, "EventType": true, "ReceiverKind": true, "HostID": true, "BatchID": true}

// TestEveryCodeHasWords reads core's sources: a code that has no words in either language fails.
func TestEveryCodeHasWords(t *testing.T) {
	c := readCodes(t, "../../core", "../../core/plan", "../../core/probe", "../../core/engine", "../../core/kind", "../../core/drift", "../../core/bundle")
	if len(c.found) < 100 {
		t.Fatalf("only %d codes were found: the reader of the sources is broken", len(c.found))
	}
	tables := For(EN).tables
	for _, code := range c.found {
		p, ok := tables.find(code.table, code.value)
		switch {
		case !ok:
			t.Errorf("%s: %s %q has no words", code.at, code.table, code.value)
		default:
			for _, phrase := range p {
				if strings.TrimSpace(phrase.en) == "" || strings.TrimSpace(phrase.zh) == "" {
					t.Errorf("%s: %s %q lacks a language", code.at, code.table, code.value)
				}
			}
		}
	}
}

// find gives the phrases of a code in one of the tables.
func (t *tables) find(table, code string) ([]phrase, bool) {
	switch table {
	case "class":
		e, ok := t.classes[code]
		return []phrase{e.what, e.next}, ok
	case "drift":
		e, ok := t.drifts[code]
		return []phrase{e.what, e.next}, ok
	case "detail": // of the classes that carry one
		for class, e := range t.classes {
			if strings.HasSuffix(class, "/"+code) {
				return []phrase{e.what, e.next}, true
			}
		}
		return nil, false
	case "check":
		c, ok := t.checks[code]
		return []phrase{c.ok, c.bad}, ok
	case "next":
		p, ok := t.next[code]
		return []phrase{p}, ok
	case "note":
		p, ok := t.notes[code]
		return []phrase{p}, ok
	case "reason":
		p, ok := t.reasons[code]
		return []phrase{p}, ok
	case "say":
		p, ok := t.says[code]
		return []phrase{p}, ok
	}
	p, ok := t.names[section(table)][code]
	return []phrase{p}, ok
}

type code struct{ table, value, at string }

type codes struct {
	t     *testing.T
	files *token.FileSet
	found []code
}

func readCodes(t *testing.T, dirs ...string) *codes {
	c := &codes{t: t, files: token.NewFileSet()}
	for _, dir := range dirs {
		parsed, err := sources(c.files, dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range parsed {
			ast.Inspect(file, func(n ast.Node) bool { c.node(n); return true })
		}
	}
	return c
}

// sources are a folder's files, tests not counted.
func sources(files *token.FileSet, dir string) (parsed []*ast.File, err error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, file)
	}
	return parsed, err
}

func (c *codes) add(table string, e ast.Expr) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return
	}
	if v, err := strconv.Unquote(lit.Value); err == nil && v != "" {
		c.found = append(c.found, code{table, v, c.files.Position(e.Pos()).String()})
	}
}

func (c *codes) node(n ast.Node) {
	switch n := n.(type) {
	case *ast.GenDecl:
		if n.Tok == token.CONST {
			c.constants(n)
		}
		c.preconditions(n)
	case *ast.CallExpr:
		c.call(n)
	case *ast.CompositeLit:
		c.literal(n)
	case *ast.AssignStmt:
		c.assignment(n)
	case *ast.ReturnStmt:
		// return core.UpstreamError, "not_an_api": a class and its detail
		if len(n.Results) == 2 && strings.HasPrefix(selector(n.Results[0]), "core.") {
			c.add("detail", n.Results[1])
		}
	}
}

// constants reads typed vocabularies, and untyped ones by the beginning of their names.
func (c *codes) constants(d *ast.GenDecl) {
	for _, spec := range d.Specs {
		v := spec.(*ast.ValueSpec)
		name, isTyped := "", false
		if id, ok := v.Type.(*ast.Ident); ok {
			name, isTyped = id.Name, true
		}
		for i, value := range v.Values {
			lit, ok := value.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				continue
			}
			at := c.files.Position(value.Pos()).String()
			switch {
			case name == "Class":
				c.add("class", value)
			case name == "DriftType":
				c.add("drift", value)
				c.add(string(sectionFound), value)
			case isTyped && typed[name] != "":
				c.add(string(typed[name]), value)
			case isTyped && !silent[name]:
				c.t.Errorf("%s: the vocabulary %s is new: give it words or say that it needs none", at, name)
			case strings.HasPrefix(v.Names[i].Name, "Reason"), strings.HasPrefix(v.Names[i].Name, "Kept"):
				c.add("reason", value)
			case strings.HasPrefix(v.Names[i].Name, "Stage"):
				c.add(string(sectionStage), value)
			}
		}
	}
}

// preconditions reads the table of what a gateway says is missing.
func (c *codes) preconditions(d *ast.GenDecl) {
	for _, spec := range d.Specs {
		v, ok := spec.(*ast.ValueSpec)
		if !ok || v.Names[0].Name != "preconditions" || len(v.Values) == 0 {
			continue
		}
		for _, e := range v.Values[0].(*ast.CompositeLit).Elts {
			c.add("detail", e.(*ast.KeyValueExpr).Value)
		}
	}
}

// call reads check(ok, code, next, …), note(code, …), lacks(holds, code, …) and config(stage, detail).
func (c *codes) call(n *ast.CallExpr) {
	name := selector(n.Fun)
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		name = name[i+1:]
	}
	switch {
	case name == "check" && len(n.Args) >= 3:
		c.add("check", n.Args[1])
		c.add("next", n.Args[2])
	case name == "lacks" && len(n.Args) >= 2:
		c.add("note", n.Args[1])
	case name == "note" && len(n.Args) >= 1:
		c.add("note", n.Args[0])
	case name == "config" && len(n.Args) == 2:
		c.add("detail", n.Args[1])
	}
}

// literal reads the stage and detail of findings, and the words that a run starts with.
func (c *codes) literal(n *ast.CompositeLit) {
	kind := selector(n.Type)
	fields := map[string]ast.Expr{}
	for _, e := range n.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if id, ok := kv.Key.(*ast.Ident); ok {
				fields[id.Name] = kv.Value
			}
		}
	}
	switch {
	case kind == "core.Note":
		c.add("note", fields["Code"])
	case kind == "core.Finding":
		c.add(string(sectionStage), fields["Stage"])
		c.add("detail", fields["Detail"])
	case kind == "core.Event" && selector(fields["Type"]) == "core.EventStarted":
		if lit, ok := fields["Text"].(*ast.BasicLit); ok {
			lit.Value = strconv.Quote("run." + strings.Trim(lit.Value, `"`))
			c.add("say", lit)
		}
	}
}

// assignment reads x.Detail = "…", detail = "…" and reason := "…".
func (c *codes) assignment(n *ast.AssignStmt) {
	for i, left := range n.Lhs {
		if i >= len(n.Rhs) {
			return
		}
		name := selector(left)
		switch {
		case name == "detail" || strings.HasSuffix(name, ".Detail"):
			c.add("detail", n.Rhs[i])
		case name == "reason" || strings.HasSuffix(name, ".Reason"):
			c.add("reason", n.Rhs[i])
		}
	}
}

// selector is a name, with what it is selected from: "core.Finding", "f.Detail".
func selector(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return selector(e.X) + "." + e.Sel.Name
	case *ast.IndexExpr: // a generic function
		return selector(e.X)
	}
	return ""
}
