//go:build darwin || freebsd

package socket

import "golang.org/x/sys/unix"

// peer is the user on the other side of a connection.
func peer(fd int) (uid int, err error) {
	cred, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	if err != nil {
		return 0, err
	}
	return int(cred.Uid), nil
}
