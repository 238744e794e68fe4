package contract

import (
	"slices"
	"strings"
)

// features are what a host was seen to have, by requests without side effects (contract 13).
type features struct {
	version    string
	modelSync  bool // ≥ 0.1.127: force_chat_completions, redaction
	compliance bool // 0.1.179
	cooldown   bool // settings/rate-limit-429-cooldown
}

func detect(e *env) features {
	f := features{version: e.call("GET", "/api/v1/settings/public", "", nil).data.str("version")}
	f.modelSync = e.call("POST", "/api/v1/admin/accounts/x/models/sync-upstream", e.AdminKey, nil).isEnvelope()
	f.compliance = e.call("GET", "/api/v1/admin/compliance", e.AdminKey, nil).isEnvelope()
	f.cooldown = e.call("GET", "/api/v1/admin/settings/rate-limit-429-cooldown", e.AdminKey, nil).isEnvelope()
	return f
}

// isEnvelope tells a route that exists from one that doesn't: 404 is JSON on the first and plain
// text on the second.
func (r response) isEnvelope() bool {
	_, ok := r.json["code"]
	return ok && strings.HasPrefix(r.header.Get("Content-Type"), "application/json")
}

func (f features) names() []string {
	var out []string
	for name, there := range map[string]bool{"model_sync": f.modelSync, "compliance": f.compliance, "429_cooldown": f.cooldown} {
		if there {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// modern hosts hide upstream keys, probe upstreams and fall back to chat completions.
func modern(f features) bool { return f.modelSync }

// older hosts do none of it (0.1.121).
func older(f features) bool { return !f.modelSync }

// latest hosts know native platforms and word some refusals differently (0.1.179).
func latest(f features) bool { return f.compliance }
