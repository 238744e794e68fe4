package engine_test

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/core/kind"
	"cnrelay/core/plan"
	"cnrelay/hostclient/fakehost"
	"cnrelay/internal/figures"
)

// TestModel lets operators and strangers do what they like, in any order, with processes that die at any moment,
// and holds the engine to what it promises of other people's things.
func TestModel(t *testing.T) {
	checks, shards := 1000, 2
	switch {
	case figures.Long():
		checks = 25_000
	case testing.Short():
		checks, shards = 60, 1
	}
	set(t, "rapid.checks", fmt.Sprint(checks))
	set(t, "rapid.steps", "9")
	set(t, "rapid.nofailfile", "true")
	if !figures.Long() && flag.Lookup("rapid.seed").Value.String() == "0" {
		set(t, "rapid.seed", "1") // CI is red because of a change, not because of the day
	}
	var all tally
	t.Run("shards", func(t *testing.T) {
		for shard := range shards {
			t.Run(fmt.Sprint(shard), func(t *testing.T) {
				t.Parallel()
				rapid.Check(t, func(rt *rapid.T) {
					for range shard { // so that shards of one seed see different things
						rapid.Uint64().Draw(rt, "shard")
					}
					inBubble(t, rt, func(t *sequence) { newWorld(t, &all).live() })
				})
			})
		}
	})
	figures.Print(t, "Strangers", "%s", all.String())
}

// sequence is a [rapid.T] within a bubble of testing/synctest: what it starts ends there, too.
type sequence struct {
	*rapid.T
	ctx      context.Context
	cleanups []func()
}

func (s *sequence) Context() context.Context { return s.ctx }
func (s *sequence) Cleanup(f func())         { s.cleanups = append(s.cleanups, f) }

// inBubble runs a sequence in a bubble, from which rapid's ways to end one are carried out.
func inBubble(t *testing.T, rt *rapid.T, live func(*sequence)) {
	var ended any
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		s := &sequence{T: rt, ctx: ctx}
		defer func() {
			ended = recover()
			cancel()
			for _, f := range slices.Backward(s.cleanups) {
				f()
			}
		}()
		live(s)
	})
	// rapid knows one failure from another by the place of its panic.
	switch {
	case fmt.Sprintf("%T", ended) == "rapid.invalidData":
		panic(ended)
	case ended != nil:
		panic(ended)
	}
}

func set(t *testing.T, name, value string) {
	t.Helper()
	before := flag.Lookup(name).Value.String()
	if err := flag.Set(name, value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set(name, before) })
}

// tally counts what the sequences came to.
type tally struct {
	sequences, runs, crashes, deletions, replacements, restored, kept atomic.Int64
}

func (a *tally) String() string {
	return fmt.Sprintf("%d sequences, %d runs (%d killed, %d replacements): 0 of %d deletions without a record and its identity; %d things of strangers as they left them, %d of ours that they touched kept and said",
		a.sequences.Load(), a.runs.Load(), a.crashes.Load(), a.replacements.Load(), a.deletions.Load(), a.restored.Load(), a.kept.Load())
}

// world is one sequence: a host, an operator, strangers.
type world struct {
	strangers
	rt    *sequence
	tally *tally

	replacing core.Ref // the group, while a replacement runs
	passing   int      // accounts in it when the replacement began
}

func newWorld(t *sequence, count *tally) *world {
	version := rapid.SampledFrom(versions).Draw(t.T, "version")
	w := &world{strangers: strangers{lab: virtual(t, fakehost.Options{Version: version}, core.AuthAdminKey), made: map[core.Ref]core.Fields{}}, rt: t, tally: count}
	w.workers = 1 // so that a sequence can be played again
	w.lab.watch, w.life = w.watched, &life{left: -1}
	w.newState("state001")
	return w
}

