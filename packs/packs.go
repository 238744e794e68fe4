// Package packs reads provider packs, and the price and rate files beside them, from TOML
// (docs/packs.md describes the format). Whatever is wrong with a file is reported in one pass, each
// [Fault] with its line, column and key.
package packs

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"

	"cnrelay/core"
)

// maxSize is the most that a file may hold.
const maxSize = 1 << 20

// Load reads a pack from a file.
func Load(path string) (core.Pack, error) {
	src, err := read(path)
	if err != nil {
		return core.Pack{}, err
	}
	return Parse(path, src)
}

// Parse reads a pack from the bytes of a file; name is the file's, for faults and for the pack's Source.
// The error is [Faults].
func Parse(name string, src []byte) (core.Pack, error) {
	pack, err := parse(name, src, readPack)
	if err != nil {
		return core.Pack{}, err
	}
	pack.Source, pack.Digest = name, digest(pack)
	return pack, nil
}

// digest is the same for the same content, however the file is written.
func digest(p core.Pack) string {
	p.Source, p.Replaces, p.Digest = "", false, ""
	content, err := json.Marshal(p) // maps are sorted
	if err != nil {
		panic(err) // only NaN and infinity can't be written, and no pack has them
	}
	return fmt.Sprintf("sha256:%x", sha256.Sum256(content))
}

// ParsePrices reads prices by model id from the bytes of a file: what a relay asks isn't what the vendor asks.
func ParsePrices(name string, src []byte) (map[string]core.Price, error) {
	return parse(name, src, readPrices)
}

// ParseFX reads exchange rates from the bytes of a file.
func ParseFX(name string, src []byte) ([]core.Rate, error) { return parse(name, src, readRates) }

// read gives a file's bytes. One byte too many is read so that parse can tell a file that is too big.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, core.Input("there is no file "+strconv.Quote(path), "check the path; it is read on the machine that runs cnrelay")
	}
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return nil, unreadable(path, err)
	}
	return src, nil
}

func unreadable(path string, err error) error {
	fault := core.Input("can't read "+strconv.Quote(path)+": "+cause(err).Error(), "check what the path names and who may read it")
	fault.Err = err
	return fault
}

// cause is the system's own word, without the path that the message has already.
func cause(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}
