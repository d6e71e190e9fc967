package jose

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"encoding/asn1"
	"io"
	"math/big"
	"slices"

	"cairn.example"
)

// Signer signs tokens with one private key that it never shows.
type Signer interface {
	// PublicKey is the key that others check the signature with.
	PublicKey() *PublicKey
	// Algorithm is the alg to write into the header.
	Algorithm() Algorithm
	// Sign returns the signature of message in the form of JWS.
	Sign(ctx context.Context, message []byte) ([]byte, error)
}

// FromSigner lets a signer of credentials sign tokens, with EdDSA. The kid is its
// verification method.
func FromSigner(s cairn.Signer) (Signer, error) {
	k, err := NewPublicKey(s.PublicKey(), string(s.KeyID()))
	if err != nil {
		return nil, err
	}
	return keySigner{s, k}, nil
}

type keySigner struct {
	signer cairn.Signer
	key    *PublicKey
}

func (s keySigner) PublicKey() *PublicKey { return s.key }
func (s keySigner) Algorithm() Algorithm  { return EdDSA }
func (s keySigner) Sign(ctx context.Context, message []byte) ([]byte, error) {
	return s.signer.Sign(ctx, message)
}

// PrivateKey is a private key in memory: Ed25519 or ECDSA. Keys of institutions
// are kept by internal/keys; this type is for keys that come as a JWK.
type PrivateKey struct {
	public *PublicKey
	key    crypto.Signer
}

// NewPrivateKey takes an ed25519.PrivateKey or *ecdsa.PrivateKey.
func NewPrivateKey(key crypto.Signer, id string) (*PrivateKey, error) {
	switch k := key.(type) {
	case ed25519.PrivateKey:
		if len(k) != ed25519.PrivateKeySize {
			return nil, bad("jose.key", "d", "the key has the wrong length")
		}
	case *ecdsa.PrivateKey:
	default:
		return nil, bad("jose.key-type", "kty", "private keys of this kind are not supported")
	}
	public, err := NewPublicKey(key.Public(), id)
	if err != nil {
		return nil, err
	}
	return &PrivateKey{public: public, key: key}, nil
}

// GenerateKey makes a key for the algorithm. For Ed25519 the bytes come from
// rand; for ECDSA 64 bytes of it are turned into the number (FIPS 186-5, A.2.1).
func GenerateKey(alg Algorithm, id string, rand io.Reader) (*PrivateKey, error) {
	a, _ := algorithmOf(alg)
	if a.keyType == "OKP" {
		seed := make([]byte, ed25519.SeedSize)
		if _, err := io.ReadFull(rand, seed); err != nil {
			return nil, &cairn.Error{Kind: cairn.Internal, Code: "jose.random", Message: "no randomness", Err: err}
		}
		return NewPrivateKey(ed25519.NewKeyFromSeed(seed), id)
	}
	curve := curveNamed(a.curve)
	if curve == nil {
		return nil, bad("jose.algorithm", "alg", "no keys are made for %.40q", alg)
	}
	// Eight bytes more than the order has make the remainder even enough.
	size := (curve.Params().BitSize + 7) / 8
	b := make([]byte, size+8)
	if _, err := io.ReadFull(rand, b); err != nil {
		return nil, &cairn.Error{Kind: cairn.Internal, Code: "jose.random", Message: "no randomness", Err: err}
	}
	n := new(big.Int).Sub(curve.Params().N, big.NewInt(1))
	d := new(big.Int).SetBytes(b)
	d.Mod(d, n).Add(d, big.NewInt(1))
	key, err := ecdsa.ParseRawPrivateKey(curve, d.FillBytes(make([]byte, size)))
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.Internal, Code: "jose.random", Message: "no key came of it", Err: err}
	}
	return NewPrivateKey(key, id)
}

