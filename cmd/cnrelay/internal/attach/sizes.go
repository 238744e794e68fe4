package attach

import (
	"os"
	"os/signal"
	"syscall"
)

// sizes tells when a terminal gets another size, until stop.
func sizes(screen *os.File) (resized <-chan os.Signal, stop func()) {
	if screen == nil {
		return nil, func() {}
	}
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGWINCH)
	return c, func() { signal.Stop(c) }
}
