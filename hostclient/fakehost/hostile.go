package fakehost

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// Behaviour is a host, a proxy or a stranger that answers every request badly.
type Behaviour struct {
	Name   string
	Answer http.HandlerFunc
	// Only what it says to such requests is bad: "list", "item" (one resource), "sign in"; "" is all.
	To string
}

// Behaviours are those that a client must survive. What leads away leads to elsewhere, an address at which nobody
// may ever arrive.
func Behaviours(elsewhere string) []Behaviour {
	var all []Behaviour
	for _, part := range [][]Behaviour{slowOnes(), largeOnes(), brokenOnes(), strangers(), redirects(elsewhere), eventStreams(), lists(), signIns()} {
		all = append(all, part...)
	}
	return all
}

// slowOnes never come to an end.
func slowOnes() []Behaviour {
	return []Behaviour{
		{Name: "never answers", Answer: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
		{Name: "a head, then nothing", Answer: func(w http.ResponseWriter, r *http.Request) {
			head(w, http.StatusOK)
			flush(w)
			<-r.Context().Done()
		}},
		{Name: "one byte at a time", Answer: func(w http.ResponseWriter, r *http.Request) {
			head(w, http.StatusOK)
			drip(r, w, " ")
		}},
		{Name: "one header at a time", Answer: raw(func(conn net.Conn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
			repeat(conn, "X-A: b\r\n", 10*time.Millisecond)
		})},
		{Name: "endless 100s", Answer: raw(func(conn net.Conn) { repeat(conn, "HTTP/1.1 100 Continue\r\n\r\n", 0) })},
		{Name: "endless early hints", Answer: raw(func(conn net.Conn) {
			repeat(conn, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", 10*time.Millisecond)
		})},
		{Name: "wait a year", Answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "31536000")
			says(w, http.StatusTooManyRequests, `{"error":"rate limit exceeded","message":"wait"}`)
		}},
		{Name: "wait until the year 9999", Answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT")
			says(w, http.StatusServiceUnavailable, `{"code":503,"message":"later"}`)
		}},
	}
}

// largeOnes would fill the memory.
func largeOnes() []Behaviour {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 1 << 10 {
		_, _ = z.Write(make([]byte, 64<<10)) // 64 MiB of zeros
	}
	_ = z.Close()
	body := func(before, again string) http.HandlerFunc {
		block := []byte(strings.Repeat(again, max(1, (64<<10)/len(again))))
		return func(w http.ResponseWriter, r *http.Request) {
			head(w, http.StatusOK)
			_, _ = io.WriteString(w, before)
			for r.Context().Err() == nil {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		}
	}
	return []Behaviour{
		{Name: "endless body", Answer: body("", " ")},
		{Name: "a line of 100 MB", Answer: body(`{"code":0,"data":{"id":1,"name":"`, "x")},
		{Name: "a list of millions", Answer: body(`{"code":0,"data":{"total":9,"items":[`, `{"id":1},`)},
		{Name: "millions of empty values", Answer: filled(`{"code":0,"data":{"id":1,"name":"g","x":[`, `[],`, `0]}}`)},
		{Name: "millions of empty objects", Answer: filled(`{"code":0,"data":[`, `{},`, `{}]}`)},
		{Name: "millions of fields", Answer: filled(`{"code":0,"data":{"id":1,"name":"g"`, `,"a":0`, `}}`)},
		{Name: "deep JSON", Answer: filled(`{"code":0,"data":`, `[`, ``)},
		{Name: "deep objects", Answer: filled(`{"code":0,"data":`, `{"a":`, ``)},
		{Name: "gzip bomb", Answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			head(w, http.StatusOK)
			_, _ = w.Write(bomb.Bytes())
		}},
		{Name: "flood of headers", Answer: raw(func(conn net.Conn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n"+strings.Repeat("X-A: "+strings.Repeat("b", 1000)+"\r\n", 200)+"\r\n")
		})},
		{Name: "endless header", Answer: raw(func(conn net.Conn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nX-A: ")
			repeat(conn, strings.Repeat("b", 4096), 0)
		})},
		{Name: "endless status line", Answer: raw(func(conn net.Conn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 ")
			repeat(conn, strings.Repeat("b", 4096), 0)
		})},
		{Name: "endless chunk extension", Answer: raw(func(conn net.Conn) {
			_, _ = io.WriteString(conn, chunkedHead+"1;")
			repeat(conn, strings.Repeat("b", 4096), 0)
		})},
		{Name: "endless trailers", Answer: raw(func(conn net.Conn) {
			_, _ = io.WriteString(conn, chunkedHead+"2\r\n{}\r\n0\r\n")
			repeat(conn, "X-A: "+strings.Repeat("b", 4000)+"\r\n", 0)
		})},
		{Name: "a length of terabytes", Answer: raw(func(conn net.Conn) {
			_, _ = io.WriteString(conn, jsonHead+"Content-Length: 9999999999999\r\n\r\n{\"code\":0,")
			repeat(conn, strings.Repeat(" ", 4096), 0)
		})},
	}
}

