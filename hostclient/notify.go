package hostclient

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"cnrelay/core"
)

// Message is a notice in words.
type Message struct{ Title, Text string }

const (
	notifyTimeout = 15 * time.Second
	// The robots refuse longer texts: WeCom takes 2,048 bytes.
	messageBytes = 2000
)

// Notify delivers a notice to a receiver: no redirect is followed, no link-local address dialled, and the receiver's own
// answer decides, not HTTP 200 alone. Its errors hold neither the address nor the secret.
func (d *Dialer) Notify(ctx context.Context, kind core.ReceiverKind, address, secret string, m Message, n core.Notice) error {
	ctx, cancel := context.WithTimeout(ctx, notifyTimeout)
	defer cancel()
	d.learn() // of the address only what is secret in it
	d.mask.add(secret)
	d.mask.add(secretsIn(address)...)
	req, err := notification(ctx, kind, address, secret, m, n, time.Now())
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", d.agent())
	transport, err := d.newTransport(way{slots: 1})
	if err != nil {
		return err
	}
	defer transport.CloseIdleConnections()
	resp, err := newHTTPClient(transport).Do(req)
	if err != nil {
		var about *url.Error
		if errors.As(err, &about) { // it names the address, which holds a token
			err = about.Err
		}
		return d.notTaken("the receiver could not be reached", 0, err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if resp.StatusCode/100 != 2 {
		return d.notTaken(fmt.Sprintf("the receiver answered HTTP %d", resp.StatusCode), resp.StatusCode, nil)
	}
	return d.accepted(kind, body)
}

func (d *Dialer) notTaken(what string, status int, cause error) error {
	e := &core.Error{Code: core.CodeNetwork, Stage: "notify", What: what, Status: status, Fault: core.FaultOperator,
		Next: "check the receiver's address, then: cnrelay notify test NAME"}
	if cause != nil {
		said := d.mask.line(cause.Error(), longText)
		e.What += ": " + said
		e.Err = &cleanError{said, cause}
	}
	return e
}

// accepted reads a robot's answer: they say no with HTTP 200.
func (d *Dialer) accepted(kind core.ReceiverKind, body []byte) error {
	var said struct {
		ErrCode *int   `json:"errcode"` // WeCom, DingTalk
		ErrMsg  string `json:"errmsg"`
		Code    *int   `json:"code"` // Feishu
		Msg     string `json:"msg"`
		Status  *int   `json:"StatusCode"` // Feishu, of old
	}
	switch kind {
	case core.ReceiverWeCom, core.ReceiverDingTalk, core.ReceiverFeishu:
	default:
		return nil
	}
	_ = json.Unmarshal(body, &said)
	for _, code := range []*int{said.ErrCode, said.Code, said.Status} {
		if code != nil && *code == 0 {
			return nil
		}
		if code != nil {
			return d.notTaken(fmt.Sprintf("the robot refused it (%d): %s", *code, d.mask.line(said.ErrMsg+said.Msg, longText)), http.StatusOK, nil)
		}
	}
	return d.notTaken("what answered is no robot", http.StatusOK, nil)
}

// notification is the request that a kind of receiver wants.
func notification(ctx context.Context, kind core.ReceiverKind, address, secret string, m Message, n core.Notice, now time.Time) (*http.Request, error) {
	to, err := url.Parse(address)
	if err != nil || to.Host == "" || to.Scheme != "https" && to.Scheme != "http" {
		return nil, core.Input("the receiver's address is no http or https URL", "cnrelay notify add NAME --url-file FILE")
	}
	text := cut(m.Title+"\n"+m.Text, messageBytes)
	header := http.Header{"Content-Type": {"application/json"}}
	var body any
	switch kind {
	case core.ReceiverWebhook:
		body = struct {
			Type  string `json:"type"`
			Title string `json:"title"`
			Text  string `json:"text"`
			core.Notice
		}{"cnrelay.alert", m.Title, m.Text, n}
	case core.ReceiverNtfy:
		header = http.Header{"Content-Type": {"text/plain; charset=utf-8"}, "Title": {mime.QEncoding.Encode("utf-8", m.Title)}, "Priority": {"default"}}
		if n.Alert.Firing() {
			header.Set("Priority", "high")
		}
		if secret != "" {
			header.Set("Authorization", "Bearer "+secret)
		}
		body = []byte(cut(m.Text, messageBytes))
	case core.ReceiverWeCom:
		body = map[string]any{"msgtype": "text", "text": map[string]any{"content": text}}
	case core.ReceiverFeishu:
		robot := map[string]any{"msg_type": "text", "content": map[string]any{"text": text}}
		if secret != "" { // the key is what others would sign
			at := strconv.FormatInt(now.Unix(), 10)
			robot["timestamp"], robot["sign"] = at, base64.StdEncoding.EncodeToString(sign(at+"\n"+secret, nil))
		}
		body = robot
	case core.ReceiverDingTalk:
		if secret != "" {
			at := strconv.FormatInt(now.UnixMilli(), 10)
			q := to.Query()
			q.Set("timestamp", at)
			q.Set("sign", base64.StdEncoding.EncodeToString(sign(secret, []byte(at+"\n"+secret))))
			to.RawQuery = q.Encode()
		}
		body = map[string]any{"msgtype": "text", "text": map[string]any{"content": text}}
	default:
		return nil, core.Input("unknown kind of receiver "+string(kind), "--kind webhook, ntfy, wecom, feishu or dingtalk")
	}
	raw, plain := body.([]byte)
	if !plain {
		if raw, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	if kind == core.ReceiverWebhook {
		at := strconv.FormatInt(now.Unix(), 10)
		header.Set("X-Cnrelay-Delivery", n.ID)
		header.Set("X-Cnrelay-Timestamp", at)
		if secret != "" {
			header.Set("X-Cnrelay-Signature", "sha256="+hex.EncodeToString(sign(secret, append([]byte(at+"."), raw...))))
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(raw))
	if err != nil {
		return nil, core.Input("the receiver's address is no http or https URL", "cnrelay notify add NAME --url-file FILE")
	}
	req.Header = header
	return req, nil
}

func sign(key string, message []byte) []byte {
	h := hmac.New(sha256.New, []byte(key))
	h.Write(message)
	return h.Sum(nil)
}
