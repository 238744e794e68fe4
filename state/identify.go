package state

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"cnrelay/core"
)

// identify reads who this state directory is, and decides it the first time.
func identify(l *ledger) (core.StateInfo, error) {
	const key = "state"
	ctx := context.Background()
	var info core.StateInfo
	var found bool
	err := l.View(ctx, func(r core.Reader) (err error) {
		found, err = r.Get(core.TableMeta, key, &info)
		return err
	})
	if err != nil || found || l.head == nil {
		return info, err
	}
	// 26 letters of 130 random bits, of which a marker has room for eight.
	info = core.StateInfo{ID: strings.ToLower(rand.Text()[:8]), Made: time.Now().UTC().Truncate(time.Second)}
	return info, l.Update(ctx, func(tx core.Tx) error { return tx.Put(core.TableMeta, key, info) })
}
