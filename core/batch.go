package core

import "time"

// BatchID names an import and everything that follows from it.
type BatchID string

// AccessMode is how users reach a provider.
type AccessMode string

// The two modes.
const (
	AccessSubscription AccessMode = "subscription"
	AccessSelfService  AccessMode = "self_service"
)

// BatchState is where a batch stands.
type BatchState string

// The states. A batch in Running whose process died is Interrupted at the next start.
const (
	BatchRunning     BatchState = "running"
	BatchSucceeded   BatchState = "succeeded"           // all accounts passed, access ready
	BatchPartial     BatchState = "partially_succeeded" // some passed, or access broken
	BatchFailed      BatchState = "failed"              // no account passed
	BatchInterrupted BatchState = "interrupted"
	BatchRolledBack  BatchState = "rolled_back"
)

// AccessState is the outcome of the access check.
type AccessState string

// The outcomes.
const (
	SubscriptionReady AccessState = "subscription_ready"
	SelfServiceReady  AccessState = "self_service_ready"
	AccessBroken      AccessState = "broken"
	AccessUnchecked   AccessState = "unchecked"
)

// Verdict is the result of one account's test.
type Verdict string

// The verdicts.
const (
	Passed       Verdict = "passed"
	Failed       Verdict = "failed"
	Inconclusive Verdict = "inconclusive"
)

// ReplaceMode says what happens when other keys of the provider are already active.
type ReplaceMode string

// The modes; the zero value asks the operator to choose.
const (
	Replace ReplaceMode = "replace"
	Add     ReplaceMode = "add"
)

// Batch is one import: what was asked, what was planned, what came of it. It holds no secret.
type Batch struct {
	ID       BatchID       `json:"id"`
	Host     HostID        `json:"host"`
	HostName string        `json:"host_name"`
	Provider string        `json:"provider"`
	Pack     Pack          `json:"pack,omitzero"` // as it was, so that resume and rollback need no file
	Request  ImportRequest `json:"request"`
	Plan     ImportPlan    `json:"plan,omitzero"` // empty in lists, like the pack: see [BatchPlan]
	State    BatchState    `json:"state"`
	Phase    string        `json:"phase,omitempty"` // "import", "rollback": what runs or was interrupted
	Started  time.Time     `json:"started"`
	Ended    time.Time     `json:"ended,omitzero"`
	Access   AccessResult  `json:"access"`
	Passed   int           `json:"passed"` // accounts, of as many as there are keys
	Findings []Finding     `json:"findings,omitempty"`
	HostSeen HostFacts     `json:"host_seen"` // evidence: which host it was
	Console  Build         `json:"console"`   // evidence: which cnrelay it was
	// Replaced are the accounts that this batch took out, with what it takes to bring them back.
	Replaced []Resource `json:"replaced,omitempty"`
	Kept     []Kept     `json:"kept,omitempty"` // by a rollback, and why
	Undo     []Step     `json:"undo,omitempty"` // of a rollback that has not ended
}

// BatchPlan is the part of a batch that a list has no use for, and that is most of it.
type BatchPlan struct {
	Pack Pack       `json:"pack"`
	Plan ImportPlan `json:"plan"`
}

// Build is the console that made a piece of evidence.
type Build struct {
	Version string    `json:"version"`
	Started time.Time `json:"started"`
}

// ImportRequest is what the operator asked for.
type ImportRequest struct {
	Host     HostID   `json:"host"`
	Provider string   `json:"provider"`
	Keys     []KeyRef `json:"keys"`
	// Name is the base of its resources' names: the provider unless the operator gives one.
	Name              string      `json:"name"`
	Access            AccessMode  `json:"access"`
	Users             []string    `json:"users,omitempty"`    // e-mails; of users that aren't ours only with UserKey
	Managed           int         `json:"managed,omitempty"`  // number of managed users
	UserKey           string      `json:"user_key,omitempty"` // fingerprint of a user's key that the operator gave
	BaseURL           string      `json:"base_url,omitempty"`
	Protocol          Protocol    `json:"protocol"`
	Endpoint          string      `json:"endpoint,omitempty"` // the pack's endpoint or region
	Models            []string    `json:"models,omitempty"`   // a part of the pack's
	Days              int         `json:"days"`
	Balance           float64     `json:"balance,omitempty"` // USD
	Fix               bool        `json:"fix,omitempty"`
	Rate              float64     `json:"rate_multiplier"`
	ForSale           bool        `json:"for_sale,omitempty"`
	Price             float64     `json:"price,omitempty"` // of the plan, in the host's payment currency
	Public            bool        `json:"public,omitempty"`
	Mode              ReplaceMode `json:"mode,omitempty"`
	Hook              string      `json:"hook,omitempty"`
	FX                *Rate       `json:"fx,omitempty"` // USD per unit, when a price has no USD of its own
	RollbackOnFailure bool        `json:"rollback_on_failure,omitempty"`
}

