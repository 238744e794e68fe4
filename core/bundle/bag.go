package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"time"
)

// The tag files of a bag (RFC 8493 2.1 to 2.2).
const (
	declaration = "bagit.txt"
	infoFile    = "bag-info.txt"
	manifest    = "manifest-sha256.txt"
	tagManifest = "tagmanifest-sha256.txt"
	payload     = "data/"

	declared = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
)

// Folder is where a bag is written to: a directory, or a zip of one. A file is whole once it is closed.
type Folder interface {
	Create(name string) (io.WriteCloser, error)
}

// sum is a line of a manifest.
type sum struct {
	name string
	hash string // SHA-256, lower-case hex
}

// bag writes files and remembers their sums.
type bag struct {
	to      Folder
	payload []sum
	tags    []sum
	octets  int64
}

// add writes a file of the payload.
func (b *bag) add(name string, write func(w io.Writer) error) error {
	s, n, err := b.file(payload+name, write)
	b.payload, b.octets = append(b.payload, s), b.octets+n
	return err
}

func (b *bag) tag(name, text string) error {
	s, _, err := b.file(name, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
	b.tags = append(b.tags, s)
	return err
}

func (b *bag) file(name string, write func(w io.Writer) error) (sum, int64, error) {
	f, err := b.to.Create(name)
	if err != nil {
		return sum{}, 0, err
	}
	w := &counted{to: f, hash: sha256.New()}
	if err := write(w); err != nil {
		_ = f.Close() // what went wrong before says more
		return sum{}, 0, err
	}
	return sum{name, hex.EncodeToString(w.hash.Sum(nil))}, w.n, f.Close()
}

// counted hashes and counts what goes through.
type counted struct {
	to   io.Writer
	hash hash.Hash
	n    int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.hash.Write(p[:n])
	c.n += int64(n)
	return n, err
}

// info is what bag-info.txt says besides the size.
type info struct {
	id, description, sender, agent string
	date                           time.Time
}

// close writes the tag files.
func (b *bag) close(i info) error {
	text := fmt.Sprintf("Bag-Software-Agent: %s\nBagging-Date: %s\nExternal-Description: %s\nExternal-Identifier: %s\nInternal-Sender-Identifier: %s\nPayload-Oxum: %d.%d\n",
		i.agent, i.date.UTC().Format(time.DateOnly), i.description, i.id, i.sender, b.octets, len(b.payload))
	for _, t := range []struct{ name, text string }{{declaration, declared}, {infoFile, text}, {manifest, lines(b.payload)}} {
		if err := b.tag(t.name, t.text); err != nil {
			return err
		}
	}
	return b.tag(tagManifest, lines(b.tags))
}

// lines are a manifest as sha256sum reads it.
func lines(sums []sum) string {
	sorted := slices.SortedFunc(slices.Values(sums), func(a, b sum) int { return strings.Compare(a.name, b.name) })
	var out bytes.Buffer
	for _, s := range sorted {
		fmt.Fprintf(&out, "%s  %s\n", s.hash, s.name)
	}
	return out.String()
}
