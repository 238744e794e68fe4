package cli

import (
	"context"
	"errors"
	"io"
	"strings"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/tui/pane"
	"cnrelay/tui/wizard"
)

// guided is an import whose questions are asked line by line. What was entered stays when one goes back.
type guided struct {
	prompt
	look  look
	hosts []string
	host  int
	packs []engine.ListedPack
	pack  int
	sheet *wizard.Sheet // of that host and pack

	spec    engine.ImportSpec
	preview engine.Preview
}

// guidedImport asks what the guided import of the console asks, shows the plan, and runs it.
func (p prompt) guidedImport(ctx context.Context, l look) error {
	g := &guided{prompt: p, look: l}
	hosts, err := p.Hosts(ctx)
	if err != nil {
		return err
	}
	if len(hosts) == 0 {
		p.tell(p.words.Say("lines.no_hosts"))
		return nil
	}
	for _, h := range hosts {
		g.hosts = append(g.hosts, h.Name)
	}
	for _, l := range p.PackList() {
		if l.Fault == nil {
			g.packs = append(g.packs, l)
		}
	}
	defer func() {
		if g.sheet != nil {
			g.sheet.Forget()
		}
	}()
	if err := steps(ctx, g.askHost, g.askPack, g.askRoute, g.askKeys, g.askAccess, g.review); err != nil {
		return err
	}
	return p.runReviewed(ctx, g.preview, g.spec)
}

func (g *guided) askHost(ctx context.Context) (err error) {
	g.host, err = g.choose(ctx, g.words.Say("host"), g.hosts, g.host)
	return err
}

func (g *guided) askPack(ctx context.Context) error {
	var names []string
	for _, l := range g.packs {
		names = append(names, g.packName(l))
	}
	i, err := g.choose(ctx, g.words.Say("provider"), names, g.pack)
	if err != nil {
		return err
	}
	g.pack = i
	g.sheet = wizard.NewSheet(&pane.Session{Context: ctx, Words: g.words, Rates: g.look.rates}, g.hosts[g.host], g.packs[i])
	return nil
}

// entered looks at what was entered so far; what can't be used is marked at its field.
func (g *guided) entered() { g.spec, _ = g.sheet.Spec() }

func (g *guided) askRoute(ctx context.Context) error { return g.fill(ctx, g.sheet.Route(), g.entered) }

func (g *guided) askAccess(ctx context.Context) error {
	return g.fill(ctx, g.sheet.Access(), g.entered)
}

// askKeys takes upstream keys, typed or from a file, and says how many there are, never which.
func (g *guided) askKeys(ctx context.Context) error {
	for {
		from, err := g.choose(ctx, g.words.Say("lines.keys_from"), []string{g.words.Say("lines.typed"), g.words.Say("lines.file")}, 0)
		if err != nil {
			return err
		}
		take := g.typedKeys
		if from == 1 {
			take = g.keysFile
		}
		text, err := take(ctx)
		switch {
		case core.CodeOf(err) == core.CodeInput:
			g.out.Fail(err)
			continue
		case err != nil:
			return err
		}
		said, fault := g.sheet.Keys(text)
		g.tell(strings.Join(said, g.words.Say("list")))
		if fault == "" {
			return nil
		}
		g.tell(fault)
	}
}

// typedKeys reads lines that aren't shown, up to an empty one.
func (g *guided) typedKeys(ctx context.Context) ([]byte, error) {
	g.tell(g.words.Say("wizard.keys_paste") + " " + g.words.Say("lines.keys_end"))
	defer silent(g.In)()
	var text []byte
	for len(text) <= maxInput {
		line, err := g.line(ctx)
		if errors.Is(err, io.EOF) && len(text) > 0 {
			return text, nil
		}
		if err != nil {
			return nil, err
		}
		if err := g.command(line); err != nil || line == "" {
			return text, err
		}
		text = append(append(text, line...), '\n')
	}
	return nil, core.Input(g.words.Say("lines.keys_big"), g.words.Say("lines.file"))
}

func (g *guided) keysFile(ctx context.Context) ([]byte, error) {
	path, err := g.answer(ctx, g.words.Say("lines.file")+g.words.Say("aside", g.words.Say("wizard.keys_file_hint")), "")
	if err != nil {
		return nil, err
	}
	if path == "" || path == "-" {
		return nil, nil
	}
	return g.readKeysAt(path)
}

// review shows the plan. It is run once that is said; a replacement wants the provider's name.
func (g *guided) review(ctx context.Context) (err error) {
	if g.spec, err = g.sheet.Spec(); err != nil {
		return err
	}
	if g.preview, err = g.previewImport(ctx, g.spec); err != nil {
		return g.again(err)
	}
	if g.spec.Mode == core.Replace {
		return g.confirm(ctx, false, "confirm.replace", g.preview.Pack.ID)
	}
	start, err := g.choose(ctx, g.words.Say("lines.start"), []string{g.words.Say("choice.no"), g.words.Say("choice.yes")}, 0)
	if err == nil && start == 0 {
		return errBack
	}
	return err
}
