package core

import (
	"context"
	"time"
)

// Role is what an operator may do. Each role may do what the ones before it may.
type Role string

// The roles.
const (
	RoleViewer   Role = "viewer"   // reads
	RoleOperator Role = "operator" // imports, probes, exports
	RoleAdmin    Role = "admin"    // edits hosts, rolls back, deletes
)

// Roles are the roles, the least first.
var Roles = []Role{RoleViewer, RoleOperator, RoleAdmin}

// Local is where an operator on the machine itself comes from.
const Local = "local"

// Operator is who asks for something.
type Operator struct {
	Name string `json:"name"`
	Role Role   `json:"role"`
	Key  string `json:"key,omitempty"` // fingerprint of the SSH key that proved it, "SHA256:…"; "" on the machine itself
	From string `json:"origin"`        // [Local], or the address that the operator comes from
}

// Is tells whether two are the same one, wherever they come from.
func (o Operator) Is(other Operator) bool { return o.Name == other.Name && o.Key == other.Key }

// Remote tells whether the operator isn't on the machine itself.
func (o Operator) Remote() bool { return o.From != Local }

type operatorKey struct{}

// WithOperator says for whom everything is done that is asked for with the context.
func WithOperator(ctx context.Context, o Operator) context.Context {
	return context.WithValue(ctx, operatorKey{}, o)
}

// OperatorOf is for whom it is done; the zero value if nobody said so.
func OperatorOf(ctx context.Context) Operator {
	o, _ := ctx.Value(operatorKey{}).(Operator)
	return o
}

// Act is a change that an operator asked for, once it is done or has failed. What came of a run that it started
// is in the run's events.
type Act struct {
	At     time.Time `json:"at"`
	By     Operator  `json:"by"`
	What   Deed      `json:"what"`
	Host   string    `json:"host,omitempty"`  // name, as it was given
	Batch  BatchID   `json:"batch,omitempty"` // that it is about
	Detail string    `json:"detail,omitempty"`
	Error  string    `json:"error,omitempty"` // why it failed, for operators
}

// Deed is a kind of change.
type Deed string

// The deeds.
const (
	DeedHostAdd    Deed = "host_add"
	DeedHostEdit   Deed = "host_edit"
	DeedHostRemove Deed = "host_remove"
	DeedHostRebind Deed = "host_rebind"
	DeedCompliance Deed = "host_accept"
	DeedImport     Deed = "import"
	DeedResume     Deed = "resume"
	DeedRollback   Deed = "rollback"
	DeedCancel     Deed = "cancel"
	DeedRepair     Deed = "repair"
	DeedAcceptance Deed = "acceptance"
	DeedRecovery   Deed = "watch_recover"
	DeedPrune      Deed = "prune"
	DeedAdopt      Deed = "adopt"
	DeedSilence    Deed = "silence"
	DeedReceiver   Deed = "receiver_add"
	DeedUnreceive  Deed = "receiver_remove"
)
