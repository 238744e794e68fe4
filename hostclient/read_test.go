package hostclient_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cnrelay/core"
)

// paged answers a list of ids in pages of size, like a host that grants smaller pages than asked.
func paged(w http.ResponseWriter, r *http.Request, ids []int, size int) {
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	items := []any{}
	for i := (page - 1) * size; i < min(page*size, len(ids)); i++ {
		items = append(items, group(ids[i], fmt.Sprintf("g%d", ids[i])))
	}
	answerJSON(w, 200, ok(map[string]any{"items": items, "total": len(ids), "page": page, "page_size": size}))
}

func TestListReadsAllPages(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { paged(w, r, []int{1, 2, 3, 4, 5}, 2) })
	list, err := newClient(t, dialer(), s.URL).List(context.Background(), core.Group, core.Query{})
	if err != nil || len(list) != 5 {
		t.Fatalf("%d groups, %v; want 5", len(list), err)
	}
	if list[4].Name != "g5" || list[4].CreatedAt.IsZero() || list[4].Fields["name"] != nil {
		t.Errorf("the last is %+v", list[4])
	}
}

func TestListThatIsNotWholeIsAnError(t *testing.T) {
	tests := map[string]http.HandlerFunc{
		"short": func(w http.ResponseWriter, _ *http.Request) {
			answerJSON(w, 200, `{"code":0,"data":{"items":[{"id":1,"name":"a"}],"total":3}}`)
		},
		"empty though counted": func(w http.ResponseWriter, _ *http.Request) {
			answerJSON(w, 200, `{"code":0,"data":{"items":[],"total":3}}`)
		},
		"same page twice": func(w http.ResponseWriter, _ *http.Request) {
			answerJSON(w, 200, `{"code":0,"data":{"items":[{"id":1,"name":"a"},{"id":2,"name":"b"}],"total":4}}`)
		},
		"no total":     func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, `{"code":0,"data":{"items":[]}}`) },
		"null":         func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, `{"code":0,"data":null}`) },
		"without data": func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, `{"code":0}`) },
		"endless": func(w http.ResponseWriter, _ *http.Request) {
			answerJSON(w, 200, `{"code":0,"data":{"items":[],"total":999999999}}`)
		},
		"id is text": func(w http.ResponseWriter, _ *http.Request) {
			answerJSON(w, 200, `{"code":0,"data":{"items":[{"id":"1","name":"a"}],"total":1}}`)
		},
		"id is huge": func(w http.ResponseWriter, _ *http.Request) {
			answerJSON(w, 200, `{"code":0,"data":{"items":[{"id":9223372036854775808,"name":"a"}],"total":1}}`)
		},
		"id is negative": func(w http.ResponseWriter, _ *http.Request) {
			answerJSON(w, 200, `{"code":0,"data":{"items":[{"id":-1,"name":"a"}],"total":1}}`)
		},
		"no name": func(w http.ResponseWriter, _ *http.Request) {
			answerJSON(w, 200, `{"code":0,"data":{"items":[{"id":1}],"total":1}}`)
		},
		"total changes": func() http.HandlerFunc {
			var n atomic.Int64
			return func(w http.ResponseWriter, _ *http.Request) {
				i := n.Add(1)
				answerJSON(w, 200, fmt.Sprintf(`{"code":0,"data":{"items":[{"id":%d,"name":"a"}],"total":%d}}`, i, 1000+i))
			}
		}(),
	}
	for name, host := range tests {
		t.Run(name, func(t *testing.T) {
			list, err := newClient(t, dialer(), serve(t, host).URL).List(context.Background(), core.Group, core.Query{})
			if err == nil {
				t.Fatalf("%d items and no error", len(list))
			}
			if e := failure(t, err); e.Code != core.CodeHost || e.Next == "" {
				t.Errorf("error is %+v", e)
			}
		})
	}
}

func TestListThatChangedIsReadAgain(t *testing.T) {
	var requests atomic.Int64
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		ids := []int{1, 2, 3}
		if requests.Add(1) == 1 {
			ids = []int{1, 2, 3, 4} // one was deleted after the first page
		}
		paged(w, r, ids, 2)
	})
	list, err := newClient(t, dialer(), s.URL).List(context.Background(), core.Group, core.Query{})
	if err != nil || len(list) != 3 {
		t.Fatalf("%d groups, %v; want 3", len(list), err)
	}
}

