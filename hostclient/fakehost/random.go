package fakehost

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
)

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// requestID is a UUID.
func requestID() string {
	s := randomHex(16)
	return fmt.Sprintf("%s-%s-4%s-8%s-%s", s[:8], s[8:12], s[13:16], s[17:20], s[20:])
}
