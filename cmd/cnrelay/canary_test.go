package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"cnrelay/core/canary"
	"cnrelay/hostclient/fakehost"
	"cnrelay/internal/figures"
)

// TestNoSecretComesOut puts a secret of its own into every slot, lets a host say all of them again in every form and
// shape, and looks through every byte that is left: outputs, ledger, backup, a dump of all goroutines. The same with
// redaction switched off is caught in every slot and form, which shows that the look would have seen it.
func TestNoSecretComesOut(t *testing.T) {
	if testing.Short() {
		t.Skip("its children are many")
	}
	clean := playCanaries(t, "cnrelay")
	for _, f := range clean.finds {
		t.Error(f)
	}
	figures.Print(t, "Secrets", "%d secrets said %d times, %d outputs and %d files, %d bytes: %d hits", len(clean.secrets), len(clean.said), len(clean.outs), clean.sum.Files, clean.sum.Bytes, len(clean.finds))
	if len(clean.said) < 400 || len(clean.outs) < 25 || clean.sum.Files < 8 {
		t.Error("that is not all that comes out")
	}
	if t.Failed() {
		return
	}

	bare := filepath.Join(t.TempDir(), "cnrelay")
	if out, err := exec.Command("go", "build", "-ldflags", "-X cnrelay/hostclient.redaction=off", "-o", bare, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	control := playCanaries(t, bare)
	missed := 0
	for _, said := range control.said {
		if !slices.ContainsFunc(control.finds, func(f canary.Find) bool {
			return f.Where == said.shape && control.all[f.Slot] == said.value && (f.Form == said.form || f.Form.Say(said.value) == said.form.Say(said.value))
		}) {
			missed++
			t.Errorf("without redaction, the %s as %s in %s was not caught", said.slot, said.form, said.shape)
		}
	}
	for _, where := range []string{"hook", "backup"} {
		if !slices.ContainsFunc(control.finds, func(f canary.Find) bool { return f.Where == where }) {
			t.Errorf("without redaction, nothing was caught in the %s", where)
		}
	}
	figures.Print(t, "Secrets, without redaction", "%d of %d echoes caught, and %d other hits", len(control.said)-missed, len(control.said), len(control.finds))
}

// echo is a secret as a host said it again.
type echo struct {
	shape, slot, value string
	form               canary.Form
}

// shapes are the answers in which a host says things again, and the requests that get them.
var shapes = map[string]struct {
	to  *regexp.Regexp
	say func(w http.ResponseWriter, words string)
}{
	"JSON": {newAccount, func(w http.ResponseWriter, words string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]any{"code": 400, "message": "bad: " + words})
	}},
	"HTML": {newAccount, func(w http.ResponseWriter, words string) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "<p>"+html.EscapeString(words)+"</p>")
	}},
	"header": {newAccount, func(w http.ResponseWriter, words string) {
		w.Header().Set("Content-Type", "x/y;"+words)
		w.WriteHeader(http.StatusForbidden)
	}},
	"redirect": {newAccount, func(w http.ResponseWriter, words string) {
		w.Header().Set("Location", "https://sso.example/?token="+words)
		w.WriteHeader(http.StatusFound)
	}},
	"SSE": {regexp.MustCompile(`^POST /api/v1/admin/accounts/\d+/test$`), func(w http.ResponseWriter, words string) {
		w.Header().Set("Content-Type", "text/event-stream")
		for _, frame := range []map[string]string{{"type": "content", "text": words}, {"type": "error", "error": "it said: " + words}} {
			raw, _ := json.Marshal(frame)
			_, _ = fmt.Fprintf(w, "data: %s\n\n", raw)
		}
	}},
}

var newAccount = regexp.MustCompile(`^POST /api/v1/admin/accounts$`)

// gossip remembers every secret that hosts see, and says them again.
type gossip struct {
	mu      sync.Mutex
	secrets canary.Secrets
	older   canary.Secrets // of earlier sessions
	shape   string         // of the answers, "" for the host's own
	said    []echo
	reached chan struct{} // closed when a list of models is asked for, which then hangs; nil for none
}

func (g *gossip) set(shape string, reached chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shape, g.reached = shape, reached
}

