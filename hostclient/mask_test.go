package hostclient

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

// echoes are the ways in which a host or a proxy says a secret again.
func echoes(secret string) map[string]string {
	out := map[string]string{"raw": secret, "hex": hex.EncodeToString([]byte(secret)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(secret)))}
	for before := range 3 {
		out[fmt.Sprint("base64 after ", before)] = base64.StdEncoding.EncodeToString([]byte("abc"[:before] + secret + ":more"))
		out[fmt.Sprint("base64 of URLs after ", before)] = base64.URLEncoding.EncodeToString([]byte("abc"[:before] + secret))
	}
	for _, b := range []byte(secret) {
		out["escaped"] += fmt.Sprintf(`\u%04x`, b)
		out["ESCAPED"] += fmt.Sprintf(`\u%04X`, b)
		out["percent"] += fmt.Sprintf("%%%02x", b)
		out["PERCENT"] += fmt.Sprintf("%%%02X", b)
	}
	out["cut"] = secret[:len(secret)-3]
	out["cut base64"] = base64.StdEncoding.EncodeToString([]byte(secret))[:20]
	return out
}

func TestEveryEncodingIsHidden(t *testing.T) {
	const secret = "zz?canary>0123<4567~89&"
	m := newMask()
	m.add(secret, "short-one")
	for name, echo := range echoes(secret) {
		got := m.text(`said "`+echo+`", and more`, 0)
		if !strings.Contains(got, hidden) || !strings.HasSuffix(got, `", and more`) || len(got) > len(`said "[secret]", and more`)+14 {
			t.Errorf("%s: %q of %q", name, got, echo)
		}
	}
	for _, text := range []string{"short-o", "zz?canary>01", "the short one", "c2hvcnQ"} {
		if got := m.text(text, 0); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	// In what is compared with the ledger, a beginning is no proof.
	if got := m.field(secret[:20]); got != secret[:20] {
		t.Errorf("%q became %q", secret[:20], got)
	}
	if got := m.field("x" + secret + "y"); got != "x"+hidden+"y" {
		t.Errorf("%q", got)
	}
}

// A token of somebody else that begins as one of ours is hidden whole, or what is left of it would be theirs.
func TestSharedBeginningLeavesNoRest(t *testing.T) {
	m := newMask()
	m.add("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.ours-ours-ours")
	if got := m.text("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.theirs is bad", 0); got != "token [secret] is bad" {
		t.Errorf("%q", got)
	}
}

// BenchmarkMask learns and uses as many keys as a large import has.
func BenchmarkMask(b *testing.B) {
	keys := make([]string, 1000)
	for i := range keys {
		keys[i] = fmt.Sprintf("sk-proj-%040d", i*7919)
	}
	b.Run("add", func(b *testing.B) {
		for b.Loop() {
			newMask().add(keys...)
		}
	})
	m := newMask()
	m.add(keys...)
	text := strings.Repeat("an ordinary sentence of a host, about sk-proj- and c2st and 736b. ", 8)
	b.Run("hide", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			m.text(text, longText)
		}
	})
}
