package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"cnrelay/tui/comp/field"
)

// What can be answered in place of a value.
var (
	errBack   = errors.New("back")
	errCancel = errors.New("cancel")
)

// prompt asks in plain lines: one question, one answer, nothing that is drawn over. A screen reader reads it as it
// comes, and whoever knows the questions can type ahead.
type prompt struct{ *session }

// tell prints a sentence.
func (p prompt) tell(line string) { _, _ = fmt.Fprintln(p.Out, line) }

// answer asks for a line. An empty one takes what there is; a dash empties it.
func (p prompt) answer(ctx context.Context, question, now string) (string, error) {
	if now != "" {
		question += p.words.Say("lines.now", now)
	}
	if _, err := io.WriteString(p.Out, p.words.Say("lines.ask", question)); err != nil {
		return "", err
	}
	typed, err := p.line(ctx)
	if err != nil {
		return "", err
	}
	if err := p.command(typed); err != nil {
		return "", err
	}
	switch typed {
	case "":
		return now, nil
	case "-":
		return "", nil
	}
	return typed, nil
}

// command tells whether a line is one of the words that lead elsewhere, in either language.
func (p prompt) command(typed string) error {
	switch strings.ToLower(typed) {
	case "back", p.words.Say("lines.back"):
		return errBack
	case "cancel", p.words.Say("lines.cancel"):
		return errCancel
	}
	return nil
}

// inlineMost is how long options on the question's own line may be; longer ones take a line each.
const inlineMost = 110

// choose asks for one of a few, by its number or its first letters; at is what an empty line takes, -1 nothing.
func (p prompt) choose(ctx context.Context, question string, options []string, at int) (int, error) {
	var numbered []string
	for i, o := range options {
		numbered = append(numbered, strconv.Itoa(i+1)+" "+o)
	}
	if inline := strings.Join(numbered, p.words.Say("list")); len(inline) <= inlineMost {
		question += p.words.Say("colon", inline)
	} else {
		for _, line := range numbered {
			p.tell(line)
		}
	}
	for {
		now := ""
		if at >= 0 {
			now = strconv.Itoa(at + 1)
		}
		typed, err := p.answer(ctx, question, now)
		if err != nil {
			return at, err
		}
		if i := pick(typed, options); i >= 0 {
			return i, nil
		}
		if typed != "" {
			p.tell(p.words.Say("lines.unknown", typed))
		}
	}
}

// item is something that can be chosen by its name.
type item struct {
	name string
	do   func(ctx context.Context) error
}

func itemNames(items []item) []string {
	var out []string
	for _, it := range items {
		out = append(out, it.name)
	}
	return out
}

// menu asks which of a few is meant, and does it; an empty answer is none of them. Who goes back from the first question
// of what is done is asked this one again.
func (p prompt) menu(ctx context.Context, question string, items ...item) error {
	items = append([]item{{p.words.Say("lines.none"), func(context.Context) error { return nil }}}, items...)
	at := 0
	return steps(ctx,
		func(ctx context.Context) (err error) {
			at, err = p.choose(ctx, p.words.Say(question), itemNames(items), 0)
			return err
		},
		func(ctx context.Context) error { return items[at].do(ctx) })
}

// pick finds an option by its number, its name, or letters that only it begins with; -1 if it isn't clear.
func pick(typed string, options []string) int {
	if n, err := strconv.Atoi(typed); err == nil {
		if n >= 1 && n <= len(options) {
			return n - 1
		}
		return -1
	}
	if i := slices.IndexFunc(options, func(o string) bool { return strings.EqualFold(o, typed) }); i >= 0 {
		return i
	}
	begins := func(o string) bool { return strings.HasPrefix(strings.ToLower(o), strings.ToLower(typed)) }
	i := slices.IndexFunc(options, begins)
	if typed == "" || i < 0 || slices.ContainsFunc(options[i+1:], begins) {
		return -1
	}
	return i
}

// fill asks for fields in their order. Back goes to the one before, and from the first one out. check looks at what
// was entered after each answer: it marks what can't be used, and hides what isn't asked for.
func (p prompt) fill(ctx context.Context, fields []*field.Field, check func()) error {
	step := 1
	for i := 0; i < len(fields); {
		if i < 0 {
			return errBack
		}
		f := fields[i]
		if f.Hidden {
			i += step
			continue
		}
		switch err := p.field(ctx, f); {
		case errors.Is(err, errBack):
			step = -1
			i--
			continue
		case err != nil:
			return err
		}
		f.Fault = ""
		if check(); f.Fault != "" {
			p.tell(f.Fault)
			continue
		}
		step = 1
		i++
	}
	return nil
}

// field asks for a field. Of a secret only the length is shown.
func (p prompt) field(ctx context.Context, f *field.Field) error {
	question := f.Label
	if f.Hint != "" {
		question += p.words.Say("aside", f.Hint)
	}
	if len(f.Choices) > 0 {
		i, err := p.choose(ctx, question, f.Choices, f.Chosen())
		if err == nil {
			f.Choose(i)
		}
		return err
	}
	now := f.Value()
	if f.Secret() {
		defer silent(p.In)()
		if now != "" {
			now = p.words.Say("wizard.key_length", strconv.Itoa(len([]rune(now))))
		}
	}
	typed, err := p.answer(ctx, question, now)
	if err == nil && (!f.Secret() || typed != now) {
		f.Set(typed)
	}
	return err
}

// steps takes steps in their order; a step that goes back leads to the one before.
func steps(ctx context.Context, list ...func(context.Context) error) error {
	for i := 0; i < len(list); {
		switch err := list[i](ctx); {
		case errors.Is(err, errBack) && i > 0:
			i--
		case err != nil:
			return err
		default:
			i++
		}
	}
	return nil
}
