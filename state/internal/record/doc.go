// Package record is what the implementations of [core.Store] share: how a record becomes bytes, and
// how a transaction sees its own writes on top of a snapshot. It knows nothing of disks.
package record
