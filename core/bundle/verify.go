package bundle

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// FaultCode is a way in which a bundle isn't what it was, or isn't one.
type FaultCode string

// The ways.
const (
	FaultSeal    FaultCode = "seal"    // a byte of the zip file was changed
	FaultMissing FaultCode = "missing" // it should be there
	FaultExtra   FaultCode = "extra"   // no manifest lists it
	FaultChanged FaultCode = "changed" // its sum isn't the one that was written down
	FaultFormat  FaultCode = "format"  // not as RFC 8493 wants it
	FaultSize    FaultCode = "size"    // the payload has another size than bag-info.txt says
	FaultSchema  FaultCode = "schema"  // not of the shape that a bundle's file has
	FaultNewer   FaultCode = "newer"   // made by a newer cnrelay than this one can check
)

// Fault is one thing that is wrong with a bundle.
type Fault struct {
	Code   FaultCode `json:"code"`
	File   string    `json:"file,omitempty"`
	Detail string    `json:"detail,omitempty"`
}

// Report is what a look at a bundle found. It is whole if there are no faults.
type Report struct {
	Summary Summary `json:"summary"`
	Files   int     `json:"files"`
	Octets  int64   `json:"octets"` // of the payload
	Faults  []Fault `json:"faults"`
}

// Verify checks sums, completeness and shapes of a bundle in a folder. sealed is what [OpenZip] said, nil for a
// folder. An error means that the folder couldn't be read.
func Verify(folder fs.FS, sealed error) (Report, error) {
	v := &verifier{folder: folder, there: map[string]bool{}, listed: map[string]bool{}}
	if sealed != nil {
		v.fault(FaultSeal, "", sealed.Error())
	}
	err := fs.WalkDir(folder, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			v.there[name] = true
		}
		return err
	})
	if err != nil {
		return v.Report, err
	}
	v.bag()
	v.shapes()
	for _, name := range slices.Sorted(maps.Keys(v.there)) {
		if !v.listed[name] && name != tagManifest {
			v.fault(FaultExtra, name, "")
		}
	}
	v.Files = len(v.there)
	slices.SortStableFunc(v.Faults, func(a, b Fault) int { return cmp.Compare(a.File, b.File) })
	return v.Report, nil
}

type verifier struct {
	Report
	folder fs.FS
	there  map[string]bool
	listed map[string]bool // in a manifest
	count  int             // of payload files
}

func (v *verifier) fault(code FaultCode, file, detail string) {
	v.Faults = append(v.Faults, Fault{code, file, detail})
}

// bag checks what RFC 8493 says: the declaration, every file in a manifest with its sum, and the size.
func (v *verifier) bag() {
	if text := v.read(declaration); text != "" && text != declared {
		v.fault(FaultFormat, declaration, "")
	}
	v.manifest(manifest, func(name string) bool { return strings.HasPrefix(name, payload) })
	v.manifest(tagManifest, func(name string) bool { return !strings.Contains(name, "/") && name != tagManifest })
	for _, name := range []string{declaration, infoFile, manifest} {
		if !v.listed[name] {
			v.fault(FaultMissing, name, tagManifest)
		}
	}
	oxum := fmt.Sprintf("%d.%d", v.Octets, v.count)
	if text := v.read(infoFile); text != "" {
		labels, err := infoOf(text)
		switch {
		case err != nil:
			v.fault(FaultFormat, infoFile, err.Error())
		case labels["Payload-Oxum"] != oxum:
			v.fault(FaultSize, infoFile, labels["Payload-Oxum"]+" ≠ "+oxum)
		}
	}
}

// A bundle may be anybody's, and a small zip hold a huge file: so much of one is read into memory at most. An archive
// may be longer, but none of its exchanges.
const (
	mostOfTag  = 1 << 20
	mostOfFile = 64 << 20
)

// allowance reads until so many bytes were read since it was renewed.
type allowance struct {
	from io.Reader
	left int
	most int
}