// ParsePrivateKey reads a JWK with its private part, Ed25519 or ECDSA. The public
// part must be there and must belong to it.
func ParsePrivateKey(data []byte) (*PrivateKey, error) {
	tree, err := parseKeyText(data)
	if err != nil {
		return nil, err
	}
	public, err := readPublic(tree)
	if err != nil {
		return nil, err
	}
	if public.use != "" && public.use != "sig" || public.ops != nil && !slices.Contains(public.ops, "sign") {
		return nil, bad("jose.key-use", "use", "the key is not meant for signing")
	}
	if a, ok := algorithmOf(public.Algorithm()); !ok {
		return nil, bad("jose.algorithm", "alg", "the algorithm %.40q is not accepted", public.Algorithm())
	} else if kty, crv := public.kind(); kty != a.keyType || crv != a.curve {
		return nil, bad("jose.key-algorithm", "alg", "the key is not one for %s", a.name)
	}
	m := members{tree: tree}
	var key crypto.Signer
	switch public.key.(type) {
	case ed25519.PublicKey:
		if seed := m.octets("d", ed25519.SeedSize); m.err == nil {
			key = ed25519.NewKeyFromSeed(seed)
		}
	case *ecdsa.PublicKey:
		_, crv := public.kind()
		curve := curveNamed(crv)
		if d := m.octets("d", (curve.Params().BitSize+7)/8); m.err == nil {
			if key, err = ecdsa.ParseRawPrivateKey(curve, d); err != nil {
				m.fail("jose.key", "d", "this is not a private key of the curve")
			}
		}
	default:
		m.fail("jose.key-type", "kty", "private keys of this kind are not supported")
	}
	if m.err != nil {
		return nil, m.err
	}
	if public.ops != nil {
		public.ops = []string{"verify"}
	}
	p := &PrivateKey{public: public, key: key}
	if own, err := NewPublicKey(key.Public(), ""); err != nil || !own.Equal(public) {
		return nil, bad("jose.key", "d", "the private part does not belong to the public part")
	}
	return p, nil
}

// PublicKey returns the public part.
func (p *PrivateKey) PublicKey() *PublicKey { return p.public }

// Algorithm is the alg to sign with.
func (p *PrivateKey) Algorithm() Algorithm { return p.public.Algorithm() }

// Sign signs without randomness: Ed25519 as always, ECDSA as RFC 6979 says. Equal
// inputs give equal signatures.
func (p *PrivateKey) Sign(_ context.Context, message []byte) ([]byte, error) {
	a, ok := algorithmOf(p.Algorithm())
	if !ok {
		return nil, bad("jose.algorithm", "alg", "the algorithm %.40q is not accepted", p.Algorithm())
	}
	key, ok := p.key.(*ecdsa.PrivateKey)
	if !ok {
		return p.key.Sign(nil, message, crypto.Hash(0))
	}
	der, err := key.Sign(nil, a.digest(message), a.hash)
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.Internal, Code: "jose.signer-fault", Message: "the key could not sign", Err: err}
	}
	r, s, err := splitDER(der)
	if err != nil {
		return nil, err
	}
	out := make([]byte, a.signature)
	r.FillBytes(out[:a.signature/2])
	s.FillBytes(out[a.signature/2:])
	return out, nil
}

// Tree returns the JWK with its private part: handle it as a secret.
func (p *PrivateKey) Tree() (map[string]any, error) {
	m := p.public.Tree()
	switch key := p.key.(type) {
	case ed25519.PrivateKey:
		m["d"] = EncodeBase64(key.Seed())
	case *ecdsa.PrivateKey:
		d, err := key.Bytes()
		if err != nil {
			return nil, &cairn.Error{Kind: cairn.Internal, Code: "jose.key", Message: "the key can't be written", Err: err}
		}
		m["d"] = EncodeBase64(d)
	}
	if p.public.ops != nil {
		m["key_ops"] = []any{"sign"}
	}
	return m, nil
}

// splitDER reads the two numbers of a signature that the standard library made.
func splitDER(der []byte) (r, s *big.Int, err error) {
	var v struct{ R, S *big.Int }
	rest, err := asn1.Unmarshal(der, &v)
	if err != nil || len(rest) != 0 {
		return nil, nil, &cairn.Error{Kind: cairn.Internal, Code: "jose.signer-fault", Message: "the signature has no known form", Err: err}
	}
	return v.R, v.S, nil
}