// over lets a host answer, or answers in its place.
func (g *gossip) over(host http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if r.Method == http.MethodPost && r.URL.Path == "/api/v1/admin/users" {
			g.learn("managed password", body, "password")
		}
		g.mu.Lock()
		how, loud := shapes[g.shape]
		reached := g.reached
		g.mu.Unlock()
		if loud && how.to.MatchString(r.Method+" "+r.URL.Path) {
			how.say(w, g.next())
			return
		}
		if reached != nil && r.URL.Path == "/v1/models" {
			close(reached)
			<-r.Context().Done()
			return
		}
		answer := httptest.NewRecorder()
		host.ServeHTTP(answer, r)
		switch r.URL.Path {
		case "/api/v1/auth/login":
			g.learn("JWT", answer.Body.Bytes(), "access_token")
			g.learn("refresh token", answer.Body.Bytes(), "refresh_token")
		case "/api/v1/keys":
			g.learn("managed key", answer.Body.Bytes(), "key")
		}
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	}
}

// learn remembers what stands at a name in a JSON object, or in its data.
func (g *gossip) learn(slot string, raw []byte, name string) {
	var object, data map[string]any
	if json.Unmarshal(raw, &object) != nil {
		return
	}
	value, ok := object[name].(string)
	if data, _ = object["data"].(map[string]any); !ok {
		value, _ = data[name].(string)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if old := g.secrets[slot]; value == "" || value == old {
		return
	} else if old != "" {
		g.older[fmt.Sprintf("%s of session %d", slot, len(g.older))] = old
	}
	g.secrets[slot] = value
}

// each is every secret in every form. What stood in an address is said in one again.
func (g *gossip) each() (all []echo) {
	for _, slot := range slices.Sorted(maps.Keys(g.secrets)) {
		if slot == "query string" && g.shape != "redirect" || strings.HasPrefix(slot, "receiver") != (g.shape == "robot") {
			continue
		}
		for _, form := range canary.Forms {
			all = append(all, echo{g.shape, slot, g.secrets[slot], form})
		}
	}
	return all
}

// next is the next secret in the next form.
func (g *gossip) next() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := g.each()
	e := all[len(g.said)%len(all)]
	// Of a content type, too little is shown to hold a part of a secret in this form.
	if e.shape == "header" && e.form == canary.Escaped {
		e.form = canary.Hex
	}
	g.said = append(g.said, e)
	return e.form.Say(e.value)
}

// canaries is a play of commands whose every byte is kept.
type canaries struct {
	*gossip
	t        *testing.T
	bin, dir string
	outs     map[string][]byte // by what they are of
	all      canary.Secrets
	finds    []canary.Find
	sum      canary.Scanned
}

func (c *canaries) file(name, text string) string {
	path := filepath.Join(c.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return path
}

func (c *canaries) command(args ...string) *exec.Cmd {
	cmd := exec.Command(c.bin, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "CNRELAY_STATE=" + filepath.Join(c.dir, "state"), "TMPDIR=" + c.dir, "LANG=C.UTF-8", "HOME=/nowhere"}
	cmd.Dir = c.dir
	return cmd
}

// run runs a command that must end with one of some exit codes; its output is of what.
func (c *canaries) run(what string, exits []int, args ...string) string {
	c.t.Helper()
	out, err := c.command(args...).CombinedOutput()
	c.outs[what] = append(c.outs[what], out...)
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else if err != nil {
		c.t.Fatal(err)
	}
	if !slices.Contains(exits, code) {
		c.t.Fatalf("%s: exit code %d, want %v\n%s", args, code, exits, out[max(0, len(out)-3000):])
	}
	return string(out)
}

var (
	well    = []int{0}
	badly   = []int{1}
	refused = []int{2}
	anyhow  = []int{0, 1, 2, 3, 4, 5}
)

// playCanaries does everything that an operator does, with a secret in every slot, on a host behind a proxy and on
// one that gossips.
func playCanaries(t *testing.T, bin string) *canaries {
	const upstreamKey = `zz.upstream+canary/0b1e6c4f92=<k>&"!`
	adminPassword := `Admin<p>&"canary 77aa51e0/+!`
	quiet, loud := fakehost.New(fakehost.Options{}), fakehost.New(fakehost.Options{AdminPassword: adminPassword})
	c := &canaries{t: t, bin: bin, dir: t.TempDir(), outs: map[string][]byte{}, gossip: &gossip{older: canary.Secrets{}, secrets: canary.Secrets{
		"admin key": quiet.AdminKey(), "admin password": adminPassword, "upstream key": upstreamKey,
		"proxy password": `proxy<p>&canary:55ee02d1/+`, "query string": `zz.query+canary/9d41c07a=<q>&"!`,
		"receiver's token": `zz-robot-canary-6c20f4b8<r>&"!`, "receiver's secret": `sign<r>&"canary 84d1b7ce/+!`, "receiver's path": "zz-hook-canary-19ae55f2",
	}}}
	provider := fakehost.NewProvider()
	provider.SetBehaviour(upstreamKey, "ok")
	upstream, stop := provider.Start()
	t.Cleanup(stop)
	proxy, open := httptest.NewServer(c.over(quiet)), httptest.NewServer(c.over(loud))
	t.Cleanup(proxy.Close)
	t.Cleanup(open.Close)

	robot := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"errcode": 93000, "errmsg": "no robot: " + c.next()})
	}))
	t.Cleanup(robot.Close)

	c.honest(upstream+"/v1", proxy.URL, open.URL)
	c.echoed(upstream + "/v1")
	c.told(robot.URL)
	c.hurt()
	c.scan()
	return c
}

