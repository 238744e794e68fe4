// Package hostclient speaks HTTP to sub2api hosts and to providers. It implements [core.Dialer],
// [core.HostClient] and [core.UpstreamClient].
//
// Three rules hold for everything in it:
//
//   - What a host says is hostile until proven harmless. Every text passes [Sanitize] and loses
//     the secrets that were sent, here, where it enters; every body, stream and wait is bounded
//     by [Limits].
//   - A status proves nothing. An answer counts when its content type and its shape are those of
//     the API that was asked (HOST_CONTRACT 1, 2, 10).
//   - Reads are retried, writes never are, except after a 429, which says that nothing was done.
//     An error tells whether its write may have happened ([core.Uncertain]).
package hostclient