func TestQueriesNarrowOnTheHostAndHere(t *testing.T) {
	tests := []struct {
		kind  core.Kind
		q     core.Query
		path  string
		query url.Values
		want  string // names or ids that are left
	}{
		{core.Group, core.Query{Search: "A"}, "/groups", url.Values{"search": {"A"}}, "1"},
		{core.Account, core.Query{Group: 7}, "/accounts", url.Values{"group": {"7"}}, "1"},
		{core.User, core.Query{Search: "a@"}, "/users", url.Values{"search": {"a@"}}, "1"},
		{core.Subscription, core.Query{User: 7, Group: 7}, "/subscriptions", url.Values{"user_id": {"7"}, "group_id": {"7"}}, "1"},
		{core.APIKey, core.Query{User: 7}, "/users/7/api-keys", nil, "1"},
		{core.APIKey, core.Query{Group: 7}, "/groups/7/api-keys", nil, "1"},
	}
	for _, tt := range tests {
		t.Run(string(tt.kind)+tt.path, func(t *testing.T) {
			d := &diary{}
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				d.add(r)
				// A host that ignores every filter.
				answerJSON(w, 200, onePage(
					map[string]any{"id": 1, "name": "a", "email": "a@x", "user_id": 7, "group_id": 7, "group_ids": []int{7}},
					map[string]any{"id": 2, "name": "b", "email": "b@x", "user_id": 8, "group_id": 8, "group_ids": []int{8}}))
			})
			list, err := newClient(t, dialer(), s.URL).List(context.Background(), tt.kind, tt.q)
			if err != nil {
				t.Fatal(err)
			}
			var left []string
			for _, o := range list {
				left = append(left, fmt.Sprint(o.ID))
			}
			if got := strings.Join(left, " "); got != tt.want {
				t.Errorf("left are %s, want %s", got, tt.want)
			}
			got := d.all()[0]
			if got.path != "/api/v1/admin"+tt.path {
				t.Errorf("path is %s", got.path)
			}
			query, _ := url.ParseQuery(got.query)
			for name := range tt.query {
				if query.Get(name) != tt.query.Get(name) {
					t.Errorf("query is %s, lacks %s=%s", got.query, name, tt.query.Get(name))
				}
			}
		})
	}
	c := newClient(t, dialer(), "http://127.0.0.1:1")
	if _, err := c.List(context.Background(), core.APIKey, core.Query{}); core.CodeOf(err) != core.CodeInput {
		t.Errorf("a list of all keys: %v, want bad_input", err)
	}
}

func TestGetFindsPlansAndKeysInTheirLists(t *testing.T) {
	plans := recorded(t, "0.1.133", "108")
	s, _ := replay(t, plans)
	c := newClient(t, dialer(), s.URL)
	plan, err := c.Get(context.Background(), core.Ref{Kind: core.Plan, ID: 5})
	if err != nil {
		t.Fatal(err)
	}
	// This plan's item has neither for_sale nor description: zero values are left out.
	if plan.Name != "badunit" || plan.Fields["for_sale"] != false || plan.Fields["description"] != "" || plan.Fields["sort_order"] != 0.0 {
		t.Errorf("plan is %+v", plan)
	}
	if _, err := c.Get(context.Background(), core.Ref{Kind: core.Plan, ID: 77}); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("a missing plan: %v", err)
	}

	keys := recorded(t, "0.1.133", "294")
	s, d := replay(t, keys)
	key, err := newClient(t, dialer(), s.URL).Get(context.Background(), core.Ref{Kind: core.APIKey, ID: 5, Owner: 2})
	if err != nil {
		t.Fatal(err)
	}
	if key.Name != "k-idem" || key.Owner != 2 || key.Secret != "sk-LABUSERKEY" || key.Fields["key"] != nil {
		t.Errorf("key is %+v", key)
	}
	sameRequest(t, keys, d.all()[0])
}

func TestGetOfWhatIsNotThere(t *testing.T) {
	s, _ := replay(t, recorded(t, "0.1.133", "054"))
	_, err := newClient(t, dialer(), s.URL).Get(context.Background(), core.Ref{Kind: core.Group, ID: 999999})
	if !errors.Is(err, core.ErrNotFound) {
		t.Fatalf("error is %v", err)
	}
	// Another 404 says nothing about the group: absence must not be guessed.
	for name, host := range map[string]http.HandlerFunc{
		"route absent": recorded404(t),
		"proxy":        func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no such site", 404) },
		"html": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(404)
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newClient(t, dialer(), serve(t, host).URL).Get(context.Background(), core.Ref{Kind: core.Group, ID: 1})
			if err == nil || errors.Is(err, core.ErrNotFound) {
				t.Fatalf("error is %v", err)
			}
		})
	}
	other := serve(t, func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, ok(group(8, "other"))) })
	if _, err := newClient(t, dialer(), other.URL).Get(context.Background(), core.Ref{Kind: core.Group, ID: 1}); err == nil {
		t.Error("another group was taken for this one")
	}
}

