package hostclient

import (
	"context"
	"net/http"
	"strings"

	"cnrelay/core"
)

// anthropicVersion is the one version of that API that there is.
const anthropicVersion = "2023-06-01"

// question is the body of a minimal, non-streaming completion.
func question(c core.CompletionRequest) any {
	turns := []map[string]string{{"role": "user", "content": c.Prompt}}
	body := map[string]any{"model": c.Model, "stream": false}
	switch c.Protocol {
	case core.ProtocolResponses:
		body["input"], body["max_output_tokens"] = c.Prompt, c.MaxTokens
	case core.ProtocolAnthropic:
		body["messages"], body["max_tokens"] = turns, c.MaxTokens
	default:
		field := c.TokensField
		if field == "" {
			field = "max_tokens"
		}
		body["messages"], body[field] = turns, c.MaxTokens
	}
	return body
}

// complete asks and reads whatever comes back; its failures are values.
func (l *line) complete(ctx context.Context, side core.Side, url string, header http.Header, c core.CompletionRequest) core.Completion {
	deadline := c.Deadline
	if deadline <= 0 {
		deadline = l.limits.Completion
	}
	a, f := l.exchange(ctx, request{
		side: side, method: http.MethodPost, url: url, header: header, body: question(c), deadline: deadline,
	})
	out := core.Completion{At: a.at, URL: l.shown(url), Latency: a.took, Status: a.status}
	if a.header != nil {
		out.ContentType = l.mask.line(a.header.Get("Content-Type"), shortText)
		out.RequestID = l.mask.line(requestID(a.header), shortText)
	}
	if f != nil {
		out.Failure = l.netFailure(f)
		return out
	}
	if a.status < 200 || a.status > 299 {
		out.Failure = l.refused(a)
		return out
	}
	r, failure := l.readCompletion(a.body)
	out.Content = l.mask.text(r.content(), longText)
	out.Reasoning = r.reasoning
	out.Model = l.mask.line(r.model, shortText)
	out.Failure = failure
	return out
}

// requestID is the id under which the other side's logs know the request. A host's usage record
// has x-client-request-id (≥ 0.1.133); x-request-id is for its access log.
func requestID(h http.Header) string {
	if id := h.Get("X-Client-Request-Id"); id != "" {
		return id
	}
	return h.Get("X-Request-Id")
}

// models reads a models list; its failures are values.
func (l *line) models(ctx context.Context, side core.Side, url string, header http.Header) core.ModelList {
	a, f := l.exchange(ctx, request{side: side, method: http.MethodGet, url: url, header: header, deadline: l.limits.Models})
	out := core.ModelList{At: a.at, URL: l.shown(url), Latency: a.took, Status: a.status}
	switch {
	case f != nil:
		out.Failure = l.netFailure(f)
	case a.status != http.StatusOK:
		out.Failure = l.refused(a)
	default:
		out.Models, out.Failure = l.readModels(a.body)
	}
	return out
}

// refused are the parts of an answer whose status is an error.
func (l *line) refused(a answer) core.Failure {
	if a.status >= 300 && a.status < 400 {
		return core.Failure{Net: core.NetNotJSON, Message: "a redirect to " +
			l.mask.line(origin(a.header.Get("Location")), shortText) + " is not followed"}
	}
	if raw, ok := firstJSON(a.body); ok {
		if f := l.blame(raw); f != (core.Failure{}) {
			return f
		}
	}
	return core.Failure{Net: core.NetNotJSON, Message: l.firstWords(a.body, longText)}
}

func (l *line) netFailure(f *failure) core.Failure {
	return core.Failure{Net: f.net, Message: l.mask.line(f.err.Error(), longText)}
}

// shown is a URL as it may be kept: an address given by hand could hold a password.
func (l *line) shown(url string) string { return l.mask.line(withoutUser(url), longText) }

// bearer is how gateways and providers take keys.
func bearer(key string) http.Header {
	return http.Header{"Authorization": {"Bearer " + strings.TrimSpace(key)}}
}