// Rate is a stated exchange rate.
type Rate struct {
	Currency string  `json:"currency"`
	USD      float64 `json:"usd"` // USD for one unit
	Date     string  `json:"date"`
	Source   string  `json:"source"`
}

// KeyRef is an upstream key as everything but the vault knows it.
type KeyRef struct {
	Name        string `json:"name,omitempty"`
	Fingerprint string `json:"fingerprint"` // keyed hash of key and endpoint
}

// KeySecret is the vault reference of an upstream key.
func KeySecret(fingerprint string) string { return "key/" + fingerprint }

// ImportPlan is what an import will do, as data. Applying it walks Steps in order.
type ImportPlan struct {
	Base     string   `json:"base"` // the common name of its resources
	Smoke    Smoke    `json:"smoke"`
	Endpoint Endpoint `json:"endpoint"`
	Protocol Protocol `json:"protocol"`
	Platform string   `json:"platform"`
	Steps    []Step   `json:"steps"`
	Checks   []Check  `json:"checks,omitempty"`
	Notes    []Note   `json:"notes,omitempty"`
	Pack     string   `json:"pack"` // its digest
	Host     string   `json:"host"` // its fingerprint
	// Seen is the digest of what the plan was made from: pack, host fingerprint and the observed
	// resources. Applying a reviewed plan whose Seen has changed is refused.
	Seen string `json:"seen"`
}

// Writes counts the steps that would send something.
func (p ImportPlan) Writes() int {
	n := 0
	for _, s := range p.Steps {
		if s.Verb == Create || s.Verb == Update || s.Verb == Delete {
			n++
		}
	}
	return n
}

// Blocked tells whether a check failed.
func (p ImportPlan) Blocked() bool {
	for _, c := range p.Checks {
		if !c.OK {
			return true
		}
	}
	return false
}

// Phase is a part of an import; the phases run in this order.
type Phase string

// The phases.
const (
	PhaseFoundation Phase = "foundation" // group, channel
	PhaseStage      Phase = "stage"      // accounts outside the group
	PhaseAttach     Phase = "attach"     // those that passed
	PhaseAccess     Phase = "access"     // plan, user, subscription, key
	PhaseProve      Phase = "prove"
	PhasePublish    Phase = "publish" // exclusive → public, once proven
	PhaseRetire     Phase = "retire"  // replaced accounts
	PhaseUndo       Phase = "undo"    // rollback
)

// Step is one intended effect on one resource.
type Step struct {
	ID        string    `json:"id"` // "group", "account/1a2b3c4d", "key/managed-1@…"
	Phase     Phase     `json:"phase"`
	Kind      Kind      `json:"kind"`
	Verb      Verb      `json:"verb"`
	Name      string    `json:"name"`
	Ref       Ref       `json:"ref,omitzero"` // of what is there already
	Origin    Origin    `json:"origin,omitempty"`
	Fields    Fields    `json:"fields,omitempty"`    // to send; may hold [SecretRef] and [IDOf]
	Change    []Change  `json:"changes,omitempty"`   // why an update
	Before    Fields    `json:"before,omitempty"`    // the fields that an update replaces, as they were
	CreatedAt time.Time `json:"created_at,omitzero"` // of what is there already
	// As is the vault ref of the password of the user that the step runs as, AsEmail who that is.
	As      string `json:"as,omitempty"`
	AsEmail string `json:"as_email,omitempty"`
	Account string `json:"account,omitempty"` // key fingerprint, for account steps
	// Target is the step whose resource this one is about, when its id isn't known yet.
	Target string `json:"target,omitempty"`
	Secret string `json:"secret,omitempty"` // vault ref of the password or key value that it makes
	Reason string `json:"reason,omitempty"` // a code with words in tui/text
}

