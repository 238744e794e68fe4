// Package socket is the door of a state directory on the machine itself: a unix socket in it that only processes
// of the same user pass, on either side.
package socket

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
)

const (
	name = "socket"
	// longest is what fits into an address everywhere (104 bytes on the BSDs, 108 on Linux), with its end.
	longest = 103
)

// Listen opens the door. Whoever calls it holds the state directory, so a socket that is there already is left
// from a process that died.
func Listen(dir string) (net.Listener, error) {
	path, folder, err := address(dir)
	if err != nil {
		return nil, err
	}
	if err = os.Remove(path); errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	var l *net.UnixListener
	if err == nil {
		l, err = net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	}
	if err == nil {
		err = os.Chmod(path, 0o600)
	}
	if err != nil {
		return nil, errors.Join(err, closed(l), folder.Close())
	}
	return &listener{l, folder}, nil
}

// Dial passes the door from outside.
func Dial(ctx context.Context, dir string) (net.Conn, error) {
	path, folder, err := address(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = folder.Close() }()
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	if err := sameUser(c); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// address is a name of the socket that is short enough, good for as long as the folder is open.
func address(dir string) (path string, folder *os.File, err error) {
	if folder, err = os.Open(dir); err != nil {
		return "", nil, err
	}
	path = filepath.Join(dir, name)
	if len(path) <= longest {
		return path, folder, nil
	}
	if runtime.GOOS == "linux" {
		return fmt.Sprintf("/proc/self/fd/%d/%s", folder.Fd(), name), folder, nil
	}
	return "", nil, errors.Join(fmt.Errorf("%s is too long for a socket's address", path), folder.Close())
}

func closed(l *net.UnixListener) error {
	if l == nil {
		return nil
	}
	return l.Close()
}

type listener struct {
	*net.UnixListener
	folder *os.File
}

// Accept implements [net.Listener]: others than the same user are turned away.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.UnixListener.Accept()
		if err != nil {
			return nil, err
		}
		if sameUser(c) == nil {
			return c, nil
		}
		_ = c.Close()
	}
}

// Close implements [net.Listener]; the socket goes with it.
func (l *listener) Close() error { return errors.Join(l.UnixListener.Close(), l.folder.Close()) }

// sameUser refuses a peer that runs as somebody else.
func sameUser(c net.Conn) error {
	raw, err := c.(*net.UnixConn).SyscallConn()
	if err != nil {
		return err
	}
	var uid int
	asking := raw.Control(func(fd uintptr) { uid, err = peer(int(fd)) })
	if err := errors.Join(asking, err); err != nil {
		return fmt.Errorf("who is on the other side can't be told: %w", err)
	}
	if own := os.Geteuid(); uid != own {
		return fmt.Errorf("the other side runs as user %d, not %d", uid, own)
	}
	return nil
}
