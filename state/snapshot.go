package state

import (
	"errors"

	"github.com/dgraph-io/badger/v4"

	"cnrelay/state/internal/record"
)

// snapshot is Badger's records as they were when it was made.
type snapshot struct{ *badger.Txn }

var _ record.Layer = (*snapshot)(nil)

func newSnapshot(db *badger.DB) *snapshot { return &snapshot{db.NewTransaction(false)} }

// Get implements [record.Layer].
func (s *snapshot) Get(path string) ([]byte, error) {
	item, err := s.Txn.Get([]byte(path))
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, unreadable(path, err)
	}
	raw, err := item.ValueCopy(nil)
	if err != nil {
		return nil, unreadable(path, err)
	}
	return raw, nil
}

// Scan implements [record.Layer].
func (s *snapshot) Scan(prefix string, visit func(path string, raw []byte) error) error {
	opts := badger.DefaultIteratorOptions
	opts.Prefix = []byte(prefix)
	it := s.NewIterator(opts)
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		item := it.Item()
		path := string(item.Key())
		var visited error
		err := item.Value(func(raw []byte) error {
			visited = visit(path, raw)
			return nil
		})
		if err != nil {
			return unreadable(path, err)
		}
		if visited != nil {
			return visited
		}
	}
	return nil
}

func unreadable(path string, err error) error {
	return problem("read the ledger", "record "+path+" can't be read: "+err.Error(),
		"restore the state directory from a copy", err)
}
