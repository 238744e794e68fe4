package engine_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/core/plan"
	"cnrelay/hostclient/fakehost"
)

func operator(name string, role core.Role) core.Operator {
	return core.Operator{Name: name, Role: role, Key: "SHA256:" + name, From: "192.0.2.1:4711"}
}

// TestRoles: what a role may, and nothing more, whoever asks; what is refused reaches no host.
func TestRoles(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	ctx := t.Context()
	batch := l.run(spec(core.AccessSubscription, "sk-ok-1")).ID
	over, stop := context.WithCancel(ctx)
	stop()
	for _, tt := range []struct {
		name  string
		needs core.Role
		ask   func(d *engine.Desk) error
	}{
		{"hosts", core.RoleViewer, func(d *engine.Desk) error { _, err := d.Hosts(ctx); return err }},
		{"look at a host", core.RoleViewer, func(d *engine.Desk) error { _, err := d.CheckHost(ctx, "lab"); return err }},
		{"status", core.RoleViewer, func(d *engine.Desk) error { _, err := d.Status(ctx, ""); return err }},
		{"batch", core.RoleViewer, func(d *engine.Desk) error { _, err := d.Batch(ctx, batch); return err }},
		{"acts", core.RoleViewer, func(d *engine.Desk) error { _, err := d.Acts(ctx, 0); return err }},
		{"preview", core.RoleOperator, func(d *engine.Desk) error {
			_, err := d.PreviewImport(ctx, spec(core.AccessSubscription, "sk-ok-1"))
			return err
		}},
		{"import", core.RoleOperator, func(d *engine.Desk) error {
			_, _, err := d.StartImport(ctx, spec(core.AccessSubscription))
			return err
		}},
		{"resume", core.RoleOperator, func(d *engine.Desk) error { _, err := d.ResumeImport(ctx, "none"); return err }},
		{"rollback preview", core.RoleOperator, func(d *engine.Desk) error {
			_, err := d.PreviewRollback(ctx, batch, engine.RollbackOptions{})
			return err
		}},
		{"adopt preview", core.RoleOperator, func(d *engine.Desk) error { _, err := d.Adopt(ctx, "lab", "acme", false); return err }},
		{"rebind preview", core.RoleOperator, func(d *engine.Desk) error { _, err := d.RebindHost(ctx, "lab", false); return err }},
		{"access preview", core.RoleOperator, func(d *engine.Desk) error { _, err := d.AccessPreview(ctx, "lab", "acme"); return err }},
		{"access", core.RoleOperator, func(d *engine.Desk) error { _, err := d.AccessStatus(ctx, "lab", "acme"); return err }},
		{"a user's key", core.RoleOperator, func(d *engine.Desk) error { _, err := d.Secret("none"); return err }},
		{"probe upstream", core.RoleOperator, func(d *engine.Desk) error {
			_, err := d.ProbeUpstream(ctx, engine.UpstreamSpec{Provider: "none"})
			return err
		}},
		{"probe accounts", core.RoleOperator, func(d *engine.Desk) error { _, err := d.ProbeAccounts(ctx, "lab", "acme"); return err }},
		{"reconcile", core.RoleOperator, func(d *engine.Desk) error {
			_, err := d.Reconcile(ctx, engine.ReconcileSpec{Host: "lab"})
			return err
		}},
		{"history", core.RoleViewer, func(d *engine.Desk) error { _, err := d.History(ctx, engine.RunFilter{}); return err }},
		{"evidence", core.RoleOperator, func(d *engine.Desk) error { _, err := d.Evidence(ctx, batch); return err }},
		{"exchanges", core.RoleOperator, func(d *engine.Desk) error {
			return d.Exchanges(ctx, "none", func(core.Exchange) error { return nil })
		}},
		{"deeper smoke", core.RoleOperator, func(d *engine.Desk) error { _, err := d.DeepSmoke(ctx, "none", "acme"); return err }},
		{"repair preview", core.RoleOperator, func(d *engine.Desk) error {
			_, err := d.PreviewRepair(ctx, engine.RepairSpec{Host: "none"})
			return err
		}},
		{"repair", core.RoleAdmin, func(d *engine.Desk) error {
			_, err := d.StartRepair(ctx, engine.RepairSpec{Batch: "none"}, plan.RepairPlan{})
			return err
		}},
		{"acceptance", core.RoleAdmin, func(d *engine.Desk) error {
			_, err := d.Accept(ctx, engine.AcceptanceSpec{ImportSpec: engine.ImportSpec{HostName: "none"}}, func(core.StageResult) {})
			return err
		}},
		{"prune", core.RoleAdmin, func(d *engine.Desk) error { _, err := d.Prune(ctx, time.Time{}, true); return err }},
		{"monitor", core.RoleOperator, func(d *engine.Desk) error { return d.Monitor(over, engine.MonitorSpec{}) }},
		{"monitor that recovers", core.RoleAdmin, func(d *engine.Desk) error { return d.Monitor(over, engine.MonitorSpec{Recover: true}) }},
		{"cancel", core.RoleOperator, func(d *engine.Desk) error { return d.Cancel("none", "enough") }},
		{"add a host", core.RoleAdmin, func(d *engine.Desk) error { _, err := d.AddHost(ctx, engine.HostSpec{}); return err }},
		{"edit a host", core.RoleAdmin, func(d *engine.Desk) error { _, err := d.EditHost(ctx, "none", engine.HostSpec{}); return err }},
		{"remove a host", core.RoleAdmin, func(d *engine.Desk) error { return d.RemoveHost(ctx, "none") }},
		{"rebind", core.RoleAdmin, func(d *engine.Desk) error { _, err := d.RebindHost(ctx, "none", true); return err }},
		{"accept", core.RoleAdmin, func(d *engine.Desk) error { _, err := d.AcceptCompliance(ctx, "none", "yes"); return err }},
		{"roll back", core.RoleAdmin, func(d *engine.Desk) error {
			_, err := d.StartRollback(ctx, "none", engine.RollbackOptions{})
			return err
		}},
		{"adopt", core.RoleAdmin, func(d *engine.Desk) error { _, err := d.Adopt(ctx, "none", "acme", true); return err }},
	} {
		for _, role := range append([]core.Role{"", "root"}, core.Roles...) {
			d := l.Join(operator("ann", role), "test", nil)
			l.host.ForgetLog()
			allowed := slices.Index(core.Roles, role) >= slices.Index(core.Roles, tt.needs)
			if !slices.Contains(core.Roles, role) {
				allowed = tt.needs == core.RoleViewer
			}
			if err := tt.ask(d); (core.CodeOf(err) != core.CodeDenied) != allowed {
				t.Errorf("%s as %q: %v", tt.name, role, err)
			}
			if !allowed && len(l.host.Log()) > 0 {
				t.Errorf("%s as %q: the host was asked", tt.name, role)
			}
			d.Leave()
		}
	}
}

