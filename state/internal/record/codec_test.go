package record

import (
	"errors"
	"strings"
	"testing"
)

func TestDecodeRefuses(t *testing.T) {
	for raw, want := range map[string]error{
		"\x02{}":          errNewer,
		"":                errDamaged,
		"\x00{}":          errDamaged,
		"\x01{\"sesame\"": errDamaged,
		"\x01\"sesame\"":  errDamaged,
	} {
		var v struct{ N int }
		err := decode("batch/1", []byte(raw), &v)
		if !errors.Is(err, want) || !strings.Contains(err.Error(), "batch/1") || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%q: %v", raw, err)
		}
	}
}
