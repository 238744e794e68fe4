package engine_test

import (
	"context"
	"errors"
	"sync"

	"cnrelay/core"
)

// life is a process that dies at a moment: from then on it writes nothing anywhere, and learns nothing. The moments
// are those before and after each commit, each secret stored, and each write sent.
type life struct {
	mu   sync.Mutex
	left int // moments to live; 0 is dead, negative for ever
}

var errDead = errors.New("the process is dead")

func (l *life) dead() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.left == 0
}

// through runs an effect between two moments of the life.
func (l *life) through(effect func() error) error {
	if l.passes() {
		return errDead
	}
	err := effect()
	if l.passes() {
		return errDead
	}
	return err
}

// passes lets a moment pass and tells whether the life is over.
func (l *life) passes() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left > 0 {
		l.left--
	}
	return l.left == 0
}

type mortalStore struct {
	core.Store
	*life
}

func (s mortalStore) Update(ctx context.Context, fn func(core.Tx) error) error {
	return s.through(func() error { return s.Store.Update(ctx, fn) })
}

type mortalVault struct {
	core.Vault
	*life
}

func (v mortalVault) Put(secrets map[string]string) error {
	return v.through(func() error { return v.Vault.Put(secrets) })
}

func (v mortalVault) Delete(refs ...string) error {
	return v.through(func() error { return v.Vault.Delete(refs...) })
}

type mortalDialer struct {
	core.Dialer
	*life
	watch func(w core.Write, send func() error) error // around each write
}

func (d mortalDialer) Host(h core.Host, secret func(ref string) (string, error)) (core.HostClient, error) {
	c, err := d.Dialer.Host(h, secret)
	return mortalClient{c, d}, err
}

type mortalClient struct {
	core.HostClient
	mortalDialer
}

func (c mortalClient) Write(ctx context.Context, w core.Write) (o core.Object, err error) {
	err = c.through(func() error {
		return c.watch(w, func() error {
			o, err = c.HostClient.Write(ctx, w)
			return err
		})
	})
	return o, err
}

func (c mortalClient) TestAccount(ctx context.Context, id int64, model, prompt string, progress func(string)) (t core.AccountTest, err error) {
	err = c.through(func() error {
		t, err = c.HostClient.TestAccount(ctx, id, model, prompt, progress)
		return err
	})
	return t, err
}

func (c mortalClient) Check(ctx context.Context) (core.HostFacts, error) {
	if c.dead() {
		return core.HostFacts{}, errDead
	}
	return c.HostClient.Check(ctx)
}

func (c mortalClient) Get(ctx context.Context, r core.Ref) (core.Object, error) {
	if c.dead() {
		return core.Object{}, errDead
	}
	return c.HostClient.Get(ctx, r)
}

func (c mortalClient) List(ctx context.Context, k core.Kind, q core.Query) ([]core.Object, error) {
	if c.dead() {
		return nil, errDead
	}
	return c.HostClient.List(ctx, k, q)
}

func (c mortalClient) Usage(ctx context.Context, key int64) ([]core.Usage, error) {
	if c.dead() {
		return nil, errDead
	}
	return c.HostClient.Usage(ctx, key)
}

func (c mortalClient) Complete(ctx context.Context, key string, q core.CompletionRequest) core.Completion {
	if c.dead() {
		return core.Completion{Failure: core.Failure{Net: core.NetOther}}
	}
	return c.HostClient.Complete(ctx, key, q)
}
