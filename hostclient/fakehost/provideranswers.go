package fakehost

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// visit is one request to a provider.
type visit struct {
	*Provider
	w    http.ResponseWriter
	r    *http.Request
	n    int
	body object
	does []string // behaviours
}

func (v *visit) is(behaviour string) bool { return slices.Contains(v.does, behaviour) }

func (v *visit) json(status int, body any) {
	raw, _ := json.Marshal(body)
	v.w.Header().Set("Content-Type", "application/json")
	v.w.WriteHeader(status)
	_, _ = v.w.Write(raw)
}

func (v *visit) refuse(r upstreamRefusal) { v.json(r.status, json.RawMessage(r.body)) }

func (v *visit) serve(models []string) {
	path := strings.TrimRight(v.r.URL.Path, "/")
	isList := v.r.Method == http.MethodGet && strings.HasSuffix(path, "/models")
	var answers func()
	switch {
	case strings.HasSuffix(path, "/chat/completions"):
		answers = v.chat
	case strings.HasSuffix(path, "/responses"):
		answers = v.responses
	case strings.HasSuffix(path, "/messages"):
		answers = v.messages
	}
	switch {
	case v.does == nil, v.is("intl") && !strings.Contains(path+"/", "/intl/"), v.is("401"):
		v.refuse(invalidKey)
	case v.is("htmlok"):
		v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = v.w.Write([]byte("<!doctype html><html><head><title>Welcome</title></head><body><h1>It works</h1></body></html>"))
	case isList:
		v.list(models)
	case answers == nil || v.r.Method != http.MethodPost, v.is("chatonly") && strings.HasSuffix(path, "/responses"):
		v.json(http.StatusNotFound, openAIError("Not Found: "+v.r.Method+" "+v.r.URL.Path, "not_found"))
	case v.body.str("model") == "":
		v.json(http.StatusBadRequest, openAIError("you must provide a model parameter", "invalid_request_error"))
	case v.is("nomodel"), v.is("model404"):
		v.json(http.StatusNotFound, openAIError("The model `"+v.body.str("model")+"` does not exist or you do not have access to it.", "model_not_found"))
	default:
		v.complete(answers)
	}
}

func openAIError(message, code string) object {
	return object{"error": object{"message": message, "type": "invalid_request_error", "param": nil, "code": code}}
}

func (v *visit) list(models []string) {
	if v.is("nomodel") {
		models = []string{"some-other-model"}
	}
	cards := []object{}
	for _, m := range models {
		cards = append(cards, object{"id": m, "object": "model", "created": 1767225600, "owned_by": "fake"})
	}
	v.json(http.StatusOK, object{"object": "list", "data": cards})
}

func (v *visit) complete(answers func()) {
	for _, b := range v.does {
		if r, ok := refusals[b]; ok {
			if r.status == http.StatusTooManyRequests {
				v.w.Header().Set("Retry-After", "7")
			}
			v.refuse(r)
			return
		}
	}
	if v.is("slow") {
		pause(v.r, v.Slow)
	}
	if v.is("hang") {
		select {
		case <-v.r.Context().Done():
		case <-v.hanging:
		}
		return
	}
	answers()
}

const thoughts = "The user wants a reply, let me think about what to say and in what"

func (v *visit) text() string {
	if v.is("reason") {
		return ""
	}
	return "pong from " + v.body.str("model")
}

func (v *visit) streams() bool { return v.body.flag("stream") || v.is("ssejson") }

// whole sends an unstreamed answer.
func (v *visit) whole(body any) {
	raw, _ := json.Marshal(body)
	contentType := "application/json"
	if v.is("jsonsse") {
		contentType = "text/event-stream"
	}
	v.w.Header().Set("Content-Type", contentType)
	v.w.Header().Set("Content-Length", fmt.Sprint(len(raw)))
	if v.is("dropmid") {
		_, _ = v.w.Write(raw[:len(raw)/2])
		v.drop()
	}
	_, _ = v.w.Write(raw)
}

// stream sends events; a provider that drops breaks off after the first half of them.
func (v *visit) stream(events []string) {
	v.w.Header().Set("Content-Type", "text/event-stream")
	for i, e := range events {
		if v.is("dropmid") && i > len(events)/2 {
			v.drop()
		}
		_, _ = v.w.Write([]byte(e))
		_ = http.NewResponseController(v.w).Flush()
	}
}

// drop cuts the connection.
func (v *visit) drop() {
	_ = http.NewResponseController(v.w).Flush()
	panic(http.ErrAbortHandler)
}

