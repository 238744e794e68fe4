package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"filippo.io/age"
	"github.com/rogpeppe/go-internal/diff"
	"github.com/rogpeppe/go-internal/testscript"

	"cnrelay/hostclient/fakehost"
	"cnrelay/state"
)

type labKey struct{}

// lab is what stands around the command in a script: a simulated host, a simulated provider, and what the
// host held before.
type lab struct {
	env       *testscript.Env
	host      *fakehost.Host
	provider  *fakehost.Provider
	saved     map[string]string
	reached   chan struct{}
	remove    func()
	receiver  *httptest.Server
	hang      atomic.Bool
	signalled time.Time
}

func newLab(env *testscript.Env) *lab {
	l := &lab{env: env, provider: fakehost.NewProvider(), saved: map[string]string{}}
	url, stop := l.provider.Start()
	env.Defer(stop)
	env.Setenv("UPSTREAM_URL", url+"/v1")
	return l
}

func of(ts *testscript.TestScript) *lab { return ts.Value(labKey{}).(*lab) }

// startHost [VERSION] [pending] starts the host that HOST_URL then names; ADMIN_KEY is its key's file.
func startHost(ts *testscript.TestScript, _ bool, args []string) {
	l, opt := of(ts), fakehost.Options{}
	for _, arg := range args {
		if arg == "pending" {
			opt.CompliancePending = true
		} else {
			opt.Version = arg
		}
	}
	l.host = fakehost.New(opt)
	url, stop := l.host.Start()
	ts.Defer(stop)
	ts.Setenv("HOST_URL", url)
	ts.Check(os.WriteFile(ts.Getenv("ADMIN_KEY"), []byte(l.host.AdminKey()+"\n"), 0o600))
}

// exits CODE COMMAND... runs a command that must end with that code, and prints no secret.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	out := ts.ReadFile("stdout") + ts.ReadFile("stderr")
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
	if strings.Contains(strings.Join(args, " "), "access key") {
		return
	}
	if secret := secretShape.FindString(out); secret != "" {
		ts.Fatalf("a key was printed: %.6s…", secret)
	}
	if l := of(ts); l.host != nil && strings.Contains(out, l.host.AdminKey()) {
		ts.Fatalf("the admin key was printed")
	}
}

var secretShape = regexp.MustCompile(`\bsk-[a-zA-Z0-9]{2,}`)

// upstream KEY [BEHAVIOUR...] makes the provider treat a key otherwise.
func setUpstream(ts *testscript.TestScript, _ bool, args []string) {
	of(ts).provider.SetBehaviour(args[0], args[1:]...)
}

// writes N fails unless the host got that many requests that could change it since the last time.
func writes(ts *testscript.TestScript, _ bool, args []string) {
	l := of(ts)
	got := l.host.Writes()
	l.host.ForgetLog()
	if args[0] == "some" && len(got) > 0 {
		return
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if len(got) != want {
		for _, r := range got {
			ts.Logf("%s %s", r.Method, r.Path)
		}
		ts.Fatalf("%d writes, want %d", len(got), want)
	}
}

// snapshot save|same NAME keeps what the host holds, or compares it.
func snapshot(ts *testscript.TestScript, neg bool, args []string) {
	l := of(ts)
	now := l.host.JSON()
	switch args[0] {
	case "save":
		l.saved[args[1]] = now
	case "same":
		if same := now == l.saved[args[1]]; same == neg {
			ts.Fatalf("snapshot %s: same is %v\n%s", args[1], same, diff.Diff(args[1], []byte(l.saved[args[1]]), "now", []byte(now)))
		}
	default:
		ts.Fatalf("snapshot save|same NAME")
	}
}

// break METHOD PATH ACTION [STATUS [NTH]] spoils the matching requests from the NTH on, until mend; await
// waits for the first. The action hold spoils nothing, and keeps them waiting; ACTION:after comes after the host did
// what was asked.
func breakHost(ts *testscript.TestScript, _ bool, args []string) {
	l := of(ts)
	l.reached = make(chan struct{}, 1)
	action, late := strings.CutSuffix(args[2], ":after")
	held := make(chan struct{})
	if action != "hold" {
		close(held)
	}
	f := fakehost.Fault{Method: args[0], Path: args[1], Times: -1, Action: fakehost.Action(action), Then: func() {
		select {
		case l.reached <- struct{}{}:
		default:
		}
		<-held
	}}
	if action == "hold" {
		f.Action = ""
	}
	if late {
		f.When = fakehost.AfterCommit
	}
	if len(args) > 3 {
		status, err := strconv.Atoi(args[3])
		ts.Check(err)
		if len(args) > 4 {
			f.Nth, err = strconv.Atoi(args[4])
			ts.Check(err)
		}
		f.Status, f.Body = status, `{"error":{"message":"broken on purpose","type":"upstream_error"}}`
	}
	remove := l.host.Inject(f)
	l.remove = func() {
		remove()
		if action == "hold" {
			close(held)
		}
	}
}

// mend ends the last break.
func mend(ts *testscript.TestScript, _ bool, _ []string) { of(ts).remove() }

// await blocks until a broken request was reached.
func await(ts *testscript.TestScript, _ bool, _ []string) { <-of(ts).reached }

// sendSignal INT|TERM sends a signal to the command that runs in the background.
func sendSignal(ts *testscript.TestScript, _ bool, args []string) {
	signals := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM}
	running := ts.BackgroundCmds()
	of(ts).signalled = time.Now()
	ts.Check(running[len(running)-1].Process.Signal(signals[args[0]]))
}

