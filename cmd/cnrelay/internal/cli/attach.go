package cli

import (
	"bufio"
	"cmp"
	"os"
	"path/filepath"
	"strings"

	"github.com/kballard/go-shellquote"
	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"

	"cnrelay/core"
)

// attachCommand is what OpenSSH runs for a key of an operator (ForceCommand, or command="…" in authorized_keys). What
// the operator asked for is run in their name, with their role, and with no more of the machine than the network has.
func (a *app) attachCommand() *cobra.Command {
	var role string
	who := core.Operator{}
	cmd := &cobra.Command{Use: "attach --as NAME --role ROLE", Short: "Run what an operator asked sshd for ($SSH_ORIGINAL_COMMAND), or open the console",
		Annotations: alone, Args: args(), RunE: func(cmd *cobra.Command, _ []string) error {
			if err := need(cmd, "as", who.Name, "role", role); err != nil {
				return err
			}
			if who.Role = core.Role(role); !known(role, names(core.Roles)...) {
				return core.Input("unknown role "+role, "--role viewer, operator or admin")
			}
			from, _, _ := strings.Cut(a.Getenv("SSH_CONNECTION"), " ")
			who.From, who.Key = "ssh "+cmp.Or(from, "?"), provedKey(a.Getenv("SSH_USER_AUTH"))
			asked, err := shellquote.Split(a.Getenv("SSH_ORIGINAL_COMMAND"))
			if err != nil {
				return core.Input("the command can't be read: "+err.Error(), "ssh HOST cnrelay --help")
			}
			if len(asked) > 0 && filepath.Base(asked[0]) == "cnrelay" {
				asked = asked[1:]
			}
			std := a.IO
			std.Args = asked
			if dir := a.state; dir != "" {
				std.Getenv = func(name string) string {
					if name == "CNRELAY_STATE" {
						return dir
					}
					return a.Getenv(name)
				}
			}
			return &relayed{(&app{IO: std, who: who}).run(cmd.Context())}
		}}
	cmd.Flags().StringVar(&who.Name, "as", "", "`NAME` of the operator")
	cmd.Flags().StringVar(&role, "role", "", "viewer, operator or admin")
	return cmd
}

// provedKey is the fingerprint of the key that OpenSSH let in, where it says so (ExposeAuthInfo yes).
func provedKey(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if public, ok := strings.CutPrefix(lines.Text(), "publickey "); ok {
			if key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(public)); err == nil {
				return ssh.FingerprintSHA256(key)
			}
		}
	}
	return ""
}
