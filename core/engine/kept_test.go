package engine

import (
	"encoding/json"
	"testing"

	"cnrelay/core"
)

// What one run keeps is bounded, also if everything fails.
func TestBodiesOfOneRunAreBounded(t *testing.T) {
	tape := &tape{tries: map[string]int{}}
	for bytes, want := range map[int]map[int]bool{0: {200: true, 502: true}, keptBytes + 1: {200: false, 502: true}, 2*keptBytes + 1: {200: false, 502: false}} {
		for status, kept := range want {
			tape.bytes, tape.fresh = bytes, nil
			tape.Record(core.Exchange{Method: "GET", Status: status, Got: core.Message{Body: "body", Size: 4}})
			var x core.Exchange
			if err := json.Unmarshal(tape.fresh[0].json, &x); err != nil {
				t.Fatal(err)
			}
			if (x.Got.Body != "") != kept || x.Got.Cut == kept {
				t.Errorf("%d after %d bytes: %+v", status, bytes, x.Got)
			}
		}
	}
}
