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
	if err == nil && len(raw) == 0 {
		err = errEmpty
	}
	if err != nil {
		return nil, unreadable(path, err)
	}
	return raw, nil
}

// errEmpty is Badger's way to say that a value in its log is damaged: it gives none, and no error. No record is
// empty.
var errEmpty = errors.New("its value is damaged")

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
			if len(raw) == 0 {
				return errEmpty
			}
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

// readLarge reads the values that lie in the value log, which no table's checksum covers.
func readLarge(db *badger.DB) error {
	s := newSnapshot(db)
	defer s.Discard()
	opts := badger.DefaultIteratorOptions
	opts.PrefetchValues = false
	it := s.NewIterator(opts)
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		item := it.Item()
		if item.ValueSize() < valueThreshold/2 { // it is an estimate
			continue
		}
		err := item.Value(func(raw []byte) error {
			if len(raw) == 0 {
				return errEmpty
			}
			return nil
		})
		if err != nil {
			return unreadable(string(item.Key()), err)
		}
	}
	return nil
}

func unreadable(path string, err error) error {
	return problem("read the ledger", "record "+path+" can't be read: "+err.Error(),
		"restore the state directory from a copy", err)
}
