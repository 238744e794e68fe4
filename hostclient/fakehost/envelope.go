package fakehost

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
)

// refusal is an error answer. An empty reason is left out.
type refusal struct {
	status  int
	message string
	reason  string
	meta    object
}

// internalError is how hosts mask many business errors (contract 12.6).
var internalError = refusal{status: http.StatusInternalServerError, message: "internal error"}

func (c *call) json(status int, v any) { c.typedJSON(status, "application/json; charset=utf-8", v) }

func (c *call) typedJSON(status int, contentType string, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // answers hold nothing but JSON values
	}
	c.w.Header().Set("Content-Type", contentType)
	c.w.WriteHeader(status)
	_, _ = c.w.Write(raw)
}

func (c *call) ok(data any) { c.success(http.StatusOK, data) }

func (c *call) success(status int, data any) {
	c.json(status, object{"code": 0, "message": "success", "data": data})
}

// done answers with a message alone, as deletions do.
func (c *call) done(message string) { c.ok(object{"message": message}) }

func (c *call) refuse(r refusal) {
	body := object{"code": r.status, "message": r.message}
	if r.reason != "" {
		body["reason"] = r.reason
	}
	if r.meta != nil {
		body["metadata"] = r.meta
	}
	c.json(r.status, body)
}

func (c *call) bad(message string) {
	c.refuse(refusal{status: http.StatusBadRequest, message: message})
}

// middleware answers in the shape of the host's middlewares, whose code is a string (contract 2).
func (c *call) middleware(status int, code, message string) {
	c.json(status, object{"code": code, "message": message})
}

// page answers with one page of rows. Sizes beyond 1000 and other nonsense silently become 20.
func (c *call) page(rows []*entity, emptyPages int, show func(*entity) object) {
	q := c.r.URL.Query()
	rows = ordered(rows, q.Get("sort_by"), q.Get("sort_order"))
	size := positive(q.Get("page_size"), positive(q.Get("limit"), 20))
	if size > 1000 {
		size = 20
	}
	page := positive(q.Get("page"), 1)
	items := make([]object, 0, size)
	for i := (page - 1) * size; i >= 0 && i < len(rows) && i < page*size; i++ {
		items = append(items, show(rows[i]))
	}
	pages := (len(rows) + size - 1) / size
	if pages == 0 {
		pages = emptyPages
	}
	c.ok(object{"items": items, "total": len(rows), "page": page, "page_size": size, "pages": pages})
}

// ordered sorts a list as asked; the host's own order otherwise.
func ordered(rows []*entity, by, order string) []*entity {
	if by == "" {
		return rows
	}
	out := slices.Clone(rows)
	slices.SortStableFunc(out, func(a, b *entity) int {
		switch by {
		case "id":
			return cmp.Compare(a.id, b.id)
		case "created_at":
			return cmp.Or(a.created.Compare(b.created), cmp.Compare(a.id, b.id))
		}
		return cmp.Compare(a.str(by), b.str(by))
	})
	if order == "desc" {
		slices.Reverse(out)
	}
	return out
}

func positive(s string, otherwise int) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return otherwise
	}
	return n
}

func views(rows []*entity, show func(*entity) object) []object {
	out := make([]object, 0, len(rows))
	for _, e := range rows {
		out = append(out, show(e))
	}
	return out
}
