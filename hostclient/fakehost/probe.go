package fakehost

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

const probeLimit = 8 * time.Second

// probe finds out in the background whether a new openai account's upstream speaks /responses,
// and notes it in extra (contract 7). It is a real, billable call.
func (h *Host) probe(a *entity) {
	if h.traits.probe == probesNot || a.str("type") != "apikey" {
		return
	}
	if h.traits.native && slices.Contains([]string{"deepseek", "kimi", "zhipu"}, a.str("platform")) {
		h.noteResponses(a.id, object{"openai_responses_mode": "auto", "openai_responses_supported": false})
		return
	}
	if a.str("platform") != "openai" || a.obj("credentials").str("api_key") == "" {
		return
	}
	account, id, held := clone(a.object), a.id, h.probesHeld
	h.probes.Go(func() {
		if held != nil {
			select {
			case <-held:
			case <-h.life.Done():
			}
		}
		ctx, cancel := context.WithTimeout(h.life, probeLimit)
		defer cancel()
		supported, known := h.speaksResponses(ctx, account)
		if known {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.noteResponses(id, object{"openai_responses_supported": supported})
		}
	})
}

// WaitProbes waits until no probe is under way.
func (h *Host) WaitProbes() { h.probes.Wait() }

// HoldProbes keeps the probes of accounts made from now on from starting until release is called.
func (h *Host) HoldProbes() (release func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	held := make(chan struct{})
	h.probesHeld = held
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.probesHeld == held {
			h.probesHeld = nil
			close(held)
		}
	}
}

func (h *Host) noteResponses(account int64, notes object) {
	a := h.accounts.get(account)
	if a == nil {
		return
	}
	extra := a.obj("extra").without()
	if extra == nil {
		extra = object{}
	}
	for k, v := range notes {
		extra[k] = v
	}
	a.object["extra"] = extra
	h.touch(a)
	h.publishNow(a)
}

func (h *Host) speaksResponses(ctx context.Context, account object) (supported, known bool) {
	body := object{"model": h.traits.testModel, "input": "hi", "stream": false}
	if h.traits.probe == probesToolCall {
		body["model"] = h.probeModel(account)
		body["tools"] = []object{{"type": "function", "name": "probe_ping", "parameters": object{"type": "object"}}}
		body["tool_choice"] = "required"
	}
	resp, err := h.ask(ctx, account, responsesAPI, body)
	if err != nil {
		return false, false
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return false, false
	case resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusMethodNotAllowed:
		return false, true
	case h.traits.probe == probesRoute || resp.StatusCode >= 300:
		return true, true
	}
	var done object
	_ = json.Unmarshal(raw, &done)
	if done.str("status") == "incomplete" && done.obj("incomplete_details").str("reason") == "max_output_tokens" {
		return false, false // it thought too long to tell
	}
	return slices.ContainsFunc(done.list("output"), func(item any) bool { return asObject(item).str("type") == "function_call" }), true
}

// probeModel is the first concrete model that the account's mapping leads to.
func (h *Host) probeModel(account object) string {
	var targets []string
	for _, to := range account.obj("credentials").strings("model_mapping") {
		if to != "" && !strings.Contains(to, "*") {
			targets = append(targets, to)
		}
	}
	if len(targets) == 0 {
		return h.traits.testModel
	}
	return slices.Min(targets)
}
