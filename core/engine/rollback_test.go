package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/core/plan"
	"cnrelay/hostclient/fakehost"
)

func kept(d engine.BatchDetail, k core.Kind) string {
	i := slices.IndexFunc(d.Kept, func(x core.Kept) bool { return x.Ref.Kind == k })
	if i < 0 {
		return ""
	}
	return d.Kept[i].Reason
}

// path is a resource's admin path on the simulated host.
func (l *lab) path(d engine.BatchDetail, step, collection string) string {
	return fmt.Sprintf("/api/v1/admin/%s/%d", collection, d.Steps[step].Ref.ID)
}

// What others changed, or hang on, is kept and said; forced, it goes.
func TestRollbackKeepsWhatOthersTouched(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	before := l.host.JSON()
	d := l.run(spec(core.AccessSelfService, "sk-ok-1"))
	group := d.Steps["group"].Ref.ID
	l.host.Do("PUT", l.path(d, "channel", "channels"), l.host.AdminKey(), `{"restrict_models":false}`)
	l.host.Do("PUT", l.path(d, "group", "groups"), l.host.AdminKey(), `{"is_exclusive":false}`)
	user := l.host.Seed("users", map[string]any{"email": "u@x.test", "password": "secret-1", "balance": 1})
	keyID, _ := l.host.SeedKey("u@x.test", "secret-1", "theirs", group)

	p, err := l.PreviewRollback(t.Context(), d.ID, engine.RollbackOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Plan.Kept) != 2 {
		t.Errorf("the preview keeps %v", p.Plan.Kept)
	}
	rolled := l.rollback(d.ID)
	if kept(rolled, core.Channel) != plan.KeptChanged || kept(rolled, core.Group) != plan.KeptChanged {
		t.Errorf("kept %v", rolled.Kept)
	}
	l.host.Do("DELETE", fmt.Sprintf("/api/v1/keys/%d", keyID), l.host.SignIn("u@x.test", "secret-1"), "")
	l.host.Do("DELETE", fmt.Sprintf("/api/v1/admin/users/%d", user), l.host.AdminKey(), "")
	l.host.Do("DELETE", l.path(d, "channel", "channels"), l.host.AdminKey(), "")
	l.host.Do("DELETE", l.path(d, "group", "groups"), l.host.AdminKey(), "")
	l.asBefore(before)
}

// A stranger's key in the group keeps the group.
func TestRollbackKeepsWhatIsDependedOn(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	s := spec(core.AccessSelfService, "sk-ok-1")
	d := l.run(s)
	l.host.Seed("users", map[string]any{"email": "u@x.test", "password": "secret-1", "allowed_groups": []int64{d.Steps["group"].Ref.ID}})
	l.host.SeedKey("u@x.test", "secret-1", "theirs", d.Steps["group"].Ref.ID)
	if rolled := l.rollback(d.ID); kept(rolled, core.Group) != plan.KeptDepended {
		t.Errorf("kept %v", rolled.Kept)
	}
}

// The same ids, made again by somebody else: nothing is deleted.
func TestIdentityIsProvenBeforeEachDeletion(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	d := l.run(spec(core.AccessSelfService, "sk-ok-1"))
	l.host.ResetIDs(false)
	l.host.ForgetLog()
	rolled := l.rollback(d.ID)
	if w := l.writes(); len(w) != 0 {
		t.Errorf("sent %v", w)
	}
	if kept(rolled, core.Account) != plan.KeptIdentity || kept(rolled, core.Group) != plan.KeptIdentity {
		t.Errorf("kept %v", rolled.Kept)
	}
}

// Another database behind the address stops everything until the operator rebinds.
func TestChangedFingerprintStopsWrites(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	d := l.run(spec(core.AccessSelfService, "sk-ok-1"))
	l.host.ResetIDs(true)
	l.host.ForgetLog()
	if _, err := l.StartRollback(t.Context(), d.ID, engine.RollbackOptions{}); core.CodeOf(err) != core.CodeStopped {
		t.Errorf("rollback: %v", err)
	}
	if _, _, err := l.StartImport(t.Context(), spec(core.AccessSelfService, "sk-ok-1")); core.CodeOf(err) != core.CodeStopped {
		t.Errorf("import: %v", err)
	}
	if w := l.writes(); len(w) != 0 {
		t.Errorf("sent %v", w)
	}
	rebind, err := l.RebindHost(t.Context(), "lab", false)
	if err != nil {
		t.Fatal(err)
	}
	if rebind.Matching != 0 || rebind.Total == 0 {
		t.Errorf("rebind %+v", rebind)
	}
}

// A resource that another live batch uses is handed over, not deleted.
func TestSharedResourcesAreHandedOver(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	before := l.host.JSON()
	first := l.run(spec(core.AccessSubscription, "sk-ok-1"))
	second := l.run(spec(core.AccessSubscription, "sk-ok-1"))
	rolled := l.rollback(first.ID)
	if kept(rolled, core.Group) != plan.KeptShared {
		t.Errorf("kept %v", rolled.Kept)
	}
	l.ready(core.SubscriptionReady)
	l.rollback(second.ID)
	l.asBefore(before)
}

// Self-service for a user who isn't ours: what is missing is named, and mended only when told to.
func TestSelfServiceOfAStranger(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	l.host.Seed("users", map[string]any{"email": "u@x.test", "password": "secret-1"})
	_, value := l.host.SeedKey("u@x.test", "secret-1", "theirs", 0)
	s := spec(core.AccessSelfService, "sk-ok-1")
	s.Users = []string{"u@x.test"}
	l.host.ForgetLog()
	_, _, err := l.StartImport(t.Context(), s)
	for _, code := range []string{`"balance","ok":false`, `"key_not_bound","ok":false`} {
		if !strings.Contains(blocked(err), code) {
			t.Errorf("%s is not named: %v %s", code, err, blocked(err))
		}
	}
	if w := l.writes(); len(w) != 0 {
		t.Errorf("sent %v", w)
	}
	s.Fix, s.Balance = true, 2
	d := l.run(s)
	l.want(d, core.BatchSucceeded, core.SelfServiceReady)
	if stored, _ := l.vault.Secret(d.Access.KeySecret); stored != value {
		t.Error("the proof was not made with the user's own key")
	}
	if rolled := l.rollback(d.ID); kept(rolled, core.User) != plan.KeptBalance {
		t.Errorf("kept %v", rolled.Kept)
	}
}

// A subscription for somebody who isn't ours: only with a key that the operator gives, and their password stays.
func TestSubscriptionOfAStranger(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	l.host.Seed("users", map[string]any{"email": "u@x.test", "password": "secret-1"})
	_, value := l.host.SeedKey("u@x.test", "secret-1", "theirs", 0)
	before := l.host.JSON()
	s := spec(core.AccessSubscription, "sk-ok-1")
	s.Users = []string{"u@x.test"}
	if _, _, err := l.StartImport(t.Context(), s); !strings.Contains(blocked(err), "user_key_missing") {
		t.Errorf("error %v %s", err, blocked(err))
	}
	l.asBefore(before)
	s.UserKey = value
	d := l.run(s)
	l.want(d, core.BatchSucceeded, core.SubscriptionReady)
	l.rollback(d.ID)
	l.asBefore(before)
	l.host.SignIn("u@x.test", "secret-1")
}
