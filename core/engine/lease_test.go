package engine_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cnrelay/core"
	"cnrelay/core/engine"
	"cnrelay/hostclient/fakehost"
	"cnrelay/internal/figures"
)

// writers notes, for each write that is sent, the client that sent it: a run has one of its own.
type writers struct {
	core.Dialer
	mu    sync.Mutex
	made  int
	order []int
}

func (w *writers) Host(h core.Host, secret func(ref string) (string, error)) (core.HostClient, error) {
	c, err := w.Dialer.Host(h, secret)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.made++
	return &writer{c, w, w.made}, err
}

func (w *writers) note(who int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.order = append(w.order, who)
}

// sections are the stretches of writes by one client, and the clients that had more than one.
func (w *writers) sections() (n int, torn []int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	runs := slices.Compact(slices.Clone(w.order))
	seen := map[int]bool{}
	for _, who := range runs {
		if seen[who] {
			torn = append(torn, who)
		}
		seen[who] = true
	}
	return len(runs), torn
}

type writer struct {
	core.HostClient
	all *writers
	id  int
}

func (w *writer) Write(ctx context.Context, x core.Write) (core.Object, error) {
	w.all.note(w.id)
	o, err := w.HostClient.Write(ctx, x)
	w.all.note(w.id)
	return o, err
}

func (w *writer) TestAccount(ctx context.Context, id int64, model, prompt string, progress func(string)) (core.AccountTest, error) {
	w.all.note(w.id)
	t, err := w.HostClient.TestAccount(ctx, id, model, prompt, progress)
	w.all.note(w.id)
	return t, err
}

// Sixteen operators import, replace, resume and roll back on one host, all at once and over and over: one writes at a
// time, and whoever has to wait is told for whom.
func TestOneWriterAHost(t *testing.T) {
	const operators = 16
	rounds := 4
	if testing.Short() {
		rounds = 1
	}
	refusal := regexp.MustCompile(`^lab: start: batch b[a-z0-9]{8} is writing to this host: (import|resume|rollback) \(kim\) since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC \(next: wait for it, or watch it: cnrelay batch watch b[a-z0-9]{8}\)$`)
	synctest.Test(t, func(t *testing.T) {
		var all writers
		l := virtual(t, fakehost.Options{}, core.AuthAdminKey)
		l.around = func(d core.Dialer) core.Dialer { all.Dialer = d; return &all }
		l.newState("state001")
		var mu sync.Mutex
		ended, refused := 0, 0
		ctx := core.WithOperator(t.Context(), core.Operator{Name: "kim"})
		var g sync.WaitGroup
		for operator := range operators {
			g.Go(func() {
				var last core.BatchID
				for round := 0; round < rounds; {
					var done <-chan error
					var err error
					switch {
					case last != "" && round%3 == 1:
						done, err = l.StartRollback(ctx, last, engine.RollbackOptions{})
					case last != "" && round%3 == 2:
						done, err = l.ResumeImport(ctx, last)
					default:
						s := spec(core.AccessSubscription, fmt.Sprintf("sk-ok-%d", operator))
						s.Mode = core.Replace
						var id core.BatchID
						if id, done, err = l.StartImport(ctx, s); err == nil {
							last = id
						}
					}
					if err == nil {
						<-done
					}
					mu.Lock()
					switch {
					case err == nil:
						ended++
						round++
					case refusal.MatchString(err.Error()):
						refused++
					case core.CodeOf(err) == core.CodeInput: // rolled back already
						round++
					default:
						t.Errorf("operator %d: %v", operator, err)
						round++
					}
					mu.Unlock()
					time.Sleep(time.Duration(operator) * time.Millisecond) // or they would all ask in step
				}
			})
		}
		g.Wait()
		sections, torn := all.sections()
		if len(torn) > 0 || ended < operators || refused == 0 {
			t.Errorf("%d runs ended, %d were refused; the writes of %v are torn apart", ended, refused, torn)
		}
		if wrong := l.books(); len(wrong) > 0 {
			t.Errorf("%v", wrong)
		}
		figures.Print(t, "One writer a host", "%d operators at once: %d runs, %d write sections, 0 of them overlap; %d refused with who, what and since when", operators, ended, sections, refused)
	})
}

// A process that died in a run holds nothing up.
func TestDeadOwnersLeaseIsTakenOver(t *testing.T) {
	others(t, func(l *lab) {
		id := l.dies(spec(core.AccessSubscription, "sk-ok-1"), "POST", "^/api/v1/admin/channels$")
		l.want(l.resume(id), core.BatchSucceeded, core.SubscriptionReady)
	})
}

// A process that only seemed dead writes nothing more once another one has taken its run over.
func TestRunThatWasTakenOverStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newVirtual(t, fakehost.Options{}, core.AuthAdminKey)
		taken := make(chan struct{})
		reached := make(chan struct{})
		l.host.Inject(fakehost.Fault{Method: "POST", Path: "^/api/v1/admin/groups$", When: after, Then: func() {
			close(reached)
			<-taken
		}})
		id, done, err := l.StartImport(t.Context(), spec(core.AccessSubscription, "sk-ok-1"))
		if err != nil {
			t.Fatal(err)
		}
		<-reached
		l.boot()
		l.host.ForgetLog()
		close(taken)
		if err := <-done; core.CodeOf(err) != core.CodeStopped || !errors.Is(err, core.ErrInterrupted) {
			t.Errorf("it ended with %v", err)
		}
		if sent := l.writes(); len(sent) > 1 { // the one that it waited for
			t.Errorf("sent %v", sent)
		}
		l.want(l.resume(id), core.BatchSucceeded, core.SubscriptionReady)
	})
}
