package core

import (
	"context"
	"time"
)

// Table is one kind of record in the store. Keys are made of parts joined by "/".
type Table string

// The tables.
const (
	TableMeta     Table = "meta"     // "state" → StateInfo
	TableHost     Table = "host"     // host id → Host
	TableBatch    Table = "batch"    // batch id → Batch without its plan and pack
	TablePlan     Table = "plan"     // batch id → BatchPlan
	TableStanding Table = "standing" // host/provider/batch → what a provider's status takes from a batch
	TableStep     Table = "step"     // batch/step id → StepRecord
	TableAccount  Table = "account"  // batch/key fingerprint → AccountResult
	TableResource Table = "resource" // host/kind/id → Resource
	TableEvent    Table = "event"    // batch/seq (20 digits) → Event
	TableAccess   Table = "access"   // host/provider/mode → AccessResult, the latest
	TableLease    Table = "lease"    // host id → Lease
	TableDrift    Table = "drift"    // batch/number counted down (20 digits) → DriftRun, newest first
	TableDriftNow Table = "driftnow" // host/provider/batch → number of its latest DriftRun
	TableAlert    Table = "alert"    // host/alert kind[/provider] → Alert
	TableSilence  Table = "silence"  // host/provider or * → Silence
	TableWatched  Table = "watched"  // host/provider → Watched
	TableReceiver Table = "receiver" // name → Receiver
	TableOutbox   Table = "outbox"   // receiver/notice id, in the order of the notices → Pending
	TableRun      Table = "run"      // time counted down (20 digits)-id → Run, newest first
	TableRunOf    Table = "runof"    // batch/key of a Run → the Run's id
	TableExchange Table = "exchange" // run id/time (20 digits)-number → Exchange, oldest first
)

// Store keeps what happened. Implementations pass the suite in state/statetest.
type Store interface {
	// View reads a consistent snapshot.
	View(ctx context.Context, fn func(Reader) error) error
	// Update commits all or nothing, durably, before it returns. fn may run again after a
	// conflict, so it has no effect but on tx.
	Update(ctx context.Context, fn func(tx Tx) error) error
	Close() error
}

// Reader reads records.
type Reader interface {
	// Get decodes a record into v; found is false if there is none.
	Get(t Table, key string, v any) (found bool, err error)
	// Scan visits the records whose key starts with prefix, in key order. fn stops it by an error;
	// [ErrStop] stops it without one.
	Scan(t Table, prefix string, fn func(key string, decode func(v any) error) error) error
}

// Tx is a Reader that also writes.
type Tx interface {
	Reader
	Put(t Table, key string, v any) error
	Delete(t Table, key string) error
}

// Vault keeps secrets, encrypted, beside the store.
type Vault interface {
	// Unlock opens it, which may ask for a passphrase; the methods below do so by themselves.
	Unlock() error
	// Secret reads one; [ErrNoSecret] if it isn't there.
	Secret(ref string) (string, error)
	// Put stores all or none, durably, before it returns.
	Put(secrets map[string]string) error
	// Delete forgets them; a missing one is no error.
	Delete(refs ...string) error
	// Fingerprint is a keyed hash (HMAC-SHA256, hex, 32 digits) that only this state directory can make.
	// It is "", and so none, if the vault can't be opened: Unlock first.
	Fingerprint(parts ...string) string
}

// StateInfo identifies a state directory: its id stands in every marker that this console writes.
type StateInfo struct {
	ID   string    `json:"id"` // 8 characters of [a-z0-9]
	Made time.Time `json:"made"`
}
