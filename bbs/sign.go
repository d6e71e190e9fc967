package bbs

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/cloudflare/circl/ecc/bls12381"

	"cairn.example"
)

// SecretKey is a signer's key. It never prints itself.
type SecretKey struct {
	s      *scalar
	public *PublicKey
}

// Format writes a fixed text, so that a key does not get into a log.
func (k *SecretKey) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "bbs.SecretKey") // a printer's own error is the printer's affair
}

// PublicKey is a signer's public key, checked to be one.
type PublicKey struct {
	w      *bls12381.G2
	octets [PublicKeySize]byte
}

// KeyGen derives a secret key from at least 32 bytes of secret randomness. Other
// info gives another key from the same material. dst may be "", for the draft's
// default.
func KeyGen(material, info []byte, dst string) (*SecretKey, error) {
	if len(material) < minKeyMaterial || len(material) > MaxOctets {
		return nil, bad("bbs.key-material", "a key needs at least %d bytes of randomness", minKeyMaterial)
	}
	if len(info) > maxKeyInfo {
		return nil, bad("bbs.key-info", "more than %d bytes of key info", maxKeyInfo)
	}
	if dst == "" {
		dst = keyDST
	}
	if len(dst) > 255 {
		return nil, bad("bbs.key-info", "more than 255 bytes of domain separation")
	}
	input := make([]byte, 0, len(material)+2+len(info))
	input = append(input, material...)
	input = binary.BigEndian.AppendUint16(input, uint16(len(info)))
	return newSecretKey(hashToScalar(append(input, info...), dst))
}

// ParseSecretKey reads the 32 bytes that Bytes wrote.
func ParseSecretKey(b []byte) (*SecretKey, error) {
	s, ok := readScalar(b)
	if !ok {
		return nil, bad("bbs.key", "this is not a BBS secret key")
	}
	return newSecretKey(s)
}

func newSecretKey(s *scalar) (*SecretKey, error) {
	if s.IsZero() == 1 {
		return nil, bad("bbs.key", "this is not a BBS secret key")
	}
	w := new(bls12381.G2)
	w.ScalarMult(s, bls12381.G2Generator())
	return &SecretKey{s: s, public: &PublicKey{w: w, octets: [PublicKeySize]byte(w.BytesCompressed())}}, nil
}

// Bytes returns the secret key in 32 bytes.
func (k *SecretKey) Bytes() []byte { return appendScalar(nil, k.s) }

// Public returns the public key (SkToPk of the draft).
func (k *SecretKey) Public() *PublicKey { return k.public }

// ParsePublicKey reads the 96 bytes of a compressed point of G2. It refuses
// other forms, points outside of the subgroup of prime order, and the identity.
func ParsePublicKey(b []byte) (*PublicKey, error) {
	w := new(bls12381.G2)
	if len(b) != PublicKeySize || w.SetBytes(b) != nil || w.IsIdentity() {
		return nil, bad("bbs.key", "this is not a BBS public key")
	}
	return &PublicKey{w: w, octets: [PublicKeySize]byte(b)}, nil
}

// Bytes returns the key in 96 bytes.
func (k *PublicKey) Bytes() []byte { return append([]byte(nil), k.octets[:]...) }

// Equal tells whether two keys are the same.
func (k *PublicKey) Equal(o *PublicKey) bool { return k.octets == o.octets }

// Sign returns the signature over the header and the messages, in 80 bytes.
// Equal inputs give equal signatures. Codes: bbs.too-many-messages, bbs.too-large.
func Sign(k *SecretKey, header []byte, messages [][]byte) ([]byte, error) {
	if err := checkSize(len(messages), messages, header); err != nil {
		return nil, err
	}
	s := newSetting(k.public, header, len(messages))
	scalars := messageScalars(messages)
	input := make([]byte, 0, (len(messages)+2)*scalarSize)
	input = appendScalar(input, k.s)
	for i := range scalars {
		input = appendScalar(input, &scalars[i])
	}
	e := hashToScalar(appendScalar(input, s.domain), scalarDST)
	divisor := new(scalar)
	divisor.Add(k.s, e)
	if divisor.IsZero() == 1 || e.IsZero() == 1 { // with a chance of 2^-254 each
		return nil, &cairn.Error{Kind: cairn.Internal, Code: "bbs.signature", Message: "these messages can't be signed with this key"}
	}
	divisor.Inv(divisor)
	return appendScalar(appendPoints(nil, times(divisor, s.b(scalars))), e), nil
}

// readSignature is octets_to_signature of the draft.
func readSignature(b []byte) (*point, *scalar, error) {
	if len(b) == SignatureSize {
		a, okA := readPoint(b[:pointSize])
		e, okE := readScalar(b[pointSize:])
		if okA && okE {
			return a, e, nil
		}
	}
	return nil, nil, bad("bbs.malformed", "this is not a BBS signature")
}

// fits tells whether (a, e) is a signature over b: h(a, W)·h(a·e - b, BP2) = 1.
func fits(k *PublicKey, a *point, e *scalar, b *point) bool {
	c := *b
	minus := times(e, a)
	minus.Neg()
	c.Add(&c, minus)
	return pairingsCancel(a, k.w, &c)
}

// Verify returns nil when the signature was made with the key over this header
// and these messages in this order. Codes: bbs.malformed (not a signature),
// bbs.signature (another one), and those of Sign.
func Verify(k *PublicKey, signature, header []byte, messages [][]byte) error {
	if err := checkSize(len(messages), messages, header); err != nil {
		return err
	}
	a, e, err := readSignature(signature)
	if err != nil {
		return err
	}
	s := newSetting(k, header, len(messages))
	if !fits(k, a, e, s.b(messageScalars(messages))) {
		return bad("bbs.signature", "the signature does not fit the messages")
	}
	return nil
}
