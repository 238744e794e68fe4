// Package bundle makes files of evidence that others can open, check and compare: a BagIt bag (RFC 8493) with a file
// a stage, what was exchanged as an HTTP archive (HAR 1.2), and a JUnit report; and the smallest issue that shows a
// fault. It holds no secret, and the same evidence gives the same bytes.
//
// It speaks in codes; what people read is rendered by whoever calls it (tui/report) and handed in as documents.
package bundle

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"time"

	"cnrelay/core"
	"cnrelay/core/engine"
)

// The files of the payload that aren't stages.
const (
	harFile   = "exchanges.har"
	junitFile = "smoke.junit.xml"
)

// Schema is the version of the stage files and the summary. It grows when one changes its meaning or loses a field.
const Schema = 1

// Source gives what is kept of batches: the engine.
type Source interface {
	Evidence(ctx context.Context, id core.BatchID) (engine.Evidence, error)
	Exchanges(ctx context.Context, run string, visit func(x core.Exchange) error) error
	Mask(text string) string
}

var _ Source = (*engine.Engine)(nil)

// Document is a file for people in a bundle.
type Document struct {
	Name   string
	Render func(s Summary, e engine.Evidence) string
}

// Written is what was written.
type Written struct {
	Summary Summary `json:"summary"`
	Files   int     `json:"files"`
	Octets  int64   `json:"octets"` // of the payload
	Digest  string  `json:"-"`      // SHA-256 of the tag manifest, which stands for all
}

// File is a bundle in its place.
type File struct {
	Written
	Path   string    `json:"path"`
	At     time.Time `json:"at"`
	Digest string    `json:"sha256"` // of the zip file, or of a directory's tag manifest
}

// Write writes the evidence of a batch as a bag. agent is the cnrelay that does it.
func Write(ctx context.Context, to Folder, from Source, id core.BatchID, agent string, documents []Document) (Written, error) {
	e, err := from.Evidence(ctx, id)
	if err != nil {
		return Written{}, err
	}
	return write(ctx, to, from, e, agent, documents)
}

func write(ctx context.Context, to Folder, from Source, e engine.Evidence, agent string, documents []Document) (Written, error) {
	id := e.Batch.ID
	b := &bag{to: to}
	found := &findings{evidence: e}
	if err := b.add(harFile, func(w io.Writer) error { return writeArchive(ctx, w, from, e, agent, found) }); err != nil {
		return Written{}, err
	}
	s := summarize(e, found)
	out := Written{Summary: s}
	text := func(name, text string) error {
		return b.add(name, func(w io.Writer) error {
			_, err := io.WriteString(w, from.Mask(text))
			return err
		})
	}
	for _, sh := range sheets(e, s, found) {
		raw, err := pretty(sh)
		if err == nil {
			err = text(sh.Stage+".json", raw)
		}
		if err != nil {
			return out, err
		}
	}
	for _, d := range documents {
		if err := text(d.Name, d.Render(s, e)); err != nil {
			return out, err
		}
	}
	junit, err := junit(s, e)
	if err == nil {
		err = text(junitFile, junit)
	}
	if err != nil {
		return out, err
	}
	err = b.close(info{id: string(id), sender: "cnrelay:" + e.State, agent: "cnrelay " + agent, date: s.Until,
		description: from.Mask(s.Provider + " on " + s.Host.Name + ": " + string(s.State))})
	out.Files, out.Octets, out.Digest = len(b.payload)+len(b.tags), b.octets, b.tags[len(b.tags)-1].hash
	return out, err
}

// Root is the name of a bundle's folder.
func Root(id core.BatchID) string { return "cnrelay-" + string(id) }

func writeArchive(ctx context.Context, w io.Writer, from Source, e engine.Evidence, agent string, found *findings) error {
	pages := make([]harPage, len(e.Runs))
	for i, r := range e.Runs {
		pages[i] = pageOf(r)
	}
	a := newArchive(w, agent, pages)
	for _, r := range e.Runs {
		err := from.Exchanges(ctx, r.ID, func(x core.Exchange) error {
			found.see(r, a.add(r.ID, x), x)
			return a.err
		})
		if err != nil {
			return err
		}
	}
	return a.close()
}

// pretty is JSON for people, too.
func pretty(v any) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return b.String(), err
}
