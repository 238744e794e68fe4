package packs

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"cnrelay/core"
	"cnrelay/core/probe"
)

func TestBuiltinPacks(t *testing.T) {
	var ids []string
	for _, p := range Builtin() {
		ids = append(ids, p.ID)
	}
	if want := []string{"deepseek", "doubao", "glm", "kimi", "minimax", "qwen"}; !slices.Equal(ids, want) {
		t.Errorf("built in: %v, want %v", ids, want)
	}
	for _, p := range Builtin() {
		t.Run(p.ID, func(t *testing.T) {
			if p.Source != "builtin" || p.Platform != "openai" {
				t.Errorf("source %q, platform %q", p.Source, p.Platform)
			}
			for _, m := range p.Models {
				if len(m.Prices) == 0 {
					t.Errorf("%s has no price: an import of the whole pack would be refused", m.ID)
				}
			}
			for _, e := range p.Endpoints {
				if made := hostURL(e.Base); made != e.Chat && made != strings.TrimSuffix(e.Base, "/v1")+"/v1/chat/completions" {
					t.Errorf("%s: a host calls %s, the pack says %s", e.ID, made, e.Chat)
				}
				if e.Anthropic != "" && strings.HasSuffix(e.Anthropic, "/v1") {
					t.Errorf("%s: a host appends /v1/messages to %s", e.ID, e.Anthropic)
				}
			}
		})
	}
}

var version = regexp.MustCompile(`/v\d+$`)

// hostURL is what hosts from 0.1.133 to 0.1.179 call (buildOpenAIEndpointURL).
func hostURL(base string) string {
	if version.MatchString(base) {
		return base + "/chat/completions"
	}
	return base + "/v1/chat/completions"
}

// What can't be known for sure is marked, and what a host can't hold is said.
func TestBuiltinPricesOwnUp(t *testing.T) {
	third := regexp.MustCompile(`third part|no date`)
	for _, p := range Builtin() {
		for _, m := range p.Models {
			for _, price := range m.Prices {
				if third.MatchString(price.Source) && !price.Uncertain {
					t.Errorf("%s %s %s: %q is taken as certain", p.ID, m.ID, price.Currency, price.Source)
				}
			}
		}
	}
	deepseek, _ := Source{}.Pack("deepseek")
	for _, m := range deepseek.Models {
		for _, price := range m.Prices {
			if !strings.Contains(price.Lost, "off-peak") {
				t.Errorf("%s %s doesn't say what is lost", m.ID, price.Currency)
			}
		}
	}
	flash, _ := deepseek.Model("deepseek-flash")
	if got, err := core.USDPerToken(flash, nil); err != nil || got.Input != 0.3e-6 || got.Output != 1.2e-6 || *got.CacheRead != 6e-9 {
		t.Errorf("deepseek-flash at peak: %+v, %v", got, err)
	}
}

// The same trouble under different statuses and codes (PROVIDERS 2), as the classifier sees it.
func TestBuiltinRules(t *testing.T) {
	said := func(status int, code, words string) core.AccountTest {
		return core.AccountTest{Status: status, Failure: core.Failure{Code: code, Message: words}}
	}
	tests := []struct {
		pack string
		said core.AccountTest
		want core.Class
	}{
		{"deepseek", said(402, "", "Insufficient Balance"), core.UpstreamKeyQuota},
		{"minimax", said(402, "insufficient_balance_error", "insufficient balance (1008)"), core.UpstreamKeyQuota},
		{"minimax", said(500, "api_error", "insufficient balance (1008)"), core.UpstreamKeyQuota},
		{"minimax", said(429, "2056", "usage limit exceeded"), core.UpstreamKeyQuota},
		{"minimax", said(500, "", "usage limit exceeded (2056)"), core.UpstreamKeyQuota},
		{"minimax", said(200, "2049", "invalid api key"), core.UpstreamKeyInvalid},
		{"kimi", said(429, "exceeded_current_quota_error", "check your plan"), core.UpstreamKeyQuota},
		{"kimi", said(403, "exceeded_current_quota_error", "check your plan"), core.UpstreamKeyQuota},
		{"kimi", said(429, "rate_limit_reached_error", "slow down"), core.RateLimited},
		{"kimi", said(429, "engine_overloaded_error", "try later"), core.UpstreamError},
		{"kimi", said(401, "invalid_authentication_error", "Invalid Authentication"), core.UpstreamKeyInvalid},
		{"glm", said(429, "1113", "账户已欠费"), core.UpstreamKeyQuota},
		{"glm", said(429, "1308", "已达到使用上限"), core.UpstreamKeyQuota},
		{"glm", said(429, "1309", "套餐已到期"), core.UpstreamKeyQuota},
		{"glm", said(429, "1310", "已达到使用上限"), core.UpstreamKeyQuota},
		{"glm", said(429, "1311", "套餐不包含该模型"), core.UpstreamModelMissing},
		{"glm", said(429, "1302", "并发数过高"), core.RateLimited},
		{"glm", said(500, "1312", "模型繁忙"), core.RateLimited},
		{"qwen", said(400, "Arrearage", "make sure your account is in good standing"), core.UpstreamKeyQuota},
		{"qwen", said(403, "AllocationQuota.FreeTierOnly", "free tier"), core.UpstreamKeyQuota},
		{"qwen", said(403, "AccessDenied.Unpurchased", "not purchased"), core.UpstreamModelMissing},
		{"qwen", said(429, "Throttling.RateQuota", "rate"), core.RateLimited},
		{"qwen", said(429, "insufficient_quota", "You exceeded your current quota"), core.Unknown},
		{"qwen", said(429, "Throttling.AllocationQuota", "Allocated quota exceeded"), core.Unknown},
		{"doubao", said(403, "AccountOverdueError", "overdue"), core.UpstreamKeyQuota},
		{"doubao", said(404, "ModelNotOpen", "activate"), core.UpstreamModelMissing},
		{"doubao", said(404, "InvalidEndpointOrModel.NotFound", "not exist"), core.UpstreamModelMissing},
	}
	for _, tt := range tests {
		p, err := Source{}.Pack(tt.pack)
		if err != nil {
			t.Fatal(err)
		}
		_, got := probe.Account(probe.AccountEvidence{Rules: p.Rules, Test: tt.said})
		if got.Class != tt.want {
			t.Errorf("%s %d %s %q: %s, want %s", tt.pack, tt.said.Status, tt.said.Code, tt.said.Message, got.Class, tt.want)
		}
	}
}