func recorded404(t *testing.T) http.HandlerFunc {
	r := recorded(t, "0.1.133", "030")
	return func(w http.ResponseWriter, _ *http.Request) { r.write(w) }
}

func TestAccountsSecretsAreApart(t *testing.T) {
	// 0.1.121 shows the key in the credentials.
	r := recorded(t, "0.1.121", "049")
	s, _ := replay(t, r)
	o, err := newClient(t, dialer(), s.URL).Get(context.Background(), core.Ref{Kind: core.Account, ID: 2})
	if err != nil {
		t.Fatal(err)
	}
	if o.Secret != "sk-ok" || o.Fields.Map("credentials")["api_key"] != nil {
		t.Errorf("secret %q, credentials %v", o.Secret, o.Fields["credentials"])
	}
	if o.Fields.Map("credentials").Str("base_url") == "" || o.Fields.Map("credentials").Map("model_mapping") == nil {
		t.Errorf("credentials lost: %v", o.Fields["credentials"])
	}

	const refresh = "1//refresh-canary"
	s = serve(t, func(w http.ResponseWriter, _ *http.Request) {
		answerJSON(w, 200, ok(map[string]any{
			"id": 3, "name": "oauth", "notes": "key is zz.canary.0123456789", "credentials_status": map[string]any{"has_api_key": true},
			"credentials": map[string]any{
				"api_key": "zz.canary.0123456789", "refresh_token": refresh, "sso-rw": "x", "max_tokens": 5, "base_url": "http://u",
				"service_account_json": map[string]any{"private_key": "x"},
			},
			"extra":  map[string]any{"session_token": refresh, "openai_responses_supported": true},
			"groups": []any{map[string]any{"id": 1}},
		}))
	})
	o, err = newClient(t, dialer(), s.URL).Get(context.Background(), core.Ref{Kind: core.Account, ID: 3})
	if err != nil {
		t.Fatal(err)
	}
	got := mustJSON(o)
	if strings.Contains(got, "canary") || strings.Contains(got, "sso") || strings.Contains(got, "private") {
		t.Errorf("a secret is left: %s", got)
	}
	want := `{"base_url":"http://u","max_tokens":5}`
	if got := mustJSON(o.Fields["credentials"]); got != want {
		t.Errorf("credentials are %s, want %s", got, want)
	}
	if mustJSON(o.Fields["group_ids"]) != "[]" || o.Fields["groups"] != nil || o.Fields["credentials_status"] == nil {
		t.Errorf("fields are %s", got)
	}
}

func TestTimesOfUpdatesAreThoseOfReads(t *testing.T) {
	read := func(number string, do func(core.HostClient) (core.Object, error)) core.Object {
		s, _ := replay(t, recorded(t, "0.1.133", number))
		o, err := do(newClient(t, dialer(), s.URL))
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	ref := core.Ref{Kind: core.Account, ID: 5}
	put := read("199", func(c core.HostClient) (core.Object, error) {
		return c.Write(context.Background(), core.Write{Verb: core.Update, Ref: ref, Fields: core.Fields{"group_ids": []any{2.0}}})
	})
	get := read("200", func(c core.HostClient) (core.Object, error) { return c.Get(context.Background(), ref) })
	made := read("117", func(c core.HostClient) (core.Object, error) {
		return c.Write(context.Background(), core.Write{Verb: core.Create, Ref: core.Ref{Kind: core.Account}, Fields: core.Fields{"name": "acct-ok"}})
	})
	if !put.CreatedAt.Equal(get.CreatedAt) || put.CreatedAt.Nanosecond()%int(time.Microsecond) != 0 {
		t.Errorf("PUT says %v, GET %v", put.CreatedAt, get.CreatedAt)
	}
	if !made.CreatedAt.IsZero() {
		t.Errorf("a create answer's time %v is one that no read gives", made.CreatedAt)
	}
	if _, ok := made.Fields["group_ids"]; ok {
		t.Error("a create answer says nothing of groups")
	}
	if ids := put.Fields.IDs("group_ids"); len(ids) != 1 || ids[0] != 2 {
		t.Errorf("groups after PUT are %v", ids)
	}
}
