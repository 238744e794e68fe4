package state

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// tally says what a ledger holds. It is committed with every change, and again outside Badger in the
// head: Badger drops what follows a damaged byte of its log without a word, and only a count kept
// elsewhere can tell.
type tally struct {
	Version int    `json:"v"`
	Updates uint64 `json:"updates"` // made so far
	Records int64  `json:"records"` // there are
	Digest  digest `json:"digest"`  // of all records
}

// tallyVersion is of the ledger as a whole: an older build refuses a newer one.
const tallyVersion = 1

// tallyPath is out of the tables' reach, which have a slash in every path.
const tallyPath = "tally"

// digest is the sum (xor) of the hashes of records, in any order: adding one that is there takes it out.
type digest [sha256.Size]byte

// MarshalText implements [encoding.TextMarshaler].
func (d digest) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, d[:]), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *digest) UnmarshalText(text []byte) error {
	if hex.DecodedLen(len(text)) != len(d) {
		return fmt.Errorf("a digest has %d digits, not %d", hex.EncodedLen(len(d)), len(text))
	}
	_, err := hex.Decode(d[:], text)
	return err
}

func (d *digest) toggle(path string, raw []byte) {
	h := sha256.New()
	var size [8]byte
	binary.BigEndian.PutUint64(size[:], uint64(len(path)))
	h.Write(size[:])
	h.Write([]byte(path))
	h.Write(raw)
	for i, b := range h.Sum(nil) {
		d[i] ^= b
	}
}

// replace counts the change of one record; nil is none.
func (t *tally) replace(path string, before, after []byte) {
	if before != nil {
		t.Records--
		t.Digest.toggle(path, before)
	}
	if after != nil {
		t.Records++
		t.Digest.toggle(path, after)
	}
}

func (t tally) encode() []byte {
	t.Version = tallyVersion
	b, err := json.Marshal(t)
	if err != nil {
		panic(err) // it is numbers and a text
	}
	return b
}

// kept reads the tally that was committed with the last change.
func kept(s *snapshot) (tally, error) {
	t := tally{Version: tallyVersion}
	raw, err := s.Get(tallyPath)
	if err != nil || raw == nil {
		return t, err
	}
	return t, json.Unmarshal(raw, &t)
}

// counted goes through all records.
func counted(s *snapshot) (tally, error) {
	t := tally{Version: tallyVersion}
	err := s.Scan("", func(path string, raw []byte) error {
		if path != tallyPath {
			t.replace(path, nil, raw)
		}
		return nil
	})
	return t, err
}
