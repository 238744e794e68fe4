package statetest

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"cnrelay/core"
	"cnrelay/state/internal/fingerprint"
	"cnrelay/state/internal/record"
)

// NewMemory gives a store and a vault that forget everything with the process. Records go through the
// same bytes as in Badger.
func NewMemory() (core.Store, core.Vault) {
	return &memory{records: records{}}, &memoryVault{key: []byte(rand.Text()), secrets: map[string]string{}}
}

var errClosed = &core.Error{Code: core.CodeState, Stage: "open state", What: "the store has been closed", Fault: core.FaultOperator}

// memory is a store whose records are copied before a change only if somebody looks at them.
type memory struct {
	updating sync.Mutex

	mu      sync.Mutex
	records records
	shared  bool // a View looks at records
	closed  bool
}

type records map[string][]byte

var _ record.Layer = records{}

// Get implements [record.Layer].
func (r records) Get(path string) ([]byte, error) { return r[path], nil }

// Scan implements [record.Layer].
func (r records) Scan(prefix string, visit func(path string, raw []byte) error) error {
	for _, path := range slices.Sorted(maps.Keys(r)) {
		if !strings.HasPrefix(path, prefix) {
			continue
		}
		if err := visit(path, r[path]); err != nil {
			return err
		}
	}
	return nil
}

// View implements [core.Store].
func (m *memory) View(ctx context.Context, fn func(core.Reader) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	now, closed := m.records, m.closed
	m.shared = true
	m.mu.Unlock()
	if closed {
		return errClosed
	}
	return fn(record.NewReader(ctx, now))
}

// Update implements [core.Store].
func (m *memory) Update(ctx context.Context, fn func(core.Tx) error) error {
	m.updating.Lock()
	defer m.updating.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	now, closed := m.records, m.closed
	m.mu.Unlock()
	if closed {
		return errClosed
	}
	tx := record.Begin(ctx, now)
	if err := fn(tx); err != nil {
		return err
	}
	if err := fits(tx.Changes); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.shared {
		m.records, m.shared = maps.Clone(m.records), false
	}
	for path, raw := range tx.Changes.All() {
		if raw == nil {
			delete(m.records, path)
		} else {
			m.records[path] = raw
		}
	}
	return nil
}

// The bounds of an update are those of Badger as the state directory opens it: 15 % of a memory table of 8 MiB, in which
// a value of 64 KiB or more doesn't count.
const (
	mostAtOnce = 8 << 20 * 15 / 100
	largeValue = 64 << 10
)

func fits(changes *record.Overlay) error {
	bytes := 0
	for path, raw := range changes.All() {
		if bytes += len(path); len(raw) < largeValue {
			bytes += len(raw)
		}
	}
	if bytes < mostAtOnce {
		return nil
	}
	return &core.Error{Code: core.CodeState, Stage: "store", Fault: core.FaultUnknown,
		What: fmt.Sprintf("one update has too many changes to be committed as a whole: %d bytes of at most %d", bytes, mostAtOnce)}
}

// Close implements [core.Store].
func (m *memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}

// memoryVault is a vault that hides nothing.
type memoryVault struct {
	key []byte

	mu      sync.Mutex
	secrets map[string]string
}

// Secret implements [core.Vault].
func (v *memoryVault) Secret(ref string) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	secret, ok := v.secrets[ref]
	if !ok {
		return "", &core.Error{Code: core.CodeState, Stage: "vault", What: "the vault has no secret " + ref,
			Fault: core.FaultOperator, Next: "give it again", Err: core.ErrNoSecret}
	}
	return secret, nil
}

// Known are all secrets.
func (v *memoryVault) Known() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Collect(maps.Values(v.secrets))
}

// Put implements [core.Vault].
func (v *memoryVault) Put(secrets map[string]string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	maps.Copy(v.secrets, secrets)
	return nil
}

// Delete implements [core.Vault].
func (v *memoryVault) Delete(refs ...string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, ref := range refs {
		delete(v.secrets, ref)
	}
	return nil
}

// Fingerprint implements [core.Vault].
func (v *memoryVault) Unlock() error { return nil }

func (v *memoryVault) Fingerprint(parts ...string) string { return fingerprint.Of(v.key, parts...) }
