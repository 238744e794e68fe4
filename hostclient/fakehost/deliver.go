package fakehost

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
)

// deliver hands an upstream's 2xx answer to the user: as it is when both speak one API, else
// converted.
func (j *job) deliver(account *scheduled, hop *protocol, resp *http.Response) {
	raw, readErr := io.ReadAll(resp.Body)
	answer, err := hop.parse(io.MultiReader(bytes.NewReader(raw), failing{readErr}))
	switch {
	case err != nil && hop == chatAPI && j.inbound == chatAPI && j.host.traits.rawHTMLPasses && readErr == nil:
		j.pass(resp, raw)
		return
	case err != nil:
		j.unfinished(answer)
		return
	}
	// An account's mapping is hidden from the user, a channel's shows (contract 10).
	answer.model = mapped(j.channel, j.group.str("platform"), j.model)
	j.bill(account, hop, answer, resp.Header.Get("x-request-id"))
	if hop == j.inbound {
		j.pass(resp, renamed(raw, j.forwarded(account), answer.model))
	} else {
		j.convert(hop, answer)
	}
}

// failing is a reader that only fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err == nil {
		return 0, io.EOF
	}
	return 0, f.err
}

// unfinished answers for an upstream that broke off or wasn't speaking the API at all.
func (j *job) unfinished(answer reply) {
	if answer.cutOff {
		j.fail(j.host.traits.brokenOff)
		return
	}
	if j.body.flag("stream") {
		j.fail(upstreamFailed)
		return
	}
	j.failGlued(noTerminalEvent)
}

func (j *job) pass(resp *http.Response, raw []byte) {
	j.w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
	j.w.WriteHeader(resp.StatusCode)
	_, _ = j.w.Write(raw)
}

// renamed writes the model name that the user asked for over the upstream's.
func renamed(raw []byte, from, to string) []byte {
	old, _ := json.Marshal(from)
	name, _ := json.Marshal(to)
	out := raw
	for _, sep := range []string{"", " "} {
		out = bytes.ReplaceAll(out, []byte(`"model":`+sep+string(old)), []byte(`"model":`+sep+string(name)))
	}
	return out
}

func (j *job) convert(hop *protocol, a reply) {
	stream := j.body.flag("stream")
	var events []string
	var whole object
	switch j.inbound {
	case chatAPI:
		whole, events = j.asChat(a)
	case messagesAPI:
		whole, events = asMessages(a)
	case responsesAPI:
		whole, events = asResponses(a)
	}
	if !stream {
		contentType := j.host.traits.chatJSONType
		if hop == chatAPI { // not asked to stream
			contentType = "application/json"
		}
		j.typedJSON(http.StatusOK, contentType, whole)
		return
	}
	j.w.Header().Set("Content-Type", "text/event-stream")
	for _, e := range events {
		_, _ = io.WriteString(j.w, e)
		if f, ok := j.w.(http.Flusher); ok {
			f.Flush()
		}
	}
}

func (j *job) asChat(a reply) (object, []string) {
	usage := object{"prompt_tokens": a.input, "completion_tokens": a.output, "total_tokens": a.input + a.output}
	created := j.host.now().Unix()
	message := object{"role": "assistant", "content": a.text()}
	if a.reasoning != "" {
		message["reasoning_content"] = a.reasoning
	}
	whole := object{"id": a.id, "object": "chat.completion", "created": created, "model": a.model,
		"choices": []object{{"index": 0, "message": message, "finish_reason": a.finish}}, "usage": usage}
	chunk := func(choices []object, more object) string {
		c := object{"id": a.id, "object": "chat.completion.chunk", "created": created, "model": a.model, "choices": choices}
		for k, v := range more {
			c[k] = v
		}
		return data(c)
	}
	delta := func(d object, finish any) string {
		return chunk([]object{{"index": 0, "delta": d, "finish_reason": finish}}, nil)
	}
	events := []string{delta(object{"role": "assistant"}, nil)}
	if a.reasoning != "" {
		events = append(events, delta(object{"reasoning_content": a.reasoning}, nil))
	}
	for _, p := range a.pieces {
		events = append(events, delta(object{"content": p}, nil))
	}
	events = append(events, delta(object{"content": ""}, a.finish))
	if j.host.traits.usageChunk || j.body.obj("stream_options").flag("include_usage") {
		events = append(events, chunk([]object{}, object{"usage": usage}))
	}
	return whole, append(events, "data: [DONE]\n\n")
}

func asMessages(a reply) (object, []string) {
	stop := "end_turn"
	if a.finish == "length" {
		stop = "max_tokens"
	}
	usage := object{"input_tokens": a.input, "output_tokens": a.output, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
	blocks := []object{}
	if a.reasoning != "" {
		blocks = append(blocks, object{"type": "thinking", "thinking": a.reasoning})
	}
	if text := a.text(); text != "" {
		blocks = append(blocks, object{"type": "text", "text": text})
	}
	message := object{"id": a.id, "type": "message", "role": "assistant", "content": blocks, "model": a.model, "stop_reason": stop, "usage": usage}
	start := message.without("stop_reason")
	start["content"] = []object{}
	events := []string{event("message_start", object{"message": start})}
	for i, b := range blocks {
		delta := object{"type": "text_delta", "text": b.str("text")}
		if b.str("type") == "thinking" {
			delta = object{"type": "thinking_delta", "thinking": b.str("thinking")}
		}
		events = append(events,
			event("content_block_start", object{"index": i, "content_block": object{"type": b.str("type")}}),
			event("content_block_delta", object{"index": i, "delta": delta}),
			event("content_block_stop", object{"index": i}))
	}
	return message, append(events,
		event("message_delta", object{"delta": object{"stop_reason": stop}, "usage": usage}),
		event("message_stop", object{}))
}

func asResponses(a reply) (object, []string) {
	item := object{"type": "message", "id": "item_" + randomHex(12), "role": "assistant", "status": "completed",
		"content": []object{{"type": "output_text", "text": a.text()}}}
	done := object{"id": a.id, "object": "response", "model": a.model, "status": "completed", "output": []object{item},
		"usage": object{"input_tokens": a.input, "output_tokens": a.output, "total_tokens": a.input + a.output}}
	events := []string{event("response.created", object{"response": object{"id": a.id, "status": "in_progress"}})}
	for _, p := range a.pieces {
		events = append(events, event("response.output_text.delta", object{"delta": p}))
	}
	return done, append(events, event("response.completed", object{"response": done}))
}

func data(v object) string {
	raw, _ := json.Marshal(v)
	return "data: " + string(raw) + "\n\n"
}

// event is an event of the APIs that name theirs.
func event(name string, v object) string {
	v["type"] = name
	return "event: " + name + "\n" + data(v)
}
