package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cnrelay/core"
	"cnrelay/hostclient/fakehost"
	"cnrelay/state"
)

// bigLab is a state directory that has been used for long: hosts that answer, and batches of some keys with so many
// events in all. One real import is copied; its ids and times differ.
func bigLab(b *testing.B, hosts, events, keys int) *lab {
	b.Helper()
	l := newLab(b)
	l.registered("host-00", fakehost.Options{})
	of := []string{"sk-402-0"}
	for i := 1; i < keys; i++ {
		of = append(of, fmt.Sprintf("sk-ok-%d", i))
	}
	l.imported("host-00", of...)
	s, err := state.Open(filepath.Join(l.dir, "state"), state.Options{What: "seed", Build: "test"})
	if err != nil {
		b.Fatal(err)
	}
	c := copier{b, s.Store(), map[string][]record{}}
	c.read()
	made := len(c.of[string(core.TableEvent)])
	for n := 1; made < events || n < hosts; n++ {
		c.copy(n, hosts)
		made += len(c.of[string(core.TableEvent)])
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	return l
}

type record struct {
	key   string
	value any
}

type copier struct {
	b     *testing.B
	store core.Store
	of    map[string][]record
}

var copied = []core.Table{core.TableHost, core.TableBatch, core.TablePlan, core.TableStanding, core.TableStep, core.TableAccount, core.TableResource, core.TableEvent, core.TableAccess}

func (c copier) read() {
	c.b.Helper()
	err := c.store.View(context.Background(), func(r core.Reader) error {
		for _, t := range copied {
			if err := r.Scan(t, "", func(key string, decode func(any) error) error {
				var v any
				err := decode(&v)
				c.of[string(t)] = append(c.of[string(t)], record{key, v})
				return err
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		c.b.Fatal(err)
	}
}

// copy adds the n-th copy of everything. The first ones have hosts of their own.
func (c copier) copy(n, hosts int) {
	c.b.Helper()
	host, batch := fmt.Sprint(c.of[string(core.TableHost)][0].key), fmt.Sprint(c.of[string(core.TableBatch)][0].key)
	at := n % hosts
	rename := strings.NewReplacer(batch, fmt.Sprintf("b%08d", n), "host-00", fmt.Sprintf("host-%02d", at))
	if at > 0 {
		rename = strings.NewReplacer(batch, fmt.Sprintf("b%08d", n), host, fmt.Sprintf("h%08d", at), "host-00", fmt.Sprintf("host-%02d", at))
	}
	err := c.store.Update(context.Background(), func(tx core.Tx) error {
		for _, t := range copied {
			if n >= hosts && (t == core.TableHost || t == core.TableResource || t == core.TableAccess) {
				continue
			}
			for _, r := range c.of[string(t)] {
				raw, err := json.Marshal(r.value)
				if err != nil {
					return err
				}
				var v map[string]any
				if err := json.Unmarshal([]byte(rename.Replace(string(raw))), &v); err != nil {
					return err
				}
				if t == core.TableBatch {
					v["started"] = time.Now().UTC().Add(-time.Duration(n) * time.Minute)
				}
				if err := tx.Put(t, rename.Replace(r.key), v); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		c.b.Fatal(err)
	}
}

// events counts what the ledger holds of them.
func (l *lab) events() (n int) {
	l.t.Helper()
	s, err := state.Open(filepath.Join(l.dir, "state"), state.Options{What: "count", Build: "test"})
	if err != nil {
		l.t.Fatal(err)
	}
	err = s.Store().View(context.Background(), func(r core.Reader) error {
		return r.Scan(core.TableEvent, "", func(string, func(any) error) error { n++; return nil })
	})
	if err := errors.Join(err, s.Close()); err != nil {
		l.t.Fatal(err)
	}
	return n
}
