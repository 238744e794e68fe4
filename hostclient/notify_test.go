package hostclient

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cnrelay/core"
)

var notice = core.Notice{ID: "n1", State: core.AlertFiring, Alert: core.Alert{HostName: "lab", Kind: core.AlertHost, State: core.AlertFiring}}

// receiver answers with what it is told to, and keeps what it got.
func receiver(t *testing.T, answer func(w http.ResponseWriter, r *http.Request)) (address string, got func() (*http.Request, string)) {
	t.Helper()
	var req *http.Request
	var body string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		req, body = r, string(raw)
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, func() (*http.Request, string) { return req, body }
}

func says(body string) func(w http.ResponseWriter, r *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}

func mac(key, message string) []byte {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(message))
	return h.Sum(nil)
}

// Each kind is spoken to in its own way, signed by its secret.
func TestNotify(t *testing.T) {
	const secret = "SEC-very-secret"
	for _, c := range []struct {
		kind   core.ReceiverKind
		answer string
		check  func(t *testing.T, r *http.Request, body string, parsed map[string]any)
	}{
		{core.ReceiverWebhook, "", func(t *testing.T, r *http.Request, body string, parsed map[string]any) {
			want := "sha256=" + hex.EncodeToString(mac(secret, r.Header.Get("X-Cnrelay-Timestamp")+"."+body))
			if r.Header.Get("X-Cnrelay-Signature") != want || r.Header.Get("X-Cnrelay-Delivery") != "n1" {
				t.Errorf("signed %v, want %s", r.Header, want)
			}
			if parsed["type"] != "cnrelay.alert" || parsed["state"] != "firing" || parsed["text"] != "it is down\nsince then" || parsed["alert"].(map[string]any)["kind"] != "host_down" {
				t.Errorf("body %s", body)
			}
		}},
		{core.ReceiverNtfy, "{}", func(t *testing.T, r *http.Request, body string, _ map[string]any) {
			title, err := new(mime.WordDecoder).DecodeHeader(r.Header.Get("Title"))
			if err != nil || title != "[告警] lab" || r.Header.Get("Priority") != "high" || r.Header.Get("Authorization") != "Bearer "+secret || body != "it is down\nsince then" {
				t.Errorf("%v %q %v", r.Header, body, err)
			}
		}},
		{core.ReceiverWeCom, `{"errcode":0,"errmsg":"ok"}`, func(t *testing.T, r *http.Request, body string, parsed map[string]any) {
			if parsed["msgtype"] != "text" || !strings.HasPrefix(parsed["text"].(map[string]any)["content"].(string), "[告警] lab\nit is down") || r.URL.Query().Get("key") != "k" {
				t.Errorf("%s %s", r.URL, body)
			}
		}},
		{core.ReceiverFeishu, `{"code":0,"msg":"success"}`, func(t *testing.T, _ *http.Request, body string, parsed map[string]any) {
			if want := base64.StdEncoding.EncodeToString(mac(parsed["timestamp"].(string)+"\n"+secret, "")); parsed["sign"] != want || parsed["msg_type"] != "text" {
				t.Errorf("%s, want the signature %s", body, want)
			}
		}},
		{core.ReceiverDingTalk, `{"errcode":0,"errmsg":"ok"}`, func(t *testing.T, r *http.Request, body string, parsed map[string]any) {
			q := r.URL.Query()
			if want := base64.StdEncoding.EncodeToString(mac(secret, q.Get("timestamp")+"\n"+secret)); q.Get("sign") != want || q.Get("key") != "k" || parsed["msgtype"] != "text" {
				t.Errorf("%s %s, want the signature %s", r.URL, body, want)
			}
		}},
	} {
		t.Run(string(c.kind), func(t *testing.T) {
			address, got := receiver(t, says(c.answer))
			err := New("test").Notify(t.Context(), c.kind, address+"/hook?key=k", secret, Message{"[告警] lab", "it is down\nsince then"}, notice)
			if err != nil {
				t.Fatal(err)
			}
			r, body := got()
			var parsed map[string]any
			_ = json.Unmarshal([]byte(body), &parsed)
			c.check(t, r, body, parsed)
		})
	}
}

// What a receiver didn't take is an error, without its address; nobody is sent on, and no metadata address asked.
func TestNotifyIsRefused(t *testing.T) {
	asked := 0
	elsewhere, _ := receiver(t, func(http.ResponseWriter, *http.Request) { asked++ })
	silent, _ := receiver(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	dead := httptest.NewServer(nil)
	dead.Close()
	robot, _ := receiver(t, says(`{"errcode":93000,"errmsg":"invalid webhook url"}`))
	page, _ := receiver(t, says("<html>"))
	busy, _ := receiver(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) })
	moved, _ := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
	})
	for _, c := range []struct {
		name    string
		kind    core.ReceiverKind
		address string
		want    string
	}{
		{"a robot's no", core.ReceiverWeCom, robot, "refused it (93000): invalid webhook url"},
		{"no robot", core.ReceiverFeishu, page, "is no robot"},
		{"an error", core.ReceiverWebhook, busy, "HTTP 503"},
		{"a redirect", core.ReceiverWebhook, moved, "HTTP 307"},
		{"nobody there", core.ReceiverWebhook, dead.URL, "could not be reached"},
		{"no answer", core.ReceiverWebhook, silent, "could not be reached"},
		{"metadata", core.ReceiverWebhook, "http://169.254.169.254", "link-local"},
		{"no address", core.ReceiverWebhook, "ftp://x", "no http or https"},
		{"no kind", "pigeon", page, "unknown kind"},
	} {
		t.Run(c.name, func(t *testing.T) {
			patience := time.Minute
			if c.address == silent {
				patience = 300 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			err := New("test").Notify(ctx, c.kind, c.address+"/token-abc?key=token-def", "token-ghi", Message{"t", "x"}, notice)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "token-") {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	if asked > 0 {
		t.Error("a redirect was followed")
	}
}