// honest is a day without trouble, but for what an operator gets wrong.
func (c *canaries) honest(upstream, proxy, open string) {
	userInfo := url.UserPassword("me", c.secrets["proxy password"])
	c.run("host add", well, "host", "add", "lab", "--url", "http://lab.invalid", "--admin-key-file", c.file("admin.key", c.secrets["admin key"]),
		"--proxy-file", c.file("proxy", strings.Replace(proxy, "://", "://"+userInfo.String()+"@", 1)))
	c.run("host add by password", well, "host", "add", "loud", "--url", open, "--email", "admin@fake.test", "--password-file", c.file("password", c.secrets["admin password"]))
	keys := c.file("keys", "main = "+c.secrets["upstream key"]+"\nbad = sk-401-canary\n")
	lab := []string{"--host", "lab", "--provider", "deepseek"}
	imported := slices.Concat(lab, []string{"--base-url", upstream, "--keys-file", keys, "--access", "subscription"})
	hook := `cat keys admin.key; env; for f in environ cmdline; do tr '\0' '\n' < /proc/$PPID/$f; done`
	c.run("preview", well, slices.Concat([]string{"import", "preview"}, imported)...)
	c.run("hook", anyhow, slices.Concat([]string{"import", "run", "--json"}, imported, []string{"--hook", hook})...)
	if c.secrets["managed key"] == "" || c.secrets["managed password"] == "" {
		c.t.Fatal("the host never saw the managed user's secrets")
	}
	for _, args := range [][]string{{"status"}, {"batch", "list"}, {"host", "list"}, {"host", "check", "lab"}, {"resources", "--host", "lab"},
		append([]string{"access", "status"}, lab...), append([]string{"access", "preview"}, lab...), append([]string{"probe", "accounts"}, lab...), {"drift", "run", "--host", "lab"}, {"state", "check"}} {
		c.run(strings.Join(args, " "), anyhow, args...)
		c.run(strings.Join(args, " ")+" as JSON", anyhow, append(args, "--json")...)
	}
	query := "?key=" + url.QueryEscape(c.secrets["query string"])
	c.run("bad addresses", refused, "host", "add", "x", "--url", "http://x.invalid/"+query, "--admin-key-file", c.file("admin.key", c.secrets["admin key"]))
	c.run("bad addresses", refused, "host", "add", "x", "--url", "http://"+userInfo.String()+"@x.invalid", "--admin-key-file", c.file("admin.key", c.secrets["admin key"]))
	c.run("bad addresses", refused, slices.Concat([]string{"import", "preview"}, imported, []string{"--base-url", upstream + query})...)
	c.run("bad addresses", refused, "host", "add", "x", "--url", "http://x.invalid", "--admin-key-file", "admin.key", "--proxy", "http://"+userInfo.String()+"@y:1")
	c.run("bad files", refused, slices.Concat([]string{"import", "preview"}, lab, []string{"--access", "subscription", "--keys-file", c.file("twice", c.secrets["admin password"])})...)
	c.run("bad files", badly, "host", "add", "x", "--url", open, "--email", "admin@fake.test", "--password-file", c.file("wrong", c.secrets["proxy password"]))
}