// quiet DURATION fails if a request came to the host later than that after the last signal.
func quiet(ts *testscript.TestScript, _ bool, args []string) {
	l := of(ts)
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	for _, r := range l.host.Log() {
		if late := r.At.Sub(l.signalled); late > d {
			ts.Fatalf("%s %s came %v after the signal", r.Method, r.Path, late)
		}
	}
}

// within DURATION fails if the last signal is longer ago.
func within(ts *testscript.TestScript, _ bool, args []string) {
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	if ago := time.Since(of(ts).signalled); ago > d {
		ts.Fatalf("it took %v", ago)
	}
}

// kept FILE fails unless every event that a stream in FILE tells of is in the stream on stdout.
func keptEvents(ts *testscript.TestScript, _ bool, args []string) {
	events := func(stream string) map[string]bool {
		out := map[string]bool{}
		for line := range strings.Lines(stream) {
			var v struct {
				Event *struct{ Seq, Type, Step, State any }
			}
			if json.Unmarshal([]byte(line), &v) == nil && v.Event != nil && v.Event.Type != "progress" {
				raw, err := json.Marshal(v.Event)
				ts.Check(err)
				out[string(raw)] = true
			}
		}
		return out
	}
	stored := events(ts.ReadFile("stdout"))
	said := events(ts.ReadFile(args[0]))
	for event := range said {
		if !stored[event] {
			ts.Fatalf("said and not kept: %s", event)
		}
	}
	if len(said) == 0 {
		ts.Fatalf("nothing was said")
	}
}

// hold opens a state directory, as another process would.
func hold(ts *testscript.TestScript, _ bool, args []string) {
	s, err := state.Open(ts.MkAbs(args[0]), state.Options{What: "cnrelay serve", Build: "test"})
	ts.Check(err)
	ts.Defer(func() { _ = s.Close() })
}

// stream EXIT [TYPE...] reads stdout as a stream: a head, lines with the types that are named among them,
// and an end with the exit code.
func stream(ts *testscript.TestScript, _ bool, args []string) {
	var types []string
	var last map[string]any
	for line := range bytes.Lines([]byte(ts.ReadFile("stdout"))) {
		last = nil
		if err := json.Unmarshal(line, &last); err != nil {
			ts.Fatalf("not JSON: %s", line)
		}
		kind, _ := last["type"].(string)
		if len(types) == 0 && (kind != "cnrelay" || last["schema"] != 1.0 || last["command"] == nil || last["version"] == nil) {
			ts.Fatalf("not a head: %s", line)
		}
		if kind == "" {
			ts.Fatalf("no type: %s", line)
		}
		types = append(types, kind)
	}
	want, err := strconv.ParseFloat(args[0], 64)
	ts.Check(err)
	if len(types) < 2 || types[len(types)-1] != "end" || last["exit"] != want {
		ts.Fatalf("not an end with exit %s: %v", args[0], last)
	}
	for _, kind := range args[1:] {
		if !strings.Contains(" "+strings.Join(types, " ")+" ", " "+kind+" ") {
			ts.Fatalf("no line of type %s among %v", kind, types)
		}
	}
	if ts.ReadFile("stderr") != "" {
		ts.Fatalf("stderr is not empty")
	}
}