func (w *world) live() {
	w.tally.sequences.Add(1)
	operator := func(do func(t *rapid.T)) func(*rapid.T) {
		return func(t *rapid.T) { do(t); w.check() }
	}
	stranger := func(do func(t *rapid.T)) func(*rapid.T) {
		return func(t *rapid.T) { w.act(func() { do(t) }) }
	}
	w.rt.Repeat(map[string]func(*rapid.T){
		"import": operator(w.imports), "import again": operator(w.imports), "replace": operator(w.replaces),
		"resume": operator(w.resumes), "roll back": operator(w.rollsBack), "look": operator(w.looks),
		"a stranger creates": stranger(w.create), "a stranger uses": stranger(w.use), "a stranger renames": stranger(w.rename),
		"a stranger edits": stranger(w.edit), "a stranger removes": stranger(w.remove), "an upstream changes": stranger(w.upstream),
	})
	w.end()
}

func (w *world) upstream(t *rapid.T) {
	key := rapid.SampledFrom(keys).Draw(t, "key")
	if rapid.Bool().Draw(t, "good") {
		w.provider.SetBehaviour(key, "ok")
	} else {
		w.provider.SetBehaviour(key, "402")
	}
}

var keys = []string{"sk-ok-1", "sk-ok-2", "sk-ok-3", "sk-402-1"}

func (w *world) spec(t *rapid.T) engine.ImportSpec {
	s := spec(rapid.SampledFrom([]core.AccessMode{core.AccessSubscription, core.AccessSelfService}).Draw(t, "access"),
		rapid.SliceOfNDistinct(rapid.SampledFrom(keys), 1, 2, rapid.ID).Draw(t, "keys")...)
	s.RollbackOnFailure = rapid.IntRange(0, 5).Draw(t, "roll back on failure") == 5
	return s
}

func (w *world) imports(t *rapid.T) {
	s := w.spec(t)
	s.Mode = rapid.SampledFrom([]core.ReplaceMode{"", core.Add}).Draw(t, "mode")
	w.mortal(t, func() (<-chan error, error) {
		_, done, err := w.StartImport(w.rt.ctx, s)
		return done, err
	})
}

func (w *world) replaces(t *rapid.T) {
	s := w.spec(t)
	s.Mode = core.Replace
	base := plan.BaseName("acme", s.Access, "openai")
	for ref, o := range w.objects() {
		if ref.Kind == core.Group && o.Name == base {
			w.replacing, w.passing = ref, min(w.serving(ref), len(s.Keys)) // fewer keys may be what is wanted
			w.tally.replacements.Add(1)
		}
	}
	w.mortal(t, func() (<-chan error, error) {
		_, done, err := w.StartImport(w.rt.ctx, s)
		return done, err
	})
	w.replacing = core.Ref{}
}

// batch draws one of the batches that are as wanted.
func (w *world) batch(t *rapid.T, as func(core.Batch) bool) core.Batch {
	list, err := w.Batches(w.rt.ctx, engine.BatchFilter{})
	if err != nil {
		t.Fatal(err)
	}
	list = slices.DeleteFunc(list, func(b core.Batch) bool { return !as(b) })
	if len(list) == 0 {
		t.Skip("no such batch")
	}
	return list[rapid.IntRange(0, len(list)-1).Draw(t, "batch")]
}

func (w *world) resumes(t *rapid.T) {
	b := w.batch(t, func(b core.Batch) bool { return b.Phase == "import" })
	w.mortal(t, func() (<-chan error, error) { return w.ResumeImport(w.rt.ctx, b.ID) })
}

func (w *world) rollsBack(t *rapid.T) {
	b := w.batch(t, func(core.Batch) bool { return true })
	used := w.usedByOthers(b.ID)
	w.mortal(t, func() (<-chan error, error) { return w.StartRollback(w.rt.ctx, b.ID, engine.RollbackOptions{}) })
	for ref := range w.objects() {
		delete(used, ref)
	}
	for _, ref := range inOrder(used) {
		t.Errorf("the rollback took %s: %s", ref, used[ref])
	}
}

