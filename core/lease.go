package core

import "time"

// Lease is the right to write to a host. It is in the store, one a host, so that everybody who wants to write finds
// out who does. One that nobody holds has no owner.
type Lease struct {
	Host     HostID    `json:"host"`
	HostName string    `json:"host_name,omitempty"`
	Run      BatchID   `json:"batch,omitempty"`
	What     Deed      `json:"what,omitempty"`
	By       Operator  `json:"by,omitzero"`
	Since    time.Time `json:"since,omitzero"`
	Owner    string    `json:"owner,omitempty"` // the engine
	// Turn counts those who have held it: if it is the same later, nobody wrote between.
	Turn uint64 `json:"turn"`
}

// Free is the lease without its holder.
func (l Lease) Free() Lease { return Lease{Host: l.Host, Turn: l.Turn} }
