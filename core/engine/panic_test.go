package engine_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"cnrelay/core"
	"cnrelay/hostclient/fakehost"
)

// faultyDialer's clients panic once, at the n-th write.
type faultyDialer struct {
	core.Dialer
	left *atomic.Int32
}

func (d faultyDialer) Host(h core.Host, secret func(string) (string, error)) (core.HostClient, error) {
	c, err := d.Dialer.Host(h, secret)
	return faultyClient{c, d}, err
}

type faultyClient struct {
	core.HostClient
	d faultyDialer
}

func (c faultyClient) Write(ctx context.Context, w core.Write) (core.Object, error) {
	if c.d.left.Add(-1) == 0 {
		var none map[string]string
		none["sk-ok-secret"] = "sk-ok-secret" //lint:ignore SA5000 it is the fault
	}
	return c.HostClient.Write(ctx, w)
}

// TestOwnFaultInterruptsARun: wherever a run panics, it alone ends, interrupted and said, and goes on when resumed.
func TestOwnFaultInterruptsARun(t *testing.T) {
	step := int32(1)
	if testing.Short() {
		step = 5
	}
	for _, workers := range []int{1, 4} {
		writes := 0
		for n, more := int32(1), true; more; n += step {
			synctest.Test(t, func(t *testing.T) {
				if more = panicsAt(t, n, workers); more {
					writes += int(step)
				}
			})
		}
		if writes < 10 {
			t.Errorf("only %d writes", writes)
		}
	}
}

// panicsAt tells whether the run came to its n-th write.
func panicsAt(t *testing.T, n int32, workers int) bool {
	var left atomic.Int32
	l := virtual(t, fakehost.Options{}, core.AuthAdminKey)
	l.workers, l.around = workers, func(d core.Dialer) core.Dialer { return faultyDialer{d, &left} }
	l.newState("state001")
	j := l.before(importing)
	left.Store(n)
	done, err := j.start()
	if err != nil {
		t.Fatal(err)
	}
	err = <-done
	if left.Load() > 0 {
		return false
	}
	if !errors.Is(err, core.ErrInterrupted) || !strings.Contains(err.Error(), "assignment to entry in nil map in core/engine_test.faultyClient.Write") || strings.Contains(err.Error(), "secret") {
		t.Errorf("write %d: %v", n, err)
	}
	if d := j.detail(j.batch); d.State != core.BatchInterrupted {
		t.Errorf("write %d: %s", n, d.State)
	}
	if done, err = j.on(); err == nil {
		err = <-done
	}
	if d := j.detail(j.batch); err != nil || d.State != core.BatchSucceeded {
		t.Errorf("write %d, resumed: %v %s", n, err, d.State)
	}
	if wrong := l.books(); len(wrong) > 0 {
		t.Errorf("write %d, resumed: %v", n, wrong)
	}
	return true
}
