package attach

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"net/url"
)

// Files are what the files hold that a command names, by the names that it has for them. They come as a tar
// archive before what is typed.
type Files map[string][]byte

const mostHanded = 16 << 20 // bytes of all files

func (f Files) archive() io.Reader {
	r, w := io.Pipe()
	go func() {
		t := tar.NewWriter(w)
		for name, content := range f {
			err := t.WriteHeader(&tar.Header{Name: entry(name), Mode: 0o600, Size: int64(len(content))})
			if err == nil {
				_, err = t.Write(content)
			}
			if err != nil {
				w.CloseWithError(err)
				return
			}
		}
		w.CloseWithError(t.Close())
	}()
	return r
}

// entry makes a name of any path that is none itself.
func entry(name string) string { return "f" + url.PathEscape(name) }

// ReadFiles reads an archive, and not one byte that comes after it.
func ReadFiles(from io.Reader) (Files, error) {
	f, left := Files{}, mostHanded
	t := tar.NewReader(from)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil {
			return nil, err
		}
		if h.Size > int64(left) {
			return nil, fmt.Errorf("the files are larger than %d bytes", mostHanded)
		}
		content, err := io.ReadAll(t)
		if err != nil {
			return nil, err
		}
		left -= len(content)
		name, err := url.PathUnescape(h.Name[min(1, len(h.Name)):])
		if err != nil {
			return nil, err
		}
		f[name] = content
	}
}
