// Package jose reads and writes signed tokens: JWS in its compact form
// (RFC 7515), public and private keys as JWK (RFC 7517), their thumbprints
// (RFC 7638) and the claims that tokens share (RFC 7519). It has one list of
// accepted algorithms, and no general JOSE library behind it.
//
// Most callers need Parse, Token.Verify and Sign. Parse answers what a token says
// of itself, before anything is believed; Verify answers whether a given key made
// it, for a kind of token that the caller names. A key that travels in the token
// (jwk, x5c) is never used unless the caller takes it from Header and has a reason
// to trust it. The package does no encryption, no compression, no detached or
// unencoded payload, and no JSON serialisation: nothing that we read needs them.
package jose

import (
	"crypto"
	_ "crypto/sha256" // the hashes that the algorithms name
	_ "crypto/sha512"
	"encoding/base64"
	"fmt"
	"strings"

	"cairn.example"
)

// Limits. MaxToken suits what travels in requests and presentations, MaxCredential
// a credential with a picture inside; both are bytes of the compact form.
const (
	MaxToken      = 64 << 10
	MaxCredential = 2 << 20

	maxHeader  = 64 << 10 // bytes of the decoded header; a chain of certificates is its largest part
	maxKeyText = 16 << 10 // bytes of one JWK
	maxKeys    = 100      // keys of one set
	maxRSABits = 8192     // larger keys cost more work than they are worth
	minRSABits = 2048
)

// Algorithm is the alg of a token.
type Algorithm string

// The accepted algorithms. There is no other list.
const (
	EdDSA   Algorithm = "EdDSA"   // RFC 8037, with Ed25519 only
	Ed25519 Algorithm = "Ed25519" // RFC 9864: the same, named fully
	ES256   Algorithm = "ES256"
	ES384   Algorithm = "ES384"
	ES512   Algorithm = "ES512"
	RS256   Algorithm = "RS256" // verified only, and only where Policy.RSA says so
)

// algorithm says what belongs to one alg value.
type algorithm struct {
	name      Algorithm
	keyType   string // JWK kty
	curve     string // JWK crv; empty for RSA
	hash      crypto.Hash
	signature int    // bytes; zero when it depends on the key
	why       string // the reason why it is here
}

// algorithms is the list. Not on it, each for a reason: none (no signature), HS*
// (a verifier who can check can also forge), RS384, RS512 and PS* (no format that
// we read asks for them), ES256K (no use in education, no support in Go),
// Ed448 (no support in Go), ML-DSA (no credential format names it yet).
var algorithms = [...]algorithm{
	{EdDSA, "OKP", "Ed25519", 0, 64, "what our own credentials are signed with"},
	{Ed25519, "OKP", "Ed25519", 0, 64, "RFC 9864 deprecates the name EdDSA for this one"},
	{ES256, "EC", "P-256", crypto.SHA256, 64, "phones and hardware modules; SD-JWT VC profiles demand it"},
	{ES384, "EC", "P-384", crypto.SHA384, 96, "national profiles; the W3C suite"},
	{ES512, "EC", "P-521", crypto.SHA512, 132, "the W3C suite"},
	{RS256, "RSA", "", crypto.SHA256, 0, "Open Badges 3.0, 8.2.1: every verifier of the JWT form must read it"},
}

// Algorithms returns the accepted algorithms, those for signing first.
func Algorithms() []Algorithm {
	var out []Algorithm
	for _, a := range algorithms {
		out = append(out, a.name)
	}
	return out
}

func algorithmOf(name Algorithm) (algorithm, bool) {
	for _, a := range algorithms {
		if a.name == name {
			return a, true
		}
	}
	return algorithm{}, false
}

func bad(code, field, format string, args ...any) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}

func tooLarge(field string, n, limit int) error {
	return &cairn.Error{Kind: cairn.TooLarge, Code: "jose.too-large", Field: field,
		Message: fmt.Sprintf("it has %d bytes; at most %d are read", n, limit)}
}

// EncodeBase64 writes base64url without padding (RFC 7515, section 2).
func EncodeBase64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// DecodeBase64 reads base64url in its only form: no padding, no white space, and
// the unused bits at the end are zero. Another form would let one signature stand
// in two texts. The error has the code "jose.base64".
func DecodeBase64(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") { // the standard library passes over them
		return nil, bad("jose.base64", "", "there is a line break inside a base64url text")
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, bad("jose.base64", "", "this is not base64url without padding")
	}
	return b, nil
}
