package hostclient

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"cnrelay/core"
)

// usagePage is how many of the newest lines of a usage record are read.
const usagePage = 100

// Usage reads the newest 100 requests of an API key from the host's record, newest first. A host
// writes it seconds after the request.
func (c *Client) Usage(ctx context.Context, key int64) ([]core.Usage, error) {
	stage := "read the usage of " + core.Ref{Kind: core.APIKey, ID: key}.String()
	data, err := c.get(ctx, stage, "/usage", url.Values{
		"api_key_id": {strconv.FormatInt(key, 10)},
		"page":       {"1"},
		"page_size":  {strconv.Itoa(usagePage)},
		"sort_by":    {"created_at"},
		"sort_order": {"desc"},
	})
	if err != nil {
		return nil, err
	}
	var p struct {
		Items *[]struct {
			core.Usage
			Key int64 `json:"api_key_id"`
		} `json:"items"`
	}
	if err := c.decode(stage, data, &p); err != nil {
		return nil, err
	}
	if p.Items == nil {
		return nil, c.unreadable(stage, errors.New("a page without items"))
	}
	var out []core.Usage
	for _, item := range *p.Items {
		if item.Key != key {
			continue
		}
		u := item.Usage
		u.RequestID = c.line.mask.line(u.RequestID, shortText)
		u.Model = c.line.mask.line(u.Model, shortText)
		u.Endpoint = c.line.mask.line(u.Endpoint, shortText)
		out = append(out, u)
	}
	slices.SortStableFunc(out, func(a, b core.Usage) int { return cmp.Compare(b.CreatedAt.UnixNano(), a.CreatedAt.UnixNano()) })
	return out, nil
}

// upstreamStatus is how hosts name an upstream's status in a failed look at its models.
var upstreamStatus = regexp.MustCompile(`HTTP (\d{3})`)

// UpstreamModels lets the host read an upstream's models with a key that it doesn't store (since
// 0.1.127). What the upstream answered to the host is a value; errors are the host's own.
func (c *Client) UpstreamModels(ctx context.Context, platform, baseURL, key string) (core.ModelList, error) {
	c.line.mask.add(key)
	stage := "let the host list an upstream's models"
	out := core.ModelList{At: time.Now(), URL: c.line.shown(baseURL)}
	data, err := c.do(ctx, call{
		// Not repeated like a read: each one is a request to the provider.
		stage: stage, as: c.admin, write: true,
		request: request{
			method: http.MethodPost, url: c.base + adminAPI + "/accounts/models/sync-upstream-preview",
			body:     map[string]string{"platform": platform, "type": "apikey", "base_url": baseURL, "api_key": key},
			deadline: c.line.limits.Write,
		},
	})
	out.Latency = time.Since(out.At)
	var e *core.Error
	if errors.As(err, &e) {
		e.MayHaveHappened = false // it stores nothing
		if e.Code == core.CodeHost && (e.Status == http.StatusBadGateway || e.Status == http.StatusBadRequest) && e.Reason == "" {
			out.Status, out.Failure = hostsWords(e)
			return out, nil
		}
		return core.ModelList{}, e
	}
	var got struct {
		Models []string `json:"models"`
	}
	if err := c.decode(stage, data, &got); err != nil {
		return core.ModelList{}, err
	}
	if got.Models == nil {
		return core.ModelList{}, c.unreadable(stage, errors.New("no list of models"))
	}
	out.Status = http.StatusOK
	for _, id := range got.Models {
		out.Models = append(out.Models, c.line.mask.line(id, shortText))
	}
	return out, nil
}

// hostsWords reads what a host says about a failed look: an upstream's status (0.1.127 to 0.1.179:
// "Upstream model list request failed with HTTP 401"), or that it got none.
func hostsWords(e *core.Error) (status int, f core.Failure) {
	_, f.Message, _ = strings.Cut(e.What, ": ")
	if m := upstreamStatus.FindStringSubmatch(f.Message); m != nil {
		status, _ = strconv.Atoi(m[1])
		return status, f
	}
	switch {
	case e.Status == http.StatusBadRequest: // refused before the upstream was asked
	case strings.Contains(f.Message, "not valid JSON"):
		f.Net = core.NetNotJSON
	case strings.Contains(f.Message, "too large"):
		f.Net = core.NetTooLarge
	default:
		f.Net = core.NetOther
	}
	return 0, f
}
