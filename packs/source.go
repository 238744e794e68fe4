package packs

import (
	"cmp"
	"embed"
	"io/fs"
	"os"
	"path"
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

// Source gives the built-in packs, those of a user's folder, and any that is named by its file.
// It implements [core.PackSource].
type Source struct {
	// Dir is a folder of a user's packs (*.toml); "" is none. A pack there stands in for a built-in one of the
	// same id, and says so.
	Dir string
	// Optional makes a Dir that isn't there an empty one.
	Optional bool
}

// Pack gives a pack by its id, or by the path of its file: what holds a path separator or ends in
// .toml is a path.
func (s Source) Pack(idOrPath string) (core.Pack, error) {
	if strings.ContainsAny(idOrPath, `/`+string(os.PathSeparator)) || strings.HasSuffix(idOrPath, ".toml") {
		return Load(idOrPath)
	}
	all := s.Packs()
	// What a folder that can't be read has may be about any pack.
	i := slices.IndexFunc(all, func(p core.ListedPack) bool { return p.Fault != nil && p.Source == s.Dir })
	if i < 0 {
		i = slices.IndexFunc(all, func(p core.ListedPack) bool { return p.ID == idOrPath })
	}
	if i >= 0 {
		return all[i].Pack, all[i].Fault
	}
	var ids []string
	for _, p := range all {
		if p.Fault == nil {
			ids = append(ids, p.ID)
		}
	}
	return core.Pack{}, core.Input("there is no pack "+idOrPath, "one of: "+strings.Join(ids, ", ")+"; or the path of a pack's file")
}

// Packs gives the built-in and the user's packs by id, those of the user that can't be used last.
func (s Source) Packs() []core.ListedPack {
	var out []core.ListedPack
	users := s.folder()
	taken := map[string]bool{}
	for _, p := range users {
		taken[p.ID] = true
	}
	for _, p := range Builtin() {
		if !taken[p.ID] {
			out = append(out, core.ListedPack{Pack: p})
		}
	}
	out = append(out, users...)
	slices.SortStableFunc(out, func(a, b core.ListedPack) int {
		return cmp.Or(compare(a.Fault != nil, b.Fault != nil), byID(a.Pack, b.Pack), cmp.Compare(a.Source, b.Source))
	})
	return out
}

// compare puts false before true.
func compare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
