package fakehost

import (
	"net/http"
	"strings"
)

const compliancePhrase = "I have read, understood, and agree to the Sub2API Deployment and Operation Compliance Commitment"

func complianceDocument() object {
	return object{
		"version":          "v2026.06.10",
		"document_path_en": "docs/legal/admin-compliance.en.md",
		"document_path_zh": "docs/legal/admin-compliance.zh.md",
		"document_url_en":  "https://github.com/Wei-Shaw/sub2api/blob/main/docs/legal/admin-compliance.en.md",
		"document_url_zh":  "https://github.com/Wei-Shaw/sub2api/blob/main/docs/legal/admin-compliance.zh.md",
	}
}

// admitCompliant is the gate of 0.1.179: no admin call before the acknowledgement, but its own.
func (h *Host) admitCompliant(c *call) bool {
	if !h.traits.compliance || h.accepted || strings.HasPrefix(c.r.URL.Path, "/api/v1/admin/compliance") {
		return true
	}
	c.json(http.StatusLocked, object{
		"code":     "ADMIN_COMPLIANCE_ACK_REQUIRED",
		"message":  "administrator compliance acknowledgement is required",
		"metadata": complianceDocument(),
	})
	return false
}

func (h *Host) compliance(c *call) {
	out := complianceDocument()
	out["required"] = !h.accepted
	out["ack_phrase_en"] = compliancePhrase
	out["ack_phrase_zh"] = "我已阅读、理解并同意 Sub2API 部署与运营合规承诺"
	c.ok(out)
}

func (h *Host) acceptCompliance(c *call) {
	if c.body.str("phrase") != compliancePhrase && c.body.str("phrase") != "我已阅读、理解并同意 Sub2API 部署与运营合规承诺" {
		c.refuse(refusal{http.StatusBadRequest, "confirmation phrase does not match", "ADMIN_COMPLIANCE_INVALID_PHRASE", nil})
		return
	}
	h.accepted = true
	h.compliance(c)
}
