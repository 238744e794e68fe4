package engine

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cnrelay/core"
)

// How a notice that wasn't taken is delivered again: after retryFirst, then twice as long each time up to retryMost,
// until it is old news.
const (
	retryFirst = 10 * time.Second
	retryMost  = 10 * time.Minute
	oldNews    = 24 * time.Hour
)

// AddReceiver registers where alerts are told. Its address and secret go to the vault.
func (e *Engine) AddReceiver(ctx context.Context, r core.Receiver, url, secret string) (core.Receiver, error) {
	if r.Name == "" || strings.ContainsAny(r.Name, "/ \t\n") {
		return r, core.Input("a receiver's name must not be empty or hold spaces or slashes", "cnrelay notify add NAME …")
	}
	if _, found, err := get[core.Receiver](ctx, e.Store, core.TableReceiver, r.Name); err != nil || found {
		if err == nil {
			err = core.Input("a receiver named "+r.Name+" is registered already", "another name, or cnrelay notify remove "+r.Name)
		}
		return r, err
	}
	address, _, _ := strings.Cut(url, "?") // a robot's token is in the query
	if err := core.ValidAddress(address); err != nil {
		return r, err
	}
	r.Added = time.Now().UTC()
	secrets := map[string]string{core.ReceiverSecret(r.Name, "url"): url}
	if secret != "" {
		secrets[core.ReceiverSecret(r.Name, "secret")] = secret
	}
	if err := e.Vault.Put(secrets); err != nil {
		return r, err
	}
	return r, e.put(ctx, core.TableReceiver, r.Name, r)
}

// Receivers are those that are registered, by name, and how many notices are on their way to each.
func (e *Engine) Receivers(ctx context.Context) ([]core.Receiver, map[string]int, error) {
	list, err := scan[core.Receiver](ctx, e.Store, core.TableReceiver, "", nil)
	if err != nil {
		return nil, nil, err
	}
	waiting := map[string]int{}
	pending, err := scan[core.Pending](ctx, e.Store, core.TableOutbox, "", nil)
	for _, p := range pending {
		waiting[p.Receiver]++
	}
	return list, waiting, err
}

func (e *Engine) receiver(ctx context.Context, name string) (core.Receiver, error) {
	r, found, err := get[core.Receiver](ctx, e.Store, core.TableReceiver, name)
	if err == nil && !found {
		err = core.Input("no receiver named "+name, "cnrelay notify list")
	}
	return r, err
}

// RemoveReceiver forgets a receiver, its secrets and what is on its way to it.
func (e *Engine) RemoveReceiver(ctx context.Context, name string) error {
	if _, err := e.receiver(ctx, name); err != nil {
		return err
	}
	err := e.Store.Update(ctx, func(tx core.Tx) error {
		var keys []string
		err := tx.Scan(core.TableOutbox, name+"/", func(key string, _ func(any) error) error {
			keys = append(keys, key)
			return nil
		})
		for _, key := range keys {
			if err == nil {
				err = tx.Delete(core.TableOutbox, key)
			}
		}
		if err != nil {
			return err
		}
		return tx.Delete(core.TableReceiver, name)
	})
	if err != nil {
		return err
	}
	return e.Vault.Delete(core.ReceiverSecret(name, "url"), core.ReceiverSecret(name, "secret"))
}

// TestReceiver tells a receiver that this is a test, and gives what it said to that.
func (e *Engine) TestReceiver(ctx context.Context, name string) error {
	r, err := e.receiver(ctx, name)
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	return e.tell(ctx, r, core.Notice{ID: newID("n"), At: now, State: core.AlertFiring, Test: true,
		Alert: core.Alert{HostName: "example", Provider: "example", Kind: core.AlertAccess, State: core.AlertFiring, Since: now, Failing: now, Seen: now}})
}

// tell delivers a notice, and keeps with the receiver how that went.
func (e *Engine) tell(ctx context.Context, r core.Receiver, n core.Notice) error {
	url, err := e.Vault.Secret(core.ReceiverSecret(r.Name, "url"))
	if err != nil {
		return err
	}
	secret, err := e.Vault.Secret(core.ReceiverSecret(r.Name, "secret"))
	if err != nil {
		secret = "" // it has none
	}
	failed := e.Notify.Notify(ctx, r, url, secret, n)
	if ctx.Err() != nil {
		return failed
	}
	err = e.Store.Update(context.WithoutCancel(ctx), func(tx core.Tx) error {
		found, err := tx.Get(core.TableReceiver, r.Name, &r)
		if err != nil || !found {
			return err
		}
		if now := time.Now().UTC(); failed == nil {
			r.Sent = now
		} else {
			r.Failed, r.Error = now, failed.Error()
		}
		return tx.Put(core.TableReceiver, r.Name, r)
	})
	if failed != nil {
		return failed
	}
	return err
}

