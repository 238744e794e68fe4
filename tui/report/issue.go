package report

import (
	"encoding/json"
	"net/url"
	"strings"

	"cnrelay/core"
	"cnrelay/core/bundle"
	"cnrelay/tui/page"
	"cnrelay/tui/text"
)

// Issue is an issue ready to be pasted where the host's maintainers, or the provider, read.
func Issue(w text.Words, i bundle.Issue) string {
	r := &issue{report{w: w}, i}
	r.heading(1, r.title())
	r.line(r.say("issue.to_" + string(addressee(i.Finding.Fault))))
	r.line("")
	r.finding(i.Finding)
	r.asked()
	r.versions()
	r.group()
	for n, x := range i.Asked {
		r.exchange(n+1, x)
	}
	r.reproduce()
	r.heading(2, r.say("report.not_shown"))
	for _, n := range i.NotShown {
		r.item(plain(w.Note(n)))
	}
	return r.String()
}

type issue struct {
	report
	i bundle.Issue
}

// addressee is who can mend it: what isn't known yet goes to the host's maintainers, whose answer hides it.
func addressee(f core.Fault) core.Fault {
	switch f {
	case core.FaultUpstream, core.FaultConfig, core.FaultOperator:
		return f
	}
	return core.FaultHost
}

// title is what was asked and what came back: "sub2api 0.1.133: gateway model list 200, gateway completion 502, …".
func (r *issue) title() string {
	var parts []string
	for _, x := range r.i.Asked {
		parts = append(parts, r.w.Name(x.What)+" "+r.status(x))
	}
	return r.say("report.version", r.i.Versions.Host) + r.say("colon", strings.Join(parts, r.say("list"))) + r.say("aside", r.i.Provider+" "+string(r.i.Config.Protocol))
}

func (r *issue) status(x bundle.Asked) string {
	if x.Status == 0 {
		return r.w.Name(x.Net)
	}
	return itoa(x.Status)
}

// shown is an address as others see it: the host's public one, in place of a tunnel.
func (r *issue) shown(x bundle.Asked) string {
	if r.i.Host.Public != "" && r.i.Host.URL != "" && x.Side != core.SideUpstream {
		return strings.Replace(x.URL, r.i.Host.URL, r.i.Host.Public, 1)
	}
	return x.URL
}

func (r *issue) asked() {
	r.heading(2, r.say("issue.asked"))
	var rows [][]string
	for n, x := range r.i.Asked {
		id := x.Got.Header("X-Client-Request-Id")
		if id == "" {
			id = x.Got.Header("X-Request-Id")
		}
		rows = append(rows, []string{itoa(n + 1), plain(r.w.Name(x.What)), code(x.Method + " " + r.shown(x)), r.status(x), page.Took(x.Took), page.Stamp(x.At), code(id)})
	}
	r.table([]string{"", r.say("report.what"), r.say("issue.request"), "HTTP", r.say("report.took"), r.say("report.at"), r.say("issue.id")}, rows)
}

func (r *issue) versions() {
	r.heading(2, r.say("issue.versions"))
	c := r.i.Config
	r.item(r.say("host") + r.say("colon", r.say("report.version", r.i.Versions.Host)+r.say("list")+r.say("host.fingerprint", code(page.Short(r.i.Host.Fingerprint)))))
	r.item(r.say("provider") + r.say("colon", code(c.Base)+r.say("list")+r.say("issue.route", code(string(c.Protocol)), code(c.Platform), code(c.Smoke))))
	r.item(r.say("pack") + r.say("colon", code(r.i.Provider)+" "+code(page.Short(r.i.Versions.Pack))))
	r.item(r.say("report.console", r.i.Versions.Console) + r.say("list") + r.say("batch") + " " + code(string(r.i.Batch)) + r.say("list") + r.w.Name(r.i.Run))
}

func (r *issue) group() {
	if r.i.Sharing == 0 {
		return
	}
	r.heading(2, r.say("report.accounts"))
	r.item(r.say("report.group", itoa(r.i.Sharing)))
	r.states(r.i.Accounts, r.i.Sharing)
}

// mostBody is how much of a body stands in an issue.
const mostBody = 2000

func (r *issue) exchange(n int, x bundle.Asked) {
	r.heading(2, itoa(n)+". "+r.w.Name(x.What))
	r.line(code(x.Method + " " + r.shown(x)))
	r.line("")
	if x.Sent.Body != "" {
		r.block("json", head(indented(x.Sent.Body)))
		r.line("")
	}
	answer := "HTTP " + r.status(x)
	if x.Net != "" {
		answer = r.w.Name(x.Net)
	}
	if t := x.Got.Header("Content-Type"); t != "" {
		answer += r.say("list") + code(t)
	}
	r.line(answer)
	r.line("")
	if x.Got.Body != "" {
		r.block("", head(indented(x.Got.Body)))
	}
}

// indented is JSON over several lines; anything else stays as it is.
func indented(s string) string {
	var b strings.Builder
	var v json.RawMessage
	if json.Unmarshal([]byte(s), &v) != nil {
		return s
	}
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if e.Encode(v) != nil {
		return s
	}
	return strings.TrimRight(b.String(), "\n")
}

func head(s string) string {
	if len(s) <= mostBody {
		return s
	}
	return strings.ToValidUTF8(s[:mostBody], "") + "\n…"
}

// reproduce is the same, asked by hand. What is secret is a variable that whoever tries it sets.
func (r *issue) reproduce() {
	r.heading(2, r.say("issue.reproduce"))
	r.line(r.say("issue.variables"))
	r.line("")
	var b strings.Builder
	names := map[core.Side]string{core.SideGateway: "USER_KEY", core.SideUpstream: "UPSTREAM_KEY", core.SideAdmin: "ADMIN_KEY"}
	set := map[string]bool{}
	for _, x := range r.i.Asked {
		if name := names[x.Side]; !set[name] {
			set[name] = true
			b.WriteString(name + "=…\n")
		}
	}
	for _, x := range r.i.Asked {
		b.WriteString("\ncurl -sS -i -X " + x.Method + " " + quoted(r.shown(x)))
		for _, h := range x.Sent.Headers {
			switch h.Name {
			case "Authorization":
				b.WriteString(" \\\n  -H \"Authorization: Bearer $" + names[x.Side] + "\"")
			case "X-Api-Key":
				b.WriteString(" \\\n  -H \"x-api-key: $" + names[x.Side] + "\"")
			case "Content-Type", "Anthropic-Version":
				b.WriteString(" \\\n  -H " + quoted(h.Name+": "+h.Value))
			}
		}
		if x.Sent.Body != "" {
			b.WriteString(" \\\n  -d " + quoted(x.Sent.Body))
		}
		b.WriteString("\n")
	}
	r.block("sh", b.String())
}

// quoted is a word of a shell command.
func quoted(s string) string {
	if u, err := url.Parse(s); err == nil && u.Host != "" && !strings.ContainsAny(s, "'\"`$\\ ;&|<>()*?#") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
