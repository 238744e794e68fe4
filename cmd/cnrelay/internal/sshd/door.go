package sshd

import (
	"net"
	"strings"

	"golang.org/x/crypto/ssh"

	"cnrelay/core"
)

// Door is a way in, and how one proves who one is there.
type Door struct {
	Local bool
	// Env tells which variables a client may set.
	Env    func(name string) bool
	key    ssh.Signer
	config func() *ssh.ServerConfig
	who    func(raw net.Conn, c *ssh.ServerConn) core.Operator
	as     func(env map[string]string) core.Operator // nil: who came in
	still  func(who core.Operator) bool              // nil: for ever
}

const version = "SSH-2.0-cnrelay"

// Machine is the door for the user that the process runs as: the socket has proved it already. That user may say for
// whom it asks: as tells it from the session's variables.
func Machine(as func(env map[string]string) core.Operator, env ...string) (*Door, error) {
	key, err := newKey() // nobody needs one to know whose door it is
	if err != nil {
		return nil, err
	}
	own := map[string]bool{}
	for _, name := range env {
		own[name] = true
	}
	return &Door{
		key:    key,
		Local:  true,
		Env:    func(name string) bool { return own[name] || aboutTheTerminal(name) },
		config: func() *ssh.ServerConfig { return &ssh.ServerConfig{NoClientAuth: true, ServerVersion: version} },
		who:    func(net.Conn, *ssh.ServerConn) core.Operator { return core.Operator{Name: "this user"} },
		as:     as,
	}, nil
}

type whoKey struct{}

// Network is the door for operators whose keys are listed. There is no other way to prove who one is, and who it
// is comes from the finished handshake: a key is only offered before.
func Network(keys Keys, key ssh.Signer) *Door {
	return &Door{
		key: key,
		Env: aboutTheTerminal,
		config: func() *ssh.ServerConfig {
			return &ssh.ServerConfig{ServerVersion: version, MaxAuthTries: 6, PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
				who, err := keys.of(key)
				return &ssh.Permissions{ExtraData: map[any]any{whoKey{}: who}}, err
			}}
		},
		who: func(raw net.Conn, c *ssh.ServerConn) core.Operator {
			who, _ := c.Permissions.ExtraData[whoKey{}].(core.Operator)
			who.From = raw.RemoteAddr().String()
			return who
		},
		still: keys.still,
	}
}

// aboutTheTerminal are the variables that say how a terminal is written to, and in which language.
func aboutTheTerminal(name string) bool {
	switch name {
	case "LANG", "NO_COLOR", "COLORTERM", "CLICOLOR", "CLICOLOR_FORCE":
		return true
	}
	return strings.HasPrefix(name, "LC_")
}