// post puts a notice on its way to every receiver, within the commit that it tells of.
func post(tx core.Tx, n core.Notice) error {
	n.ID = newID("n")
	var names []string
	err := tx.Scan(core.TableReceiver, "", func(key string, _ func(any) error) error {
		names = append(names, key)
		return nil
	})
	for _, name := range names {
		if err == nil {
			err = tx.Put(core.TableOutbox, outboxKey(name, n), core.Pending{Notice: n, Receiver: name})
		}
	}
	return err
}

func outboxKey(receiver string, n core.Notice) string {
	return fmt.Sprintf("%s/%020d-%s", receiver, n.At.UnixNano(), n.ID)
}

// deliver empties the outbox until ctx ends: what was committed before a crash is still in it. A notice leaves it when
// its receiver said that it took it, so that one may be delivered twice, and none is lost. Each receiver gets them in
// order, and a receiver that doesn't answer holds up no other.
func (m *monitor) deliver(ctx context.Context) {
	if m.e.Notify == nil {
		return
	}
	busy, done := map[string]bool{}, make(chan string) // receivers
	var seen Revision
	for ctx.Err() == nil {
		next := time.Now().Add(retryMost)
		pending, err := scan[core.Pending](ctx, m.e.Store, core.TableOutbox, "", nil)
		if err != nil {
			if ctx.Err() == nil {
				m.Failed("", err)
			}
			next = time.Now().Add(retryFirst)
		}
		first := map[string]bool{}
		for _, p := range pending {
			if first[p.Receiver] || busy[p.Receiver] {
				continue
			}
			first[p.Receiver] = true
			if p.Next.After(time.Now()) {
				if p.Next.Before(next) {
					next = p.Next
				}
				continue
			}
			busy[p.Receiver] = true
			go func() {
				if err := caught(func() error { return m.send(ctx, p) })(); err != nil && ctx.Err() == nil {
					m.Failed("", err)
				}
				done <- p.Receiver
			}()
		}
		waiting, cancel := context.WithDeadline(ctx, next)
		woken := make(chan Revision, 1)
		go func() {
			defer close(woken)
			if seen, err := m.e.posted(waiting, seen); err == nil {
				woken <- seen
			}
		}()
		select {
		case now, ok := <-woken:
			if ok {
				seen = now
			}
		case name := <-done:
			delete(busy, name)
		}
		cancel()
		for range woken {
		}
	}
	for range busy {
		<-done
	}
}

// posted waits for something new in the outbox.
func (e *Engine) posted(ctx context.Context, seen Revision) (Revision, error) {
	was := seen[core.TableOutbox]
	for {
		now, err := e.Changes(ctx, seen)
		if err != nil || now[core.TableOutbox] != was {
			return now, err
		}
		seen = now
	}
}

// send delivers one notice, or sets when it is tried again.
func (m *monitor) send(ctx context.Context, p core.Pending) error {
	r, err := m.e.receiver(ctx, p.Receiver)
	if err != nil {
		return err
	}
	failed := m.e.tell(ctx, r, p.Notice)
	if ctx.Err() != nil && failed != nil {
		return failed // it is still in the outbox
	}
	return m.e.Store.Update(context.WithoutCancel(ctx), func(tx core.Tx) error {
		key, now := outboxKey(p.Receiver, p.Notice), time.Now().UTC()
		there, err := tx.Get(core.TableOutbox, key, &core.Pending{})
		switch {
		case err != nil || !there: // the receiver was removed meanwhile
			return err
		case failed == nil || now.Sub(p.Notice.At) > oldNews:
			return tx.Delete(core.TableOutbox, key)
		}
		p.Error, p.Next = failed.Error(), now.Add(min(retryMost, retryFirst<<min(p.Tries, 10)))
		p.Tries++
		return tx.Put(core.TableOutbox, key, p)
	})
}
