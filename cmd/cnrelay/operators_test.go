package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/crypto/ssh"

	"cnrelay/cmd/cnrelay/internal/socket"
)

// served waits until the state directory is served. With a door to the network open, ssh_config then knows where it is.
func served(ts *testscript.TestScript, _ bool, args []string) {
	state := ts.Getenv("CNRELAY_STATE")
	eventually(ts, "it is served", func() bool {
		c, err := socket.Dial(context.Background(), state)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	if len(args) == 0 {
		return
	}
	var owner struct{ Owner struct{ Listen string } }
	eventually(ts, "the network is listened to", func() bool {
		ts.Check(ts.Exec("cnrelay", "--json", "who"))
		for line := range bytes.Lines([]byte(ts.ReadFile("stdout"))) {
			if bytes.Contains(line, []byte(`"type":"owner"`)) {
				ts.Check(json.Unmarshal(line, &owner))
			}
		}
		return owner.Owner.Listen != ""
	})
	host, port, err := net.SplitHostPort(owner.Owner.Listen)
	ts.Check(err)
	raw, err := os.ReadFile(filepath.Join(state, "host_key"))
	ts.Check(err)
	key, err := ssh.ParsePrivateKey(raw)
	ts.Check(err)
	clientConfig(ts, host, port, "ops", ssh.MarshalAuthorizedKey(key.PublicKey()))
}

// clientConfig makes ssh_config for the host box, which is known by its key.
func clientConfig(ts *testscript.TestScript, host, port, user string, key []byte) {
	ts.Check(os.WriteFile(ts.MkAbs("known_hosts"), fmt.Appendf(nil, "[%s]:%s %s", host, port, key), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("ssh_config"), fmt.Appendf(nil, "Host *\nHostName %s\nPort %s\nUser %s\nUserKnownHostsFile %s\nStrictHostKeyChecking yes\nBatchMode yes\nIdentitiesOnly yes\n"+
		"IdentityAgent none\nLogLevel ERROR\nSendEnv LANG LC_* NO_COLOR CNRELAY_*\n", host, port, user, ts.MkAbs("known_hosts")), 0o600))
}

// operator NAME ROLE makes a key in the file NAME and lists it; a ROLE of none doesn't list it.
func operator(ts *testscript.TestScript, _ bool, args []string) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	ts.Check(err)
	block, err := ssh.MarshalPrivateKey(private, args[0])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), pem.EncodeToMemory(block), 0o600))
	key, err := ssh.NewPublicKey(public)
	ts.Check(err)
	line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))) + " " + args[0] + "\n"
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".pub"), []byte(line), 0o600))
	if args[1] == "none" {
		return
	}
	f, err := os.OpenFile(ts.MkAbs("authorized_keys"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	ts.Check(err)
	defer f.Close()
	_, err = fmt.Fprintf(f, "cnrelay-role=%q %s", args[1], line)
	ts.Check(err)
}

// sshd is OpenSSH's server, which has to be called by its whole path.
const sshd = "/usr/sbin/sshd"

// hasSSHD tells whether OpenSSH's server can be started here.
func hasSSHD() bool {
	_, missing := os.Stat(sshd)
	if missing == nil && os.Getuid() == 0 {
		_, missing = os.Stat("/run/sshd") // where root's drops its rights
	}
	return missing == nil
}

// openssh NAME ROLE... starts OpenSSH's server, which lets in the keys of the files NAME.pub, each for `cnrelay attach`.
func openssh(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	_, port, err := net.SplitHostPort(l.Addr().String())
	ts.Check(err)
	ts.Check(l.Close())
	operator(ts, false, []string{"openssh_key", "none"})
	key, err := os.ReadFile(ts.MkAbs("openssh_key.pub"))
	ts.Check(err)
	self, err := exec.LookPath("cnrelay")
	ts.Check(err)
	var keys []byte
	for i := 0; i < len(args); i += 2 {
		public, err := os.ReadFile(ts.MkAbs(args[i] + ".pub"))
		ts.Check(err)
		keys = fmt.Appendf(keys, "restrict,pty,command=\"'%s' --state '%s' attach --as %s --role %s\" %s", self, ts.Getenv("CNRELAY_STATE"), args[i], args[i+1], public)
	}
	me, err := user.Current()
	ts.Check(err)
	for name, text := range map[string][]byte{
		"openssh_users": keys,
		"openssh_config": fmt.Appendf(nil, "ListenAddress 127.0.0.1\nPort %s\nHostKey %s\nAuthorizedKeysFile %s\nPidFile none\nStrictModes no\nUsePAM no\nPermitRootLogin yes\nPasswordAuthentication no\n"+
			"ExposeAuthInfo yes\nAcceptEnv LANG LC_*\n", port, ts.MkAbs("openssh_key"), ts.MkAbs("openssh_users")),
	} {
		ts.Check(os.WriteFile(ts.MkAbs(name), text, 0o600))
	}
	clientConfig(ts, "127.0.0.1", port, me.Username, key)
	var said bytes.Buffer
	server := exec.Command(sshd, "-D", "-e", "-f", ts.MkAbs("openssh_config"))
	server.Stderr = &said
	ts.Check(server.Start())
	ts.Defer(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	eventually(ts, "sshd listens", func() bool {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

// running VARIABLE sets a variable to the id of the batch that stdout tells to be at work.
func running(ts *testscript.TestScript, _ bool, args []string) {
	id := regexp.MustCompile(`"type":"work","work":\{"host":"[^"]*","host_name":"[^"]*","batch":"(b[a-z0-9]{8})"`).FindStringSubmatch(ts.ReadFile("stdout"))
	if id == nil {
		ts.Fatalf("nothing is at work")
	}
	ts.Setenv(args[0], id[1])
}

// alike FILE compares stdout with what another run of the same command printed, but for its names, numbers and times,
// for who asked, and for progress that isn't kept.
func alike(ts *testscript.TestScript, _ bool, args []string) {
	plain := func(text string) string {
		for _, r := range []struct{ what, with string }{{`(?m)^.*"type":"progress".*\n`, ""}, {`"by":\{[^}]*\},?`, ""}, {`"request_id":"[^"]*"`, "R"}, {`\bb[a-z0-9]{8}\b`, "B"}, {`[0-9]+`, "0"}} {
			text = regexp.MustCompile(r.what).ReplaceAllString(text, r.with)
		}
		return text
	}
	got, want := plain(ts.ReadFile("stdout")), plain(ts.ReadFile(args[0]))
	if got != want {
		ts.Fatalf("they differ\n%s", diff.Diff(args[0], []byte(want), "stdout", []byte(got)))
	}
}

// eventually waits until something holds.
func eventually(ts *testscript.TestScript, what string, holds func() bool) {
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("it doesn't come to that: %s", what)
		}
	}
}
