package fakehost

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// testAccount answers 200 whatever happens; only the last frame tells (contract 8).
func (h *Host) testAccount(c *call) {
	h.mu.Lock()
	a := h.accounts.get(c.id)
	var account object
	if a != nil {
		account = clone(a.object)
	}
	h.mu.Unlock()
	if a == nil {
		c.failTest("Account not found")
		return
	}
	if account.obj("credentials").str("api_key") == "" {
		c.failTest("No API key available")
		return
	}
	model := c.body.str("model_id")
	if model == "" {
		model = h.traits.testModel
	}
	model = upstreamModel(account, model)
	hop := h.testHop(account)
	if _, err := h.upstreamURL(account.obj("credentials").str("base_url"), hop.endpoint); err != nil {
		c.failTest("Invalid base URL: " + err.Error())
		return
	}
	c.w.Header().Set("Content-Type", "text/event-stream")
	c.frame(object{"type": "test_start", "model": model})
	if hop == chatAPI {
		c.frame(object{"type": "status", "text": "正在通过 /v1/chat/completions 测试连接"})
	}
	answer, failure := h.askTest(c, account, hop, model)
	if failure != "" {
		c.failTest(failure)
		return
	}
	for _, piece := range answer.pieces {
		c.frame(object{"type": "content", "text": piece})
	}
	if hop == chatAPI {
		c.frame(object{"type": "status", "text": "已通过 /v1/chat/completions 验证"})
	}
	h.mu.Lock()
	if a := h.accounts.get(c.id); a != nil {
		h.healed(a)
	}
	h.mu.Unlock()
	c.frame(object{"type": "test_complete", "success": true})
}

// testHop is the API that the test uses: it trusts the probe's note and doesn't fall back.
func (h *Host) testHop(account object) *protocol {
	switch {
	case account.str("platform") == "openai" && h.chatOnly(account), h.isNative(account.str("platform")):
		return chatAPI
	case account.str("platform") == "openai":
		return responsesAPI
	}
	return messagesAPI
}

// isNative tells whether the platform is a provider that this host knows by name.
func (h *Host) isNative(platform string) bool {
	return h.traits.native && (platform == "deepseek" || platform == "kimi" || platform == "zhipu")
}

// chatOnly tells whether the host believes that an openai account's upstream lacks /responses.
func (h *Host) chatOnly(account object) bool {
	extra := account.obj("extra")
	switch {
	case !h.traits.chatHop || extra.str("openai_responses_mode") == "force_responses":
		return false
	case extra.str("openai_responses_mode") == "force_chat_completions":
		return true
	}
	return extra["openai_responses_supported"] == false
}

func (h *Host) askTest(c *call, account object, hop *protocol, model string) (reply, string) {
	prompt := c.body.str("prompt")
	if prompt == "" {
		prompt = "hi"
	}
	resp, err := h.ask(c.r.Context(), account, hop, question(hop, model, prompt))
	if err != nil {
		return reply{}, testFailure(hop, "request failed: "+err.Error(), "Request failed: "+err.Error())
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		raw, _ := io.ReadAll(resp.Body)
		if resp.StatusCode == http.StatusUnauthorized && h.traits.testMarksAuth {
			h.mu.Lock()
			h.fail(c.id, fmt.Sprintf("Authentication failed (401): %s", raw))
			h.mu.Unlock()
		}
		words := fmt.Sprintf("returned %d: %s", resp.StatusCode, raw)
		return reply{}, testFailure(hop, words, "API "+words)
	}
	answer, err := hop.parse(resp.Body)
	if answer.finish == "length" && hop == responsesAPI {
		err = errNoEnd // the test waits for response.completed and knows no other end
	}
	if err != nil && !h.traits.htmlTestPasses {
		return reply{}, h.unfinished(hop)
	}
	return answer, ""
}

func testFailure(hop *protocol, chatWords, words string) string {
	if hop == chatAPI {
		return "Chat Completions API (/v1/chat/completions) " + chatWords
	}
	return words
}

func (h *Host) unfinished(hop *protocol) string {
	if hop == chatAPI {
		return "Invalid Chat Completions response from /v1/chat/completions: expected SSE JSON data"
	}
	return "Stream ended before response.completed"
}

// question is a streaming request in the hop's own terms.
func question(hop *protocol, model, prompt string) object {
	messages := []object{{"role": "user", "content": prompt}}
	switch hop {
	case responsesAPI:
		return object{"model": model, "input": messages, "stream": true}
	case messagesAPI:
		return object{"model": model, "messages": messages, "max_tokens": 1024, "stream": true}
	}
	return object{"model": model, "messages": messages, "stream": true}
}

// frame sends one event of the test's stream.
func (c *call) frame(v object) {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	_, _ = fmt.Fprintf(c.w, "data: %s\n\n", raw)
	if f, ok := c.w.(http.Flusher); ok {
		f.Flush()
	}
}

// failTest ends the stream. Where it hasn't begun, its type is still the default one.
func (c *call) failTest(words string) {
	if c.w.Header().Get("Content-Type") == "" {
		c.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	}
	c.frame(object{"type": "error", "error": words})
}

// syncModels reads the model list of an account's upstream.
func (h *Host) syncModels(c *call) {
	h.mu.Lock()
	a := h.accounts.get(c.id)
	var account object
	if a != nil {
		account = clone(a.object)
	}
	h.mu.Unlock()
	if a == nil {
		c.refuse(accountMissing)
		return
	}
	credentials := account.obj("credentials")
	h.listUpstream(c, account.str("platform"), credentials.str("base_url"), credentials.str("api_key"))
}

// previewModels does so for credentials that are stored nowhere: its fields are flat.
func (h *Host) previewModels(c *call) {
	f := form{"", []field{
		{name: "platform", kind: text, required: true},
		{name: "type", kind: text, required: true},
		{name: "base_url", kind: text},
		{name: "api_key", kind: text, required: true},
	}}
	if c.bind(f) {
		h.listUpstream(c, c.body.str("platform"), c.body.str("base_url"), c.body.str("api_key"))
	}
}

func (h *Host) listUpstream(c *call, platform, base, key string) {
	target, err := h.upstreamURL(base, "/v1/models")
	if err != nil {
		c.bad("Invalid base URL: " + err.Error())
		return
	}
	req, err := http.NewRequestWithContext(c.r.Context(), http.MethodGet, target, nil)
	if err != nil {
		c.bad("Invalid base URL: " + err.Error())
		return
	}
	authorise(req, platform, key)
	bad := func(words string) { c.refuse(refusal{status: http.StatusBadGateway, message: words}) }
	resp, err := h.upstream.Do(req)
	if err != nil {
		bad("Upstream model list request failed")
		return
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		bad(fmt.Sprintf("Upstream model list request failed with HTTP %d", resp.StatusCode))
		return
	}
	var list object
	if json.NewDecoder(resp.Body).Decode(&list) != nil {
		bad("Upstream model list response is not valid JSON")
		return
	}
	names := []string{}
	for _, m := range list.list("data") {
		names = append(names, asObject(m).str("id"))
	}
	c.ok(object{"models": names})
}
