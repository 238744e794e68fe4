package cli

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// silent keeps a terminal from showing what is typed, until restore is called. What isn't a terminal shows nothing
// anyway.
func silent(in io.Reader) (restore func()) {
	if t, far := in.(*typed); far {
		t.quiet.Store(true)
		return func() { t.quiet.Store(false) }
	}
	f, ok := in.(*os.File)
	if !ok {
		return func() {}
	}
	was, err := unix.IoctlGetTermios(int(f.Fd()), getTermios)
	if err != nil {
		return func() {}
	}
	quiet := *was
	quiet.Lflag &^= unix.ECHO
	quiet.Lflag |= unix.ECHONL // the line still ends on screen
	if unix.IoctlSetTermios(int(f.Fd()), setTermios, &quiet) != nil {
		return func() {}
	}
	return func() { _ = unix.IoctlSetTermios(int(f.Fd()), setTermios, was) }
}
