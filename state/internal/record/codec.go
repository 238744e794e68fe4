package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"cnrelay/core"
)

// version is the first byte of every stored record: what follows it is JSON. A change that an older
// build would misread takes the next number.
const version = 1

// The largest key and value. A value is held in memory whole, and once more while it is written.
const (
	maxKey   = 1 << 10
	maxValue = 8 << 20
)

var (
	errNewer   = errors.New("record of a newer version")
	errDamaged = errors.New("record is not readable")
)

func encode(name string, v any) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, problem(fmt.Sprintf("record %s can't be written as JSON", name), "report this as a bug in cnrelay", err)
	}
	if len(body) >= maxValue {
		return nil, problem(fmt.Sprintf("record %s is too big: %d bytes of at most %d", name, len(body), maxValue),
			"split the import into smaller ones", nil)
	}
	return append([]byte{version}, body...), nil
}

// decode keeps the record's bytes out of its errors.
func decode(name string, raw []byte, v any) error {
	if len(raw) > 0 && raw[0] > version {
		return problem(fmt.Sprintf("record %s has version %d; this build knows versions up to %d", name, raw[0], version),
			"use the cnrelay that wrote it, or a newer one", errNewer)
	}
	if len(raw) == 0 || raw[0] != version || json.Unmarshal(raw[1:], v) != nil {
		return problem(fmt.Sprintf("record %s is not readable as %T", name, v),
			"restore the state directory from a copy", errDamaged)
	}
	return nil
}

// path is a record's place among all tables: table/key.
func path(t core.Table, key string) (string, error) {
	p := string(t) + "/" + key
	for part := range strings.SplitSeq(p, "/") {
		if part == "" {
			return "", problem(fmt.Sprintf("key %q of table %q has an empty part", key, t), "report this as a bug in cnrelay", nil)
		}
	}
	if len(p) > maxKey {
		return "", problem(fmt.Sprintf("a key of table %q is too long: %d bytes of at most %d", t, len(p), maxKey),
			"use shorter names", nil)
	}
	return p, nil
}

func problem(what, next string, err error) error {
	return &core.Error{Code: core.CodeState, Stage: "store", What: what, Fault: core.FaultUnknown, Next: next, Err: err}
}
