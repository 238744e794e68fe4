package batches

import (
	"testing"

	"cnrelay/core"
)

// TestWordsAreNamedByAccount: what a test says stands under the account's name, until the verdict.
func TestWordsAreNamedByAccount(t *testing.T) {
	f := &Feed{Words: map[string]string{}, judged: map[string]bool{}}
	f.fold(core.Event{Type: core.EventProgress, Step: "test/1a2b3c4d", Name: "acme-main", Text: "po"})
	f.fold(core.Event{Type: core.EventProgress, Step: "test/1a2b3c4d", Name: "acme-main", Text: "ng"})
	if got := f.Words["acme-main"]; got != "pong" {
		t.Errorf("got %q of %v", got, f.Words)
	}
	f.fold(core.Event{Type: core.EventVerdict, Step: "test/1a2b3c4d", Name: "acme-main", Verdict: core.Passed})
	if len(f.Words) > 0 || f.Passed != 1 {
		t.Errorf("after the verdict: %v, %d passed", f.Words, f.Passed)
	}
}

// TestLateWordsAreNotShown: progress isn't kept, so it may come after the verdict that ends it.
func TestLateWordsAreNotShown(t *testing.T) {
	f := &Feed{Words: map[string]string{}, judged: map[string]bool{}}
	f.fold(core.Event{Type: core.EventVerdict, Name: "acme-main", Verdict: core.Failed})
	if f.fold(core.Event{Type: core.EventProgress, Name: "acme-main", Text: "late"}); len(f.Words) > 0 {
		t.Errorf("words of a test that is over: %v", f.Words)
	}
	f.fold(core.Event{Type: core.EventIntent, Verb: core.Test, Name: "acme-main"})
	if f.fold(core.Event{Type: core.EventProgress, Name: "acme-main", Text: "again"}); f.Words["acme-main"] != "again" {
		t.Errorf("words of the next test: %v", f.Words)
	}
}
