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

// check refuses a volume that can't keep a ledger, or more bytes of it.
func (v Volume) check(dir string, more uint64) error {
	if v.Network != "" {
		return problem("open state", fmt.Sprintf("%s is on a network filesystem (%s), where neither locks nor writes hold", dir, v.Network),
			"use a state directory on a local disk (--state)", nil)
	}
	if need := reserve + more; v.Free < need {
		return problem("open state", fmt.Sprintf("%s has %d MiB of free disk space; it takes %d MiB to write safely", dir, v.Free>>20, need>>20),
			"free some disk space, then try again: nothing was written", nil)
	}
	return nil
}

// roomOn checks the volume, for more bytes than a ledger needs to go on, whenever it is called.
func roomOn(dir string, volume func(string) (Volume, error), more uint64) func() error {
	if volume == nil {
		volume = volumeOf
	}
	return func() error {
		v, err := volume(dir)
		if err != nil {
			return problem("open state", "the volume of "+dir+" can't be examined: "+err.Error(), "check the disk", err)
		}
		return v.check(dir, more)
	}
}