func allow(from io.Reader, most int) *allowance { return &allowance{from, most, most} }

func (a *allowance) renew() { a.left = a.most }

// Read implements [io.Reader].
func (a *allowance) Read(p []byte) (int, error) {
	if a.left == 0 {
		return 0, errTooLong(a.most)
	}
	n, err := a.from.Read(p[:min(len(p), a.left)])
	a.left -= n
	return n, err
}

type errTooLong int

func (n errTooLong) Error() string { return fmt.Sprintf("more than %d MiB", n>>20) }

// readAll reads a file that is not too long.
func readAll(folder fs.FS, name string, most int) ([]byte, error) {
	f, err := folder.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(allow(f, most))
}

// read gives a tag file, "" if it isn't there, which is a fault.
func (v *verifier) read(name string) string {
	raw, err := readAll(v.folder, name, mostOfTag)
	var long errTooLong
	switch {
	case errors.Is(err, fs.ErrNotExist):
		v.fault(FaultMissing, name, "")
	case errors.As(err, &long):
		v.fault(FaultFormat, name, err.Error())
		return ""
	case err != nil:
		v.fault(FaultChanged, name, err.Error())
	}
	return string(raw)
}

var manifestLine = regexp.MustCompile(`^([0-9a-f]{64})  (\S.*)$`)

func (v *verifier) manifest(file string, may func(name string) bool) {
	text := v.read(file)
	if text != "" && !strings.HasSuffix(text, "\n") {
		v.fault(FaultFormat, file, "")
	}
	for line := range strings.Lines(text) {
		m := manifestLine.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil || !fs.ValidPath(m[2]) || path.Clean(m[2]) != m[2] || !may(m[2]) || v.listed[m[2]] {
			v.fault(FaultFormat, file, fmt.Sprintf("%.100q", strings.TrimSuffix(line, "\n")))
			continue
		}
		v.listed[m[2]] = true
		v.sum(m[2], m[1])
	}
}

func (v *verifier) sum(name, want string) {
	f, err := v.folder.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		v.fault(FaultMissing, name, "")
		return
	}
	h := sha256.New()
	var n int64
	if err == nil {
		n, err = io.Copy(h, f)
		_ = f.Close()
	}
	if strings.HasPrefix(name, payload) {
		v.count, v.Octets = v.count+1, v.Octets+n
	}
	switch {
	case err != nil:
		v.fault(FaultChanged, name, err.Error())
	case hex.EncodeToString(h.Sum(nil)) != want:
		v.fault(FaultChanged, name, "")
	}
}

// infoOf reads bag-info.txt: a label a line; a line that begins with a space goes on with the one before.
func infoOf(text string) (map[string]string, error) {
	labels, last := map[string]string{}, ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
			labels[last] += " " + strings.TrimSpace(line)
			continue
		}
		label, value, ok := strings.Cut(line, ": ")
		if !ok || label == "" {
			return nil, fmt.Errorf("%.100q", line)
		}
		last = label
		labels[label] = value
	}
	return labels, nil
}

// shapes checks that every file of a bundle is there and is what its name says.
func (v *verifier) shapes() {
	for _, name := range sheetNames {
		v.sheet(name)
	}
	v.archive()
	v.shape(junitFile, func(r *allowance) error {
		var suites junitSuites
		if err := xml.NewDecoder(r).Decode(&suites); err != nil {
			return err
		}
		tests := 0
		for _, s := range suites.Suites {
			tests += len(s.Cases)
		}
		if tests == 0 || tests != suites.Tests {
			return fmt.Errorf("%d tests, %d are counted", tests, suites.Tests)
		}
		return nil
	})
}

