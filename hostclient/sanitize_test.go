package hostclient_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"cnrelay/core"
	"cnrelay/core/visible/visibletest"
	"cnrelay/hostclient"
)

func TestSanitize(t *testing.T) {
	tests := map[string]struct {
		in   string
		max  int
		want string
	}{
		"plain":             {"余额不足 ok", 0, "余额不足 ok"},
		"colour":            {"\x1b[31mred\x1b[0m", 0, "red"},
		"title":             {"a\x1b]0;owned\x07b", 0, "ab"},
		"C1 as UTF-8":       {"a\u009b31mb", 0, "a⟪U+009B⟫31mb"},
		"newline and tab":   {"a\r\nb\tc\n", 0, "a\nb c\n"},
		"lone CR":           {"good\rbad", 0, "good␍bad"},
		"bell, backspace":   {"a\a\b", 0, "a␇␈"},
		"delete":            {"a\x7f", 0, "a␡"},
		"bidi":              {"user\u202egnp", 0, "user⟪U+202E⟫gnp"},
		"zero width":        {"a\u200bb\u200dc\ufeff", 0, "a⟪U+200B⟫b⟪U+200D⟫c⟪U+FEFF⟫"},
		"line separator":    {"a\u2028b", 0, "a⟪U+2028⟫b"},
		"tag characters":    {"a\U000e0041", 0, "a⟪U+E0041⟫"},
		"private use":       {"a\ue000", 0, "a⟪U+E000⟫"},
		"unassigned":        {"a\u0378", 0, "a⟪U+0378⟫"},
		"blank letter":      {"a\u3164b", 0, "a⟪U+3164⟫b"},
		"variation":         {"a\ufe0f", 0, "a⟪U+FE0F⟫"},
		"broken UTF-8":      {"a\xffb", 0, "a\ufffdb"},
		"combining stack":   {"a" + strings.Repeat("\u0301", 40) + "b", 0, "a" + strings.Repeat("\u0301", 4) + "b"},
		"cut":               {"abcdefgh", 6, "abc…"},
		"cut between runes": {"余额不足", 8, "余…"},
		"not cut":           {"余额", 6, "余额"},
		"no room":           {"abc", 2, ""},
	}
	for name, tt := range tests {
		if got := hostclient.Sanitize(tt.in, tt.max); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func FuzzSanitize(f *testing.F) {
	for _, s := range []string{"", "a\x1b[31mb", "\u009d0;x\x9c", "\x1b]8;;http://x\x1b\\y", "\u202e\u2066", "a\u0301\u0301\u0301\u0301\u0301", "\xff\xfe", "\x1b]0;✳\x07z"} {
		f.Add(s, 20)
	}
	f.Fuzz(func(t *testing.T, s string, max int) {
		got := hostclient.Sanitize(s, max)
		if max > 0 && len(got) > max {
			t.Fatalf("%q", got)
		}
		if why := visibletest.Unsafe(got); why != "" {
			t.Fatalf("%s in %q", why, got)
		}
		if whole := hostclient.Sanitize(s, 0); hostclient.Sanitize(whole, 0) != whole {
			t.Fatalf("%q changes again", whole)
		}
	})
}

// A host that echoes every secret that it was ever sent, in every kind of answer, gives none away.
func TestEchoedSecretsDontComeThrough(t *testing.T) {
	const upstreamKey = "zz.upstream.canary+/=&<x>"
	ctx := context.Background()
	login := &core.Login{Email: "u@lab.test", Password: password}
	secrets := []string{adminKey, userKey, upstreamKey, password, "jwt.canary.token.value"}
	echo := strings.Join(secrets, " ")
	shapes := map[string]http.HandlerFunc{
		"JSON": func(w http.ResponseWriter, _ *http.Request) {
			answerJSON(w, 400, map[string]any{"code": 400, "message": echo, "reason": echo})
		},
		"gateway JSON": func(w http.ResponseWriter, _ *http.Request) {
			answerJSON(w, 502, map[string]any{"error": map[string]any{"message": echo, "code": echo, "type": echo}})
		},
		"HTML": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; x="+userKey)
			_, _ = w.Write([]byte("<p>" + strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(echo)))
		},
		"query": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("zz.upstream.canary%2B%2F%3D%26%3Cx%3E Corre%3Ct%26horse+9"))
		},
		"SSE": stream(func(w http.ResponseWriter, _ *http.Request) {
			frame(w, mustJSON(map[string]string{"type": "error", "error": "returned 401: " + echo}))
		}),
		"SSE words": stream(func(w http.ResponseWriter, _ *http.Request) {
			frame(w, mustJSON(map[string]string{"type": "content", "text": echo}))
		}),
		"completion": func(w http.ResponseWriter, _ *http.Request) {
			answerJSON(w, 200, map[string]any{"model": echo, "choices": []any{map[string]any{"message": map[string]any{"content": echo}}}})
		},
		"models": func(w http.ResponseWriter, _ *http.Request) {
			answerJSON(w, 200, map[string]any{"data": []any{map[string]any{"id": echo}}})
		},
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://"+userKey+"/"+adminKey, http.StatusFound)
		},
		"header": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Request-Id", userKey)
			answerJSON(w, 401, `{"code":"`+adminKey+`"}`)
		},
		"bad header": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\n" + adminKey + " " + userKey + "\r\n\r\n"))
			_ = conn.Close()
		},
		"item": func(w http.ResponseWriter, _ *http.Request) {
			answerJSON(w, 200, ok(map[string]any{"id": 1, "name": echo, "user_id": 1, "description": echo, "extra": map[string]any{echo: []any{echo}}}))
		},
	}
	for name, host := range shapes {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/api/v1/auth/login" {
					answerJSON(w, 200, ok(map[string]any{"access_token": "jwt.canary.token.value", "expires_in": 99}))
					return
				}
				host(w, r)
			})
			c := newClient(t, dialer(), s.URL)
			up := dialer().Upstream()
			for _, secret := range secrets { // from here on all of them were sent
				c.Complete(ctx, secret, core.CompletionRequest{})
				up.Models(ctx, s.URL, secret)
			}
			var out strings.Builder
			say := func(v any, err error) {
				out.WriteString(mustJSON(v))
				for ; err != nil; err = errors.Unwrap(err) {
					out.WriteString(err.Error() + "\n")
				}
			}
			say(c.Write(ctx, core.Write{Verb: core.Create, Ref: core.Ref{Kind: core.APIKey}, As: login, Fields: core.Fields{"name": "k"}}))
			say(c.Complete(ctx, userKey, core.CompletionRequest{}), nil)
			say(c.GatewayModels(ctx, userKey), nil)
			say(c.Write(ctx, core.Write{Verb: core.Create, Ref: core.Ref{Kind: core.Account}, Fields: core.Fields{"name": "a"}}))
			say(c.UpstreamModels(ctx, "openai", s.URL, upstreamKey))
			say(c.TestAccount(ctx, 1, "m", "p", func(text string) { out.WriteString(text) }))
			say(c.Get(ctx, core.Ref{Kind: core.Group, ID: 1}))
			say(c.Usage(ctx, 1))
			say(c.Check(ctx))
			say(up.Complete(ctx, s.URL, userKey, core.CompletionRequest{}), nil)
			say(up.Models(ctx, s.URL, userKey), nil)
			for _, secret := range append(secrets, "upstream.canary", "token.value", "Corre", "user-canary", "0123456789abcdef0123") {
				if strings.Contains(out.String(), secret) {
					t.Errorf("%q is in what came back:\n%s", secret, out.String())
				}
			}
		})
	}
}

