package vc

import (
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/mr-tron/base58"

	"cairn.example"
)

// Resource is something that a credential rests on and whose bytes it fixes by
// digests (VCDM 2.0, section 5.3).
type Resource struct {
	ID        string
	SRI       string // as Subresource Integrity writes it: sha384-…; several by spaces
	Multibase string // a multihash in multibase
}

// Resources returns the related resources of a credential that ReadCredential has
// found to be well formed.
func (c Credential) Resources() []Resource {
	v, ok := c.Tree["relatedResource"]
	if !ok {
		return nil
	}
	var out []Resource
	for _, e := range many(v) {
		if m, ok := e.(map[string]any); ok {
			r := Resource{}
			r.ID, _ = m["id"].(string)
			r.SRI, _ = m["digestSRI"].(string)
			r.Multibase, _ = m["digestMultibase"].(string)
			out = append(out, r)
		}
	}
	return out
}

// Check compares the digests with the bytes of the resource. Every digest that is
// given must fit; of several in SRI form, those of the strongest kind decide, as in
// that specification. Codes: resource.digest when one does not fit, and
// resource.unsupported when one is of a kind that is not known here.
func (r Resource) Check(data []byte) error {
	if r.SRI != "" {
		if err := r.checkSRI(data); err != nil {
			return err
		}
	}
	if r.Multibase != "" {
		return r.checkMultibase(data)
	}
	if r.SRI == "" {
		return r.fail("resource.unsupported", "there is no digest to compare with")
	}
	return nil
}

func (r Resource) fail(code, message string) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: code, Object: r.ID, Field: "relatedResource", Message: message}
}

// hashes in the order of their strength, with their codes as multihashes.
var hashes = []struct {
	name string
	code byte
	sum  func([]byte) []byte
}{
	{"sha512", 0x13, func(b []byte) []byte { s := sha512.Sum512(b); return s[:] }},
	{"sha384", 0x20, func(b []byte) []byte { s := sha512.Sum384(b); return s[:] }},
	{"sha256", 0x12, func(b []byte) []byte { s := sha256.Sum256(b); return s[:] }},
}

func (r Resource) checkSRI(data []byte) error {
	for _, h := range hashes {
		known := false
		for _, one := range strings.Fields(r.SRI) {
			encoded, ok := strings.CutPrefix(one, h.name+"-")
			if !ok {
				continue
			}
			known = true
			want, err := base64.StdEncoding.DecodeString(encoded)
			if err == nil && subtle.ConstantTimeCompare(want, h.sum(data)) == 1 {
				return nil
			}
		}
		if known {
			return r.fail("resource.digest", fmt.Sprintf("the %s digest does not fit the resource", h.name))
		}
	}
	return r.fail("resource.unsupported", "the digest is not of a kind that is known here: sha256, sha384 or sha512")
}

func (r Resource) checkMultibase(data []byte) error {
	var hash []byte
	var err error
	switch rest := r.Multibase[1:]; r.Multibase[0] {
	case 'u':
		hash, err = base64.RawURLEncoding.DecodeString(rest)
	case 'z':
		if len(rest) > 200 { // base58 takes time by the square of the length
			return r.fail("resource.unsupported", "the digest is too long")
		}
		hash, err = base58.Decode(rest)
	default:
		return r.fail("resource.unsupported", "the digest is not in base64url or base58btc multibase")
	}
	if err != nil || len(hash) < 2 {
		return r.fail("resource.digest", "the digest is not a multihash in multibase")
	}
	for _, h := range hashes {
		if h.code != hash[0] {
			continue
		}
		want := h.sum(data)
		if int(hash[1]) != len(want) || subtle.ConstantTimeCompare(hash[2:], want) != 1 {
			return r.fail("resource.digest", fmt.Sprintf("the %s digest does not fit the resource", h.name))
		}
		return nil
	}
	return r.fail("resource.unsupported", "the digest is not of a kind that is known here: sha256, sha384 or sha512")
}
