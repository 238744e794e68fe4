//go:build darwin || freebsd

package state

import "golang.org/x/sys/unix"

func volumeOf(dir string) (Volume, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return Volume{}, err
	}
	v := Volume{Free: uint64(s.Bavail) * uint64(s.Bsize)}
	if s.Flags&unix.MNT_LOCAL == 0 {
		v.Network = unix.ByteSliceToString(s.Fstypename[:])
	}
	return v, nil
}