func TestStrangersSecretsAreHiddenByTheirShape(t *testing.T) {
	for _, secret := range []string{
		"sk-abcdefghijkl", "admin-0123456789abcdef", "Bearer abcdefghijklmnopqrst",
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "rt_abcdefghijklmnop",
	} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			answerJSON(w, 400, map[string]any{"error": map[string]any{"message": "key " + secret + " is bad"}})
		})
		if got := dialer().Upstream().Models(context.Background(), s.URL, "other-key").Message; got != "key [secret] is bad" {
			t.Errorf("%s: %q", secret, got)
		}
	}
}

// A text is cut after its secrets are hidden: half a secret is a secret, too.
func TestNoHalfSecretIsLeftByACut(t *testing.T) {
	for lead := 460; lead < 520; lead++ {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			answerJSON(w, 400, map[string]any{"error": map[string]any{"message": strings.Repeat("x", lead) + "zz-half-canary-zz"}})
		})
		got := dialer().Upstream().Models(context.Background(), s.URL, "zz-half-canary-zz").Message
		if strings.Contains(got, "zz-") || len(got) > 500 {
			t.Fatalf("after %d bytes: %q", lead, got)
		}
	}
}

// Each way in which a secret can reach a client makes the client know it.
func TestEverySentSecretIsKnown(t *testing.T) {
	const canary = "zz-sent-canary-0123"
	ctx := context.Background()
	echo := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/auth/login" {
			answerJSON(w, 401, map[string]any{"code": 401, "message": canary, "reason": "INVALID_CREDENTIALS"})
			return
		}
		answerJSON(w, 400, map[string]any{"code": 400, "message": canary})
	})
	for name, send := range map[string]func(core.HostClient) (any, error){
		"account's key": func(c core.HostClient) (any, error) {
			return c.Write(ctx, core.Write{Verb: core.Create, Ref: core.Ref{Kind: core.Account}, Fields: core.Fields{"credentials": map[string]any{"api_key": canary}}})
		},
		"user's password": func(c core.HostClient) (any, error) {
			return c.Write(ctx, core.Write{Verb: core.Create, Ref: core.Ref{Kind: core.User}, Fields: core.Fields{"password": canary}})
		},
		"sign-in": func(c core.HostClient) (any, error) {
			return c.Write(ctx, core.Write{Verb: core.Create, Ref: core.Ref{Kind: core.APIKey}, As: &core.Login{Email: "u@x", Password: canary}})
		},
		"gateway models":     func(c core.HostClient) (any, error) { return c.GatewayModels(ctx, canary), nil },
		"gateway completion": func(c core.HostClient) (any, error) { return c.Complete(ctx, canary, core.CompletionRequest{}), nil },
		"host's look":        func(c core.HostClient) (any, error) { return c.UpstreamModels(ctx, "openai", "http://u", canary) },
		"provider": func(core.HostClient) (any, error) {
			return dialer().Upstream().Complete(ctx, echo.URL, canary, core.CompletionRequest{}), nil
		},
	} {
		v, err := send(newClient(t, dialer(), echo.URL))
		said := mustJSON(v)
		if err != nil {
			said += err.Error()
		}
		if strings.Contains(said, "canary") || !strings.Contains(said, "[secret]") {
			t.Errorf("%s: %s", name, said)
		}
	}
}