// echoed is a host that says every secret again, in every shape and form.
func (c *canaries) echoed(upstream string) {
	loud := []string{"--host", "loud", "--provider", "deepseek"}
	for n, shape := range []string{"JSON", "HTML", "header", "redirect", "SSE"} {
		if n > 0 { // what the one before made; nothing of the last, because hosts take few sign-ins a minute
			c.run("rollback", well, slices.Concat([]string{"rollback", "--yes"}, loud)...)
		}
		c.set(shape, nil)
		var keys strings.Builder
		for i := range len(c.each()) {
			fmt.Fprintf(&keys, "sk-ok-%s-%d\n", strings.ToLower(shape), i)
		}
		before := len(c.said)
		c.run(shape, badly, slices.Concat([]string{"import", "run", "--json"}, loud, []string{"--base-url", upstream, "--keys-file", c.file("many", keys.String()), "--access", "subscription"})...)
		batch := regexp.MustCompile(`"started":\{"batch":"(\w+)"`).FindSubmatch(c.outs[shape])
		if batch == nil || len(c.said)-before < len(c.each()) {
			c.t.Fatalf("%s: %d echoes of %d\n%.2000s", shape, len(c.said)-before, len(c.each()), c.outs[shape])
		}
		c.run(shape+" as text", well, "batch", "show", string(batch[1]))
		c.set("", nil)
	}
}

// told is a robot that says again what it was told.
func (c *canaries) told(robot string) {
	c.set("robot", nil)
	at := robot + "/" + c.secrets["receiver's path"] + "/send?access_token=" + url.QueryEscape(c.secrets["receiver's token"])
	c.run("notify add", well, "notify", "add", "robot", "--kind", "dingtalk", "--url-file", c.file("robot.url", at), "--secret-file", c.file("robot.secret", c.secrets["receiver's secret"]))
	for range c.each() {
		c.run("robot", badly, "notify", "test", "robot")
	}
	c.run("notify list", well, "notify", "list")
	c.run("notify list", well, "notify", "list", "--json")
	c.run("notify add", well, "notify", "add", "gone", "--kind", "wecom", "--url-file", c.file("gone.url", "http://127.0.0.1:1/"+c.secrets["receiver's path"]+"?key="+c.secrets["receiver's path"]))
	c.run("notify", badly, "notify", "test", "gone")
	c.set("", nil)
}

// hurt is what is left when things end badly: a dump of a process, a wrong passphrase, a backup.
func (c *canaries) hurt() {
	reached := make(chan struct{})
	c.set("", reached)
	cmd := c.command("access", "status", "--host", "lab", "--provider", "deepseek")
	var dump bytes.Buffer
	cmd.Stdout, cmd.Stderr = &dump, &dump
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	<-reached
	if err := cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		c.t.Fatal(err)
	}
	_ = cmd.Wait()
	c.set("", nil)
	if c.outs["dump"] = dump.Bytes(); !bytes.Contains(c.outs["dump"], []byte("goroutine ")) {
		c.t.Errorf("no dump: %s", dump.Bytes())
	}

	key := filepath.Join(c.dir, "state", "vault.key")
	text, err := os.ReadFile(key)
	if err != nil {
		c.t.Fatal(err)
	}
	c.secrets["vault key"] = regexp.MustCompile(`AGE-SECRET-KEY-\w+`).FindString(string(text))
	c.secrets["vault passphrase"] = `vault<p>&"canary 31f0c8aa/+!`
	if err := sealFile(key, c.secrets["vault passphrase"]); err != nil {
		c.t.Fatal(err)
	}
	phrase := c.file("phrase", c.secrets["vault passphrase"])
	c.run("passphrase", well, "host", "check", "lab", "--passphrase-file", phrase)
	c.run("passphrase", badly, "host", "check", "lab", "--passphrase-file", c.file("other", c.secrets["query string"]))
	c.run("passphrase", badly, "host", "check", "lab", "--passphrase-command", "cat phrase; exit 1")
	backup := filepath.Join(c.dir, "backup")
	c.run("state backup", well, "state", "backup", backup)
	f, err := os.Open(backup)
	if err != nil {
		c.t.Fatal(err)
	}
	defer f.Close()
	zip, err := gzip.NewReader(f)
	if err == nil {
		c.outs["backup"], err = io.ReadAll(zip)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// scan looks for every secret in everything that is left.
func (c *canaries) scan() {
	c.all = maps.Clone(c.secrets)
	maps.Copy(c.all, c.older)
	scanner := canary.New(c.all)
	var err error
	c.finds, c.sum, err = scanner.Dir(filepath.Join(c.dir, "state"), nil)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, what := range slices.Sorted(maps.Keys(c.outs)) {
		c.sum.Bytes += int64(len(c.outs[what]))
		c.finds = append(c.finds, scanner.Scan(what, c.outs[what])...)
	}
}
