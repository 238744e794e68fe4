package fakehost

import (
	"cmp"
	"slices"
	"time"
)

// published is an account as the gateway knows it from a moment on; nil once it is gone.
type published struct {
	from    time.Time
	account *scheduled
}

// scheduled is the gateway's knowledge of an account.
type scheduled struct {
	id     int64
	fields object
	groups []int64
}

// publish tells the gateway of an account's new state, which it takes up after
// Options.Propagation (contract 10 has the measured times of a real host).
func (h *Host) publish(a *entity) { h.announce(a.id, h.schedule(a)) }

func (h *Host) publishGone(id int64) { h.announce(id, nil) }

// publishNow is for what the gateway itself found out: it knows at once.
func (h *Host) publishNow(a *entity) {
	h.history[a.id] = []published{{h.now(), h.schedule(a)}}
}

func (h *Host) schedule(a *entity) *scheduled {
	return &scheduled{id: a.id, fields: clone(a.object), groups: h.groupsOf(a)}
}

func (h *Host) announce(id int64, s *scheduled) {
	h.history[id] = append(h.current(id), published{h.now().Add(h.opt.Propagation), s})
}

// current drops from an account's history what nobody will ask for again.
func (h *Host) current(id int64) []published {
	all := h.history[id]
	for len(all) > 1 && !all[1].from.After(h.now()) {
		all = all[1:]
	}
	return slices.Clone(all)
}

// pool lists a group's accounts as the gateway knows them, best first.
func (h *Host) pool(group int64) []*scheduled {
	var out []*scheduled
	for id := range h.history {
		first := h.current(id)[0]
		if s := first.account; s != nil && !first.from.After(h.now()) && slices.Contains(s.groups, group) {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b *scheduled) int {
		return cmp.Or(cmp.Compare(a.fields.num("priority"), b.fields.num("priority")), cmp.Compare(a.id, b.id))
	})
	return out
}

// takesTraffic evaluates all that can keep an account from serving.
func (s *scheduled) takesTraffic(now time.Time) bool {
	if s.fields.str("status") != "active" || !s.fields.flag("schedulable") {
		return false
	}
	if at := s.fields.ref("expires_at"); at > 0 && s.fields.flag("auto_pause_on_expired") && now.Unix() >= at {
		return false
	}
	for _, k := range []string{"rate_limit_reset_at", "overload_until", "temp_unschedulable_until"} {
		if s.fields.time(k).After(now) {
			return false
		}
	}
	return true
}

// supports tells whether the account's mapping lists the model; no mapping supports every model.
func (s *scheduled) supports(model string) bool {
	mapping := s.fields.obj("credentials").strings("model_mapping")
	if len(mapping) == 0 {
		return true
	}
	_, ok := lookup(mapping, model)
	return ok
}

// limited tells whether the upstream lately didn't know the model.
func (s *scheduled) limited(model string, now time.Time) bool {
	limit := s.fields.obj("extra").obj("model_rate_limits").obj(model)
	return limit.time("rate_limit_reset_at").After(now)
}

// upstreamModel is the name that the account's upstream gets.
func upstreamModel(fields object, model string) string {
	if to, ok := lookup(fields.obj("credentials").strings("model_mapping"), model); ok {
		return to
	}
	return model
}
