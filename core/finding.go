package core

import "time"

// Class is what a probe found.
type Class string

// The classes. Their words are in tui/text.
const (
	Ready                       Class = "ready"
	AnsweredWithoutContent      Class = "answered_without_content"
	UpstreamKeyInvalid          Class = "upstream_key_invalid"
	UpstreamKeyOtherRegion      Class = "upstream_key_other_region_or_plan"
	UpstreamKeyQuota            Class = "upstream_key_quota_issue"
	UpstreamModelMissing        Class = "upstream_model_missing"
	UpstreamUnreachable         Class = "upstream_unreachable"
	UpstreamUnreachableFromHost Class = "upstream_unreachable_from_host"
	UpstreamError               Class = "upstream_error"
	RateLimited                 Class = "rate_limited"
	HostCompatibilityGap        Class = "host_compatibility_gap"
	HostConfigGap               Class = "host_config_gap"
	HostUnreachable             Class = "host_unreachable"
	HostAuth                    Class = "host_auth"
	Unknown                     Class = "unknown"
)

// Fault is who can mend it.
type Fault string

// The parties.
const (
	NoFault       Fault = "none"
	FaultUpstream Fault = "upstream" // the provider, or the key's account there
	FaultHost     Fault = "host"     // the sub2api host's code or network
	FaultConfig   Fault = "config"   // how the host is set up: group, user, balance, subscription
	FaultOperator Fault = "operator" // what was given to cnrelay
	FaultUnknown  Fault = "unknown"
)

// Finding is one classified result: what, whose fault, and on what evidence.
type Finding struct {
	Class Class  `json:"class"`
	Fault Fault  `json:"fault"`
	Stage string `json:"stage"`           // account_test, upstream, gateway_models, gateway_completion, …
	About string `json:"about,omitempty"` // account or user name
	// Detail narrows the class: the missing precondition of host_config_gap, the endpoint that
	// accepted the key of upstream_key_other_region_or_plan.
	Detail string `json:"detail,omitempty"`
	// Words are the upstream's or the host's own, sanitised.
	Words   string    `json:"words,omitempty"`
	Status  int       `json:"status,omitempty"`
	Missing []string  `json:"missing,omitempty"` // evidence that would have been needed to be surer
	At      time.Time `json:"at"`
}
