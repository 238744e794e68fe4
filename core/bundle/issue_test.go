package bundle_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"cnrelay/core"
	"cnrelay/core/bundle"
	"cnrelay/hostclient/fakehost"
	"cnrelay/tui/report"
	"cnrelay/tui/text"
)

var badGateway = fakehost.Fault{Method: "POST", Path: "^/v1/chat/completions$", Nth: 2, Times: -1, Action: fakehost.Status, Status: 502,
	Body: `{"error":{"message":"Upstream request failed","type":"upstream_error"}}`, Header: http.Header{"Content-Type": {"application/json"}}}

// An issue is the few exchanges that show the latest failure, whoever's fault it is.
func TestIssue(t *testing.T) {
	for _, tt := range []struct {
		name  string
		run   func(l *lab) core.BatchID
		class core.Class
		asked string
		to    string
	}{
		{"the host's", func(l *lab) core.BatchID {
			l.host.Inject(badGateway)
			return l.run(nil, "sk-ok-1", "sk-ok-2")
		}, core.HostCompatibilityGap, "gateway_models 200, gateway_completion 502, upstream_completion 200", "For the maintainers of the host"},
		{"the provider's, since", func(l *lab) core.BatchID {
			id := l.run(nil, "sk-ok-1")
			l.provider.SetBehaviour("sk-ok-1", "403quota")
			_, err := l.AccessStatus(l.t.Context(), "lab", "acme")
			l.must(err)
			return id
		}, core.UpstreamKeyQuota, "gateway_models 200, gateway_completion 502, upstream_completion 403", "For the provider's support"},
		{"a key's", func(l *lab) core.BatchID { return l.run(nil, "sk-401-1", "sk-402-2", "sk-429-3") },
			core.UpstreamKeyInvalid, "accounts 200, upstream_completion 401", "For the provider's support"},
		{"one key's of two", func(l *lab) core.BatchID { return l.run(nil, "sk-ok-1", "sk-402-2") },
			core.UpstreamKeyQuota, "accounts 200, upstream_completion 402", "For the provider's support"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newLab(t, fakehost.Options{Version: "0.1.133"})
			i, err := bundle.NewIssue(t.Context(), l.Engine, tt.run(l))
			l.must(err)
			var got []string
			for _, x := range i.Asked {
				got = append(got, fmt.Sprintf("%s %d", x.What, x.Status))
			}
			if all := strings.Join(got, ", "); all != tt.asked || i.Finding.Class != tt.class {
				t.Errorf("class %s, exchanges %s; want %s, %s", i.Finding.Class, all, tt.class, tt.asked)
			}
			en, zh := report.Issue(text.For(text.EN), i), report.Issue(text.For(text.ZH), i)
			for _, want := range []string{tt.to, "curl -sS -i -X POST", "sub2api 0.1.133", string(tt.class), "UPSTREAM_KEY=…", i.Finding.Words, i.Host.Fingerprint[:12]} {
				if !strings.Contains(en, want) {
					t.Errorf("no %q in\n%s", want, en)
				}
			}
			if !strings.Contains(zh, "复现方法") || strings.Contains(zh, "To reproduce") {
				t.Errorf("not in Chinese:\n%s", zh)
			}
			var har bytes.Buffer
			l.must(i.WriteArchive(&har, "v1"))
			leaks := l.leaks()
			for what, raw := range map[string][]byte{"English": []byte(en), "Chinese": []byte(zh), "HAR": har.Bytes()} {
				if found := leaks(raw); len(found) > 0 {
					t.Errorf("%s holds %v", what, found)
				}
			}
		})
	}
}

// What is over is no issue; what is about an account is about that account's exchanges only.
func TestNoIssue(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	id := l.run(nil, "sk-ok-1")
	if _, err := bundle.NewIssue(t.Context(), l.Engine, id); core.CodeOf(err) != core.CodeInput || !strings.Contains(err.Error(), "nothing failed") {
		t.Errorf("all is well: %v", err)
	}
	remove := l.host.Inject(fakehost.Fault{Method: "POST", Path: "^/v1/chat/completions$", Nth: 2, Action: fakehost.Status, Status: 502, Body: `{}`})
	_, err := l.AccessStatus(t.Context(), "lab", "acme")
	l.must(err)
	remove()
	if _, err := bundle.NewIssue(t.Context(), l.Engine, id); err != nil {
		t.Errorf("broken: %v", err)
	}
	_, err = l.AccessStatus(t.Context(), "lab", "acme")
	l.must(err)
	if _, err := bundle.NewIssue(t.Context(), l.Engine, id); core.CodeOf(err) != core.CodeInput {
		t.Errorf("ready again: %v", err)
	}
}
