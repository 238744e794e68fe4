package engine

import "testing"

// TestLastLineBreakIsNoLine: a text that ends as texts do has no empty line.
func TestLastLineBreakIsNoLine(t *testing.T) {
	for text, blank := range map[string]int{"sk-key-1\n": 0, "sk-key-1": 0, "sk-key-1\n\n": 1, "# a comment\nsk-key-1\r\n": 1} {
		if list := ParseKeys(text); list.Blank != blank || len(list.Keys) != 1 {
			t.Errorf("%q: %+v", text, list)
		}
	}
}
