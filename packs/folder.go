package packs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"cnrelay/core"
)

// maxFiles is the most packs that a folder may hold.
const maxFiles = 200

// folder reads the packs of Dir, each on its own: what is wrong with one is no obstacle to the others. A fault of
// the folder itself has its name as source.
//
// A pack says where keys are sent, so nobody else may write it; and nothing outside the folder is read, wherever
// names and links in it lead.
func (s Source) folder() []core.ListedPack {
	if s.Dir == "" {
		return nil
	}
	root, names, err := openFolder(s.Dir)
	if s.Optional && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return []core.ListedPack{{Pack: core.Pack{Source: s.Dir}, Fault: err}}
	}
	defer root.Close()
	var out []core.ListedPack
	for _, name := range names {
		path := filepath.Join(s.Dir, name)
		src, err := readIn(root, name)
		l := core.ListedPack{Pack: core.Pack{Source: path}, Fault: err}
		if err == nil {
			l = parseListed(path, src)
		}
		if l.Fault != nil && l.ID == "" {
			l.ID = strings.TrimSuffix(name, fileExt) // nothing better is known
		}
		out = append(out, l)
	}
	return distinct(out)
}

const fileExt = ".toml"

func openFolder(dir string) (*os.Root, []string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, unreadable(dir, err)
	}
	info, err := root.Stat(".")
	var entries []fs.DirEntry
	if err == nil {
		if err := onlyOurs(dir, info); err != nil {
			return nil, nil, errors.Join(err, root.Close())
		}
		entries, err = fs.ReadDir(root.FS(), ".")
	}
	if err != nil {
		return nil, nil, errors.Join(unreadable(dir, err), root.Close())
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() && filepath.Ext(e.Name()) == fileExt {
			names = append(names, e.Name())
		}
	}
	if len(names) > maxFiles {
		return nil, nil, errors.Join(core.Input(fmt.Sprintf("%q holds %d packs, more than %d", dir, len(names), maxFiles), "name a folder of packs (--packs DIR)"), root.Close())
	}
	return root, names, nil
}

// readIn reads a file of the folder. One byte too many is read so that parse can tell a file that is too big.
func readIn(root *os.Root, name string) ([]byte, error) {
	path := filepath.Join(root.Name(), name)
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // opening a pipe would wait for its other end
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, unreadable(path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, core.Input(fmt.Sprintf("%q is not a file", path), "remove it from the folder of packs")
	}
	if err := onlyOurs(path, info); err != nil {
		return nil, err
	}
	src, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return nil, unreadable(path, err)
	}
	return src, nil
}

// onlyOurs refuses what other users may write.
func onlyOurs(path string, info fs.FileInfo) error {
	if mode := info.Mode().Perm(); mode&0o022 != 0 {
		return core.Input(fmt.Sprintf("other users may write %q (mode %04o), and a pack says where keys are sent", path, mode),
			"chmod go-w "+path+", after making sure that nobody has changed it")
	}
	return nil
}

// claims is where a pack names itself. What has faults may be too much for the TOML decoder.
var claims = regexp.MustCompile(`(?m)^\s*id\s*=\s*"([^"\n]*)"`)

// parseListed reads a pack. One with faults still says which pack it means to be.
func parseListed(path string, src []byte) core.ListedPack {
	p, err := Parse(path, src)
	if err != nil {
		p = core.Pack{Source: path}
		if claim := claims.FindSubmatch(src); claim != nil && isID(string(claim[1])) == "" {
			p.ID = string(claim[1])
		}
	}
	p.Replaces = slices.ContainsFunc(Builtin(), func(b core.Pack) bool { return b.ID == p.ID })
	return core.ListedPack{Pack: p, Fault: err}
}

// distinct makes several packs of one id a fault of each.
func distinct(list []core.ListedPack) []core.ListedPack {
	first := map[string]int{}
	for i := range list {
		if list[i].Fault != nil {
			continue
		}
		j, taken := first[list[i].ID]
		if !taken {
			first[list[i].ID] = i
			continue
		}
		clash := core.Input("two packs have the id "+list[i].ID+": "+list[j].Source+" and "+list[i].Source, "rename or remove one")
		list[j].Fault, list[i].Fault = clash, clash
	}
	return list
}
