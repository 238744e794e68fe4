package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"

	"cnrelay/cmd/cnrelay/internal/metrics"
	"cnrelay/cmd/cnrelay/internal/sshd"
	"cnrelay/core"
	"cnrelay/core/engine"
)

// serveFlags say how the state directory is served.
type serveFlags struct {
	listen, keys, hostKey string
	config, metrics       string
	monitor               *engine.MonitorSpec
	drain                 time.Duration
}

func (a *app) serveCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{Use: "serve", Short: "Own the state directory for long: imports go on when terminals close, operators share it",
		Annotations: alone, Args: args(), RunE: func(cmd *cobra.Command, _ []string) error {
			a.serving = true
			cfg, _, err := a.config(f.config)
			if err != nil {
				return err
			}
			if spec := cfg.Monitor.Spec(); !cfg.Monitor.Off {
				f.monitor = &spec
			}
			return a.open(cmd.Context(), func(ctx context.Context, s *session) error { return s.serve(ctx, f) })
		}}
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", "", "`ADDRESS` to let operators in at by SSH, too, like 192.0.2.1:2222 (default: only on this machine)")
	flags.StringVar(&f.keys, "authorized-keys", "", "`FILE` with the keys that may come in, and their roles (default: authorized_keys in the state directory)")
	flags.StringVar(&f.hostKey, "host-key", "", "`FILE` with the key that the service is known by, made if it isn't there (default: host_key in the state directory)")
	flags.StringVar(&f.config, "config", "", "configuration `FILE`, for the monitor (default $XDG_CONFIG_HOME/cnrelay/config.toml)")
	flags.StringVar(&f.metrics, "metrics", "", "answer GET /metrics for Prometheus at this `ADDRESS`, like 127.0.0.1:9477")
	flags.DurationVar(&f.drain, "drain", 30*time.Second, "how long runs are waited for at the end, before they are interrupted")
	return cmd
}

// serve serves until it is told to end. Then nothing new is begun, and what runs is waited for.
func (s *session) serve(ctx context.Context, f serveFlags) (err error) {
	if err := s.unlock(); err != nil { // nobody is asked for a passphrase later
		return err
	}
	serves()
	if f.metrics != "" {
		wait, failed := metrics.Serve(ctx, f.metrics, s.Desk, s.Version)
		if failed != nil {
			return failed
		}
		defer func() { err = errors.Join(err, wait()) }()
	}
	if f.listen != "" {
		if err := s.house.listen(f); err != nil {
			return err
		}
	}
	s.out.Service().Serving(s.house.serving)
	s.notify("READY=1\nSTATUS=serving " + s.house.service.Dir)
	unwatch := s.beside(ctx, f.monitor)
	<-ctx.Done()
	s.notify("STOPPING=1")
	unwatch()
	s.house.service.Retire()
	s.out.Service().Draining(s.house.work(), f.drain)
	over := make(chan struct{})
	go func() {
		s.house.service.Engine.Close()
		close(over)
	}()
	select {
	case <-over:
	case <-time.After(f.drain):
		s.house.stop(s.words.Say("house.ends"))
		<-over
	}
	return nil
}

// listen opens the door to the network.
func (h *house) listen(f serveFlags) error {
	in := func(name, named string) string {
		if named != "" {
			return named
		}
		return filepath.Join(h.service.Dir, name)
	}
	keys := sshd.Keys(in("authorized_keys", f.keys))
	listed, err := keys.Check()
	if err != nil {
		return err
	}
	key, err := sshd.HostKey(in("host_key", f.hostKey))
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", f.listen)
	if err != nil {
		return core.Input("--listen "+strconv.Quote(f.listen)+": "+err.Error(), "--listen HOST:PORT, or :PORT for all addresses")
	}
	h.server.Open(l, sshd.Network(keys, key))
	h.serving.Listen, h.serving.HostKey, h.serving.Keys = l.Addr().String(), ssh.FingerprintSHA256(key.PublicKey()), listed
	return nil
}

// notify tells systemd how the service stands, if it asks for it.
func (a *app) notify(state string) {
	path := a.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return
	}
	if abstract, ok := strings.CutPrefix(path, "@"); ok {
		path = "\x00" + abstract
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err == nil {
		_, err = c.Write([]byte(state))
		err = errors.Join(err, c.Close())
	}
	if err != nil {
		a.log(fmt.Sprintf("systemd was not told %q: %v", state, err))
	}
}
