package engine

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"time"

	"cnrelay/core"
	"cnrelay/core/drift"
)

// MonitorSpec says how often what is looked at. The zero value takes the defaults.
type MonitorSpec struct {
	Every       time.Duration // the free look at each host, by lists: 60 s
	Completions time.Duration // the paid question to each provider: 30 min; negative: never
	Deep        time.Duration // the deeper smoke, with a paid question that is due then: three completions more; 0: never
	PerDay      int           // completions that a provider on a host may cost a day (UTC): 150
	Patience    drift.Patience
	// Recover is the operator's rule that an account which an upstream's refusal put out of traffic is recovered once that
	// upstream, asked directly, answers again. It is asked as often as Completions, and that counts in PerDay.
	Recover bool
	// Changed is told of each change of an alert's state, after it was committed.
	Changed func(core.Alert)
	// Began is told of each look as it begins, and when it was due.
	Began func(host string, due time.Time)
	// Failed is told what kept a look from being kept.
	Failed func(host string, err error)
}

// targetsEvery is how soon the monitor sees a host that was added, or one of which nothing is recorded any more.
const targetsEvery = 10 * time.Second

// WithDefaults fills in what is not given.
func (s MonitorSpec) WithDefaults() MonitorSpec {
	if s.Every <= 0 {
		s.Every = time.Minute
	}
	if s.Completions == 0 {
		s.Completions = 30 * time.Minute
	}
	if s.PerDay == 0 {
		s.PerDay = 150
	}
	if s.Patience == (drift.Patience{}) {
		s.Patience = drift.DefaultPatience
	}
	if s.Changed == nil {
		s.Changed = func(core.Alert) {}
	}
	if s.Began == nil {
		s.Began = func(string, time.Time) {}
	}
	if s.Failed == nil {
		s.Failed = func(string, error) {}
	}
	return s
}

// Monitor looks at every host on which something is recorded, until ctx ends: what differs and what doesn't work by
// free lists, access by a paid completion now and then. One monitor runs at a time; a second one is refused.
func (e *Engine) Monitor(ctx context.Context, spec MonitorSpec) error {
	if !e.monitoring.CompareAndSwap(false, true) {
		return &core.Error{Code: core.CodeStopped, Stage: "monitor", What: "a monitor runs already", Fault: core.FaultOperator, Next: "use that one"}
	}
	defer e.monitoring.Store(false)
	m := &monitor{e: e, MonitorSpec: spec.WithDefaults(), clients: map[core.HostID]signedIn{}}
	delivering, stop := context.WithCancel(ctx)
	delivered := make(chan struct{})
	go func() {
		defer close(delivered)
		m.deliver(delivering)
	}()
	defer func() { stop(); <-delivered }()
	s := drift.Schedule{Every: m.Every, Refresh: targetsEvery, Look: m.look,
		Targets: func() []string {
			targets, err := m.targets(ctx)
			if err != nil && ctx.Err() == nil {
				m.Failed("", err)
			}
			return targets
		}}
	s.Run(ctx)
	return interrupted(ctx)
}

// Monitoring tells whether a monitor runs.
func (e *Engine) Monitoring() bool { return e.monitoring.Load() }

type monitor struct {
	e *Engine
	MonitorSpec
	last []string // targets

	mu      sync.Mutex
	clients map[core.HostID]signedIn
}

// signedIn is a client that goes on with its sign-in from one look to the next: hosts limit those.
type signedIn struct {
	core.HostClient
	host core.Host // as it was registered
}

// client is that of the look before, as long as the host is reached as it was then.
func (m *monitor) client(h core.Host) (core.HostClient, error) {
	h.Seen, h.Lost, h.Fingerprint = core.HostFacts{}, core.Outage{}, ""
	m.mu.Lock()
	defer m.mu.Unlock()
	if c, known := m.clients[h.ID]; known && reflect.DeepEqual(c.host, h) {
		return c.HostClient, nil
	}
	client, err := m.e.client(h)
	if err == nil {
		m.clients[h.ID] = signedIn{client, h}
	}
	return client, err
}

