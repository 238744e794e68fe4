package state

import "golang.org/x/sys/unix"

var networkFilesystems = map[int64]string{
	unix.AFS_SUPER_MAGIC:  "AFS",
	unix.CEPH_SUPER_MAGIC: "Ceph",
	unix.CIFS_SUPER_MAGIC: "CIFS",
	unix.CODA_SUPER_MAGIC: "Coda",
	unix.NCP_SUPER_MAGIC:  "NCP",
	unix.NFS_SUPER_MAGIC:  "NFS",
	unix.SMB2_SUPER_MAGIC: "SMB",
	unix.SMB_SUPER_MAGIC:  "SMB",
	unix.V9FS_MAGIC:       "9P",
}

func volumeOf(dir string) (Volume, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return Volume{}, err
	}
	return Volume{
		Free:    s.Bavail * uint64(s.Bsize),
		Network: networkFilesystems[int64(uint32(s.Type))],
	}, nil
}
