package engine_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/core/kind"
	"cnrelay/hostclient"
	"cnrelay/internal/figures"
)

// realHost is a host that the environment names, as make test-host takes it, and its upstream.
type realHost struct {
	t                    *testing.T
	url, admin, upstream string
	models               []string
	client               core.HostClient
}

// TestCrashSweepOnRealHost is the crash sweep on a host that isn't simulated: make chaos with CNRELAY_HOST_URL,
// CNRELAY_HOST_ADMIN_KEY and CNRELAY_UPSTREAM_URL, which must answer to keys like sk-ok-1; CNRELAY_UPSTREAM_MODELS
// names two models of it. Nobody but other consoles should change the host meanwhile. A write is stopped, or its answer kept back,
// on the road to the host; each point takes back all that it made.
func TestCrashSweepOnRealHost(t *testing.T) {
	h := realHost{t: t, url: os.Getenv("CNRELAY_HOST_URL"), admin: os.Getenv("CNRELAY_HOST_ADMIN_KEY"), upstream: strings.TrimSuffix(os.Getenv("CNRELAY_UPSTREAM_URL"), "/v1")}
	if !figures.Long() || h.url == "" || h.admin == "" || h.upstream == "" {
		t.Skip("needs CNRELAY_CHAOS, CNRELAY_HOST_URL, CNRELAY_HOST_ADMIN_KEY and CNRELAY_UPSTREAM_URL")
	}
	h.models = strings.Fields(os.Getenv("CNRELAY_UPSTREAM_MODELS"))
	dialer := hostclient.New("crash test")
	defer dialer.Close()
	var err error
	h.client, err = dialer.Host(core.Host{ID: "real", Name: "real", URL: h.url, Auth: core.AuthAdminKey, Concurrency: 4}, func(string) (string, error) { return h.admin, nil })
	if err != nil {
		t.Fatal(err)
	}
	facts, err := h.client.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	empty := shape(h.look(""))
	points := 0
	for _, s := range stretches {
		_, after, _ := h.run(s, 0, "", nil)
		for n := 1; ; n++ {
			hit := false
			for _, when := range []moment{beforeSend, beforeReply, beforeWord} {
				killed, _, shape := h.run(s, n, when, after)
				if !killed {
					break
				}
				hit = true
				points++
				if diff := difference(shape, empty); diff != "" {
					t.Fatalf("%s, write %d, %s: after everything was taken back\n%s", s, n, when, diff)
				}
			}
			if !hit {
				break
			}
		}
	}
	figures.Print(t, "Crash sweep on a real host", "sub2api %s: %d points, the host equal to an undisturbed run, and as before once taken back", facts.Version, points)
}

// run does a stretch on the host, in a process that may be killed at a write, goes on after it, compares the host with
// after (nil: nothing to compare with yet) and takes everything back. It gives the host's shape before and after that.
func (h *realHost) run(s stretch, nth int, when moment, after []string) (killed bool, whole, empty []string) {
	h.t.Helper()
	r := newRoad(h.t, h.url, 0, when)
	defer r.Close()
	e := errand{Dir: filepath.Join(h.t.TempDir(), "state"), URL: r.URL, Upstream: h.upstream, Models: h.models, Stretch: s}
	l := &lab{t: h.t}
	l.look = func() map[core.Ref]core.Object { return h.look(l.state) }
	closed := h.reopen(l, e)
	l.must(l.AddHost(h.t.Context(), engine.HostSpec{Secret: h.admin, Host: core.Host{Name: "lab", URL: h.url, Auth: core.AuthAdminKey, Concurrency: 1}}))
	e.Batch = l.before(s).batch
	closed()

	r.nth, r.writes = nth, nil
	if when == beforeWord {
		e.Die = nth
	}
	killed = send(h.t, e, r)
	r.nth, e.Die = 0, 0
	closed = h.reopen(l, e)
	defer closed()
	if killed {
		batches, err := l.Batches(h.t.Context(), engine.BatchFilter{})
		if err != nil {
			h.t.Fatal(err)
		}
		done, err := (&job{lab: l, stretch: s, batch: batches[0].ID}).on()
		if err == nil {
			err = <-done
		}
		if err != nil {
			h.t.Fatalf("%s, write %d, %s: %v", s, nth, when, err)
		}
	}
	whole = l.shape()
	for i, line := range whole { // each run has a state directory of its own
		whole[i] = strings.ReplaceAll(line, l.state, "ours")
	}
	slices.Sort(whole)
	if diff := difference(whole, after); after != nil && diff != "" {
		h.t.Fatalf("%s, write %d, %s:\n%s", s, nth, when, diff)
	}
	if wrong := l.books(); len(wrong) > 0 {
		h.t.Fatalf("%s, write %d, %s: %v", s, nth, when, wrong)
	}
	host, err := l.Host(h.t.Context(), "lab")
	if err != nil {
		h.t.Fatal(err)
	}
	live, err := l.LiveBatches(h.t.Context(), host.ID, "acme")
	if err != nil {
		h.t.Fatal(err)
	}
	for _, b := range live {
		l.rollback(b.ID)
	}
	return killed, whole, l.shape()
}

func (h *realHost) reopen(l *lab, e errand) (closed func()) {
	h.t.Helper()
	eng, shut, err := e.open()
	if err != nil {
		h.t.Fatal(err)
	}
	l.Engine, l.state = eng, eng.State
	return func() {
		if err := shut(); err != nil {
			h.t.Error(err)
		}
	}
}

// look lists the host, with those of its fields that somebody sets, but without what other consoles made.
func (h *realHost) look(state string) map[core.Ref]core.Object {
	h.t.Helper()
	out := map[core.Ref]core.Object{}
	list := func(k core.Kind, q core.Query) []core.Object {
		objects, err := h.client.List(context.Background(), k, q)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, o := range objects {
			by, _, marked := kind.Of(o.Kind).MarkerOf(o)
			if o.Fields.Str("status") == "revoked" || marked && by != state {
				continue
			}
			for field := range o.Fields {
				if !slices.Contains(settable, field) {
					delete(o.Fields, field)
				}
			}
			if extra, ok := o.Fields["extra"].(map[string]any); ok {
				maps.DeleteFunc(extra, func(name string, _ any) bool { return name != "openai_responses_mode" }) // the others are the host's
			}
			out[o.Ref()] = o
		}
		return objects
	}
	for _, k := range []core.Kind{core.Group, core.Channel, core.Plan, core.Account, core.Subscription} {
		list(k, core.Query{})
	}
	for _, u := range list(core.User, core.Query{}) {
		list(core.APIKey, core.Query{User: u.ID})
	}
	return out
}

var settable = []string{"description", "notes", "platform", "type", "subscription_type", "status", "rate_multiplier", "is_exclusive", "group_id", "group_ids",
	"user_id", "model_mapping", "model_pricing", "restrict_models", "billing_model_source", "credentials", "extra", "priority", "for_sale", "price",
	"validity_days", "validity_unit", "username", "allowed_groups"}
