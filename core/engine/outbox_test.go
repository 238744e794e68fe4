package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cnrelay/core"
	"cnrelay/core/engine"
)

// phone takes notices, or doesn't.
type phone struct {
	mu   sync.Mutex
	dead bool
	hang bool // until the caller gives up
	got  []string
	ids  []string
}

func (f *phone) Notify(ctx context.Context, r core.Receiver, url, secret string, n core.Notice) error {
	f.mu.Lock()
	hang, dead := f.hang, f.dead
	f.mu.Unlock()
	if hang {
		<-ctx.Done()
		return ctx.Err()
	}
	if dead {
		return errors.New("nobody answers")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.got = append(f.got, fmt.Sprintf("%s %s %s %s%s", r.Name, n.State, n.Alert.Kind, url, secret))
	f.ids = append(f.ids, n.ID)
	return nil
}

func (f *phone) set(dead, hang bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dead, f.hang = dead, hang
}

func (f *phone) told() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := strings.Join(f.got, ", ")
	f.got = nil
	return out
}

// notifying is a monitor whose alerts are told to receivers.
func notifying(t *testing.T, names []string, test func(p *post, f *phone)) {
	watching(t, engine.MonitorSpec{Every: 10 * time.Minute, Completions: -1}, func(p *post) {
		f := &phone{}
		p.stop()
		p.notify = f
		p.boot()
		for _, name := range names {
			p.must(p.AddReceiver(t.Context(), core.Receiver{Name: name, Kind: core.ReceiverWebhook, Lang: "en"}, "http://"+name+"?t", "/s"))
		}
		p.begin()
		test(p, f)
	})
}

func (p *post) meddle(restrict bool) {
	p.put("channels", p.id("channel"), map[string]any{"restrict_models": restrict})
}

func TestAlertsAreToldToEveryReceiver(t *testing.T) {
	notifying(t, []string{"a", "b"}, func(p *post, f *phone) {
		p.meddle(false)
		p.after(40 * time.Minute)
		p.meddle(true)
		p.after(40 * time.Minute)
		got := strings.Split(f.told(), ", ")
		slices.Sort(got)
		if want := "[a firing drift http://a?t/s a ok drift http://a?t/s b firing drift http://b?t/s b ok drift http://b?t/s]"; fmt.Sprint(got) != want {
			t.Errorf("told %v, want %s", got, want)
		}
	})
}

// What a receiver doesn't take is kept, tried again less and less often, and delivered in order once it does; a
// receiver that hangs holds up no other.
func TestNoticesWaitForTheirReceiver(t *testing.T) {
	notifying(t, []string{"a"}, func(p *post, f *phone) {
		f.set(true, false)
		p.meddle(false)
		p.after(40 * time.Minute)
		p.meddle(true)
		p.after(3 * time.Hour)
		list, waiting, err := p.Receivers(t.Context())
		if err != nil || waiting["a"] != 2 || list[0].Error == "" || !list[0].Sent.IsZero() {
			t.Errorf("%+v %v %v", list, waiting, err)
		}
		f.set(false, false)
		p.after(15 * time.Minute)
		if got := f.told(); got != "a firing drift http://a?t/s, a ok drift http://a?t/s" {
			t.Errorf("told %q", got)
		}
		f.set(true, false)
		p.meddle(false)
		p.after(26 * time.Hour)
		if _, waiting, err := p.Receivers(t.Context()); err != nil || waiting["a"] != 0 {
			t.Errorf("old news waits: %v %v", waiting, err)
		}
	})
}

// A process that dies between an alert and its delivery: the next one delivers it, under the same id.
func TestNoticesSurviveACrash(t *testing.T) {
	notifying(t, []string{"a"}, func(p *post, f *phone) {
		f.set(false, true)
		p.meddle(false)
		p.after(40 * time.Minute)
		p.stop()
		if got := f.told(); got != "" {
			t.Fatalf("told %q", got)
		}
		f.set(false, false)
		p.boot()
		p.begin()
		p.after(time.Minute)
		if got := f.told(); got != "a firing drift http://a?t/s" {
			t.Errorf("told %q", got)
		}
		p.after(time.Hour)
		if got := f.told(); got != "" {
			t.Errorf("told again: %q", got)
		}
	})
}

func TestReceivers(t *testing.T) {
	notifying(t, []string{"a"}, func(p *post, f *phone) {
		for _, bad := range []struct{ name, url string }{{"", "http://x"}, {"a/b", "http://x"}, {"a", "http://x"}, {"c", "ftp://x"}, {"c", ""}} {
			if _, err := p.AddReceiver(t.Context(), core.Receiver{Name: bad.name}, bad.url, ""); core.CodeOf(err) != core.CodeInput {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		if err := p.TestReceiver(t.Context(), "a"); err != nil || f.told() != "a firing access_broken http://a?t/s" {
			t.Errorf("test: %v", err)
		}
		f.set(true, false)
		if err := p.TestReceiver(t.Context(), "a"); err == nil {
			t.Error("a test that nobody took")
		}
		if err := p.RemoveReceiver(t.Context(), "a"); err != nil {
			t.Error(err)
		}
		if _, err := p.vault.Secret(core.ReceiverSecret("a", "url")); !errors.Is(err, core.ErrNoSecret) {
			t.Errorf("its address is still in the vault: %v", err)
		}
		if err := p.TestReceiver(t.Context(), "a"); core.CodeOf(err) != core.CodeInput {
			t.Errorf("test: %v", err)
		}
	})
}