// Origin is how a resource came to be in the ledger, which decides how it is undone.
type Origin string

// The origins.
const (
	Created   Origin = "created"   // undone by deletion
	Adopted   Origin = "adopted"   // undone by forgetting
	Corrected Origin = "corrected" // undone by restoring the image before
)

// StepState is how far a step got.
type StepState string

// The states: an intent without a result is unknown and is resolved by looking.
const (
	StepIntent  StepState = "intent"
	StepDone    StepState = "done"
	StepFailed  StepState = "failed"
	StepUnknown StepState = "unknown"
	StepSkipped StepState = "skipped"
)

// StepRecord is the journal's latest word on a step.
type StepRecord struct {
	State StepState `json:"state"`
	Ref   Ref       `json:"ref,omitzero"`
	Sent  time.Time `json:"sent,omitzero"`
	At    time.Time `json:"at"`
	Error string    `json:"error,omitempty"`
}

// Check is a precondition and whether it holds.
type Check struct {
	Code string   `json:"code"` // words in tui/text
	OK   bool     `json:"ok"`
	Args []string `json:"args,omitempty"`
	Next string   `json:"next,omitempty"` // a code
}

// Note is something the operator should know before starting.
type Note struct {
	Code string   `json:"code"`
	Args []string `json:"args,omitempty"`
}

// Resource is a managed resource: the ledger's unit, unique by host, kind and id.
type Resource struct {
	Host      HostID     `json:"host"`
	Ref       Ref        `json:"ref"`
	Provider  string     `json:"provider"`
	Mode      AccessMode `json:"mode,omitempty"` // of group-bound resources
	Name      string     `json:"name"`
	CreatedAt time.Time  `json:"created_at,omitzero"` // as a GET gives it: part of the identity
	Made      time.Time  `json:"made,omitzero"`       // as the create answer gave it, until a GET is seen
	Origin    Origin     `json:"origin"`
	Fields    Fields     `json:"fields"`            // what the console set, with SecretRef for secrets
	Before    Fields     `json:"before,omitempty"`  // image before the first correction
	Batches   []BatchID  `json:"batches"`           // that use it, oldest first
	Account   string     `json:"account,omitempty"` // key fingerprint
	Verdict   Verdict    `json:"verdict,omitempty"` // accounts
	Secret    string     `json:"secret,omitempty"`  // vault ref: a managed key, a managed user's password
	Uncertain bool       `json:"uncertain,omitempty"`
}

// AccountResult is one account of a batch.
type AccountResult struct {
	Name        string      `json:"name"`
	Fingerprint string      `json:"fingerprint"`
	ID          int64       `json:"id,omitempty"`
	Verdict     Verdict     `json:"verdict"`
	Attached    bool        `json:"attached"`
	Test        AccountTest `json:"test"`
	Upstream    *Completion `json:"upstream,omitempty"` // the direct completion, where one was needed
	Finding     Finding     `json:"finding"`
}

// AccessResult is what the access check saw (D6: completion_ok, _status, _type, _preview).
type AccessResult struct {
	Mode       AccessMode  `json:"mode"`
	State      AccessState `json:"state"`
	At         time.Time   `json:"at,omitzero"`
	User       string      `json:"user,omitempty"`
	KeySecret  string      `json:"key_secret,omitempty"` // vault ref
	Models     ModelList   `json:"models"`
	Completion Completion  `json:"completion"`
	// Upstream is the same question asked of the provider directly, where access was broken.
	Upstream *Completion `json:"upstream,omitempty"`
	ServedBy int64       `json:"served_by,omitempty"` // account id, by the host's usage record
	Findings []Finding   `json:"findings,omitempty"`  // why it is broken
	// Accounts are those of the group as the host listed them after the check, those out of traffic first, at most 50
	// of as many as Sharing. A check that found access ready may not have asked.
	Accounts []AccountState `json:"accounts,omitempty"`
	Sharing  int            `json:"sharing,omitempty"`
}

// Kept is something a rollback left, and why.
type Kept struct {
	Ref    Ref    `json:"ref"`
	Name   string `json:"name"`
	Reason string `json:"reason"` // a code
	Detail string `json:"detail,omitempty"`
}
