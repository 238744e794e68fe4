package fakehost

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// protocol is an API that an upstream may speak.
type protocol struct {
	endpoint string
	parse    func(io.Reader) (reply, error)
}

var (
	responsesAPI = &protocol{"/v1/responses", parseResponses}
	chatAPI      = &protocol{"/v1/chat/completions", parseChat}
	messagesAPI  = &protocol{"/v1/messages", parseMessages}
)

// reply is an upstream's answer to a completion, whatever API it came by.
type reply struct {
	id, model     string
	pieces        []string // of the answer's content
	reasoning     string
	finish        string // "stop", "length"
	input, output int    // tokens
	cutOff        bool   // the connection broke
}

func (r reply) text() string { return strings.Join(r.pieces, "") }

// errNoEnd is an answer that isn't one of the API, or lacks its end.
var errNoEnd = errors.New("no terminal event")

// ask sends a completion body to an account's upstream.
func (h *Host) ask(ctx context.Context, account object, p *protocol, body object) (*http.Response, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	target, err := h.upstreamURL(account.obj("credentials").str("base_url"), p.endpoint)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	authorise(req, account.str("platform"), account.obj("credentials").str("api_key"))
	return h.upstream.Do(req)
}

func authorise(req *http.Request, platform, key string) {
	if platform == "anthropic" {
		req.Header.Set("x-api-key", key)
		req.Header.Set("anthropic-version", "2023-06-01")
		return
	}
	req.Header.Set("Authorization", "Bearer "+key)
}

var versionSegment = regexp.MustCompile(`/v\d+[a-z0-9]*$`)

// upstreamURL appends an endpoint to a base_url that may or may not end in a version.
func (h *Host) upstreamURL(base, endpoint string) (string, error) {
	base = strings.TrimRight(strings.TrimSpace(base), "/")
	if u, err := url.Parse(base); err != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return "", fmt.Errorf("%w: %s", errBadBase, strings.SplitN(base, ":", 2)[0])
	}
	versioned := strings.HasSuffix(base, "/v1") || (h.traits.versionedBase && versionSegment.MatchString(base))
	switch relative := strings.TrimPrefix(endpoint, "/v1"); {
	case strings.HasSuffix(base, relative):
		return base, nil
	case versioned:
		return base + relative, nil
	}
	return base + endpoint, nil
}

var errBadBase = errors.New("invalid url scheme")

// events calls fn with the data of each server-sent event until [DONE] or the end.
func events(r io.Reader, fn func(object)) (any bool, err error) {
	raw, err := io.ReadAll(r)
	for _, line := range strings.Split(string(raw), "\n") {
		data, ok := strings.CutPrefix(line, "data:")
		if data = strings.TrimSpace(data); !ok || data == "" || data == "[DONE]" {
			continue
		}
		var event object
		if json.Unmarshal([]byte(data), &event) == nil {
			any = true
			fn(event)
		}
	}
	return any, err
}

// parseResponses reads /responses: its events, or the object that an unstreamed answer is.
func parseResponses(r io.Reader) (reply, error) {
	raw, err := io.ReadAll(r)
	var out reply
	var whole object
	if json.Unmarshal(raw, &whole) == nil && whole.str("object") == "response" {
		out.response(whole)
		return out, nil
	}
	ended := false
	_, _ = events(bytes.NewReader(raw), func(e object) {
		switch e.str("type") {
		case "response.output_text.delta":
			out.pieces = append(out.pieces, e.str("delta"))
		case "response.reasoning_summary_text.delta":
			out.reasoning += e.str("delta")
		case "response.completed", "response.incomplete":
			ended = true
			out.response(e.obj("response"))
		}
	})
	if !ended {
		out.cutOff = err != nil
		return out, errNoEnd
	}
	return out, nil
}

// response takes what the final object tells beside the text.
func (r *reply) response(done object) {
	r.id, r.model = done.str("id"), done.str("model")
	r.input, r.output = int(done.obj("usage").num("input_tokens")), int(done.obj("usage").num("output_tokens"))
	r.finish = "stop"
	if done.str("status") == "incomplete" {
		r.finish = "length"
	}
}

// parseChat reads /chat/completions; an upstream may stream though it wasn't asked to.
func parseChat(r io.Reader) (reply, error) {
	raw, err := io.ReadAll(r)
	var out reply
	take := func(e object) {
		out.id, out.model = e.str("id"), e.str("model")
		for _, c := range e.list("choices") {
			choice := asObject(c)
			part := choice.obj("message")
			if part == nil {
				part = choice.obj("delta")
			}
			if s := part.str("content"); s != "" {
				out.pieces = append(out.pieces, s)
			}
			out.reasoning += part.str("reasoning_content")
			if f := choice.str("finish_reason"); f != "" {
				out.finish = f
			}
		}
		if u := e.obj("usage"); u != nil {
			out.input, out.output = int(u.num("prompt_tokens")), int(u.num("completion_tokens"))
		}
	}
	var whole object
	if json.Unmarshal(raw, &whole) == nil {
		take(whole)
	} else if some, _ := events(bytes.NewReader(raw), take); !some {
		return out, errNoEnd
	}
	if out.finish == "" {
		out.cutOff = err != nil
		return out, errNoEnd
	}
	return out, nil
}

// parseMessages reads an Anthropic-compatible /messages.
func parseMessages(r io.Reader) (reply, error) {
	raw, err := io.ReadAll(r)
	var out reply
	var whole object
	if json.Unmarshal(raw, &whole) == nil {
		out.message(whole)
		for _, b := range whole.list("content") {
			out.block(asObject(b))
		}
		out.stop(whole.str("stop_reason"), whole.obj("usage"))
		return out, nil
	}
	ended := false
	_, _ = events(bytes.NewReader(raw), func(e object) {
		switch e.str("type") {
		case "message_start":
			out.message(e.obj("message"))
			out.input = int(e.obj("message").obj("usage").num("input_tokens"))
		case "content_block_delta":
			out.block(e.obj("delta"))
		case "message_delta":
			ended = true
			out.stop(e.obj("delta").str("stop_reason"), e.obj("usage"))
		}
	})
	if !ended {
		out.cutOff = err != nil
		return out, errNoEnd
	}
	return out, nil
}

func (r *reply) message(m object) { r.id, r.model = m.str("id"), m.str("model") }

func (r *reply) block(b object) {
	if s := b.str("text"); s != "" {
		r.pieces = append(r.pieces, s)
	}
	r.reasoning += b.str("thinking")
}

func (r *reply) stop(reason string, usage object) {
	r.finish = "stop"
	if reason == "max_tokens" {
		r.finish = "length"
	}
	if n := usage.num("input_tokens"); n > 0 {
		r.input = int(n)
	}
	r.output = int(usage.num("output_tokens"))
}

// failureText is the upstream's own message in an error body, or "".
func failureText(body []byte) string {
	var o object
	if json.Unmarshal(body, &o) != nil {
		return ""
	}
	if m := o.obj("error").str("message"); m != "" {
		return m
	}
	return o.str("message")
}