func (v *visit) chat() {
	id, model := fmt.Sprintf("chatcmpl-fake%d", v.n), v.body.str("model")
	usage := object{"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}
	message, finish := object{"role": "assistant", "content": v.text()}, "stop"
	if v.is("reason") {
		message["reasoning_content"], finish = thoughts, "length"
	}
	switch turns := v.body.list("messages"); {
	case len(v.body.list("tools")) == 0 || v.is("notools"):
	case asObject(turns[len(turns)-1]).str("role") != "tool":
		tool := asObject(v.body.list("tools")[0]).obj("function")
		message = object{"role": "assistant", "content": nil, "reasoning_content": thoughts, "tool_calls": []object{{
			"id": "call_" + id, "type": "function", "function": object{"name": tool.str("name"), "arguments": "{}"}}}}
		finish = "tool_calls"
	case asObject(turns[len(turns)-2]).str("reasoning_content") == "": // PROVIDERS: reasoning must be sent back in tool turns
		v.json(http.StatusBadRequest, openAIError("The `reasoning_content` in the thinking mode must be passed back to the API.", "invalid_request_error"))
		return
	}
	if !v.streams() {
		v.whole(object{"id": id, "object": "chat.completion", "created": 1767225600, "model": model, "usage": usage,
			"choices": []object{{"index": 0, "message": message, "finish_reason": finish}}})
		return
	}
	chunk := func(delta object, finish any, usage any) string {
		c := object{"id": id, "object": "chat.completion.chunk", "created": 1767225600, "model": model,
			"choices": []object{{"index": 0, "delta": delta, "finish_reason": finish}}}
		if usage != nil {
			c["usage"] = usage
		}
		return data(c)
	}
	events := []string{chunk(object{"role": "assistant", "content": ""}, nil, nil)}
	if v.is("reason") {
		events = append(events, chunk(object{"reasoning_content": thoughts}, nil, nil))
	}
	for _, piece := range v.pieces() {
		events = append(events, chunk(object{"content": piece}, nil, nil))
	}
	v.stream(append(events, chunk(object{}, finish, usage), "data: [DONE]\n\n"))
}

// pieces is the answer's text in two parts.
func (v *visit) pieces() []string {
	text := v.text()
	if len(text) < 5 {
		return nil
	}
	return []string{text[:4], text[4:]}
}

func (v *visit) responses() {
	id := fmt.Sprintf("resp_fake%d", v.n)
	usage := object{"input_tokens": 12, "output_tokens": 5, "total_tokens": 17,
		"input_tokens_details": object{"cached_tokens": 0}, "output_tokens_details": object{"reasoning_tokens": 0}}
	item := object{"id": "msg_" + id, "type": "message", "role": "assistant", "status": "completed",
		"content": []object{{"type": "output_text", "text": v.text(), "annotations": []any{}}}}
	status := "completed"
	var details object
	switch tools := v.body.list("tools"); {
	case v.is("reason"):
		status, details = "incomplete", object{"reason": "max_output_tokens"}
		item = object{"id": "rs_" + id, "type": "reasoning", "summary": []object{{"type": "summary_text", "text": thoughts}}}
	case v.body.str("tool_choice") == "required" && len(tools) > 0 && !v.is("notools"):
		item = object{"id": "fc_" + id, "type": "function_call", "status": "completed", "call_id": "call_" + id,
			"name": asObject(tools[0]).str("name"), "arguments": `{"ok":true}`}
	}
	done := object{"id": id, "object": "response", "created_at": 1767225600, "status": status, "model": v.body.str("model"),
		"output": []object{item}, "usage": usage}
	if details != nil {
		done["incomplete_details"] = details
	}
	if !v.streams() {
		v.whole(done)
		return
	}
	begun := done.without("usage")
	begun["status"], begun["output"] = "in_progress", []any{}
	events := []string{event("response.created", object{"response": begun})}
	if v.is("reason") {
		events = append(events, event("response.reasoning_summary_text.delta", object{"delta": thoughts}))
	}
	for _, piece := range v.pieces() {
		events = append(events, event("response.output_text.delta", object{"item_id": "msg_" + id, "output_index": 0, "content_index": 0, "delta": piece}))
	}
	v.stream(append(events, event("response."+status, object{"response": done})))
}

func (v *visit) messages() {
	stop := "end_turn"
	block, empty, delta := object{"type": "text", "text": v.text()}, object{"type": "text", "text": ""}, object{"type": "text_delta", "text": v.text()}
	if v.is("reason") {
		stop = "max_tokens"
		block = object{"type": "thinking", "thinking": thoughts, "signature": "fake"}
		empty = object{"type": "thinking", "thinking": ""}
		delta = object{"type": "thinking_delta", "thinking": thoughts}
	}
	message := object{"id": fmt.Sprintf("msg_fake%d", v.n), "type": "message", "role": "assistant", "model": v.body.str("model"),
		"content": []object{block}, "stop_reason": stop, "stop_sequence": nil,
		"usage": object{"input_tokens": 12, "output_tokens": 5}}
	if !v.streams() {
		v.whole(message)
		return
	}
	begun := message.without()
	begun["content"], begun["stop_reason"] = []any{}, nil
	v.stream([]string{
		event("message_start", object{"message": begun}),
		event("content_block_start", object{"index": 0, "content_block": empty}),
		event("content_block_delta", object{"index": 0, "delta": delta}),
		event("content_block_stop", object{"index": 0}),
		event("message_delta", object{"delta": object{"stop_reason": stop, "stop_sequence": nil}, "usage": object{"output_tokens": 5}}),
		event("message_stop", object{}),
	})
}