func (m *monitor) forget(host core.HostID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.clients, host)
}

// targets are the hosts, in the order in which they were added. If they can't be read it is as before.
func (m *monitor) targets(ctx context.Context) ([]string, error) {
	hosts, err := m.e.Hosts(ctx)
	if err != nil {
		return m.last, err
	}
	m.last = nil
	for _, h := range hosts {
		m.last = append(m.last, string(h.ID))
	}
	return m.last, nil
}

// look is one look at a host.
type look struct {
	m       *monitor
	host    core.HostID
	asked   map[string]asking // by provider
	deep    map[string]bool   // by provider: the deeper smoke is asked for, too
	changed []core.Alert
	down    bool
}

// asking is what is asked of a provider besides the lists.
type asking int

const (
	askNothing  asking = iota
	askGateway         // a completion as its users ask for it, and one of the provider
	askProvider        // a completion of the provider only: it confirms what the gateway said
)

// look looks at a host, unless somebody writes to it or nothing is recorded on it.
func (m *monitor) look(ctx context.Context, host string, due time.Time) (down bool) {
	m.Began(host, due)
	l := &look{m: m, host: core.HostID(host), asked: map[string]asking{}, deep: map[string]bool{}}
	var runs []core.DriftRun
	err := caught(func() (err error) {
		runs, err = m.e.Reconcile(ctx, ReconcileSpec{Host: host, monitor: l})
		return err
	})()
	switch {
	case core.CodeOf(err) == core.CodeStopped: // this console writes to the host: the next turn comes soon
		return false
	case errors.Is(err, errNothingRecorded): // or not any more
		err = m.e.Store.Update(ctx, func(tx core.Tx) error { return l.drop(tx, func(core.Alert) bool { return true }) })
	}
	if err != nil {
		if ctx.Err() == nil {
			m.Failed(host, err)
		}
		return false
	}
	for _, a := range l.changed {
		m.Changed(a)
	}
	if m.Recover && m.Completions > 0 {
		err := caught(func() error { return l.recover(ctx, runs) })()
		if err != nil && ctx.Err() == nil && core.CodeOf(err) != core.CodeStopped { // another write comes first
			m.Failed(host, err)
		}
	}
	return l.down
}

// question decides what is asked of a batch's provider, and writes down that it was before it is: a crash never makes
// it free. It is the same for all batches of a provider.
func (l *look) question(ctx context.Context, b core.Batch) (q asking, err error) {
	if q, known := l.asked[b.Provider]; known {
		return q, nil
	}
	err = l.m.e.Store.Update(ctx, func(tx core.Tx) error {
		var w core.Watched
		key := string(l.host) + "/" + b.Provider
		if _, err := tx.Get(core.TableWatched, key, &w); err != nil {
			return err
		}
		w.Host, w.Provider = l.host, b.Provider
		if w.Asked.IsZero() {
			w.Asked = b.Access.At // the import asked
		}
		latest, err := runsOf(tx, b.ID, DriftFilter{Limit: 1})
		if err != nil {
			return err
		}
		was := w
		q = l.choose(&w, key, len(latest) > 0 && drift.Cooling(latest[0], time.Now()))
		if w == was {
			return nil
		}
		return tx.Put(core.TableWatched, key, w)
	})
	l.asked[b.Provider] = q
	return q, err
}

// Why a turn of the paid question is left out.
const (
	SkippedCooling = "cooling" // an account of the provider cools down: asking would prolong that
	SkippedCapped  = "capped"  // as many were asked for today as may be
)

