package fakehost

import "strings"

// defaultModels is a platform's built-in list, which hosts show where an account maps nothing.
func (h *Host) defaultModels(platform string) []string {
	if platform == "openai" {
		return []string{"gpt-5.5", "gpt-5.4", "gpt-5.4-mini", "gpt-5.3-codex", "gpt-5.2"}
	}
	return []string{"claude-opus-4-6", "claude-sonnet-4-6", "claude-haiku-4-5-20251001"}
}

// modelCard is a model of a built-in list or of an account's.
func modelCard(name string) object {
	owner := ""
	if strings.HasPrefix(name, "gpt-") {
		owner = "openai"
	}
	return object{"id": name, "object": "model", "created": 0, "owned_by": owner, "type": "model", "display_name": name}
}
