// Package claim169 reads and writes MOSIP's identity QR codes: facts about a
// person in claim 169 of a CWT, signed with COSE, packed with zlib, in Base45
// (mosip/id-claim-169, draft of August 2024). They identify the person beside a
// credential; they have no place for what the person has achieved.
//
// Most callers need Read, then a key for what Code.Issuer and Code.KeyID say, then
// Code.Verify and Verified.Period; or Sign. Which key is an issuer's is for the
// caller to know: the format does not say how to find it. A code is a bearer
// document: whoever copies it has it. Photographs and biometric data are handed on
// as they are and never decoded. Encrypted codes are not read.
package claim169

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/base45"
	"cairn.example/cose"
	"cairn.example/inflate"
	"cairn.example/jose"
	"cairn.example/strictcbor"
)

// Limits.
const (
	MaxText     = 16 << 10 // characters; the largest QR code holds 4,296
	MaxUnpacked = 64 << 10 // bytes of the signed message
)

const claim = int64(169) // IANA registry of CWT claims

func bad(code, field, format string, args ...any) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}

// Code is a code that was read and not yet verified.
type Code struct {
	Issuer string // iss: not always a URL; may be empty
	KeyID  []byte // kid; may be empty
	// Algorithm is what the code says that it was signed with, and Chain are the
	// certificates that it brings; jose.VerifyChain judges them.
	Algorithm jose.Algorithm
	Chain     [][]byte

	message *cose.Message
	claims  cose.Claims
	person  Person
}

// Verified is what a verified code says.
type Verified struct {
	Person Person
	Claims cose.Claims // of the token: iss, sub, exp, nbf, iat
}

// Read reads the text of a QR code. It checks the form and believes nothing. Codes:
// claim169.too-large, claim169.missing when it is another CWT, claim169.field, and
// those of base45.Decode, inflate.Zlib, cose.Parse (cose.encrypted for a code that
// only its owner's verifier can open) and cose.ReadClaims.
func Read(text string) (*Code, error) {
	text = strings.TrimRight(text, "\r\n") // scanners add line ends; a space belongs to the code
	if len(text) > MaxText {
		return nil, tooLarge("the text is longer than a QR code can be")
	}
	packed, err := base45.Decode(text)
	if err != nil {
		return nil, err
	}
	data, err := inflate.Zlib(packed, MaxUnpacked)
	if cairn.KindOf(err) == cairn.TooLarge {
		return nil, tooLarge("the code unpacks to more than 64 KiB")
	}
	if err != nil {
		return nil, err
	}
	m, err := cose.Parse(data, MaxUnpacked)
	if err != nil {
		return nil, err
	}
	claims, err := m.CWTClaims()
	if err != nil {
		return nil, err
	}
	facts, ok := claims.Others[claim].(strictcbor.Map)
	if !ok {
		return nil, bad("claim169.missing", "", "the code holds nothing about a person")
	}
	delete(claims.Others, claim)
	person, err := readPerson(facts)
	if err != nil {
		return nil, err
	}
	return &Code{Issuer: claims.Issuer, KeyID: m.Header.KeyID, Algorithm: m.Header.Algorithm, Chain: m.Header.Chain, message: m, claims: claims, person: person}, nil
}

func tooLarge(message string) error {
	return &cairn.Error{Kind: cairn.TooLarge, Code: "claim169.too-large", Message: message}
}

// Unverified returns what the code says before any signature was checked. Nothing
// in it may be relied on.
func (c *Code) Unverified() Verified { return Verified{Person: c.person, Claims: c.claims} }

// Verify returns what the code says when the key made it. Codes: those of
// cose.Message.Verify. Times are for Verified.Period.
func (c *Code) Verify(k *jose.PublicKey) (*Verified, error) {
	// The draft asks for no typ; a CWT that says it is one of another kind is not ours.
	if err := c.message.Verify(k, cose.Policy{Types: []string{"", "application/cwt"}}); err != nil {
		return nil, err
	}
	return &Verified{Person: c.person, Claims: c.claims}, nil
}

// Period checks exp and nbf. Codes: cose.expired and cose.not-yet.
func (v *Verified) Period(at time.Time, leeway time.Duration) error {
	return v.Claims.Period(at, leeway)
}

// Sign makes the text of a code. The claims say who issues it and until when; kid
// may be empty. Print it at error correction level Q. Codes: claim169.field,
// claim169.too-large for more than a QR code holds, and those of cose.Sign.
func Sign(ctx context.Context, p Person, c cose.Claims, kid []byte, s jose.Signer) (string, error) {
	facts, err := p.write()
	if err != nil {
		return "", err
	}
	c.Others = maps.Clone(c.Others)
	if c.Others == nil {
		c.Others = strictcbor.Map{}
	}
	c.Others[claim] = facts
	payload, err := c.Marshal()
	if err != nil {
		return "", err
	}
	message, err := cose.Sign(ctx, cose.Header{KeyID: kid}, payload, s)
	if err != nil {
		return "", err
	}
	packed, err := inflate.Pack(message)
	if err != nil {
		return "", err
	}
	text := base45.Encode(packed)
	// What we hand out must be readable by what we ship.
	if _, err := Read(text); err != nil {
		return "", err
	}
	return text, nil
}
