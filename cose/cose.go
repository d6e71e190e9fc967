// Package cose reads and writes signed messages in CBOR: COSE_Sign1 (RFC 9052)
// with the algorithms of package jose, and the claims of a CWT (RFC 8392) in them.
// It is to CBOR what jose is to JSON, with the same keys, signers and order of
// steps.
//
// Most callers need Parse, Message.Verify and Sign. Parse answers what a message
// says of itself, before anything is believed; Verify answers whether a given key
// made it, for a kind of message that the caller names. A key or certificate that
// travels in the message is never used unless the caller takes it from Header and
// has a reason to trust it. The package does no encryption, no MACs, no detached
// payloads, no countersignatures and no messages with several signers.
package cose

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cairn.example"
	"cairn.example/jose"
	"cairn.example/strictcbor"
)

// Limits. MaxMessage suits what is shown or printed, MaxCredential a credential
// with a picture inside; both are bytes of the whole message.
const (
	MaxMessage    = 64 << 10
	MaxCredential = 2 << 20

	maxHeader = 64 << 10 // bytes of the protected header; certificates are its largest part
	maxValues = 1000     // of both headers together
	maxDepth  = 8
)

// Header parameters (RFC 9052, table 3; RFC 9360; RFC 9596; RFC 9597).
const (
	labelAlgorithm   = int64(1)
	labelCritical    = int64(2)
	labelContentType = int64(3)
	labelKeyID       = int64(4)
	labelClaims      = int64(15)
	labelType        = int64(16)
	labelChain       = int64(33)
)

// understood are the parameters that a message may call critical.
var understood = []int64{labelAlgorithm, labelContentType, labelKeyID, labelClaims, labelType}

type algorithm struct {
	number int64
	name   jose.Algorithm
}

// algorithms are the accepted ones; which key fits which is for jose to say, and
// what is not on its list is not on this one. Where two numbers stand for one
// algorithm, the first is written.
var algorithms = [...]algorithm{
	{-8, jose.EdDSA},    // RFC 9053, 2.2
	{-19, jose.Ed25519}, // RFC 9864: the same, named fully
	{-7, jose.ES256},    // RFC 9053, 2.1
	{-9, jose.ES256},    // RFC 9864, ESP256: with P-256 only, which jose demands anyway
	{-35, jose.ES384},
	{-51, jose.ES384}, // RFC 9864, ESP384
	{-36, jose.ES512},
	{-52, jose.ES512}, // RFC 9864, ESP512
}

// Header is what a message says of itself (RFC 9052, section 3). Of a message that
// was read it is a claim by whoever made the message, and kid and x5chain may
// stand where no signature covers them: they help to find a key and prove nothing.
type Header struct {
	Algorithm jose.Algorithm // set by Sign
	KeyID     []byte         // kid (4)
	// Type is typ (16), which kind of message this is, and ContentType is content
	// type (3): media types, or the decimal digits of a CoAP content format. Only
	// protected ones count.
	Type        string
	ContentType string
	// Chain is x5chain (33): certificates in DER, the signer's first.
	// jose.VerifyChain judges it.
	Chain [][]byte
	// Claims are CWT claims in the protected header (15); nil when there are none.
	Claims *Claims
	// Protected and Unprotected hold every parameter as read. Sign writes those of
	// Protected that have no field; it writes nothing unprotected.
	Protected, Unprotected strictcbor.Map
}

// Message is a COSE_Sign1 that was read and not yet verified.
type Message struct {
	Header  Header
	Payload []byte
	Tagged  bool // with the tag 18 of COSE_Sign1
	CWT     bool // with the tag 61 of RFC 8392, section 6

	protected []byte
	signature []byte
}

// Policy is what the caller knows of the messages it expects, before it sees one.
type Policy struct {
	// Types are the accepted values of typ, without "application/"; "" stands for a
	// message without typ. An empty list accepts nothing, so that one kind can't
	// pass for another (RFC 9596, section 1).
	Types []string
	// External is what both sides know and the message does not carry
	// (external_aad); usually nothing.
	External []byte
}

