package engine

import "cnrelay/core"

// ListedPack is a pack as it can be chosen, or what is wrong with it.
type ListedPack = core.ListedPack

// PackList gives every pack that can be named, and those that can't be used.
func (e *Engine) PackList() []ListedPack { return e.Packs.Packs() }

// pack is the one that was handed over, or the one with the id.
func (e *Engine) pack(given *core.Pack, id string) (core.Pack, error) {
	if given != nil {
		return *given, nil
	}
	return e.Packs.Pack(id)
}
