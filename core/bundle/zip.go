package bundle

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"time"
)

// Zip is a folder in a zip file: the same files give the same bytes. A bag has a folder of its own in it.
//
// The file's comment is the SHA-256 of all before it, so that a changed byte is found wherever it is, also where the
// format itself has none that matter.
type Zip struct {
	zip  *zip.Writer
	seal *seal
	root string
	at   time.Time
}

// NewZip begins a zip whose files are in a folder root and have one time.
func NewZip(w io.Writer, root string, at time.Time) *Zip {
	s := &seal{to: w, hash: sha256.New()}
	return &Zip{zip: zip.NewWriter(s), seal: s, root: root + "/", at: at.UTC().Truncate(2 * time.Second)}
}

// Create implements [Folder].
func (z *Zip) Create(name string) (io.WriteCloser, error) {
	h := &zip.FileHeader{Name: z.root + name, Method: zip.Deflate, Modified: z.at}
	h.SetMode(0o644)
	w, err := z.zip.CreateHeader(h)
	return nopCloser{w}, err
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// Close ends the zip. The writer below stays open.
func (z *Zip) Close() error {
	if err := z.zip.SetComment(string(make([]byte, sealSize))); err != nil {
		return err
	}
	if err := z.zip.Close(); err != nil {
		return err
	}
	return z.seal.close()
}

const sealWord = "sha256:"

const sealSize = len(sealWord) + 2*sha256.Size

// seal writes the digest of what went through in the place of its last bytes.
type seal struct {
	to   io.Writer
	hash hash.Hash
	last []byte
}

func (s *seal) Write(p []byte) (int, error) {
	s.last = append(s.last, p...)
	if ready := len(s.last) - sealSize; ready > 0 {
		if _, err := s.to.Write(s.last[:ready]); err != nil {
			return 0, err
		}
		s.hash.Write(s.last[:ready])
		s.last = append(s.last[:0], s.last[ready:]...)
	}
	return len(p), nil
}

func (s *seal) close() error {
	_, err := io.WriteString(s.to, sealWord+hex.EncodeToString(s.hash.Sum(nil)))
	return err
}

// errNoSeal is a zip that Zip didn't write, or whose end is damaged.
var errNoSeal = errors.New("it has no seal")

// OpenZip opens a zip as the folder in it. sealed tells whether every byte is as it was written; a file that is no zip
// with one folder is an error.
func OpenZip(r io.ReaderAt, size int64) (folder fs.FS, sealed error, err error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, nil, err
	}
	entries, err := fs.ReadDir(z, ".")
	if err != nil {
		return nil, nil, err
	}
	if len(entries) != 1 || !entries[0].IsDir() {
		return nil, nil, fmt.Errorf("%d things at its top, not one folder", len(entries))
	}
	folder, err = fs.Sub(z, entries[0].Name())
	return folder, checkSeal(r, size), err
}

func checkSeal(r io.ReaderAt, size int64) error {
	end := make([]byte, sealSize)
	if size < int64(sealSize) {
		return errNoSeal
	}
	body := size - int64(sealSize)
	if _, err := r.ReadAt(end, body); err != nil && err != io.EOF {
		return err
	}
	if string(end[:len(sealWord)]) != sealWord {
		return errNoSeal
	}
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(r, 0, body)); err != nil {
		return err
	}
	if hex.EncodeToString(h.Sum(nil)) != string(end[len(sealWord):]) {
		return errors.New("its bytes are not those that were sealed")
	}
	return nil
}
