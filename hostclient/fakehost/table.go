package fakehost

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// entity is one row of a table. Its fields are those that answers show; ids and times are apart
// because answers write them in more than one way.
type entity struct {
	object
	id               int64
	created, updated time.Time
}

// table keeps entities by id; ids are never given twice.
type table struct {
	last int64
	rows map[int64]*entity
}

// add gives e its id.
func (t *table) add(e *entity) *entity {
	if t.rows == nil {
		t.rows = map[int64]*entity{}
	}
	t.last++
	e.id = t.last
	t.rows[e.id] = e
	return e
}

func (t *table) get(id int64) *entity { return t.rows[id] }

func (t *table) remove(id int64) bool {
	_, ok := t.rows[id]
	delete(t.rows, id)
	return ok
}

// all lists the rows by id.
func (t *table) all() []*entity {
	return slices.SortedFunc(maps.Values(t.rows), func(a, b *entity) int { return cmp.Compare(a.id, b.id) })
}

// newest lists the rows by falling id.
func (t *table) newest() []*entity {
	rows := t.all()
	slices.Reverse(rows)
	return rows
}

// find is the first row, by id, for which ok holds.
func (t *table) find(ok func(*entity) bool) *entity {
	for _, e := range t.all() {
		if ok(e) {
			return e
		}
	}
	return nil
}

// named is the row whose field is exactly value.
func (t *table) named(field, value string) *entity {
	return t.find(func(e *entity) bool { return e.str(field) == value })
}

// keep narrows rows to those for which ok holds.
func keep(rows []*entity, ok func(*entity) bool) []*entity {
	return slices.DeleteFunc(slices.Clone(rows), func(e *entity) bool { return !ok(e) })
}

// searched keeps the rows whose field contains the search text in any case, as every list does
// (contract 2: a client checks equality again). "" keeps all.
func searched(rows []*entity, search string, fields ...string) []*entity {
	search = strings.ToLower(strings.TrimSpace(search))
	if r := []rune(search); len(r) > 100 {
		search = string(r[:100])
	}
	return keep(rows, func(e *entity) bool {
		return slices.ContainsFunc(fields, func(f string) bool {
			return strings.Contains(strings.ToLower(e.str(f)), search)
		})
	})
}
