package state

import (
	"fmt"
)

// Volume is what the state directory lies on.
type Volume struct {
	Free    uint64 // bytes that this user may write
	Network string // the network filesystem's name, "" on a local one
}

// reserve is the free space below which nothing is written: Badger maps its files into memory, where a
// full disk ends the process, and the next start as well.
const reserve = 64 << 20

// check refuses a volume that can't keep a ledger.
func (v Volume) check(dir string) error {
	if v.Network != "" {
		return problem("open state", fmt.Sprintf("%s is on a network filesystem (%s), where neither locks nor writes hold", dir, v.Network),
			"use a state directory on a local disk (--state)", nil)
	}
	if v.Free < reserve {
		return problem("open state", fmt.Sprintf("%s has %d MiB of free disk space; it takes %d MiB to write safely", dir, v.Free>>20, reserve>>20),
			"free some disk space, then try again: nothing was written", nil)
	}
	return nil
}

// roomOn checks the volume again, now and before each commit.
func roomOn(dir string, volume func(string) (Volume, error)) func() error {
	if volume == nil {
		volume = volumeOf
	}
	return func() error {
		v, err := volume(dir)
		if err != nil {
			return problem("open state", "the volume of "+dir+" can't be examined: "+err.Error(), "check the disk", err)
		}
		return v.check(dir)
	}
}