// TestReadOnlyDesk: where nothing may be changed, an admin only reads.
func TestReadOnlyDesk(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	why := core.Input("another build", "restart it")
	d := l.Join(operator("ann", core.RoleAdmin), "test", why)
	if err := d.RemoveHost(t.Context(), "lab"); err != error(why) {
		t.Errorf("got %v", err)
	}
	l.must(d.Hosts(t.Context()))
}

// TestHookIsForTheMachine: who comes over the network starts no command there.
func TestHookIsForTheMachine(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	s := spec(core.AccessSubscription, "sk-ok-1")
	s.Hook = "touch /tmp/owned"
	if _, _, err := l.Join(operator("ann", core.RoleAdmin), "test", nil).StartImport(t.Context(), s); core.CodeOf(err) != core.CodeDenied {
		t.Errorf("got %v", err)
	}
}

// TestWhoDidIt: the ledger names who asked for a batch, who stopped it and who changed a host; who is on, and who
// works on which host, is known meanwhile.
func TestWhoDidIt(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	ann, bob, eve := l.Join(operator("ann", core.RoleOperator), "cnrelay import run", nil), l.Join(operator("bob", core.RoleAdmin), "console", nil), l.Join(operator("eve", core.RoleOperator), "console", nil)
	id, done, err := ann.StartImport(t.Context(), spec(core.AccessSubscription, "sk-hang-1"))
	if err != nil {
		t.Fatal(err)
	}
	who, err := eve.Who(t.Context())
	if err != nil || len(who.Present) != 3 || len(who.Work) != 1 || who.Work[0].Run != id || who.Work[0].By.Name != "ann" || who.Work[0].HostName != "lab" {
		t.Errorf("who: %+v, %v", who, err)
	}
	if _, _, err := eve.StartImport(t.Context(), spec(core.AccessSubscription, "sk-ok-2")); err == nil || !strings.Contains(err.Error(), string(id)+" is writing to this host: import (ann) since") {
		t.Errorf("second import: %v", err)
	}
	if err := eve.Cancel(id, "I want to"); core.CodeOf(err) != core.CodeDenied || !strings.Contains(err.Error(), "ann") {
		t.Errorf("eve stops it: %v", err)
	}
	l.must(nil, bob.Cancel(id, "wrong keys"))
	<-done
	ann.Leave()
	if who, err := eve.Who(t.Context()); err != nil || len(who.Present) != 2 || len(who.Work) != 0 {
		t.Errorf("who, after it: %+v, %v", who, err)
	}
	if b := l.detail(id); b.By != operator("ann", core.RoleOperator) {
		t.Errorf("batch by %+v", b.By)
	}
	events, err := eve.Events(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	first, last := events[0], events[len(events)-1]
	if first.By == nil || first.By.Name != "ann" || last.By == nil || last.By.Name != "bob" || !strings.Contains(last.Text, "wrong keys (bob)") {
		t.Errorf("events: %+v … %+v", first, last)
	}
	acts, err := eve.Acts(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, a := range acts {
		said = append(said, a.By.Name+" "+string(a.What))
	}
	if !slices.Equal(said, []string{"bob cancel", "eve import", "ann import"}) || acts[0].Detail != "wrong keys" || acts[0].Batch != id || acts[1].Error == "" {
		t.Errorf("acts %v: %+v", said, acts)
	}
	l.must(nil, eve.Exported(t.Context(), l.detail(id).Batch, "case.zip", "00"))
	if runs, err := l.Runs(t.Context(), engine.RunFilter{Batch: id}); err != nil || len(runs) != 2 || runs[0].By != operator("eve", core.RoleOperator) || runs[1].By.Name != "ann" {
		t.Errorf("runs: %+v, %v", runs, err)
	}
	if latest, err := eve.Acts(t.Context(), 1); err != nil || len(latest) != 1 || latest[0].By.Name != "bob" {
		t.Errorf("the latest: %+v, %v", latest, err)
	}
}

// TestRetired: an engine that ends begins nothing new, and finishes what is under way.
func TestRetired(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	_, done, err := l.StartImport(t.Context(), spec(core.AccessSubscription, "sk-ok-1"))
	if err != nil {
		t.Fatal(err)
	}
	l.Retire()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, _, err := l.StartImport(t.Context(), spec(core.AccessSubscription, "sk-ok-2")); core.CodeOf(err) != core.CodeState {
		t.Errorf("got %v", err)
	}
}
