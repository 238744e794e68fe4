package core

import "time"

// Lease is the right to write to a host. It is in the store, one a host, so that everybody who wants to write finds
// out who does.
type Lease struct {
	Host  HostID    `json:"host"`
	Run   BatchID   `json:"run"`
	What  string    `json:"what"` // "import", "resume", "rollback", "adopt"
	Who   string    `json:"who"`
	Since time.Time `json:"since"`
	Owner string    `json:"owner"` // the engine
}
