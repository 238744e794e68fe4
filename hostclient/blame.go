package hostclient

import (
	"encoding/json"
	"html"
	"regexp"
	"strings"

	"cnrelay/core"
)

// errorBody is the union of the error shapes of hosts and providers:
//
//	{"error":{"message","type","code"}}             OpenAI and most providers, hosts' gateway
//	{"code":"…","message":…,"request_id":…}         Qwen, hosts' key check
//	{"code":400,"message":…,"reason":"…"}           hosts' handlers
//	{"error":"…","message":…}                       hosts' limiter
//	{"base_resp":{"status_code":1008,"status_msg"}} MiniMax, with status 200
//	{"error_code":336,"error_msg":…}                Qianfan
//	{"response":{"error":{…}}}                      the responses protocol's stream
type errorBody struct {
	Error    json.RawMessage `json:"error"`
	Code     json.RawMessage `json:"code"`
	Type     text            `json:"type"`
	Message  text            `json:"message"`
	Msg      text            `json:"msg"`
	Detail   text            `json:"detail"`
	Reason   text            `json:"reason"`
	BaseResp struct {
		Code    json.RawMessage `json:"status_code"`
		Message text            `json:"status_msg"`
	} `json:"base_resp"`
	ErrorCode    json.RawMessage `json:"error_code"`
	ErrorMessage text            `json:"error_msg"`
	Response     struct {
		Error json.RawMessage `json:"error"`
	} `json:"response"`
}

// blame takes the error out of a JSON value. It is zero if the value holds none.
func (l *line) blame(raw json.RawMessage) core.Failure {
	var b errorBody
	if json.Unmarshal(raw, &b) != nil {
		return core.Failure{}
	}
	var f core.Failure
	var inner struct {
		Code    json.RawMessage `json:"code"`
		Type    text            `json:"type"`
		Message text            `json:"message"`
	}
	first := func(candidates ...string) string {
		for _, c := range candidates {
			if c != "" {
				return c
			}
		}
		return ""
	}
	top := first(string(b.Message), string(b.Msg), string(b.Detail))
	switch {
	case present(b.Error), present(b.Response.Error):
		raw := b.Error
		if !present(raw) {
			raw = b.Response.Error
		}
		if word := scalar(raw); word != "" {
			f.Message = first(top, word)
			if top != "" {
				f.Code = word
			}
			break
		}
		if json.Unmarshal(raw, &inner) == nil {
			f = core.Failure{Code: scalar(inner.Code), Type: string(inner.Type), Message: string(inner.Message)}
		}
		f.Code, f.Message = first(f.Code, errorCode(b.Code)), first(f.Message, top)
	case errorCode(b.BaseResp.Code) != "":
		f = core.Failure{Code: scalar(b.BaseResp.Code), Message: string(b.BaseResp.Message)}
	case errorCode(b.ErrorCode) != "":
		f = core.Failure{Code: scalar(b.ErrorCode), Message: string(b.ErrorMessage)}
	case errorCode(b.Code) != "" || b.Reason != "":
		f = core.Failure{Code: first(string(b.Reason), scalar(b.Code)), Type: string(b.Type), Message: top}
	case top != "" && scalar(b.Code) == "": // a code of 0 says that all is well
		f = core.Failure{Type: string(b.Type), Message: top}
	}
	return core.Failure{
		Code:    l.mask.line(f.Code, shortText),
		Type:    l.mask.line(f.Type, shortText),
		Message: l.mask.line(f.Message, longText),
	}
}

// outright tells whether a JSON value says that it is an error, in whatever shape.
func outright(raw json.RawMessage) bool {
	var b errorBody
	_ = json.Unmarshal(raw, &b)
	return present(b.Error) || present(b.Response.Error) ||
		errorCode(b.BaseResp.Code) != "" || errorCode(b.ErrorCode) != ""
}

// text is a JSON string; any other value reads as "".
type text string

func (t *text) UnmarshalJSON(raw []byte) error {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		*t = text(s)
	}
	return nil
}

// scalar is a JSON string or number as text, "" for anything else.
func scalar(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var n json.Number
	if json.Unmarshal(raw, &n) == nil {
		return n.String()
	}
	return ""
}

// errorCode is a code that means an error: 0, "0" and "success" don't.
func errorCode(raw json.RawMessage) string {
	switch s := scalar(raw); s {
	case "0", "success", "ok":
		return ""
	default:
		return s
	}
}

// present tells whether a JSON value says something: null, "", {} and [] don't.
func present(raw json.RawMessage) bool {
	switch strings.TrimSpace(string(raw)) {
	case "", "null", `""`, "{}", "[]", "false":
		return false
	}
	return true
}

var markup = regexp.MustCompile(`(?is)<(script|style)\b.*?</(script|style)>|<[^>]*>`)

// pageHead is how many bytes of a text are looked at for what will be shown of it.
const pageHead = 16 << 10

// firstWords are what a person would read first in an answer of an unknown kind. A secret may look like markup, so
// secrets are hidden before that is taken out.
func (l *line) firstWords(body []byte, max int) string {
	if len(body) > pageHead {
		body = body[:pageHead]
	}
	text := markup.ReplaceAllString(l.mask.hide(string(body), minSecret), " ")
	if words := l.mask.line(html.UnescapeString(text), max); words != "" {
		return words
	}
	return "nothing to read"
}