// The tags of a message, each in its only form (RFC 9052, table 1; RFC 8392).
var (
	tagSign1 = []byte{0xd2}
	tagCWT   = []byte{0xd8, 61}
)

// others tells the kinds of message that are not read.
var others = []struct {
	tag           []byte
	code, message string
}{
	{[]byte{0xd0}, "cose.encrypted", "the message is encrypted; encrypted messages are not read"},
	{[]byte{0xd8, 96}, "cose.encrypted", "the message is encrypted; encrypted messages are not read"},
	{[]byte{0xd1}, "cose.mac", "the message is protected by a shared secret, which proves to nobody who made it"},
	{[]byte{0xd8, 97}, "cose.mac", "the message is protected by a shared secret, which proves to nobody who made it"},
	{[]byte{0xd8, 98}, "cose.signers", "messages with several signers are not read"},
}

func bad(code, field, format string, args ...any) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}

// Parse reads a COSE_Sign1 of at most limit bytes, MaxMessage or MaxCredential for
// most, with the tag 18 or without, and with the tag of a CWT in front or without.
// It checks the form and believes nothing: Message.Verify does. Refused are an
// algorithm that is not signed, extensions that are not understood, one parameter
// in both headers, and a detached payload. Codes: cose.form, cose.header,
// cose.algorithm, cose.critical, cose.detached, cose.encrypted, cose.mac,
// cose.signers and cose.too-large.
func Parse(data []byte, limit int) (*Message, error) {
	if len(data) > limit {
		return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "cose.too-large",
			Message: fmt.Sprintf("it has %d bytes; at most %d are read", len(data), limit)}
	}
	m := &Message{}
	data, m.CWT = cutPrefix(data, tagCWT)
	for _, o := range others {
		if _, ok := cutPrefix(data, o.tag); ok {
			return nil, bad(o.code, "", "%s", o.message)
		}
	}
	data, m.Tagged = cutPrefix(data, tagSign1)
	if m.CWT && !m.Tagged { // RFC 8392, section 6: the COSE tag must follow
		return nil, bad("cose.form", "", "the tag of a CWT is not followed by that of a signed message")
	}
	v, err := strictcbor.Parse(data, strictcbor.Limits{Bytes: limit, Depth: maxDepth, Values: maxValues})
	if err != nil {
		return nil, wrap("cose.form", "this is not a signed message", err)
	}
	parts, ok := v.([]any)
	if !ok || len(parts) != 4 {
		return nil, bad("cose.form", "", "this is not a signed message: it has four parts")
	}
	var isProtected, isUnprotected, isSignature bool
	m.protected, isProtected = parts[0].([]byte)
	m.Header.Unprotected, isUnprotected = parts[1].(strictcbor.Map)
	m.signature, isSignature = parts[3].([]byte)
	if !isProtected || !isUnprotected || !isSignature {
		return nil, bad("cose.form", "", "a part of the signed message is of another kind than it must be")
	}
	if parts[2] == nil {
		return nil, bad("cose.detached", "", "the content is not in the message")
	}
	if m.Payload, ok = parts[2].([]byte); !ok {
		return nil, bad("cose.form", "", "a part of the signed message is of another kind than it must be")
	}
	m.Header.Protected = strictcbor.Map{}
	if len(m.protected) > 0 {
		m.Header.Protected, err = strictcbor.ParseMap(m.protected, strictcbor.Limits{Bytes: maxHeader, Depth: maxDepth, Values: maxValues})
		if err != nil {
			return nil, wrap("cose.header", "the protected header can't be read", err)
		}
	}
	if err := m.Header.read(); err != nil {
		return nil, err
	}
	return m, nil
}

func cutPrefix(data, prefix []byte) ([]byte, bool) {
	if len(data) < len(prefix) || !slices.Equal(data[:len(prefix)], prefix) {
		return data, false
	}
	return data[len(prefix):], true
}