// brokenOnes are no HTTP, or no JSON, to their end.
func brokenOnes() []Behaviour {
	send := func(text string) http.HandlerFunc {
		return raw(func(conn net.Conn) { _, _ = io.WriteString(conn, text) })
	}
	return []Behaviour{
		{Name: "hangs up", Answer: send("")},
		{Name: "no HTTP", Answer: send("SSH-2.0-\x1b]0;owned\x07OpenSSH\r\n")},
		{Name: "bad header", Answer: send("HTTP/1.1 200 OK\r\nX\x1b[31m: a\r\n\r\n")},
		{Name: "two lengths", Answer: send(jsonHead + "Content-Length: 2\r\nContent-Length: 9\r\n\r\n{}")},
		{Name: "cut body", Answer: send(jsonHead + "Content-Length: 900\r\n\r\n{\"code\":0,\"data\":{")},
		{Name: "cut chunk", Answer: send(chunkedHead + "40\r\n{\"code\":0,")},
		{Name: "bad chunk", Answer: send(chunkedHead + "zz\r\n{\"code\":0,")},
		{Name: "switching protocols", Answer: send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: ssh\r\n\r\nSSH")},
		{Name: "broken gzip", Answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			head(w, http.StatusOK)
			_, _ = w.Write([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xaa\x56"))
		}},
		{Name: "broken JSON", Answer: saying(`{"code":0,"data":{"id":1`)},
		{Name: "bytes that are no text", Answer: saying("{\"code\":0,\"data\":\"\xff\xfe\x00\"")},
		{Name: "a secret JSON", Answer: saying("\ufeff)]}',\n{\"code\":0}")},
	}
}

// strangers speak HTTP well, but not this API.
func strangers() []Behaviour {
	return []Behaviour{
		{Name: "login page", Answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Set-Cookie", "session=1")
			_, _ = io.WriteString(w, `<html><meta http-equiv="refresh" content="0;url=/login"><title>Login</title></html>`)
		}},
		{Name: "a proxy's 502", Answer: func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "<h1>Bad gateway</h1>", http.StatusBadGateway)
		}},
		{Name: "empty", Answer: saying("")},
		{Name: "no content", Answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }},
		{Name: "not modified", Answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) }},
		{Name: "a status of its own", Answer: func(w http.ResponseWriter, _ *http.Request) { says(w, 799, `{"code":0,"data":{}}`) }},
		{Name: "null", Answer: saying(`null`)},
		{Name: "a number", Answer: saying(`1e999`)},
		{Name: "an array", Answer: saying(`[]`)},
		{Name: "not the envelope", Answer: saying(`{"data":{}}`)},
		{Name: "no data", Answer: saying(`{"code":0,"data":null}`)},
		{Name: "a code of words", Answer: saying(`{"code":{"code":0},"message":["a"],"reason":7,"data":{}}`)},
		{Name: "success that failed", Answer: saying(`{"code":500,"message":"failed","data":{"id":1,"name":"g"}}`)},
		{Name: "JSON as text", Answer: func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"code":0,"data":{}}`) }},
		{Name: "two kinds of content", Answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = []string{"text/html", "application/json"}
			_, _ = io.WriteString(w, `{"code":0,"data":{"id":1,"name":"g"}}`)
		}},
		{Name: "who are you", Answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Www-Authenticate", "Negotiate")
			says(w, http.StatusUnauthorized, `{"code":"UNAUTHORIZED","message":"Authorization required"}`)
		}},
		{Name: "another id", To: "item", Answer: item(`{"id":2,"name":"g","created_at":"2026-11-23T21:03:07Z"}`)},
		{Name: "no id", To: "item", Answer: item(`{"name":"g"}`)},
		{Name: "a negative id", To: "item", Answer: item(`{"id":-1,"name":"g"}`)},
		{Name: "a huge id", To: "item", Answer: item(`{"id":9223372036854775808,"name":"g"}`)},
		{Name: "an id of words", To: "item", Answer: item(`{"id":"1","name":"g"}`)},
		{Name: "half an id", To: "item", Answer: item(`{"id":1.5,"name":"g"}`)},
		{Name: "a name of another type", To: "item", Answer: item(`{"id":1,"name":{"a":[1]}}`)},
		{Name: "a time that is none", To: "item", Answer: item(`{"id":1,"name":"g","created_at":"yesterday"}`)},
		{Name: "a year of five digits", To: "item", Answer: item(`{"id":1,"name":"g","created_at":"99999-11-23T21:03:07Z"}`)},
		{Name: "a clock far off", Answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", "Thu, 01 Jan 1970 00:00:00 GMT")
			says(w, http.StatusServiceUnavailable, `{"code":503,"message":"my clock is off"}`)
		}},
	}
}

// redirects lead away.
func redirects(elsewhere string) []Behaviour {
	to := func(status int, address func(r *http.Request) string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", address(r))
			w.WriteHeader(status)
		}
	}
	always := func(address string) func(*http.Request) string { return func(*http.Request) string { return address } }
	return []Behaviour{
		{Name: "redirect loop", Answer: to(http.StatusFound, func(r *http.Request) string { return r.URL.Path })},
		{Name: "redirect to another host", Answer: to(http.StatusFound, func(r *http.Request) string {
			return elsewhere + "/?key=" + r.Header.Get("X-Api-Key") + r.Header.Get("Authorization")
		})},
		{Name: "redirect that keeps the method", Answer: to(http.StatusTemporaryRedirect, always(elsewhere+"/api/v1/admin/groups"))},
		{Name: "permanent redirect", Answer: to(http.StatusPermanentRedirect, always(elsewhere))},
		{Name: "redirect without a scheme", Answer: to(http.StatusMovedPermanently, always(strings.TrimPrefix(elsewhere, "http:")))},
		{Name: "redirect to a file", Answer: to(http.StatusSeeOther, always("file:///etc/passwd"))},
		{Name: "redirect to nowhere", Answer: to(http.StatusFound, always("http://%zz/"))},
		{Name: "multiple choices", Answer: to(http.StatusMultipleChoices, always(elsewhere))},
		{Name: "use a proxy", Answer: to(http.StatusUseProxy, always(elsewhere))},
	}
}

// eventStreams say nothing, or don't end.
func eventStreams() []Behaviour {
	endless := func(first, again string, every time.Duration) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, first)
			if every > 0 {
				drip(r, w, again)
				return
			}
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, again); err != nil {
					return
				}
			}
		}
	}
	return []Behaviour{
		{Name: "endless comments", Answer: endless("", ": keep-alive\n\n", time.Millisecond)},
		{Name: "flood of comments", Answer: endless("", strings.Repeat(": keep-alive\n\n", 4000), 0)},
		{Name: "endless frames of nothing", Answer: endless("", "data: {\"type\":\"status\",\"text\":\"\"}\n\n", time.Millisecond)},
		{Name: "flood of words", Answer: endless("", strings.Repeat("data: {\"type\":\"content\",\"text\":\"x\"}\n\n", 1000), 0)},
		{Name: "endless frame", Answer: endless("data: {\"type\":\"content\",\"text\":\"", strings.Repeat("x", 4096), 0)},
		{Name: "a stream that stops", Answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, "data: {\"type\":\"test_start\"}\n\n")
		}},
		{Name: "frames of another API", Answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, "event: ping\ndata: [1,2]\n\ndata: \xff\n\nid: \x00\n\n")
		}},
	}
}

// lists that can't be read whole.
func lists() []Behaviour {
	pages := func(name string, page func(number string) string) Behaviour {
		return Behaviour{Name: name, To: "list", Answer: func(w http.ResponseWriter, r *http.Request) {
			number := r.URL.Query().Get("page")
			if number == "" {
				http.NotFound(w, r)
				return
			}
			says(w, http.StatusOK, `{"code":0,"message":"success","data":`+page(number)+`}`)
		}}
	}
	group := func(id string) string {
		return `{"id":` + id + `,"name":"g","created_at":"2026-11-23T21:03:07Z"}`
	}
	return []Behaviour{
		pages("the same page again", func(string) string { return `{"total":4,"items":[` + group("1") + `,` + group("2") + `]}` }),
		pages("an id on two pages", func(n string) string { return `{"total":4,"items":[` + group(n) + `,` + group("7") + `]}` }),
		pages("a list that always grows", func(n string) string { return `{"total":` + n + `000,"items":[` + group(n) + `]}` }),
		pages("a list without end", func(n string) string { return `{"total":200000,"items":[` + group(n) + `]}` }),
		pages("a list that is shorter than it says", func(n string) string {
			if n == "1" {
				return `{"total":4,"items":[` + group("1") + `]}`
			}
			return `{"total":4,"items":[]}`
		}),
		pages("a list that is longer than it says", func(string) string { return `{"total":1,"items":[` + group("1") + `,` + group("2") + `]}` }),
		pages("a total of millions", func(string) string { return `{"total":9999999,"items":[` + group("1") + `]}` }),
		pages("a negative total", func(string) string { return `{"total":-1,"items":[]}` }),
		pages("no total", func(string) string { return `{"items":[` + group("1") + `]}` }),
		pages("a total of words", func(string) string { return `{"total":"4","items":[]}` }),
		pages("items that are none", func(string) string { return `{"total":2,"items":[1,"a"]}` }),
		pages("items without ids", func(string) string { return `{"total":1,"items":[{"name":"g"}]}` }),
		pages("a negative id in a list", func(string) string { return `{"total":1,"items":[` + group("-5") + `]}` }),
		pages("a huge id in a list", func(string) string { return `{"total":1,"items":[` + group("1e300") + `]}` }),
	}
}

// signIns give tokens that are none.
func signIns() []Behaviour {
	token := func(name, data string) Behaviour {
		return Behaviour{Name: name, To: "sign in", Answer: func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/v1/auth/login" || r.URL.Path == "/api/v1/auth/refresh" {
				says(w, http.StatusOK, `{"code":0,"message":"success","data":`+data+`}`)
				return
			}
			says(w, http.StatusUnauthorized, `{"code":"INVALID_TOKEN","message":"Invalid token"}`)
		}}
	}
	return []Behaviour{
		token("a token with a header in it", `{"access_token":"a\r\nX-Evil: 1","expires_in":99}`),
		token("a token of control characters", `{"access_token":"\u001b[31m\u0000","expires_in":99}`),
		token("an empty token", `{"access_token":"","expires_in":99}`),
		token("a token of another type", `{"access_token":{"a":1},"expires_in":"soon"}`),
		token("a token for ever", `{"access_token":"zz.token","expires_in":9223372036854775807}`),
		token("a token that is over", `{"access_token":"zz.token","expires_in":-9223372036854775808}`),
		token("a token of a megabyte", `{"access_token":"`+strings.Repeat("a", 1<<20)+`","expires_in":99}`),
	}
}

const (
	jsonHead    = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	chunkedHead = jsonHead + "Transfer-Encoding: chunked\r\n\r\n"
)

func head(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
}

func says(w http.ResponseWriter, status int, body string) {
	head(w, status)
	_, _ = io.WriteString(w, body)
}

func saying(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { says(w, http.StatusOK, body) }
}

// item says the same resource to whatever is asked.
func item(data string) http.HandlerFunc {
	return saying(`{"code":0,"message":"success","data":` + data + `}`)
}

// filled is a body of some megabytes.
func filled(before, again, after string) http.HandlerFunc {
	body := []byte(before + strings.Repeat(again, (3<<20)/len(again)) + after)
	return func(w http.ResponseWriter, _ *http.Request) {
		head(w, http.StatusOK)
		_, _ = w.Write(body)
	}
}

func flush(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }

// drip writes a text now and then, until the client goes away.
func drip(r *http.Request, w http.ResponseWriter, text string) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := fmt.Fprint(w, text); err != nil {
			return
		}
		flush(w)
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}

// raw speaks for itself, without the server.
func raw(say func(conn net.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		say(conn)
	}
}

// repeat writes until the client goes away.
func repeat(conn net.Conn, text string, pause time.Duration) {
	for {
		if _, err := io.WriteString(conn, text); err != nil {
			return
		}
		time.Sleep(pause)
	}
}
