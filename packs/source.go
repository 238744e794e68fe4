package packs

import (
	"cmp"
	"embed"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"cnrelay/core"
)

//go:embed builtin/*.toml
var embedded embed.FS

const fromBinary = "builtin"

// Builtin are the packs inside the binary, by id. Its tests keep them free of faults.
var Builtin = sync.OnceValue(func() []core.Pack {
	files, err := fs.Glob(embedded, "builtin/*.toml")
	if err != nil {
		panic(err)
	}
	var out []core.Pack
	for _, file := range files {
		src, err := embedded.ReadFile(file)
		if err != nil {
			panic(err)
		}
		p, err := Parse(path.Base(file), src)
		if err != nil {
			panic(err)
		}
		p.Source = fromBinary
		out = append(out, p)
	}
	slices.SortFunc(out, byID)
	return out
})

func byID(a, b core.Pack) int { return cmp.Compare(a.ID, b.ID) }

// Source gives the built-in packs, those of a user's directory, and any that is named by its file.
// It implements [core.PackSource].
type Source struct {
	// Dir holds a user's packs (*.toml). A pack there stands in for a built-in one of the same id.
	// If it is set, it must be there.
	Dir string
}

// Pack gives a pack by its id, or by the path of its file: what holds a path separator or ends in
// .toml is a path.
func (s Source) Pack(idOrPath string) (core.Pack, error) {
	if strings.ContainsAny(idOrPath, `/`+string(os.PathSeparator)) || strings.HasSuffix(idOrPath, ".toml") {
		return Load(idOrPath)
	}
	all, err := s.byID()
	if err != nil {
		return core.Pack{}, err
	}
	if p, ok := all[idOrPath]; ok {
		return p, nil
	}
	return core.Pack{}, core.Input("there is no pack "+idOrPath,
		"one of: "+strings.Join(slices.Sorted(maps.Keys(all)), ", ")+"; or the path of a pack's file")
}

// Packs gives the built-in and the user's packs, by id.
func (s Source) Packs() ([]core.Pack, error) {
	all, err := s.byID()
	if err != nil {
		return nil, err
	}
	return slices.SortedFunc(maps.Values(all), byID), nil
}

func (s Source) byID() (map[string]core.Pack, error) {
	users, err := s.users()
	if err != nil {
		return nil, err
	}
	out := map[string]core.Pack{}
	for _, p := range Builtin() {
		out[p.ID] = p
	}
	for _, p := range users {
		switch other, taken := out[p.ID]; {
		case !taken:
		case other.Source == fromBinary:
			p.Source += " (in place of the built-in)"
		default:
			return nil, core.Input("two packs have the id "+p.ID+": "+other.Source+" and "+p.Source, "rename or remove one")
		}
		out[p.ID] = p
	}
	return out, nil
}

// users reads the packs of Dir. The faults of all of them are reported together.
func (s Source) users() ([]core.Pack, error) {
	if s.Dir == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		return nil, unreadable(s.Dir, err)
	}
	var out []core.Pack
	var all Faults
	for _, entry := range entries {
		if entry.IsDir() || filepath.Ext(entry.Name()) != ".toml" {
			continue
		}
		p, err := Load(filepath.Join(s.Dir, entry.Name()))
		if faults, ok := errors.AsType[Faults](err); ok {
			all = append(all, faults...)
		} else if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	if len(all) > 0 {
		return nil, all
	}
	return out, nil
}
