package bundle_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"cnrelay/core"
	"cnrelay/core/bundle"
	"cnrelay/core/engine"
	"cnrelay/hostclient/fakehost"
)

// scenes are runs that end in every way, and what their bundles must say.
var scenes = []struct {
	name   string
	run    func(l *lab) core.BatchID
	state  core.BatchState
	access core.AccessState
	class  core.Class
	stages string // those that aren't "passed"
	notes  []string
}{
	{"succeeded", func(l *lab) core.BatchID { return l.run(nil, "sk-ok-1", "sk-ok-2") },
		core.BatchSucceeded, core.SubscriptionReady, core.Ready, "access_preview not_seen, upstream_completion not_seen, reconcile not_seen, rollback not_seen",
		[]string{"not_ready_today", "not_compatible", "one_question", "never_compared", "public_url_not_asked", "served_by_unknown"}},
	{"looked at", func(l *lab) core.BatchID {
		id := l.run(func(s *engine.ImportSpec) { s.Hook = "warm-up" }, "sk-ok-1")
		_, err := l.AccessPreview(l.t.Context(), "lab", "acme")
		l.must(err)
		_, err = l.AccessStatus(l.t.Context(), "lab", "acme")
		l.must(err)
		l.reconcile(engine.ReconcileSpec{Batch: id, Completion: true})
		return id
	}, core.BatchSucceeded, core.SubscriptionReady, core.Ready, "rollback not_seen", []string{"compared_recorded_only", "upstream_from_here", "billing_unchecked"}},
	{"failed", func(l *lab) core.BatchID { return l.run(nil, "sk-401-1") },
		core.BatchFailed, core.AccessUnchecked, core.UpstreamKeyInvalid,
		"import failed, accounts failed, access_preview not_seen, gateway_models not_seen, gateway_completion not_seen, upstream_completion failed, reconcile not_seen, rollback not_seen",
		[]string{"not_failing_today", "access_not_asked"}},
	{"partly", func(l *lab) core.BatchID { return l.run(nil, "sk-ok-1", "sk-402-2") },
		core.BatchPartial, core.SubscriptionReady, core.Ready, "import partly, accounts partly, access_preview not_seen, upstream_completion failed, reconcile not_seen, rollback not_seen",
		[]string{"not_ready_today"}},
	{"broken", func(l *lab) core.BatchID {
		l.host.Inject(fakehost.Fault{Method: "POST", Path: "^/v1/chat/completions$", Nth: 2, Times: -1, Action: fakehost.Status, Status: 502, Body: `{"error":{"message":"Upstream request failed","type":"upstream_error"}}`,
			Header: http.Header{"Content-Type": {"application/json"}}})
		return l.run(nil, "sk-ok-1")
	}, core.BatchPartial, core.AccessBroken, core.HostCompatibilityGap, "import partly, access_preview not_seen, gateway_completion failed, reconcile not_seen, rollback not_seen",
		[]string{"status_200_models", "tests_passed", "not_failing_today", "upstream_from_here"}},
	{"replaced", func(l *lab) core.BatchID {
		l.run(nil, "sk-ok-1")
		return l.run(func(s *engine.ImportSpec) { s.Mode = core.Replace }, "sk-ok-2")
	}, core.BatchSucceeded, core.SubscriptionReady, core.Ready, "access_preview not_seen, upstream_completion not_seen, reconcile not_seen, rollback not_seen", []string{"never_compared"}},
	{"rolled back", func(l *lab) core.BatchID {
		id := l.run(nil, "sk-ok-1")
		l.reconcile(engine.ReconcileSpec{Batch: id})
		l.rollback(id)
		return id
	}, core.BatchRolledBack, core.SubscriptionReady, core.Ready, "access_preview not_seen, upstream_completion not_seen", []string{"older_dirt_seen"}},
	{"repaired", func(l *lab) core.BatchID {
		id := l.run(nil, "sk-ok-1")
		l.repair(id)
		return id
	}, core.BatchSucceeded, core.SubscriptionReady, core.Ready, "access_preview not_seen, upstream_completion not_seen, rollback not_seen", []string{"compared_recorded_only"}},
	{"accepted", func(l *lab) core.BatchID {
		a, err := l.Accept(l.t.Context(), engine.AcceptanceSpec{ImportSpec: engine.ImportSpec{HostName: "lab", Keys: []engine.Key{{Value: "sk-ok-1"}},
			ImportRequest: core.ImportRequest{Provider: "acme", Access: core.AccessSubscription}}}, func(core.StageResult) {})
		l.must(err)
		return a.Batch
	}, core.BatchRolledBack, core.SubscriptionReady, core.Ready, "", []string{"older_dirt_seen", "compared_recorded_only"}},
	{"rolled back on failure", func(l *lab) core.BatchID {
		return l.run(func(s *engine.ImportSpec) { s.RollbackOnFailure = true }, "sk-429-1")
	}, core.BatchRolledBack, core.AccessUnchecked, core.RateLimited,
		"import failed, accounts failed, access_preview not_seen, gateway_models not_seen, gateway_completion not_seen, upstream_completion failed, reconcile not_seen", []string{"older_dirt"}},
}

