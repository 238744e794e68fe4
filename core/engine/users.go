package engine

import (
	"strconv"
	"strings"

	"cnrelay/core"
)

// ParseUsers reads a selector of users: "managed" or "managed:N", or e-mails separated by commas. Empty leaves the
// choice to the defaults.
func ParseUsers(selector string) (emails []string, managed int, err error) {
	switch count, counted := strings.CutPrefix(selector, "managed:"); {
	case selector == "":
	case selector == "managed":
		return nil, 1, nil
	case counted:
		n, err := strconv.Atoi(count)
		if err != nil || n < 1 || n > 1000 {
			return nil, 0, core.Input("bad number of managed users in "+selector, "--users managed:1")
		}
		return nil, n, nil
	default:
		for email := range strings.SplitSeq(selector, ",") {
			email = strings.TrimSpace(email)
			if at := strings.IndexByte(email, '@'); at < 1 || at == len(email)-1 || strings.ContainsAny(email, " \t") {
				return nil, 0, core.Input("not an e-mail address: "+strconv.Quote(email), "--users managed:N, or e-mails separated by commas")
			}
			emails = append(emails, email)
		}
	}
	return emails, 0, nil
}
