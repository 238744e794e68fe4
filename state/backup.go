package state

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/renameio/v2"

	"cnrelay/core"
	"cnrelay/state/internal/private"
)

// Backup says what is in a file that [State.Backup] made: a gzipped tar of this as JSON, the sealed vault, and the
// ledger's records as lines of JSON. The vault's key is not in it.
type Backup struct {
	Version int            `json:"v"`
	Made    time.Time      `json:"made"`
	Build   string         `json:"build"` // of the cnrelay that made it
	State   core.StateInfo `json:"state"`
	Ledger  Ledger         `json:"ledger"`
	Vault   string         `json:"vault,omitempty"` // SHA-256 of vault.age, hexadecimal; "" if there was none
}

const backupVersion = 1

// The files in a backup, in their order.
const (
	backupHead   = "cnrelay-backup.json"
	backupVault  = "vault.age"
	backupLedger = "ledger/" // 000001.jsonl, …
)

// Limits of what is read of a backup.
const (
	backupPart     = 4 << 20 // bytes after which the ledger goes on in another file
	maxBackupVault = 64 << 20
)

// backupLine is a record.
type backupLine struct {
	Path  string          `json:"path"`
	V     byte            `json:"v"`
	Value json.RawMessage `json:"value"`
}

// Backup writes what the state directory holds to a new file, and reads it back.
func (s *State) Backup(path, build string) (Backup, error) {
	if err := s.Damage(); err != nil {
		return Backup{}, err
	}
	fail := func(err error) (Backup, error) {
		return Backup{}, backupProblem(path+" can't be written: "+err.Error(), "name a new file where there is room", err)
	}
	if _, err := os.Lstat(path); err == nil {
		return fail(fs.ErrExist)
	}
	f, err := renameio.NewPendingFile(path, renameio.WithPermissions(0o600), renameio.IgnoreUmask(), renameio.WithTempDir(filepath.Dir(path)))
	if err != nil {
		return fail(err)
	}
	defer f.Cleanup()
	b, err := s.writeBackup(f, build)
	if err != nil {
		return fail(err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fail(err)
	}
	if _, err := readBackup(f, path, nil); err != nil {
		return Backup{}, err
	}
	if err := f.CloseAtomicallyReplace(); err != nil {
		return fail(err)
	}
	return b, private.SyncDir(filepath.Dir(path))
}

func (s *State) writeBackup(w io.Writer, build string) (Backup, error) {
	snapshot := newSnapshot(s.ledger.db)
	defer snapshot.Discard()
	t, err := kept(snapshot)
	if err != nil {
		return Backup{}, err
	}
	b := Backup{Version: backupVersion, Made: time.Now().UTC().Truncate(time.Second), Build: build, State: s.info, Ledger: t.sums()}
	sealed, err := s.vault.Sealed()
	if err != nil {
		return b, err
	}
	b.Vault = sumOf(sealed)
	head, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return b, err
	}
	zip := gzip.NewWriter(w)
	out := archive{tar.NewWriter(zip), b.Made}
	err = out.add(backupHead, append(head, '\n'))
	if err == nil && sealed != nil {
		err = out.add(backupVault, sealed)
	}
	if err == nil {
		err = out.addLedger(snapshot)
	}
	return b, errors.Join(err, out.Close(), zip.Close())
}

// sumOf is the SHA-256 of a sealed vault, "" if there is none.
func sumOf(sealed []byte) string {
	if sealed == nil {
		return ""
	}
	sum := sha256.Sum256(sealed)
	return hex.EncodeToString(sum[:])
}

// archive is a tar of private files of one time.
type archive struct {
	*tar.Writer
	made time.Time
}

func (a archive) add(name string, data []byte) error {
	err := a.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(data)), ModTime: a.made, Format: tar.FormatUSTAR})
	if err == nil {
		_, err = a.Write(data)
	}
	return err
}

func (a archive) addLedger(s *snapshot) error {
	var part bytes.Buffer
	number := 0
	flush := func() error {
		number++
		err := a.add(fmt.Sprintf("%s%06d.jsonl", backupLedger, number), part.Bytes())
		part.Reset()
		return err
	}
	err := s.Scan("", func(path string, raw []byte) error {
		if path == tallyPath {
			return nil
		}
		line, err := json.Marshal(path)
		if err != nil {
			return err
		}
		// The value is written byte by byte as it is.
		fmt.Fprintf(&part, `{"path":%s,"v":%d,"value":%s}`+"\n", line, raw[0], raw[1:])
		if part.Len() < backupPart {
			return nil
		}
		return flush()
	})
	if err != nil {
		return err
	}
	return flush()
}

// readBackup reads a backup whole and compares it with its sums. keep, if it isn't nil, is given every record.
func readBackup(r io.Reader, path string, keep func(record string, raw []byte) error) (backupContent, error) {
	c, err := readParts(r, keep)
	switch e := (*core.Error)(nil); {
	case errors.As(err, &e):
		return c, err
	case err != nil:
		return c, backupProblem(path+" is not a whole backup: "+err.Error(), "use another one", err)
	}
	return c, nil
}

// backupContent is what a backup was found to hold.
type backupContent struct {
	Backup
	sealed []byte
	bytes  uint64 // of its records
	tally  tally
}

func readParts(r io.Reader, keep func(path string, raw []byte) error) (c backupContent, err error) {
	zip, err := gzip.NewReader(r)
	if err != nil {
		return c, err
	}
	in := tar.NewReader(zip)
	for {
		h, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return c, err
		}
		switch {
		case h.Name == backupHead:
			if err := json.NewDecoder(io.LimitReader(in, 1<<20)).Decode(&c.Backup); err != nil {
				return c, err
			}
			if c.Version > backupVersion {
				return c, backupProblem(fmt.Sprintf("the backup has version %d; this build knows versions up to %d", c.Version, backupVersion),
					"use the cnrelay that made it, or a newer one", errNewer)
			}
		case c.Version == 0:
			return c, errors.New("it doesn't begin with " + backupHead)
		case h.Name == backupVault:
			if c.sealed, err = io.ReadAll(io.LimitReader(in, maxBackupVault)); err != nil {
				return c, err
			}
		case strings.HasPrefix(h.Name, backupLedger):
			if err := c.readLedger(in, keep); err != nil {
				return c, err
			}
		}
	}
	// The end of the tar isn't that of the gzip, which has the checksum.
	if _, err := io.Copy(io.Discard, zip); err != nil {
		return c, err
	}
	if c.Version == 0 {
		return c, errors.New("it doesn't begin with " + backupHead)
	}
	if c.Backup.Vault != sumOf(c.sealed) {
		return c, errors.New("its vault is not the one that was put in")
	}
	c.tally.Updates = c.Ledger.Updates
	if got := c.tally.sums(); got != c.Ledger {
		return c, fmt.Errorf("it holds %d records that don't add up to the %d that were put in", got.Records, c.Ledger.Records)
	}
	return c, nil
}

func (c *backupContent) readLedger(r io.Reader, keep func(path string, raw []byte) error) error {
	c.tally.Version = tallyVersion
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20) // the largest record has half of it
	for lines.Scan() {
		var l backupLine
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil || !strings.Contains(l.Path, "/") { // as every table's records have
			return errors.New("a record can't be read")
		}
		raw := append([]byte{l.V}, l.Value...)
		c.tally.replace(l.Path, nil, raw)
		c.bytes += uint64(len(l.Path) + len(raw))
		if keep != nil {
			if err := keep(l.Path, raw); err != nil {
				return err
			}
		}
	}
	return lines.Err()
}

func backupProblem(what, next string, err error) error { return problem("backup", what, next, err) }
