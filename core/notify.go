package core

import (
	"context"
	"time"
)

// ReceiverKind is how a receiver is spoken to.
type ReceiverKind string

// The kinds.
const (
	ReceiverWebhook  ReceiverKind = "webhook"  // JSON, signed by HMAC if there is a secret
	ReceiverNtfy     ReceiverKind = "ntfy"     // a topic's URL; the secret is an access token
	ReceiverWeCom    ReceiverKind = "wecom"    // a group robot's URL
	ReceiverFeishu   ReceiverKind = "feishu"   // a group robot's URL, and its signing secret if it has one
	ReceiverDingTalk ReceiverKind = "dingtalk" // likewise
)

// ReceiverKinds are all of them.
var ReceiverKinds = []ReceiverKind{ReceiverWebhook, ReceiverNtfy, ReceiverWeCom, ReceiverFeishu, ReceiverDingTalk}

// Receiver is where alerts are told. Its URL holds a token more often than not, so that it lives in the vault, as the
// secret does: see [ReceiverSecret].
type Receiver struct {
	Name  string       `json:"name"` // unique
	Kind  ReceiverKind `json:"kind"`
	Lang  string       `json:"lang"` // en or zh
	Added time.Time    `json:"added"`
	// Sent is the latest delivery, Failed the latest failure with what it was; zero is none.
	Sent   time.Time `json:"sent,omitzero"`
	Failed time.Time `json:"failed,omitzero"`
	Error  string    `json:"error,omitempty"`
}

// ReceiverSecret is the vault reference of a receiver's "url" or "secret".
func ReceiverSecret(name, what string) string { return "notify/" + name + "/" + what }

// Notice is what a receiver is told. It holds no secret.
type Notice struct {
	// ID is the same however often a notice is delivered: at least once, and again if nobody knows.
	ID    string     `json:"id"`
	At    time.Time  `json:"at"`
	State AlertState `json:"state"`
	Alert Alert      `json:"alert"`
	Test  bool       `json:"test,omitempty"` // nothing happened; the operator tries the receiver
}

// Pending is a notice on its way to one receiver.
type Pending struct {
	Notice   Notice    `json:"notice"`
	Receiver string    `json:"receiver"`
	Tries    int       `json:"tries"`
	Next     time.Time `json:"next"` // not before
	Error    string    `json:"error,omitempty"`
}

// Notifier delivers notices.
type Notifier interface {
	// Notify returns nil only if the receiver said that it took the notice. No error of it holds the URL or the secret.
	Notify(ctx context.Context, r Receiver, url, secret string, n Notice) error
}