// wrap keeps the kind of a limit that was passed.
func wrap(code, message string, err error) error {
	kind := cairn.Invalid
	if cairn.KindOf(err) == cairn.TooLarge {
		kind, code = cairn.TooLarge, "cose.too-large"
	}
	return &cairn.Error{Kind: kind, Code: code, Message: message, Err: err}
}

// Verify returns nil when the key made the message, with an accepted algorithm
// that fits the key, and the message is of an expected kind. Codes: cose.type,
// cose.signature, cose.no-such-key, and jose.key-algorithm and jose.key-use for a
// key that is not meant for this. Times, and who the key belongs to, are for the
// caller.
func (m *Message) Verify(k *jose.PublicKey, p Policy) error {
	if m == nil || k == nil {
		return bad("cose.no-such-key", "kid", "there is no key to check the message with")
	}
	if !m.Is(p.Types...) {
		return bad("cose.type", "typ", "the message is of type %.60q, which is not accepted here", m.Header.Type)
	}
	signed, err := toBeSigned(m.protected, p.External, m.Payload)
	if err != nil {
		return err
	}
	if err := k.Verify(m.Header.Algorithm, signed, m.signature); err != nil {
		if cairn.CodeOf(err) == "jose.signature" {
			return bad("cose.signature", "", "the signature does not fit: the message was changed after it was signed, or another key signed it")
		}
		return err
	}
	return nil
}

// toBeSigned is the Sig_structure of RFC 9052, section 4.4.
func toBeSigned(protected, external, payload []byte) ([]byte, error) {
	return strictcbor.Marshal([]any{"Signature1", protected, external, payload})
}

// Is reports whether typ is one of these types. The prefix "application/" may be
// left out and case does not count; "" stands for no typ.
func (m *Message) Is(types ...string) bool {
	got := mediaType(m.Header.Type)
	return slices.ContainsFunc(types, func(want string) bool { return mediaType(want) == got })
}

func mediaType(s string) string {
	s = strings.ToLower(s)
	if rest, ok := strings.CutPrefix(s, "application/"); ok && rest != "" && !strings.Contains(rest, "/") {
		return rest
	}
	return s
}

// CWTClaims reads the payload as the claims of a CWT, within strictcbor.Default.
func (m *Message) CWTClaims() (Claims, error) { return ReadClaims(m.Payload) }

// Sign makes a tagged COSE_Sign1 whose whole header is protected. The algorithm
// comes from the signer; h says the rest. Protected may add what has no field, but
// nothing critical. The signature is checked before the message is returned.
func Sign(ctx context.Context, h Header, payload []byte, s jose.Signer) ([]byte, error) {
	i := slices.IndexFunc(algorithms[:], func(a algorithm) bool { return a.name == s.Algorithm() })
	if i < 0 {
		return nil, bad("cose.algorithm", "alg", "nothing is signed with %.40q", s.Algorithm())
	}
	h.Algorithm = algorithms[i].name
	header, err := h.write(algorithms[i].number)
	if err != nil {
		return nil, err
	}
	protected, err := strictcbor.Marshal(header)
	if err != nil {
		return nil, err
	}
	signed, err := toBeSigned(protected, nil, payload)
	if err != nil {
		return nil, err
	}
	signature, err := s.Sign(ctx, signed)
	if err != nil {
		return nil, err
	}
	if err := s.PublicKey().Verify(h.Algorithm, signed, signature); err != nil {
		return nil, &cairn.Error{Kind: cairn.Internal, Code: "cose.signer-fault", Object: s.PublicKey().KeyID(),
			Message: "the signer returned a signature that does not verify", Hint: "check the key store; nothing was signed", Err: err}
	}
	body, err := strictcbor.Marshal([]any{protected, strictcbor.Map{}, payload, signature})
	if err != nil {
		return nil, err
	}
	out := append(slices.Clone(tagSign1), body...)
	// What we hand out must be readable by what we ship.
	if _, err := Parse(out, len(out)); err != nil {
		return nil, err
	}
	return out, nil
}