func (l *look) choose(w *core.Watched, key string, cooling bool) asking {
	now := time.Now().UTC()
	if day := now.Format(time.DateOnly); w.Day != day {
		w.Day, w.Today = day, 0
	}
	q, cost := askNothing, 0
	switch {
	case l.m.Completions < 0:
		return askNothing
	case w.Confirm:
		q, cost = askProvider, 1
	case drift.Due(w.Asked, now, drift.Phase(spread(key), l.m.Completions), l.m.Completions):
		q, cost = askGateway, 2
	default:
		return askNothing
	}
	w.Skipped = ""
	switch {
	case cooling && q == askGateway:
		w.Skipped = SkippedCooling
	case w.Today+cost > l.m.PerDay:
		w.Skipped = SkippedCapped
	}
	if w.Skipped != "" {
		return askNothing
	}
	// What fails is asked of the provider, too.
	if deep := 6; q == askGateway && l.m.Deep > 0 && w.Today+cost+deep <= l.m.PerDay && drift.Due(w.Deeper, now, drift.Phase(spread(key), l.m.Deep), l.m.Deep) {
		l.deep[w.Provider], w.Deeper, cost = true, now, cost+deep
	}
	w.Asked, w.Confirm, w.Today, w.Completions = now, false, w.Today+cost, w.Completions+cost
	return q
}

// spread gives each name a place of its own.
func spread(name string) (n int) {
	for _, c := range []byte(name) {
		n = (n*31 + int(c)) % 1_000_003
	}
	return n
}

// keep takes what a look says into the alerts. It is committed together with the runs, and may be called again.
func (l *look) keep(tx core.Tx, h core.Host, runs []core.DriftRun) error {
	l.changed, l.down = nil, false // what is told is committed with the state that it tells of
	there := map[string]bool{"": true}
	for _, r := range runs {
		there[r.Provider] = true
		if l.asked[r.Provider] == askGateway && r.Access.State == core.AccessBroken {
			if err := confirm(tx, string(l.host)+"/"+r.Provider); err != nil {
				return err
			}
		}
	}
	silences, err := silencesOf(tx, l.host)
	if err != nil {
		return err
	}
	for _, o := range drift.Observations(runs) {
		l.down = l.down || o.Kind == core.AlertHost && o.Failed
		a := core.Alert{Host: l.host, Provider: o.Provider, Kind: o.Kind}
		if _, err := tx.Get(core.TableAlert, a.ID(), &a); err != nil {
			return err
		}
		was := a.State
		a = drift.Observe(a, time.Now().UTC(), o.Failed, o.Cause, l.m.Patience)
		a.HostName = h.Name
		if a.State != was && (was != "" || a.State != core.AlertOK) {
			l.changed = append(l.changed, a)
		}
		if err := l.store(tx, a, silences); err != nil {
			return err
		}
	}
	return l.drop(tx, func(a core.Alert) bool { return !there[a.Provider] })
}

// store keeps an alert, and what is to be told of it.
func (l *look) store(tx core.Tx, a core.Alert, silences []core.Silence) error {
	if state, tell := drift.Tell(a, silences, time.Now()); tell {
		a.Told = state
		if state == core.AlertOK {
			a.Told = ""
		}
		if err := post(tx, core.Notice{At: time.Now().UTC(), State: state, Alert: a}); err != nil {
			return err
		}
	}
	return tx.Put(core.TableAlert, a.ID(), a)
}

// confirm has the provider asked directly at the next look.
func confirm(tx core.Tx, key string) error {
	var w core.Watched
	if _, err := tx.Get(core.TableWatched, key, &w); err != nil {
		return err
	}
	w.Confirm = true
	return tx.Put(core.TableWatched, key, w)
}

// drop forgets alerts of what isn't watched any more.
func (l *look) drop(tx core.Tx, gone func(core.Alert) bool) error {
	var list []core.Alert
	err := tx.Scan(core.TableAlert, string(l.host)+"/", func(_ string, decode func(any) error) error {
		var a core.Alert
		if err := decode(&a); err != nil {
			return err
		}
		if gone(a) {
			list = append(list, a)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, a := range list {
		if err := tx.Delete(core.TableAlert, a.ID()); err != nil {
			return err
		}
		told := a.Told != ""
		if a.State != core.AlertOK {
			a.State, a.Since, a.Told = core.AlertOK, time.Now().UTC(), ""
			l.changed = append(l.changed, a)
		}
		if told {
			if err := post(tx, core.Notice{At: time.Now().UTC(), State: core.AlertOK, Alert: a}); err != nil {
				return err
			}
		}
	}
	return nil
}
