package hostclient

import (
	"context"

	"cnrelay/core"
)

// upstream asks providers directly.
type upstream struct{ line *line }

var _ core.UpstreamClient = (*upstream)(nil)

// Models reads a provider's list at its full URL.
func (u *upstream) Models(ctx context.Context, url, key string) core.ModelList {
	u.line.mask.add(key)
	return u.line.models(ctx, core.SideUpstream, url, bearer(key))
}

// Complete asks a provider at the full URL of its completions. Anthropic-compatible ones take the
// key in x-api-key; some of them want it as Bearer, so they get both.
func (u *upstream) Complete(ctx context.Context, url, key string, q core.CompletionRequest) core.Completion {
	u.line.mask.add(key)
	header := bearer(key)
	if q.Protocol == core.ProtocolAnthropic {
		header.Set("X-Api-Key", key)
		header.Set("Anthropic-Version", anthropicVersion)
	}
	return u.line.complete(ctx, core.SideUpstream, url, header, q)
}
