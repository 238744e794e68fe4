package engine

import "cnrelay/core"

// ListedPack is a pack as it can be chosen, or what is wrong with it.
type ListedPack struct {
	core.Pack
	Fault error
}

// PackList gives every pack that can be named, and those that can't be used.
func (e *Engine) PackList() []ListedPack {
	packs, err := e.Packs.Packs()
	var out []ListedPack
	for _, p := range packs {
		out = append(out, ListedPack{Pack: p})
	}
	if err != nil {
		out = append(out, ListedPack{Fault: err})
	}
	return out
}

// pack is the one that was handed over, or the one with the id.
func (e *Engine) pack(given *core.Pack, id string) (core.Pack, error) {
	if given != nil {
		return *given, nil
	}
	return e.Packs.Pack(id)
}
