package fakehost

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// Options choose a host. The zero value is a ready 0.1.133.
type Options struct {
	Version       string           // "0.1.83.1", "0.1.121", "0.1.133" (default), "0.1.179"
	Now           func() time.Time // default time.Now
	AdminEmail    string           // default admin@fake.test
	AdminPassword string           // default fake-admin-password
	Latency       time.Duration    // before every answer
	// Propagation is how long the gateway goes on with what it knew of an account before a change.
	Propagation time.Duration
	// UsageDelay is how long a usage record takes to show.
	UsageDelay time.Duration
	// CompliancePending makes a 0.1.179 refuse admin calls until an administrator accepts.
	CompliancePending bool
	Turnstile         bool // sign-in wants a captcha
	BackendMode       bool // ordinary users can't sign in
	DropsReasoning    bool // what a model thought is not passed on in its next turn
	Net               *Net // where it is served and finds its providers; nil is loopback
}

// Host is a simulated sub2api host. All its state is in memory and safe for concurrent use.
type Host struct {
	opt    Options
	traits traits
	shapes object
	routes []route

	// upstream calls the accounts' providers. Connections are not kept: a test's host leaves
	// nothing behind.
	upstream *http.Client
	probes   sync.WaitGroup
	life     context.Context
	end      context.CancelFunc

	mu sync.Mutex
	database
	stamps     int                // of created, keeps apart what a still clock would not
	sessions   map[string]session // by access token
	refreshes  map[string]int64   // refresh token → user
	logins     map[string]window  // by client address
	history    map[int64][]published
	forbidden  map[int64][]time.Time // upstream 403s by account
	sticky     map[string]int64      // conversation → account
	probesHeld chan struct{}
	faults     []*fault

	logMu sync.Mutex // taken within mu, too
	log   []Request
}

// New makes a host with one administrator, one admin API key and the group "default".
func New(opt Options) *Host {
	if opt.Version == "" {
		opt.Version = "0.1.133"
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.AdminEmail == "" {
		opt.AdminEmail = "admin@fake.test"
	}
	if opt.AdminPassword == "" {
		opt.AdminPassword = "fake-admin-password"
	}
	h := &Host{
		opt:      opt,
		traits:   versions[opt.Version],
		shapes:   loadShapes(opt.Version),
		upstream: &http.Client{Transport: &http.Transport{DialContext: opt.Net.Dial, DisableKeepAlives: true}},
		database: database{
			adminKey: "admin-" + randomHex(32), accepted: !opt.CompliancePending,
			members: map[int64][]member{}, passwords: map[int64]string{}, replays: map[string]replay{},
		},
		sessions:  map[string]session{},
		refreshes: map[string]int64{},
		logins:    map[string]window{},
		history:   map[int64][]published{},
		sticky:    map[string]int64{}, forbidden: map[int64][]time.Time{},
	}
	h.life, h.end = context.WithCancel(context.Background())
	h.routes = h.routeTable()
	admin := h.insert(&h.users, "user", object{"email": opt.AdminEmail, "role": "admin", "concurrency": 5.0})
	h.settle(admin, "user")
	h.passwords[admin.id] = opt.AdminPassword
	group := h.insert(&h.groups, "group", object{"name": "default", "description": "Default group"})
	h.settle(group, "group")
	return h
}

// Start serves the host on its network. stop ends its connections, hanging ones too, and waits for
// everything the host does in the background.
func (h *Host) Start() (url string, stop func()) {
	url, end := h.opt.Net.serve(&http.Server{Handler: h, BaseContext: func(net.Listener) context.Context { return h.life }})
	return url, func() {
		h.end()
		end()
		h.probes.Wait()
	}
}

// AdminKey is the host's admin API key.
func (h *Host) AdminKey() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.adminKey
}

// ResetIDs makes the host look as after a restore of its database from another moment: the same
// ids, other creation times. With newFingerprint the first administrator, and so the host's
// identity, is another one too.
func (h *Host) ResetIDs(newFingerprint bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range []*table{&h.groups, &h.channels, &h.plans, &h.accounts, &h.users, &h.keys, &h.subs} {
		for _, e := range t.rows {
			if t == &h.users && e.str("role") == "admin" && !newFingerprint {
				continue
			}
			e.created = e.created.Add(-time.Hour)
		}
	}
}

func (h *Host) now() time.Time { return h.opt.Now().UTC() }

// insert stores a new resource of a kind with its version's defaults and the given fields. It
// carries nanoseconds, as create answers do (contract 2); settle makes it what later reads show.
func (h *Host) insert(t *table, kind string, fields object) *entity {
	values := clone(h.shapes.obj(kind))
	if values == nil {
		values = object{}
	}
	for k, v := range fields {
		values[k] = v
	}
	h.stamps++
	at := h.now().Truncate(time.Microsecond).Add(time.Duration(1 + h.stamps%998))
	return t.add(&entity{object: values, created: at, updated: at})
}

// settle turns a fresh resource into what the host's database kept of it.
func (h *Host) settle(e *entity, kind string) {
	e.created = e.created.Round(time.Microsecond)
	e.updated = e.created
	for k, v := range h.shapes.obj(kind + "_read") {
		e.object[k] = v
	}
}

// touch notes a change.
func (h *Host) touch(e *entity) { e.updated = h.now().Round(time.Microsecond) }

// view is a resource as answers show it.
func view(e *entity) object {
	out := e.without()
	out["id"] = e.id
	out["created_at"] = instant(e.created)
	out["updated_at"] = instant(e.updated)
	return out
}

// brief is a resource as it is embedded in another.
func (h *Host) brief(e *entity, kind string) object {
	keys, _ := h.shapes[kind+"_brief"].([]any)
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i], _ = k.(string)
	}
	out := view(e).only(names)
	if kind == "user" {
		out["allowed_groups"] = nil // not loaded here, whatever they are
	}
	return out
}
