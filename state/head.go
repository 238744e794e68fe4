package state

import (
	"bytes"
	"encoding/json"
	"os"

	"golang.org/x/sys/unix"

	"cnrelay/state/internal/private"
)

// headFile is the ledger's tally outside Badger. It is written in place and within one disk sector, so
// that it is either the old one or the new, at the price of one sync per commit.
type headFile struct{ f *os.File }

// headLine is what stands in it.
type headLine struct {
	tally
	Clean bool `json:"clean"` // Badger was closed and has nothing in its log
	// Tables is what its tables added up to then: see [tablesSum]. Without it each is read against its own checksums.
	Tables string `json:"tables,omitempty"`
}

const headSize = 256

func openHead(path string) (*headFile, error) {
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_DSYNC, 0)
	if err != nil {
		return nil, err
	}
	return &headFile{f}, nil
}

func createHead(path string, line headLine) error { return private.Write(path, line.encode()) }

func readHead(path string) (headLine, error) {
	var line headLine
	b, err := os.ReadFile(path)
	if err != nil {
		return line, err
	}
	return line, json.Unmarshal(b, &line)
}

func (h *headFile) write(line headLine) error {
	_, err := h.f.WriteAt(line.encode(), 0)
	return err
}

func (h *headFile) close() error { return h.f.Close() }

func (h headLine) encode() []byte {
	b, err := json.Marshal(h)
	if err != nil {
		panic(err) // it is numbers and a text
	}
	return append(append(b, bytes.Repeat([]byte(" "), headSize-1-len(b))...), '\n')
}
