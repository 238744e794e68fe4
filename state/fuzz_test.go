package state

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"strings"
	"testing"

	"cnrelay/core/bounded"
)

// Whatever is in a file that is said to be a backup, reading it ends with what its sums say, or with an error.
func FuzzBackup(f *testing.F) {
	head := `{"v":1,"state":{"id":"abcdefgh"},"ledger":{"updates":1,"records":0,"digest":"` + strings.Repeat("0", 64) + `"}}`
	f.Add(head, "ledger/000001.jsonl", "")
	f.Add(head, "ledger/000001.jsonl", `{"path":"event/1","v":1,"value":{"a":1}}`+"\n")
	f.Add(head, "vault.age", "age-encryption.org/v1\n")
	f.Add(`{"v":9}`, "../../etc/passwd", "x")
	f.Add(`[]`, "", "\n\n{")
	f.Fuzz(func(t *testing.T, head, name, body string) {
		var packed bytes.Buffer
		zip := gzip.NewWriter(&packed)
		w := tar.NewWriter(zip)
		for _, part := range [][2]string{{backupHead, head}, {name, body}} {
			if err := w.WriteHeader(&tar.Header{Name: part[0], Mode: 0o600, Size: int64(len(part[1]))}); err != nil {
				return // no archive has such a name
			}
			if _, err := w.Write([]byte(part[1])); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(w.Close(), zip.Close()); err != nil {
			t.Fatal(err)
		}
		bounded.Run(t, func() {
			c, err := readBackup(&packed, "file", nil)
			if err == nil && (c.Version != backupVersion || c.tally.sums() != c.Ledger) {
				t.Fatalf("%+v passed for a backup", c)
			}
		})
	})
}
