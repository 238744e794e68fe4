package hostclient

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/tmaxmax/go-sse"

	"cnrelay/core"
)

// reading is what a completion's answer amounts to.
type reading struct {
	words     strings.Builder
	reasoning bool
	model     string
	known     bool // it has the shape of a completion
}

// thoughts are reasoning that some models put into the content itself.
var thoughts = regexp.MustCompile(`(?s)<think>.*?(?:</think>|$)`)

// content is the answer without the thoughts, "" if there were only thoughts.
func (r *reading) content() string {
	return strings.TrimSpace(thoughts.ReplaceAllString(r.words.String(), ""))
}

// readCompletion reads the answer of a 200. Its content type says nothing: hosts send a JSON
// object as text/event-stream (0.1.133) and pass SSE on that nobody asked for.
func (l *line) readCompletion(body []byte) (*reading, core.Failure) {
	r := &reading{}
	var failure core.Failure
	switch body := bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff"))); {
	case bytes.HasPrefix(body, []byte("{")):
		// One value only: 0.1.133 glues an SSE frame to some JSON answers.
		raw, ok := firstJSON(body)
		if !ok {
			return r, core.Failure{Net: core.NetNotJSON, Message: "broken JSON: " + l.firstWords(body, longText)}
		}
		failure = l.take(r, raw)
	case looksLikeSSE(body):
		failure = l.takeStream(r, body)
	}
	if thoughts.MatchString(r.words.String()) {
		r.reasoning = true
	}
	if !r.known && failure == (core.Failure{}) {
		failure = core.Failure{Net: core.NetNotJSON, Message: l.firstWords(body, longText)}
	}
	return r, failure
}

func looksLikeSSE(body []byte) bool {
	for _, field := range []string{"data:", "event:", "id:", "retry:", ":"} {
		if bytes.HasPrefix(body, []byte(field)) {
			return true
		}
	}
	return false
}

// maxFrame is the longest frame of an event stream that is read.
const maxFrame = 1 << 20

func (l *line) takeStream(r *reading, body []byte) core.Failure {
	// A last frame without its blank line would be dropped.
	frames := bytes.NewReader(append(bytes.Clone(body), "\n\n"...))
	for event, err := range sse.Read(frames, &sse.ReadConfig{MaxEventSize: maxFrame}) {
		if err != nil {
			return core.Failure{Net: core.NetTooLarge, Message: l.mask.line(err.Error(), longText)}
		}
		if raw, ok := firstJSON([]byte(event.Data)); ok {
			if f := l.take(r, raw); f != (core.Failure{}) {
				return f
			}
		}
	}
	return core.Failure{}
}

// firstJSON is the first JSON object of body.
func firstJSON(body []byte) (json.RawMessage, bool) {
	var raw json.RawMessage
	err := json.NewDecoder(bytes.NewReader(body)).Decode(&raw)
	return raw, err == nil && bytes.HasPrefix(raw, []byte("{"))
}

// answerBody is the union of the answers and stream frames of the three protocols.
type answerBody struct {
	Type  text `json:"type"`
	Model text `json:"model"`
	// chat: whole answers have message, frames delta
	Choices []struct {
		Message *said `json:"message"`
		Delta   *said `json:"delta"`
	} `json:"choices"`
	// anthropic: an answer has content; message_start has message, content_block_delta has delta
	Content json.RawMessage `json:"content"`
	Message struct {
		Model text `json:"model"`
	} `json:"message"`
	Delta json.RawMessage `json:"delta"`
	// responses: an answer has output; the stream's last frame has it inside response
	Output   []said `json:"output"`
	Response struct {
		Model  text   `json:"model"`
		Output []said `json:"output"`
	} `json:"response"`
}

// said is a message, a delta, a content part or an output item.
type said struct {
	Type      text            `json:"type"`
	Text      text            `json:"text"`
	Content   json.RawMessage `json:"content"`
	Thinking  json.RawMessage `json:"thinking"`
	Reasoning json.RawMessage `json:"reasoning"`
	Thought   json.RawMessage `json:"reasoning_content"`
	Details   json.RawMessage `json:"reasoning_details"`
}

