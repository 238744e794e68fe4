package fakehost

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"unicode/utf8"
)

// kind is the JSON type that a field must have.
type kind string

const (
	text    kind = "string"
	numeric kind = "number"
	boolean kind = "bool"
	mapping kind = "object"
	array   kind = "array"
)

// field is one field that a handler binds, with the rules of its binding tag.
type field struct {
	name     string
	kind     kind
	required bool
	oneOf    []string
	min      float64 // of a number; of a text's length
	max      int     // of a text's length; 0: unlimited
	email    bool
}

// form is what a handler binds a body to; name is that of the host's Go struct, which shows in
// the messages.
type form struct {
	name   string
	fields []field
}

// fault is the binder's complaint about a body, or "".
func (f form) fault(c *call) string {
	if c.body == nil {
		var v object
		switch err := json.Unmarshal(c.raw, &v); {
		case len(c.raw) == 0:
			return "EOF"
		case err != nil:
			return strings.Replace(err.Error(), "unexpected end of JSON input", "unexpected EOF", 1)
		}
	}
	var broken []string
	for _, x := range f.fields {
		v, there := c.body[x.name]
		if there && v != nil && jsonKind(v) != x.kind {
			return fmt.Sprintf("json: cannot unmarshal %s into Go struct field %s.%s", jsonKind(v), f.name, x.name)
		}
		if tag := x.broken(v); tag != "" {
			key := strings.TrimPrefix(f.name+"."+goName(x.name), ".")
			broken = append(broken, fmt.Sprintf("Key: '%s' Error:Field validation for '%s' failed on the '%s' tag", key, goName(x.name), tag))
		}
	}
	return strings.Join(broken, "\n")
}

// broken is the first binding tag that v breaks, or "".
func (x field) broken(v any) string {
	empty := v == nil || v == "" || v == 0.0 || (x.kind == boolean && v == false)
	switch {
	case empty && x.required:
		return "required"
	case empty:
		return ""
	}
	if s, ok := v.(string); ok {
		switch n := utf8.RuneCountInString(s); {
		case len(x.oneOf) > 0 && !slices.Contains(x.oneOf, s):
			return "oneof"
		case n < int(x.min):
			return "min"
		case x.max > 0 && n > x.max:
			return "max"
		case x.email && !isEmail(s):
			return "email"
		}
	}
	if n, ok := v.(float64); ok && x.min != 0 && n < x.min {
		return "min"
	}
	return ""
}

// isEmail follows the binder's email tag.
func isEmail(s string) bool {
	_, err := mail.ParseAddress(s)
	return err == nil
}

// fitsColumn answers 500 for a name that is longer than the 100 characters of its column: no
// binder asks, the database refuses.
func (c *call) fitsColumn() bool {
	if utf8.RuneCountInString(c.body.str("name")) > 100 {
		c.refuse(internalError)
		return false
	}
	return true
}

// optional is the form of an update: the same fields, none of them required.
func (f form) optional(name string, more ...field) form {
	out := form{name: name, fields: slices.Concat(f.fields, more)}
	for i := range out.fields {
		out.fields[i].required = false
	}
	return out
}

// bind checks the body and answers with the binder's complaint.
func (c *call) bind(f form) bool {
	fault := f.fault(c)
	if fault != "" {
		c.bad("Invalid request: " + fault)
	}
	return fault == ""
}

func jsonKind(v any) kind {
	switch v.(type) {
	case string:
		return text
	case float64:
		return numeric
	case bool:
		return boolean
	case []any:
		return array
	}
	return mapping
}

// goName is the Go field of a JSON name: group_id → GroupID.
func goName(name string) string {
	var b strings.Builder
	for _, part := range strings.Split(name, "_") {
		switch part {
		case "id", "api", "url":
			b.WriteString(strings.ToUpper(part))
		default:
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}

// take copies those fields of the body that the form knows and that aren't null.
func (c *call) take(f form) object {
	out := object{}
	for _, x := range f.fields {
		if v := c.body[x.name]; v != nil {
			out[x.name] = v
		}
	}
	return out
}
