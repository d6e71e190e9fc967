package vc_test

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/mr-tron/base58"

	"cairn.example"
	"cairn.example/vc"
)

func TestRelatedResource(t *testing.T) {
	// Subresource Integrity, section 3.2, example: alert('Hello, world.');
	const published = "sha384-H8BRh8j48O9oYatfu5AZzq6A9RINhZO5H16dQZngK7T62em8MUt1FLm52t+eX6xO"
	data := []byte("alert('Hello, world.');")
	sum := sha256.Sum256(data)
	multihash := append([]byte{0x12, 32}, sum[:]...)
	weak := "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
	for name, c := range map[string]struct {
		r    vc.Resource
		code string
	}{
		"published":           {vc.Resource{SRI: published}, ""},
		"multibase base64url": {vc.Resource{Multibase: "u" + base64.RawURLEncoding.EncodeToString(multihash)}, ""},
		"multibase base58":    {vc.Resource{Multibase: "z" + base58.Encode(multihash)}, ""},
		"one of two":          {vc.Resource{SRI: "sha384-AAAA " + published}, ""},
		"both forms":          {vc.Resource{SRI: published, Multibase: "z" + base58.Encode(multihash)}, ""},
		"strongest decides":   {vc.Resource{SRI: weak + " sha384-AAAA"}, "resource.digest"},
		"one form wrong":      {vc.Resource{SRI: published, Multibase: "z" + base58.Encode(multihash[:20])}, "resource.digest"},
		"changed":             {vc.Resource{SRI: strings.Replace(published, "H8B", "H8C", 1)}, "resource.digest"},
		"no base64":           {vc.Resource{SRI: "sha384-§"}, "resource.digest"},
		"md5":                 {vc.Resource{SRI: "md5-XXXX"}, "resource.unsupported"},
		"other multibase":     {vc.Resource{Multibase: "f1220"}, "resource.unsupported"},
		"other multihash":     {vc.Resource{Multibase: "u" + base64.RawURLEncoding.EncodeToString([]byte{0x11, 1, 2})}, "resource.unsupported"},
		"short":               {vc.Resource{Multibase: "u"}, "resource.digest"},
		"long base58":         {vc.Resource{Multibase: "z" + strings.Repeat("1", 10_000)}, "resource.unsupported"},
		"nothing":             {vc.Resource{}, "resource.unsupported"},
	} {
		if err := c.r.Check(data); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", name, err, c.code)
		}
	}
}