func TestBundlesOfEveryOutcome(t *testing.T) {
	for _, sc := range scenes {
		t.Run(sc.name, func(t *testing.T) {
			if testing.Short() && sc.name != "replaced" {
				t.Skip("the race detector has seen as much in one of them")
			}
			t.Parallel()
			l := newLab(t, fakehost.Options{})
			l.hook = "hooked sk-ok-1 and " + l.host.AdminKey()
			id := sc.run(l)
			m, s := l.export(id)
			if s.State != sc.state || s.Access != sc.access || s.Class != sc.class {
				t.Errorf("state %s, access %s, class %s; want %s %s %s", s.State, s.Access, s.Class, sc.state, sc.access, sc.class)
			}
			var odd []string
			for _, st := range s.Stages {
				if st.Standing != bundle.Well {
					odd = append(odd, string(st.Part)+" "+string(st.Standing))
				}
			}
			if got := strings.Join(odd, ", "); got != sc.stages {
				t.Errorf("stages: %s\nwant:   %s", got, sc.stages)
			}
			for _, code := range append(sc.notes, "not_other_hosts") {
				if !slices.ContainsFunc(s.NotShown, func(n core.Note) bool { return n.Code == code }) {
					t.Errorf("it doesn't say %s: %v", code, s.NotShown)
				}
			}
			again, _ := l.export(id)
			for name := range m.MapFS {
				if !bytes.Equal(m.MapFS[name].Data, again.MapFS[name].Data) {
					t.Errorf("%s is another one the second time", name)
				}
			}
			raw := l.zip(id)
			if !bytes.Equal(raw, l.zip(id)) {
				t.Error("the zip is another one the second time")
			}
			zipped, sealed := openZip(t, raw)
			for _, faults := range [][]bundle.Fault{verify(t, m, nil), verify(t, zipped, sealed)} {
				if len(faults) > 0 {
					t.Errorf("faults: %v", faults)
				}
			}
			if accepted := bytes.Contains(m.MapFS["data/17-acceptance.json"].Data, []byte(`"passed": true`)); accepted != (sc.name == "accepted") {
				t.Errorf("17-acceptance.json says passed: %v", accepted)
			}
			if repaired := slices.ContainsFunc(s.Commands, func(c bundle.Command) bool { return c.Kind == core.RunRepair }) &&
				bytes.Contains(m.MapFS["data/exchanges.har"].Data, []byte(`"title":"repair acme lab"`)); repaired != (sc.name == "repaired") {
				t.Errorf("it says that a repair was run, and what it exchanged: %v", repaired)
			}
			bagRules(t, m)
			harSchema(t, m)
			stageFiles(t, m, s)
			leaks := l.leaks()
			for name, f := range m.MapFS {
				if found := leaks(f.Data); len(found) > 0 {
					t.Errorf("%s holds %v", name, found)
				}
			}
		})
	}
}

// bagRules are the MUSTs of RFC 8493, read from the files alone.
func bagRules(t *testing.T, folder fs.FS) {
	t.Helper()
	read := func(name string) string {
		raw, err := fs.ReadFile(folder, name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.HasPrefix(raw, []byte("\ufeff")) || bytes.Contains(raw, []byte("\r")) {
			t.Errorf("%s has a byte order mark or carriage returns", name)
		}
		return string(raw)
	}
	if read("bagit.txt") != "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n" { // 2.1.1
		t.Error("bagit.txt")
	}
	listed := map[string]int{}
	for _, file := range []string{"manifest-sha256.txt", "tagmanifest-sha256.txt"} { // 2.1.3, 2.2.1
		for line := range strings.Lines(read(file)) {
			sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
			if !ok || len(sum) != 64 || strings.ContainsAny(name, "\\~") || strings.Contains(name, "..") || strings.HasPrefix(name, "/") || strings.HasPrefix(name, "./") {
				t.Errorf("%s: %q", file, line)
			}
			if strings.HasPrefix(name, "data/") != (file == "manifest-sha256.txt") {
				t.Errorf("%s lists %s", file, name)
			}
			listed[name]++
		}
	}
	octets, files := 0, 0
	_ = fs.WalkDir(folder, ".", func(name string, d fs.DirEntry, _ error) error {
		if d.IsDir() || name == "tagmanifest-sha256.txt" {
			return nil
		}
		if listed[name] != 1 {
			t.Errorf("%s is listed %d times", name, listed[name])
		}
		if strings.HasPrefix(name, "data/") {
			octets, files = octets+len(read(name)), files+1
		}
		return nil
	})
	for line := range strings.Lines(read("bag-info.txt")) { // 2.2.2
		if label, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": "); !ok || label == "" || value == "" || strings.TrimSpace(label) != label {
			t.Errorf("bag-info.txt: %q", line)
		}
	}
	if want := "\nPayload-Oxum: " + itoa(octets) + "." + itoa(files) + "\n"; !strings.Contains(read("bag-info.txt"), want) {
		t.Errorf("no %q in bag-info.txt", want)
	}
}

