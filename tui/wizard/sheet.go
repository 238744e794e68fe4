package wizard

import (
	"cnrelay/core/engine"
	"cnrelay/tui/comp/field"
	"cnrelay/tui/pane"
)

// Sheet is what a guided import asks, for a face that asks line by line.
type Sheet struct{ w *Wizard }

// NewSheet makes the fields of an import of a pack on a host, with the usual answers filled in.
func NewSheet(s *pane.Session, host string, pack engine.ListedPack) *Sheet {
	w := New(s, pane.Import{Host: host, Provider: pack.ID})
	w.packs = []engine.ListedPack{pack}
	w.route = w.routeFields(pack.Pack)
	w.follow()
	return &Sheet{w}
}

// Route are the fields that ask where the upstream is.
func (s *Sheet) Route() []*field.Field { return s.w.route.Fields }

// Access are the fields that ask who shall use it.
func (s *Sheet) Access() []*field.Field { return s.w.access.Fields }

// Keys takes a text of upstream keys. said is how many there are and what was left out, fault why one can't go on
// with them, "" if one can.
func (s *Sheet) Keys(text []byte) (said []string, fault string) {
	s.w.keys.take(text)
	for _, n := range s.w.keys.notes() {
		said = append(said, n.text)
	}
	return said, s.w.keys.fault()
}

// Spec is what was entered. A value that can't be used is an error, and a fault at its field. What isn't asked for
// after what was chosen is hidden then.
func (s *Sheet) Spec() (engine.ImportSpec, error) {
	s.w.follow()
	return s.w.spec()
}

// Forget lets go of the keys.
func (s *Sheet) Forget() { s.w.keys.forget() }
