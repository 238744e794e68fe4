package page

import (
	"strconv"

	"cnrelay/core/bundle"
)

// Bundle is a bundle that was written: where and when, of what, and how it came out.
func (p *Page) Bundle(f bundle.File) {
	s := f.Summary
	p.Field(p.Say("bundle"), p.Say("bundle.written", string(s.Batch), f.Path))
	p.Field("", p.Say("bundle.contents", strconv.Itoa(f.Files), strconv.Itoa(s.Exchanges), Stamp(f.At)))
	p.Field(p.Say("bundle.sum"), "")
	p.Command("  " + f.Digest)
	p.BundleOf(s)
	if s.Class != "" {
		p.Field(p.Say("result"), string(s.Class))
	}
	p.Command("  cnrelay bundle verify " + f.Path)
}

// BundleOf is what a bundle is about: the batch, its host, and until when it says something.
func (p *Page) BundleOf(s bundle.Summary) {
	p.Field("", p.Say("batch.line", string(s.Batch), s.Provider, p.words.Name(s.State), Stamp(s.From)))
	p.Field(p.Say("host"), p.Say("batch.host", s.Host.Name, s.Host.Version, Short(s.Host.Fingerprint), Stamp(s.Until)))
}
