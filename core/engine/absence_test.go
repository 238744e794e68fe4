package engine_test

import (
	"net/http"
	"strings"
	"testing"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/hostclient/fakehost"
)

const emptyPage = `{"code":0,"message":"success","data":{"items":[],"total":0,"page":1,"page_size":1000,"pages":1}}`

var jsonHeader = http.Header{"Content-Type": {"application/json; charset=utf-8"}}

// A list that comes back short once is no removal (F6); one that stays so is.
func TestShrunkenListIsReadAgain(t *testing.T) {
	for _, kind := range []string{"groups", "channels", "accounts", "users", "subscriptions", "users/[0-9]+/api-keys", "payment/plans"} {
		t.Run(kind, func(t *testing.T) {
			l := newLab(t, fakehost.Options{})
			l.run(spec(core.AccessSubscription, "sk-ok-1", "sk-ok-2"))
			body := emptyPage
			if kind == "payment/plans" {
				body = `{"code":0,"message":"success","data":[]}`
			}
			short := fakehost.Fault{Method: "GET", Path: "/admin/" + kind + "$", Action: fakehost.Status, Status: 200, Body: body, Header: jsonHeader}
			if kind == "users" {
				short.Nth = 2 // the first is the question who the administrator is
			}
			remove := l.host.Inject(short)
			l.host.ForgetLog()
			run := l.reconcile(engine.ReconcileSpec{})[0]
			remove()
			l.status(run, core.InSync)
			short.Times = -1
			l.host.Inject(short)
			run = l.reconcile(engine.ReconcileSpec{})[0]
			if kind == "users" { // read by id, which is another path
				l.status(run, core.InSync)
				return
			}
			l.status(run, core.Drifted)
			for _, f := range run.Findings {
				if f.Type != core.DriftMissing {
					t.Errorf("found %+v", f)
				}
			}
		})
	}
}

// What can't be read is unknown, and says nothing of the rest.
func TestUnreadableListIsUnknown(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	m := meddler{l, l.run(spec(core.AccessSubscription, "sk-ok-1"))}
	remove := l.host.Inject(fakehost.Fault{Method: "GET", Path: "/payment/plans$", Times: -1, Action: fakehost.Status, Status: 500, Body: `{"code":500,"message":"internal error"}`, Header: jsonHeader})
	run := l.reconcile(engine.ReconcileSpec{})[0]
	l.status(run, core.DriftUnknown)
	if run.Checked != 6 || len(run.Findings) != 0 || !strings.Contains(run.Error, "list plans") {
		t.Errorf("checked %d, findings %v, error %q", run.Checked, run.Findings, run.Error)
	}
	m.put("channels", m.id("channel"), map[string]any{"status": "disabled"})
	l.status(l.reconcile(engine.ReconcileSpec{})[0], core.Drifted)
	remove()

	// Gone at the first look, unreadable at the second.
	m.put("channels", m.id("channel"), map[string]any{"status": "active"})
	l.host.Inject(fakehost.Fault{Method: "GET", Path: "/admin/accounts$", Action: fakehost.Status, Status: 200, Body: emptyPage, Header: jsonHeader})
	l.host.Inject(fakehost.Fault{Method: "GET", Path: "/admin/accounts$", Nth: 2, Times: -1, Action: fakehost.Status, Status: 500, Body: `{}`, Header: jsonHeader})
	l.status(l.reconcile(engine.ReconcileSpec{})[0], core.DriftUnknown)
}

// A host that is down, or another one, is unknown and no drift.
func TestHostDownIsUnknown(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	l.run(spec(core.AccessSubscription, "sk-ok-1"))
	remove := l.host.Inject(fakehost.Fault{Times: -1, Action: fakehost.Reset})
	run := l.reconcile(engine.ReconcileSpec{})[0]
	remove()
	l.status(run, core.DriftUnknown)
	if len(run.Findings) != 0 || run.Error == "" || run.ID == "" || run.Facts.Fingerprint != "" {
		t.Errorf("%+v", run)
	}
	remove = l.host.Inject(fakehost.Fault{Path: "/api/v1/admin", Times: -1, Action: fakehost.Status, Status: 401, Body: `{"code":"INVALID_ADMIN_KEY","message":"no"}`, Header: jsonHeader})
	l.status(l.reconcile(engine.ReconcileSpec{})[0], core.DriftUnknown)
	remove()
	l.host.ResetIDs(true)
	run = l.reconcile(engine.ReconcileSpec{})[0]
	l.status(run, core.DriftUnknown)
	if !strings.Contains(run.Error, "not the host that was registered") {
		t.Errorf("error %q", run.Error)
	}
}
