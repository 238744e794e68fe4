package demo

import (
	"net/url"

	"cnrelay/core"
)

// packsAt are packs whose endpoints all lead to one address, under the names that they had.
type packsAt struct {
	core.PackSource
	to string
}

// Pack implements [core.PackSource].
func (p packsAt) Pack(id string) (core.Pack, error) {
	pack, err := p.PackSource.Pack(id)
	return p.moved(pack), err
}

// Packs implements [core.PackSource].
func (p packsAt) Packs() []core.ListedPack {
	list := p.PackSource.Packs()
	for i := range list {
		list[i].Pack = p.moved(list[i].Pack)
	}
	return list
}

func (p packsAt) moved(pack core.Pack) core.Pack {
	endpoints := make([]core.Endpoint, len(pack.Endpoints))
	for i, e := range pack.Endpoints {
		for _, address := range []*string{&e.Base, &e.Chat, &e.Models, &e.Anthropic} {
			*address = p.address(*address)
		}
		endpoints[i] = e
	}
	pack.Endpoints = endpoints
	return pack
}

func (p packsAt) address(was string) string {
	u, err := url.Parse(was)
	if err != nil || was == "" {
		return was
	}
	return p.to + "/" + u.Host + u.Path
}

// models are the names that a provider has to know to serve every pack.
func models(list []core.ListedPack) []string {
	var out []string
	for _, p := range list {
		for _, m := range p.Models {
			out = append(out, m.ID)
		}
	}
	return out
}