// take adds a whole answer or one frame to the reading, or gives the error that it is.
func (l *line) take(r *reading, raw json.RawMessage) core.Failure {
	var b answerBody
	// A field of an unexpected type is left out; the others still count.
	_ = json.Unmarshal(raw, &b)
	for _, model := range []text{b.Model, b.Message.Model, b.Response.Model} {
		if model != "" {
			r.model = string(model)
		}
	}
	before := r.words.Len()
	switch {
	case b.Choices != nil:
		r.known = true
		if len(b.Choices) > 0 {
			r.hear(b.Choices[0].Message)
			r.hear(b.Choices[0].Delta)
		}
	case b.Type == "content_block_delta":
		r.known = true
		var d said
		_ = json.Unmarshal(b.Delta, &d)
		r.hear(&d)
	case b.Type == "response.output_text.delta":
		r.known = true
		r.words.WriteString(scalar(b.Delta))
	case strings.HasPrefix(string(b.Type), "response.reasoning"):
		r.known, r.reasoning = true, true
	case b.Type == "response.completed", b.Type == "response.incomplete":
		r.known = true
		// The stream already gave these words, unless the host left the deltas out.
		if r.words.Len() == 0 {
			r.hearAll(b.Response.Output)
		}
	case b.Output != nil:
		r.known = true
		r.hearAll(b.Output)
	case b.Content != nil:
		r.known = true
		r.hear(&said{Content: b.Content})
	}
	// Some providers put codes and messages beside a good answer: in what has the shape of a
	// completion, only an outright error is one, and only if nothing was said.
	if r.known && (r.words.Len() > before || !outright(raw)) {
		return core.Failure{}
	}
	return l.blame(raw)
}

func (r *reading) hearAll(items []said) {
	for i := range items {
		r.hear(&items[i])
	}
}

// hear adds what a message or one of its parts says.
func (r *reading) hear(s *said) {
	if s == nil {
		return
	}
	if present(s.Thinking) || present(s.Reasoning) || present(s.Thought) || present(s.Details) ||
		s.Type == "thinking" || s.Type == "reasoning" || s.Type == "redacted_thinking" {
		r.reasoning = true
	}
	if s.Type == "reasoning" || s.Type == "thinking" {
		return
	}
	r.words.WriteString(string(s.Text))
	var plain string
	if json.Unmarshal(s.Content, &plain) == nil {
		r.words.WriteString(plain)
		return
	}
	var parts []said
	if json.Unmarshal(s.Content, &parts) == nil {
		r.hearAll(parts)
	}
}

// readModels reads a models list in OpenAI's shape, or in the one that hosts give to Codex.
func (l *line) readModels(body []byte) ([]string, core.Failure) {
	raw, ok := firstJSON(bytes.TrimPrefix(body, []byte("\ufeff")))
	var b struct {
		Data   json.RawMessage `json:"data"`
		Models json.RawMessage `json:"models"`
	}
	_ = json.Unmarshal(raw, &b)
	var list []model // stays nil for null, which is no list
	for _, candidate := range []json.RawMessage{b.Data, b.Models} {
		if list == nil {
			_ = json.Unmarshal(candidate, &list)
		}
	}
	if !ok || list == nil {
		if f := l.blame(raw); f != (core.Failure{}) {
			return nil, f
		}
		return nil, core.Failure{Net: core.NetNotJSON, Message: l.firstWords(body, longText)}
	}
	ids := make([]string, 0, len(list))
	for _, m := range list {
		if id := l.mask.line(string(m.name()), shortText); id != "" {
			ids = append(ids, id)
		}
	}
	return ids, core.Failure{}
}

type model struct {
	ID   text `json:"id"`
	Slug text `json:"slug"`
	Name text `json:"name"`
}

func (m model) name() text {
	for _, name := range []text{m.ID, m.Slug, m.Name} {
		if name != "" {
			return name
		}
	}
	return ""
}