// usedByOthers are the things on the host that a rollback must leave: used by another live batch, or adopted.
func (w *world) usedByOthers(id core.BatchID) map[core.Ref]string {
	live := map[core.BatchID]bool{}
	list, err := w.Batches(w.rt.ctx, engine.BatchFilter{})
	if err != nil {
		w.rt.Fatal(err)
	}
	for _, b := range list {
		live[b.ID] = b.State != core.BatchRolledBack && b.ID != id
	}
	objects, out := w.objects(), map[core.Ref]string{}
	for _, r := range w.held() {
		if o, there := objects[r.Ref]; !there || !plan.SameIdentity(r, o) {
			continue
		}
		if i := slices.IndexFunc(r.Batches, func(b core.BatchID) bool { return live[b] }); i >= 0 {
			out[r.Ref] = "shared with " + string(r.Batches[i])
		}
		if r.Origin != core.Created {
			out[r.Ref] = string(r.Origin)
		}
	}
	return out
}

func (w *world) held() []core.Resource {
	h, err := w.Host(w.rt.ctx, "lab")
	if err != nil {
		w.rt.Fatal(err)
	}
	held, err := w.Resources(w.rt.ctx, h.ID)
	if err != nil {
		w.rt.Fatal(err)
	}
	return held
}

// looks asks what writes nothing.
func (w *world) looks(t *rapid.T) {
	w.host.ForgetLog()
	if _, err := w.Status(w.rt.ctx, "lab"); err != nil {
		t.Fatal(err)
	}
	_, _ = w.PreviewImport(w.rt.ctx, w.spec(t))
	_, _ = w.AccessStatus(w.rt.ctx, "lab", "acme")
	_, _ = w.AccessPreview(w.rt.ctx, "lab", "acme")
	if sent := w.writes(); len(sent) > 0 {
		t.Errorf("a look sent %v", sent)
	}
}

// mortal runs something in a process that may die, and starts the next one.
func (w *world) mortal(t *rapid.T, start func() (<-chan error, error)) {
	time.Sleep(time.Second) // batches are told apart by when they began
	w.life.left = -1
	if rapid.IntRange(0, 4).Draw(t, "fate") >= 3 {
		w.life.left = rapid.IntRange(1, 90).Draw(t, "moments")
	}
	w.tally.runs.Add(1)
	done, err := start()
	if err == nil {
		err = <-done
	}
	t.Logf("ended with %v", err)
	if w.life.dead() {
		w.tally.crashes.Add(1)
	} else if errors.Is(err, errDead) {
		t.Fatalf("alive, and yet %v", err)
	}
	w.life = &life{left: -1}
	w.boot()
}

// watched holds every write to the promises.
func (w *world) watched(write core.Write, send func() error) error {
	if write.Verb == core.Delete {
		w.tally.deletions.Add(1)
		r, found := w.record(write.Ref)
		o, there := w.objects()[write.Ref]
		switch {
		case !found:
			w.rt.Errorf("%s is deleted and in no record", write.Ref)
		case r.Origin != core.Created:
			w.rt.Errorf("%s is deleted, and was %s", write.Ref, r.Origin)
		case there && !plan.SameIdentity(r, o):
			w.rt.Errorf("%s is deleted, and is another: recorded %s %v, there %s %v", write.Ref, r.Name, r.CreatedAt, o.Name, o.CreatedAt)
		case there && s(w.made[write.Ref]) != "":
			w.rt.Errorf("%s is deleted, and a stranger made it", write.Ref)
		}
	}
	err := send()
	if w.replacing.ID != 0 {
		if now := w.serving(w.replacing); now < w.passing {
			w.rt.Errorf("%s %s: %d accounts serve, and %d did when the replacement began", write.Verb, write.Ref, now, w.passing)
		}
	}
	return err
}

func s(f core.Fields) string {
	if f == nil {
		return ""
	}
	return fmt.Sprint(f)
}