func (v *verifier) shape(name string, check func(r *allowance) error) {
	f, err := v.folder.Open(payload + name)
	if errors.Is(err, fs.ErrNotExist) {
		if !v.listed[payload+name] {
			v.fault(FaultMissing, payload+name, "")
		}
		return
	}
	if err != nil {
		v.fault(FaultChanged, payload+name, err.Error())
		return
	}
	defer f.Close()
	var newer errNewer
	switch err := check(allow(f, mostOfFile)); {
	case errors.As(err, &newer):
		v.fault(FaultNewer, payload+name, err.Error())
	case err != nil:
		v.fault(FaultSchema, payload+name, err.Error())
	}
}

type errNewer int

func (n errNewer) Error() string { return fmt.Sprintf("schema %d > %d", int(n), Schema) }

func (v *verifier) sheet(name string) {
	v.shape(name+".json", func(r *allowance) error {
		var sh struct {
			Stage  string          `json:"stage"`
			Schema int             `json:"schema"`
			Host   Host            `json:"host"`
			Seen   *bool           `json:"seen"`
			Data   json.RawMessage `json:"data"`
		}
		if err := json.NewDecoder(r).Decode(&sh); err != nil {
			return err
		}
		switch {
		case sh.Schema > Schema:
			return errNewer(sh.Schema)
		case sh.Stage != name, sh.Schema < 1, sh.Seen == nil, sh.Host.Name == "", *sh.Seen != (len(sh.Data) > 0):
			return errors.New("not a stage file of this name")
		case name == sheetNames[len(sheetNames)-1]:
			return json.Unmarshal(sh.Data, &v.Summary)
		}
		return nil
	})
}

// archive reads the HAR entry by entry.
func (v *verifier) archive() {
	v.shape(harFile, func(r *allowance) error {
		d := json.NewDecoder(r)
		entries := 0
		var log harLog
		for _, want := range []any{json.Delim('{'), "log", json.Delim('{')} {
			if got, err := d.Token(); err != nil || got != want {
				return errors.Join(errors.New("not an HTTP archive"), err)
			}
		}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return err
			}
			switch name {
			case "version":
				err = d.Decode(&log.Version)
			case "creator":
				err = d.Decode(&log.Creator)
			case "pages":
				err = d.Decode(&log.Pages)
			case "entries":
				entries, err = readEntries(d, log.Pages, r.renew)
			default:
				err = fmt.Errorf("unknown name %q", name)
			}
			if err != nil {
				return err
			}
		}
		if log.Version != "1.2" || log.Creator.Name == "" || entries != v.Summary.Exchanges {
			return fmt.Errorf("version %q with %d exchanges, the summary counts %d", log.Version, entries, v.Summary.Exchanges)
		}
		return nil
	})
}

func readEntries(d *json.Decoder, pages []harPage, next func()) (n int, err error) {
	if open, err := d.Token(); err != nil || open != json.Delim('[') {
		return 0, errors.Join(errors.New("entries are no list"), err)
	}
	for ; d.More(); n++ {
		next()
		var e harEntry
		if err := d.Decode(&e); err != nil {
			return n, err
		}
		if e.Number != n || e.Started.IsZero() || e.Request.Method == "" || e.Request.URL == "" ||
			!slices.ContainsFunc(pages, func(p harPage) bool { return p.ID == e.Page }) {
			return n, fmt.Errorf("entry %d is not as it should be", n)
		}
	}
	_, err = d.Token()
	return n, err
}

// ReadSummary reads a bundle's summary, whatever else is wrong with it.
func ReadSummary(folder fs.FS) (Summary, error) {
	var sh struct {
		Schema int     `json:"schema"`
		Data   Summary `json:"data"`
	}
	raw, err := readAll(folder, payload+sheetNames[len(sheetNames)-1]+".json", mostOfFile)
	if err == nil {
		err = json.NewDecoder(bytes.NewReader(raw)).Decode(&sh)
	}
	if err == nil && sh.Schema > Schema {
		err = errNewer(sh.Schema)
	}
	return sh.Data, err
}
