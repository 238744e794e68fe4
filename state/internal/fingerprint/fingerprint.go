// Package fingerprint names things without telling them.
package fingerprint

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
)

// Of is HMAC-SHA256 over the parts, each after its length, as 32 hexadecimal digits.
func Of(key []byte, parts ...string) string {
	mac := hmac.New(sha256.New, key)
	var size [8]byte
	for _, part := range parts {
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		mac.Write(size[:])
		io.WriteString(mac, part)
	}
	return hex.EncodeToString(mac.Sum(nil)[:16])
}
