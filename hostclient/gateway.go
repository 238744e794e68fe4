package hostclient

import (
	"context"
	"net/url"

	"cnrelay/core"
)

// gatewayPaths are where a host serves each protocol; auto is chat, which hosts serve since before
// 0.1.121 for every kind of group.
var gatewayPaths = map[core.Protocol]string{
	core.ProtocolAuto:      "/v1/chat/completions",
	"":                     "/v1/chat/completions",
	core.ProtocolChat:      "/v1/chat/completions",
	core.ProtocolResponses: "/v1/responses",
	core.ProtocolAnthropic: "/v1/messages",
}

// GatewayModels lists the models that a user's key is offered. The list proves nothing about
// serving: hosts fall back to built-in names (HOST_CONTRACT 10).
func (c *Client) GatewayModels(ctx context.Context, key string) core.ModelList {
	c.line.mask.add(key)
	return c.line.models(ctx, core.SideGateway, c.gateway+"/v1/models", bearer(key))
}

// Complete asks the gateway with a user's key. The admin key never goes there.
func (c *Client) Complete(ctx context.Context, key string, q core.CompletionRequest) core.Completion {
	c.line.mask.add(key)
	header := bearer(key)
	if q.Protocol == core.ProtocolAnthropic {
		header.Set("Anthropic-Version", anthropicVersion)
	}
	return c.line.complete(ctx, core.SideGateway, c.gateway+gatewayPaths[q.Protocol], header, q)
}

// withoutUser cuts user and password from a URL.
func withoutUser(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "(unreadable address)"
	}
	u.User = nil
	return u.String()
}
