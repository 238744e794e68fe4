package hostclient

import (
	"fmt"
	"net/url"
	"strconv"

	"cnrelay/core"
)

// route is where a kind lives under the admin API and how it is read.
type route struct {
	path   string // of the list; an item is path/:id
	create string // if it isn't a POST to path
	name   string // the field that is its name, "" if it has none
	whole  bool   // the list isn't paged, and there is no GET of one item
	// defaults are fields that hosts leave out when they are zero.
	defaults core.Fields
}

// routes of all kinds. API keys have lists by user and by group only; see listPath.
var routes = map[core.Kind]route{
	core.Group:   {path: "/groups", name: "name"},
	core.Channel: {path: "/channels", name: "name"},
	core.Account: {path: "/accounts", name: "name"},
	core.Plan: {path: "/payment/plans", name: "name", whole: true, defaults: core.Fields{
		"description": "", "original_price": 0.0, "features": "", "product_name": "", "for_sale": false, "sort_order": 0.0,
	}},
	core.User:         {path: "/users", name: "email"},
	core.Subscription: {path: "/subscriptions", create: "/subscriptions/assign"},
	core.APIKey:       {path: "/api-keys", name: "name"},
}

func (r route) item(id int64) string { return r.path + "/" + strconv.FormatInt(id, 10) }

// routeOf finds a kind's route.
func routeOf(k core.Kind) (route, error) {
	r, ok := routes[k]
	if !ok {
		return route{}, core.Input(fmt.Sprintf("unknown kind %q", k), "this is a fault in cnrelay")
	}
	return r, nil
}

// listPath gives the list that narrows to q as far as the host can.
func listPath(k core.Kind, q core.Query) (string, url.Values, error) {
	r, err := routeOf(k)
	if err != nil {
		return "", nil, err
	}
	query := url.Values{}
	set := func(name string, id int64) {
		if id != 0 {
			query.Set(name, strconv.FormatInt(id, 10))
		}
	}
	switch k {
	case core.APIKey:
		switch {
		case q.User != 0:
			return routes[core.User].item(q.User) + "/api-keys", query, nil
		case q.Group != 0:
			return routes[core.Group].item(q.Group) + "/api-keys", query, nil
		}
		return "", nil, core.Input("hosts list API keys by user or by group only", "this is a fault in cnrelay")
	case core.Subscription:
		set("user_id", q.User)
		set("group_id", q.Group)
	case core.Account:
		set("group", q.Group)
	}
	if q.Search != "" && r.name != "" {
		query.Set("search", q.Search)
	}
	return r.path, query, nil
}