// batch VARIABLE sets a variable to the id of the batch that stdout tells of.
func batch(ts *testscript.TestScript, _ bool, args []string) {
	id := regexp.MustCompile(`(?m)^Batch (b[a-z0-9]{8})\b|"batch":"(b[a-z0-9]{8})"`).FindStringSubmatch(ts.ReadFile("stdout"))
	if id == nil {
		ts.Fatalf("no batch in stdout")
	}
	ts.Setenv(args[0], id[1]+id[2])
}

// rebuild makes the host another one with the same ids.
func rebuild(ts *testscript.TestScript, _ bool, _ []string) { of(ts).host.ResetIDs(true) }

// stranger makes an ordinary user with a key in a group, as somebody else would.
func stranger(ts *testscript.TestScript, _ bool, args []string) {
	h := of(ts).host
	h.Seed("users", map[string]any{"email": args[0], "password": "secret-1"})
	_, key := h.SeedKey(args[0], "secret-1", "own", 0)
	ts.Check(os.WriteFile(ts.MkAbs("stranger.key"), []byte(key), 0o600))
}

// meddle METHOD PATH [BODY] changes the host by its admin API, as another administrator would.
func meddle(ts *testscript.TestScript, _ bool, args []string) {
	h, body := of(ts).host, ""
	if len(args) > 2 {
		body = args[2]
	}
	if a := h.Do(args[0], "/api/v1/admin"+args[1], h.AdminKey(), body); a.Status != http.StatusOK {
		ts.Fatalf("%d %s", a.Status, a.Body)
	}
}

// damage DIR changes the middle of the ledger of a state directory that is not open: some bytes, because a compressed
// block may say the same with one of them changed.
func damage(ts *testscript.TestScript, _ bool, args []string) {
	tables, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "db", "*.sst"))
	ts.Check(err)
	if len(tables) == 0 {
		ts.Fatalf("there is no table in %s", args[0])
	}
	raw, err := os.ReadFile(tables[0])
	ts.Check(err)
	for i := range 16 {
		raw[len(raw)/2+i] ^= 1
	}
	ts.Check(os.WriteFile(tables[0], raw, 0o600))
}

// protect FILE PASSPHRASE puts a passphrase on an age identity file.
func protect(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(sealFile(ts.MkAbs(args[0]), args[1]))
}

// sealFile encrypts an age identity file as the vault does, at a hundredth of the cost.
func sealFile(path, passphrase string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	to, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return err
	}
	to.SetWorkFactor(10)
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to)
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return errors.Join(err, w.Close(), os.WriteFile(path, sealed.Bytes(), 0o600))
}

// identity FILE makes an age identity, as age-keygen does.
func identity(ts *testscript.TestScript, _ bool, args []string) {
	id, err := age.GenerateX25519Identity()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(id.String()+"\n"), 0o600))
}

// until FILE PATTERN waits for a line in a file that something in the background writes.
func until(ts *testscript.TestScript, _ bool, args []string) {
	want := regexp.MustCompile(args[1])
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		raw, _ := os.ReadFile(ts.MkAbs(args[0]))
		if want.Match(raw) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s never matched %q:\n%s", args[0], args[1], raw)
		}
	}
}

// receiver [hang] starts, once, somebody whom alerts are told: the file url has the address, with a token, and got.txt
// what came. With hang it takes nothing from now on, without it everything.
func receiver(ts *testscript.TestScript, _ bool, args []string) {
	l := of(ts)
	l.hang.Store(len(args) > 0)
	if l.receiver != nil {
		return
	}
	var mu sync.Mutex
	note := func(line string) {
		mu.Lock()
		defer mu.Unlock()
		f, err := os.OpenFile(ts.MkAbs("got.txt"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			_, _ = f.WriteString(line + "\n")
			_ = f.Close()
		}
	}
	l.receiver = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if l.hang.Load() {
			note("hung")
			<-r.Context().Done()
			return
		}
		note(string(body))
	}))
	ts.Defer(l.receiver.Close)
	ts.Check(os.WriteFile(ts.MkAbs("url"), []byte(l.receiver.URL+"/hook?access_token=token-1\n"), 0o600))
}
