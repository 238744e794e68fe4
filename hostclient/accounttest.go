package hostclient

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tmaxmax/go-sse"

	"cnrelay/core"
)

// frame is one event of an account test (HOST_CONTRACT 8).
type frame struct {
	Type  string `json:"type"`
	Text  string `json:"text"`
	Error string `json:"error"`
}

// Messages of tests whose stream didn't end as it should.
const (
	cutOff   = "the test's stream ended without a result"
	fellDumb = "the test's stream fell silent or took too long"
)

// TestAccount runs the host's account test to the end of its stream: every outcome has status 200,
// and only the last frame tells. A stream that breaks off or falls silent is a result too, with
// Net set; an error is what keeps a test from starting. progress gets every text as it comes; it
// may be nil.
func (c *Client) TestAccount(ctx context.Context, id int64, model, prompt string, progress func(text string)) (core.AccountTest, error) {
	if progress == nil {
		progress = func(string) {}
	}
	l := c.line.limits
	result := core.AccountTest{At: time.Now()}
	var other *otherAnswer
	started := false
	k := call{
		stage: fmt.Sprintf("test account %d", id), as: c.admin, write: true,
		request: request{
			method: http.MethodPost, url: c.base + adminAPI + routes[core.Account].item(id) + "/test",
			body:     map[string]string{"model_id": model, "prompt": prompt},
			deadline: l.TestIdle, total: l.TestTotal, limit: l.Stream,
			stream: func(body io.Reader, alive func()) error {
				return c.line.readTest(body, &result, &started, func(text string) { alive(); progress(text) })
			},
		},
	}
	_, err := c.do(ctx, k)
	result.Latency = time.Since(result.At)
	var e *core.Error
	switch {
	case err == nil:
		return result, nil
	case errors.As(err, &other):
		return core.AccountTest{}, c.at(k, c.line.notThisAPI(answer{status: http.StatusOK, body: other.page}))
	case started && ctx.Err() == nil && errors.As(err, &e) && e.Code == core.CodeNetwork:
		result.Complete = false
		result.Net, result.Message = netError(err), cutOff
		if result.Net == core.NetTimeout {
			result.Message = fellDumb
		}
		return result, nil
	}
	return core.AccountTest{}, err
}

// otherAnswer is an answer of 200 that isn't a test's stream.
type otherAnswer struct{ page []byte }

func (*otherAnswer) Error() string { return "not the stream of an account test" }

// readTest reads the frames up to the terminal one. Types that are not known are skipped.
func (l *line) readTest(body io.Reader, result *core.AccountTest, started *bool, heard func(string)) error {
	buffered := bufio.NewReader(body)
	head, err := buffered.Peek(1)
	if err != nil && err != io.EOF {
		return err
	}
	if len(head) > 0 && (head[0] == '<' || head[0] == '{') {
		page, _ := io.ReadAll(io.LimitReader(buffered, pageHead))
		return &otherAnswer{page}
	}
	*started = true
	var content strings.Builder
	defer func() { result.Content = l.mask.text(content.String(), longText) }()
	for event, err := range sse.Read(buffered, &sse.ReadConfig{MaxEventSize: maxFrame}) {
		if err != nil {
			return err
		}
		var f frame
		if json.Unmarshal([]byte(event.Data), &f) != nil {
			continue
		}
		switch f.Type {
		case "content":
			if content.Len() < pageHead { // more is never shown
				content.WriteString(f.Text)
			}
			heard(l.mask.text(f.Text, longText))
		case "status":
			heard(l.mask.line(f.Text, longText))
		case "test_start":
			heard("")
		case "test_complete":
			result.Complete = true
			return nil
		case "error":
			result.Status, result.Failure = l.testFailure(f.Error)
			return nil
		}
	}
	return io.ErrUnexpectedEOF
}

// returned is how hosts write an upstream's answer into their prose.
var returned = regexp.MustCompile(`(?s)returned (\d{3}): (.*)`)

// testFailure takes the upstream's status and error out of a test's last words.
func (l *line) testFailure(words string) (int, core.Failure) {
	whole := core.Failure{Message: l.mask.line(words, longText)}
	if whole.Message == "" {
		whole.Message = "the host gave no reason"
	}
	m := returned.FindStringSubmatch(words)
	if m == nil {
		return 0, whole
	}
	status, _ := strconv.Atoi(m[1])
	if raw, ok := firstJSON(bytes.TrimSpace([]byte(m[2]))); ok {
		if f := l.blame(raw); f != (core.Failure{}) {
			if f.Message == "" {
				f.Message = whole.Message
			}
			return status, f
		}
	}
	return status, whole
}
