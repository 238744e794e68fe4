package table

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"
	"pgregory.net/rapid"

	"cnrelay/tui/theme"
)

var plain = theme.New(io.Discard, theme.Options{Profile: termenv.Ascii})

func rows(ids ...string) []Row {
	var out []Row
	for i, id := range ids {
		out = append(out, Row{ID: id, Cells: []Cell{{Text: id}, {Text: fmt.Sprint(100 - i), Key: float64(100 - i)}}})
	}
	return out
}

func shown(t *Table) []string {
	var out []string
	for _, i := range t.shown {
		out = append(out, t.ids[i])
	}
	return out
}

func some() *Table {
	return New(Column{Title: "NAME", Min: 4, Flex: 1}, Column{Title: "N", Min: 3, Right: true, Keep: 1})
}

func TestSelectionIsKeptById(t *testing.T) {
	tb := some()
	tb.Set(rows("a", "b", "c"))
	tb.Move(1)
	tb.Set(rows("x", "a", "b", "c"))
	if tb.Selected() != "b" {
		t.Errorf("selected %s", tb.Selected())
	}
	tb.Set(rows("x", "a", "c")) // it is gone: its neighbour
	if tb.Selected() != "c" {
		t.Errorf("selected %s", tb.Selected())
	}
	tb.Set(nil)
	if tb.Selected() != "" {
		t.Errorf("selected %s of nothing", tb.Selected())
	}
}

func TestFilterWantsEveryWord(t *testing.T) {
	tb := some()
	tb.Set(rows("alpha one", "beta one", "alpha two"))
	tb.SetFilter("ONE alp")
	if got := shown(tb); !slices.Equal(got, []string{"alpha one"}) || tb.Summary() != "1/3" {
		t.Errorf("%v, %s", got, tb.Summary())
	}
}

func TestSortGoesRound(t *testing.T) {
	tb := some()
	tb.Set(rows("b", "a", "c"))
	for _, want := range []string{"a b c", "c b a", "c a b", "b a c", "b a c"} { // by name, by name down, by number, by number down, as given
		tb.Sort()
		if got := strings.Join(shown(tb), " "); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if tb.Selected() != "b" {
		t.Errorf("selected %s", tb.Selected())
	}
}

func TestLeastImportantColumnGoesFirst(t *testing.T) {
	tb := New(Column{Title: "NAME", Min: 6}, Column{Title: "ONE", Min: 6, Keep: 1}, Column{Title: "TWO", Min: 6, Keep: 2})
	tb.Set([]Row{{ID: "a", Cells: []Cell{{Text: "a"}, {Text: "1"}, {Text: "2"}}}})
	for width, want := range map[int]string{30: "NAME ONE TWO", 20: "NAME TWO", 12: "NAME"} {
		if got := strings.Join(strings.Fields(ansi.Strip(tb.View(plain, width, 3, true)[0])), " "); got != want {
			t.Errorf("%d wide: %s", width, got)
		}
	}
}

// TestViewFits: whatever the rows hold, a view has its lines, each of its width, with the cursor in sight.
func TestViewFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tb := some()
		var ids []string
		for i := range rapid.IntRange(0, 60).Draw(t, "rows") {
			ids = append(ids, rapid.SampledFrom([]string{"主机", "plain", "émile", "a\u0301b", "🙂"}).Draw(t, "text")+fmt.Sprint(i))
		}
		tb.Set(rows(ids...))
		width, height := rapid.IntRange(8, 90).Draw(t, "width"), rapid.IntRange(2, 30).Draw(t, "height")
		for _, n := range rapid.SliceOfN(rapid.IntRange(-70, 70), 0, 6).Draw(t, "moves") {
			tb.Move(n)
			lines := tb.View(plain, width, height, n%2 == 0)
			if len(lines) != height {
				t.Fatalf("%d lines of %d", len(lines), height)
			}
			for _, l := range lines {
				if ansi.StringWidth(l) != width {
					t.Fatalf("%d wide, not %d: %q", ansi.StringWidth(l), width, l)
				}
			}
			if len(ids) > 0 && !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(ansi.Strip(l), plain.Glyphs.Cursor) }) {
				t.Fatalf("the cursor is out of sight:\n%s", strings.Join(lines, "\n"))
			}
		}
	})
}

func BenchmarkView(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		tb := some()
		var ids []string
		for i := range n {
			ids = append(ids, fmt.Sprint("row ", i))
		}
		tb.Set(rows(ids...))
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				tb.Move(1)
				tb.View(plain, 160, 48, true)
			}
		})
	}
}

// TestOnlyRowsInSightAreMade: a frame costs no more for ten thousand rows than for as many as fit.
func TestOnlyRowsInSightAreMade(t *testing.T) {
	tb := some()
	ids, made := make([]string, 10_000), 0
	for i := range ids {
		ids[i] = fmt.Sprint("row ", i)
	}
	tb.Fill(ids, func(i int) []Cell { made++; return []Cell{{Text: ids[i]}, {Text: "n"}} })
	tb.Move(5000)
	tb.View(plain, 40, 11, true)
	if made != 10 {
		t.Errorf("%d rows were made for 10 in sight", made)
	}
	if tb.SetFilter("row 777"); tb.Summary() != "19/10000" {
		t.Errorf("filtered %s", tb.Summary())
	}
}
