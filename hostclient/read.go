package hostclient

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cnrelay/core"
)

// List reads all pages, in ascending order of id where the host can, so that what is made
// meanwhile comes last. A list that changed while it was read is read once more; if it changed
// again, or is shorter than the host says, that is an error.
func (c *Client) List(ctx context.Context, k core.Kind, q core.Query) ([]core.Object, error) {
	stage := "list " + string(k) + "s"
	path, query, err := listPath(k, q)
	if err != nil {
		return nil, err
	}
	items, err := c.items(ctx, stage, path, query, routes[k].whole)
	if err != nil {
		return nil, err
	}
	objects, err := c.line.objects(k, items)
	if err != nil {
		return nil, c.unreadable(stage, err)
	}
	return slices.DeleteFunc(objects, func(o core.Object) bool { return !matches(o, q) }), nil
}

// matches asks again what the host was asked: 0.1.1 ignores the group of accounts, and a search
// looks at more than the name.
func matches(o core.Object, q core.Query) bool {
	if q.Search != "" && o.Kind != core.Subscription &&
		!strings.Contains(strings.ToLower(o.Name), strings.ToLower(q.Search)) {
		return false
	}
	switch o.Kind {
	case core.Account:
		return q.Group == 0 || slices.Contains(o.Fields.IDs("group_ids"), q.Group)
	case core.Subscription, core.APIKey:
		return (q.User == 0 || int64(o.Fields.Num("user_id")) == q.User) &&
			(q.Group == 0 || int64(o.Fields.Num("group_id")) == q.Group)
	}
	return true
}

// page is one page of a list. A host may give smaller pages than asked for, silently.
type page struct {
	Items []core.Fields `json:"items"`
	Total *int          `json:"total"`
}

// pageSize is the largest that hosts give. Where items are large, pages get smaller, to leastPage.
const (
	pageSize  = 1000
	leastPage = 50
)

// items reads a list, a second time if it changed between two pages, and in smaller pages if one was too large.
func (c *Client) items(ctx context.Context, stage, path string, query url.Values, whole bool) ([]core.Fields, error) {
	ctx, _, stop := withDeadline(ctx, c.line.limits.List, 0)
	defer stop()
	if whole {
		data, err := c.get(ctx, stage, path, query)
		if err != nil {
			return nil, err
		}
		var items []core.Fields
		if err := c.decode(stage, data, &items); err != nil {
			return nil, err
		}
		if items == nil { // null: nothing is said of what there is
			return nil, c.unreadable(stage, errors.New("no list"))
		}
		return items, nil
	}
	var items []core.Fields
	var changed string
	var err error
	for size := pageSize; ; size /= 4 {
		items, changed, err = c.pages(ctx, stage, path, query, size)
		if err == nil && changed != "" {
			items, changed, err = c.pages(ctx, stage, path, query, size)
		}
		if netError(err) != core.NetTooLarge || size/4 < leastPage {
			break
		}
	}
	if err == nil && changed != "" {
		err = &core.Error{
			Code: core.CodeHost, Host: c.name, Stage: stage, Fault: core.FaultHost,
			What: "the list can't be read whole: " + changed,
			Next: "try again when nobody else changes the host",
		}
	}
	return items, err
}

// pages reads a list once. changed says how the pages disagree, "" if they don't.
func (c *Client) pages(ctx context.Context, stage, path string, query url.Values, size int) (items []core.Fields, changed string, err error) {
	query.Set("page_size", strconv.Itoa(size))
	query.Set("sort_by", "id")
	query.Set("sort_order", "asc")
	seen := map[int64]bool{}
	total := -1
	for number := 1; total < 0 || len(items) < total; number++ {
		query.Set("page", strconv.Itoa(number))
		data, err := c.get(ctx, stage, path, query)
		if err != nil {
			return nil, "", err
		}
		var p page
		if err := c.decode(stage, data, &p); err != nil {
			return nil, "", err
		}
		switch {
		case p.Total == nil || *p.Total < 0:
			return nil, "", c.unreadable(stage, errors.New("a page without a total"))
		case *p.Total > c.line.limits.Items:
			return nil, "", c.unreadable(stage, fmt.Errorf("%d items, more than the %d that are read", *p.Total, c.line.limits.Items))
		case total >= 0 && *p.Total != total:
			return nil, fmt.Sprintf("its total went from %d to %d", total, *p.Total), nil
		}
		total = *p.Total
		for _, item := range p.Items {
			id, err := idAt(item, "id")
			if err != nil {
				return nil, "", c.unreadable(stage, err)
			}
			if seen[id] {
				return nil, fmt.Sprintf("id %d came twice", id), nil
			}
			seen[id] = true
		}
		items = append(items, p.Items...)
		if len(p.Items) == 0 {
			break
		}
	}
	if len(items) != total {
		return nil, fmt.Sprintf("%d items came, the host counts %d", len(items), total), nil
	}
	return items, "", nil
}

// Get reads one resource. Plans and API keys have no address of their own: they are found in their
// list, API keys in that of the Owner.
func (c *Client) Get(ctx context.Context, ref core.Ref) (core.Object, error) {
	stage := "read " + ref.String()
	r, err := routeOf(ref.Kind)
	if err != nil {
		return core.Object{}, err
	}
	if r.whole || ref.Kind == core.APIKey {
		return c.find(ctx, stage, ref)
	}
	data, err := c.get(ctx, stage, r.item(ref.ID), nil)
	if err != nil {
		return core.Object{}, err
	}
	o, err := c.line.object(ref.Kind, data, false)
	if err != nil {
		return core.Object{}, c.unreadable(stage, err)
	}
	if o.ID != ref.ID {
		return core.Object{}, c.unreadable(stage, fmt.Errorf("it is about id %d", o.ID))
	}
	return o, nil
}

func (c *Client) find(ctx context.Context, stage string, ref core.Ref) (core.Object, error) {
	list, err := c.List(ctx, ref.Kind, core.Query{User: ref.Owner})
	if err != nil {
		return core.Object{}, err
	}
	at := slices.IndexFunc(list, func(o core.Object) bool { return o.ID == ref.ID })
	if at < 0 {
		return core.Object{}, &core.Error{
			Code: core.CodeHost, Host: c.name, Stage: stage, Fault: core.FaultHost,
			What: "it is not in the host's list", Next: "read the host's state again", Err: core.ErrNotFound,
		}
	}
	return list[at], nil
}
