// Package papercode is the form of a credential that fits on paper: the facts
// that a reader needs, signed, as the text of one QR code. The text begins with
// "CRN1:"; docs/specs/paper-code.md describes every byte of it.
//
// Most callers need Sign, and Read followed by Signed.Verify with the key that
// the issuer's document lists for Card().Key. Nothing that Read returns may be
// shown as true before Verify says so.
//
// The package does no I/O. It does not find keys, does not know whether the
// issuer is trusted or the credential withdrawn, and does not draw pictures
// (internal/paper does). A paper code is a bearer document: whoever copies the
// paper copies the code.
package papercode

import (
	"context"
	"crypto/ed25519"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/base45"
	"cairn.example/cose"
	"cairn.example/inflate"
	"cairn.example/jose"
)

// Prefix begins every code of this version.
const Prefix = "CRN1:"

// Limits.
const (
	maxText     = 4296     // characters: what the largest QR code holds
	maxInflated = 64 << 10 // bytes after decompression
	maxClaims   = 24       // entries of a map
	maxName     = 200      // characters of a name or title
	maxShort    = 80       // characters of a unit, framework, level, type or field
	maxURL      = 300      // bytes of an address or identifier
	maxIndex    = 1 << 30  // position in a status list
)

// The kinds of document that a code can stand for.
const (
	KindBadge       = "badge"
	KindCertificate = "certificate"
	KindTranscript  = "transcript"
	KindDecision    = "decision"
)

// Card is what a paper code says. Issuer, Credential, Digest, Kind and Learner
// are required; the rest may be empty.
type Card struct {
	Issuer     cairn.DID
	Key        cairn.KeyID // of the issuer; Sign fills it in when it is empty
	Credential cairn.CredentialID
	// Digest is the SHA-256 of the bytes of the complete signed document, so that
	// a complete document can be matched with the paper.
	Digest          [32]byte
	Kind            string // one of the Kind constants
	Learner         string
	Title           string
	Credits         cairn.Credits // zero: not stated
	Unit            string
	LevelFramework  string
	Level           string
	AwardedOn       cairn.PartialDate
	ValidUntil      time.Time // zero: without end; whole seconds
	StatusList      string    // address of the status list; empty: cannot be withdrawn
	StatusIndex     int       // -1 exactly when StatusList is empty
	AchievementType string
	Field           string
	Language        cairn.Lang
}

// Signed is a code that was read. It is immutable and safe for concurrent use.
type Signed struct {
	card    Card
	message *cose.Message
}

// Card returns what the code says. It is a claim of whoever made the code until
// Verify has returned nil.
func (s *Signed) Card() Card { return s.card }

// Verify checks the signature with the issuer's key. The error has the code
// papercode.signature.
func (s *Signed) Verify(pub ed25519.PublicKey) error {
	if len(pub) != ed25519.PublicKeySize {
		return invalid("papercode.signature", "", "the key is not an Ed25519 key")
	}
	if own, ok := keyOf(s.card.Issuer); ok && !own.Equal(pub) {
		return invalid("papercode.signature", "", "the key is not that of the issuer")
	}
	key, err := jose.NewPublicKey(pub, "")
	if err != nil {
		return wrap("papercode.signature", "the key is not one that protects anything", err)
	}
	if err := s.message.Verify(key, cose.Policy{Types: []string{""}}); err != nil {
		return invalid("papercode.signature", "", "the signature does not belong to these facts and this issuer")
	}
	return nil
}

// Sign makes the text of a code. The signer must be one of the issuer's. Fields
// that are too long, malformed or contain invisible control characters are
// refused with the code papercode.field.
func Sign(ctx context.Context, c Card, s cairn.Signer) (string, error) {
	if c.Key == "" {
		c.Key = s.KeyID()
	}
	if c.Key != s.KeyID() || c.Issuer != s.Controller() {
		return "", invalid("papercode.key", "issuer", "the signing key is not that of the card's issuer")
	}
	claims, kid, err := claimsOf(c)
	if err != nil {
		return "", err
	}
	payload, err := encMode.Marshal(claims)
	if err != nil {
		return "", wrap("papercode.cbor", "the card could not be encoded", err)
	}
	signer, err := jose.FromSigner(s)
	if err != nil {
		return "", wrap("papercode.key", "the signing key can't be used", err)
	}
	body, err := cose.Sign(ctx, cose.Header{KeyID: kid}, payload, signer)
	if err != nil {
		return "", err
	}
	packed, err := pack(body)
	if err != nil {
		return "", err
	}
	text := Prefix + base45.Encode(packed)
	// What we hand out must be readable by what we ship.
	back, err := Read(text)
	if err != nil {
		return "", err
	}
	if err := back.Verify(s.PublicKey()); err != nil {
		return "", err
	}
	return text, nil
}

// IsCode reports whether text claims to be a paper code of any version.
func IsCode(text string) bool {
	return len(text) > len(Prefix) && strings.HasPrefix(text, "CRN") && text[4] == ':'
}

// Read reads the text of a code. It checks the form completely and the
// signature not at all. A code of a later version gets the error
// papercode.version, which means "newer app needed" and not "false".
func Read(text string) (*Signed, error) {
	text = strings.TrimRight(text, "\r\n") // scanners add line ends; a space belongs to the code
	if len(text) > maxText {
		return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "papercode.too-large", Message: "the code is longer than a QR code can be"}
	}
	rest, ok := strings.CutPrefix(text, Prefix)
	if !ok {
		if IsCode(text) {
			return nil, &cairn.Error{Kind: cairn.Invalid, Code: "papercode.version", Message: "the code is of a version that this program does not know",
				Hint: "a newer app is needed to read it"}
		}
		return nil, invalid("papercode.prefix", "", "this is not a paper code")
	}
	packed, err := base45.Decode(rest)
	if err != nil {
		return nil, wrap("papercode.base45", "the text of the code is damaged", err)
	}
	body, err := unpack(packed)
	if err != nil {
		return nil, err
	}
	m, kid, err := readSign1(body)
	if err != nil {
		return nil, err
	}
	var c claims
	if err := decodeExactly(m.Payload, &c); err != nil {
		return nil, err
	}
	card, err := cardOf(c, kid)
	if err != nil {
		return nil, err
	}
	return &Signed{card: card, message: m}, nil
}

// pack compresses when that is shorter. The first byte tells the two forms
// apart: 0x78 begins a zlib stream, 0xd2 a COSE_Sign1.
func pack(body []byte) ([]byte, error) {
	packed, err := inflate.Pack(body)
	if err != nil {
		return nil, wrap("papercode.zlib", "the card could not be compressed", err)
	}
	if len(packed) < len(body) {
		return packed, nil
	}
	return body, nil
}

func unpack(packed []byte) ([]byte, error) {
	if len(packed) == 0 || packed[0] != 0x78 {
		return packed, nil
	}
	body, err := inflate.Zlib(packed, maxInflated)
	if cairn.KindOf(err) == cairn.TooLarge {
		return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "papercode.too-large", Message: "the code unpacks to more than 64 KiB"}
	}
	if err != nil {
		return nil, wrap("papercode.zlib", "the code cannot be decompressed", err)
	}
	return body, nil
}

func invalid(code, field, message string) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: code, Field: field, Message: message}
}

func wrap(code, message string, err error) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: code, Message: message, Err: err}
}