func itoa(n int) string { raw, _ := json.Marshal(n); return string(raw) }

// harSchema checks the archive against the schema of HAR 1.2, and that its parts add up.
func harSchema(t *testing.T, folder fs.FS) {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile("testdata/har-1.2.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := fs.ReadFile(folder, "data/exchanges.har")
	if err != nil {
		t.Fatal(err)
	}
	archive, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(archive); err != nil {
		t.Errorf("exchanges.har: %v", err)
	}
	var har struct {
		Log struct {
			Pages   []struct{ ID string }
			Entries []struct {
				Pageref         string
				StartedDateTime string
				Time            float64
				Timings         map[string]float64
			}
		}
	}
	if err := json.Unmarshal(raw, &har); err != nil || len(har.Log.Entries) == 0 {
		t.Fatalf("%d entries: %v", len(har.Log.Entries), err)
	}
	for i, e := range har.Log.Entries {
		sum := 0.0
		for part, ms := range e.Timings {
			if part != "ssl" && ms > 0 { // ssl is a part of connect
				sum += ms
			}
		}
		if diff := sum - e.Time; diff > 0.001 || diff < -0.001 {
			t.Errorf("entry %d: its parts are %v ms, its time is %v", i, sum, e.Time)
		}
		if i > 0 && har.Log.Entries[i-1].Pageref == e.Pageref && har.Log.Entries[i-1].StartedDateTime > e.StartedDateTime && len(har.Log.Entries[i-1].StartedDateTime) == len(e.StartedDateTime) {
			t.Errorf("entry %d was sent before the one before it", i)
		}
	}
}

// stageFiles are all there, name their host, and refer to exchanges that are there.
func stageFiles(t *testing.T, m memory, s bundle.Summary) {
	t.Helper()
	n := 0
	for name, f := range m.MapFS {
		var sh struct {
			Stage     string
			Host      bundle.Host
			Exchanges []int
		}
		if !strings.HasSuffix(name, ".json") {
			continue
		}
		n++
		if err := json.Unmarshal(f.Data, &sh); err != nil || "data/"+sh.Stage+".json" != name || sh.Host.Name != "lab" || sh.Host.Fingerprint == "" || sh.Host.URL == "" {
			t.Errorf("%s: %+v %v", name, sh, err)
		}
		for _, x := range sh.Exchanges {
			if x < 0 || x >= s.Exchanges {
				t.Errorf("%s speaks of exchange %d of %d", name, x, s.Exchanges)
			}
		}
	}
	if n != 22 {
		t.Errorf("%d stage files", n)
	}
	var suites struct {
		Tests  int `xml:"tests,attr"`
		Suites []struct {
			Cases []struct{} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(m.MapFS["data/smoke.junit.xml"].Data, &suites); err != nil || suites.Tests < len(s.Stages) {
		t.Errorf("smoke.junit.xml: %+v %v", suites, err)
	}
	for _, name := range []string{"data/report.md", "data/report.zh.md"} {
		text := string(m.MapFS[name].Data)
		if lines := strings.Count(text, "\n"); lines < 30 || lines > 140 || !strings.Contains(text, string(s.Batch)) || !strings.Contains(text, s.Host.Fingerprint[:12]) || strings.Contains(text, "{1}") {
			t.Errorf("%s, %d lines:\n%s", name, lines, text)
		}
	}
}

// What runs isn't whole yet.
func TestRunningBatchHasNoBundle(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	hold := make(chan struct{})
	l.host.Inject(fakehost.Fault{Method: "POST", Path: "/admin/accounts$", Then: func() { <-hold }, When: fakehost.AfterCommit, Action: fakehost.Status, Status: 500})
	s := engine.ImportSpec{HostName: "lab", ImportRequest: core.ImportRequest{Provider: "acme", Access: core.AccessSubscription}, Keys: []engine.Key{{Value: "sk-ok-1"}}}
	id, done, err := l.StartImport(t.Context(), s)
	l.must(err)
	_, err = bundle.Write(t.Context(), memory{fstest.MapFS{}}, l.Engine, id, "v1", nil)
	close(hold)
	<-done
	if core.CodeOf(err) != core.CodeStopped || !strings.Contains(err.Error(), "running") {
		t.Errorf("got %v", err)
	}
}