func (w *world) record(ref core.Ref) (core.Resource, bool) {
	held := w.held()
	i := slices.IndexFunc(held, func(r core.Resource) bool { return r.Ref == ref })
	if i < 0 {
		return core.Resource{}, false
	}
	return held[i], true
}

// serving counts the accounts of a group that take traffic and whose upstream answers.
func (w *world) serving(group core.Ref) int {
	n := 0
	for ref, o := range w.objects() {
		if ref.Kind == core.Account && slices.Contains(o.Fields.IDs("group_ids"), group.ID) && o.Fields.Str("status") == "active" &&
			o.Fields.Bool("schedulable") && w.provider.Answers(o.Fields.Map("credentials").Str("api_key")) {
			n++
		}
	}
	return n
}

// check holds the ledger to the host, as far as strangers let them agree: nothing of ours is in no record, and no key
// has two accounts on record.
func (w *world) check() {
	objects, held := w.objects(), w.held()
	if wrong := w.orphans(objects, held); len(wrong) > 0 {
		w.rt.Fatalf("%v", slices.Sorted(slices.Values(wrong)))
	}
	seen := map[string]core.Ref{}
	for _, r := range held {
		o, there := objects[r.Ref]
		if r.Ref.Kind != core.Account || r.Origin != core.Created || !there || r.Name != o.Name {
			continue // gone, or somebody's hand is on it
		}
		c := o.Fields.Map("credentials")
		id := o.Fields.Str("platform") + c.Str("base_url") + c.Str("api_key")
		if other, twice := seen[id]; twice {
			w.rt.Errorf("%s and %s have one key", other, r.Ref)
		}
		seen[id] = r.Ref
	}
}

// inOrder are the addresses in a fixed order, so that a sequence fails in the same words when it is played again.
func inOrder[V any](m map[core.Ref]V) []core.Ref {
	return slices.SortedFunc(maps.Keys(m), func(a, b core.Ref) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID)) })
}

// end takes everything back and compares the strangers' things with what they left.
func (w *world) end() {
	w.life = &life{left: -1}
	w.boot()
	list, err := w.Batches(w.rt.ctx, engine.BatchFilter{})
	if err != nil {
		w.rt.Fatal(err)
	}
	excused := map[core.Ref]string{}
	for _, b := range list {
		if done, err := w.StartRollback(w.rt.ctx, b.ID, engine.RollbackOptions{}); err == nil {
			<-done
		} else if core.CodeOf(err) != core.CodeInput {
			w.rt.Errorf("rollback of %s: %v", b.ID, err)
		}
		d := w.detail(b.ID)
		if d.State == core.BatchInterrupted {
			w.rt.Errorf("the rollback of a batch stays interrupted: %v", d.Kept)
		}
		for _, k := range d.Kept {
			if k.Reason != plan.KeptShared {
				excused[k.Ref] = k.Reason
				w.tally.kept.Add(1)
			}
		}
	}
	w.check()
	now := w.theirsIn(w.objects())
	for _, ref := range inOrder(w.made) {
		want := w.made[ref]
		if excused[ref] != "" {
			continue
		}
		w.tally.restored.Add(1)
		if now[ref] == nil {
			w.rt.Errorf("the strangers' %s is gone", ref)
			continue
		}
		for _, field := range slices.Sorted(maps.Keys(want)) {
			if v := want[field]; !reflect.DeepEqual(v, now[ref][field]) && !kind.Equal(v, now[ref][field]) {
				w.rt.Fatalf("the strangers' %s: %s was left as %v, and is %v", ref, field, v, now[ref][field])
			}
		}
	}
	objects := w.objects()
	for _, ref := range inOrder(objects) {
		o := objects[ref]
		if _, _, marked := kind.Of(ref.Kind).MarkerOf(o); marked && excused[ref] == "" && w.made[ref] == nil {
			if _, recorded := w.record(ref); !recorded {
				w.rt.Errorf("%s %s is left, and nobody said so", ref, o.Name)
			}
		}
	}
}
