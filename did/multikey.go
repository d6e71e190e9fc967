package did

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"math/big"
	"strings"

	"github.com/mr-tron/base58"

	"cairn.example"
	"cairn.example/bbs"
	"cairn.example/jose"
)

// maxMultikey bounds the text of a key; a BBS key has 137 characters.
const maxMultikey = 140

// A codec is a kind of key in the form Multikey (CID 1.0, section 2.2.2): what its
// bytes begin with (a multicodec number as a varint), and how many bytes follow.
type codec struct {
	prefix []byte
	size   int
	curve  elliptic.Curve // nil for Ed25519
}

// codecs are the kinds of key that we know. Points of the curves are compressed.
var codecs = []codec{
	{[]byte{0xed, 0x01}, ed25519.PublicKeySize, nil},
	{[]byte{0x80, 0x24}, 33, elliptic.P256()},
	{[]byte{0x81, 0x24}, 49, elliptic.P384()},
}

// codecBBS is the kind of keys that sign with BBS: points of the group G2 of
// BLS12-381, compressed. Package jose has no such keys.
var codecBBS = codec{[]byte{0xeb, 0x01}, bbs.PublicKeySize, nil}

// EncodeMultikey writes an Ed25519 public key as a Multikey value: z6Mk… .
func EncodeMultikey(pub ed25519.PublicKey) string {
	return "z" + base58.Encode(append(bytes.Clone(codecs[0].prefix), pub...))
}

// MultikeyBytes returns what a Multikey value holds: the prefix of its kind and
// the bytes of the key. It has them for Ed25519, P-256 (35 bytes) and P-384 keys;
// others have the code did.key-type.
func MultikeyBytes(k *jose.PublicKey) ([]byte, error) {
	switch key := k.Crypto().(type) {
	case ed25519.PublicKey:
		return append(bytes.Clone(codecs[0].prefix), key...), nil
	case *ecdsa.PublicKey:
		point, err := key.Bytes() // 4, x, y
		if err != nil {
			return nil, bad("did.key", "", "the key is not a point of its curve")
		}
		for _, c := range codecs {
			if c.curve == key.Curve {
				sign := 2 + point[len(point)-1]&1
				return append(append(bytes.Clone(c.prefix), sign), point[1:c.size]...), nil
			}
		}
	}
	return nil, bad("did.key-type", "", "keys of this kind have no form as Multikey here")
}

// EncodePublic writes a key as a Multikey value: z6Mk… for Ed25519, zDn… for P-256,
// z82… for P-384. Keys of other kinds have the code did.key-type.
func EncodePublic(k *jose.PublicKey) (string, error) {
	b, err := MultikeyBytes(k)
	if err != nil {
		return "", err
	}
	return "z" + base58.Encode(b), nil
}

// DecodeMultikey reads a Multikey value that must be an Ed25519 public key.
func DecodeMultikey(s string) (ed25519.PublicKey, error) {
	b, err := multibase(s)
	if err != nil {
		return nil, err
	}
	rest, ok := bytes.CutPrefix(b, codecs[0].prefix)
	if !ok {
		return nil, bad("did.key-type", s, "only Ed25519 keys are supported here")
	}
	if len(rest) != ed25519.PublicKeySize {
		return nil, bad("did.key-length", s, "the key has %d bytes instead of %d", len(rest), ed25519.PublicKeySize)
	}
	return ed25519.PublicKey(rest), nil
}

// DecodePublic reads a Multikey value of any kind that we know. It refuses every
// text but the one that EncodePublic writes, points that are not on their curve,
// and Ed25519 keys of small order. A key of another kind has the code did.key-type,
// one with more or fewer bytes than its kind did.key-length.
func DecodePublic(s string) (*jose.PublicKey, error) {
	b, err := multibase(s)
	if err != nil {
		return nil, err
	}
	return PublicFromMultikey(b)
}

// PublicFromMultikey is DecodePublic for the bytes alone, as proofs carry them.
func PublicFromMultikey(b []byte) (*jose.PublicKey, error) {
	object := "z" + base58.Encode(b[:min(len(b), maxMultikey)])
	for _, c := range codecs {
		rest, ok := bytes.CutPrefix(b, c.prefix)
		if !ok {
			continue
		}
		if len(rest) != c.size {
			return nil, bad("did.key-length", object, "the key has %d bytes instead of %d", len(rest), c.size)
		}
		var k *jose.PublicKey
		var err error
		if c.curve == nil {
			k, err = jose.NewPublicKey(ed25519.PublicKey(rest), "")
		} else {
			x, y := elliptic.UnmarshalCompressed(c.curve, rest)
			if x == nil {
				return nil, bad("did.key", object, "the key is not a point of its curve")
			}
			var point *ecdsa.PublicKey
			if point, err = ecdsa.ParseUncompressedPublicKey(c.curve, uncompressed(x, y, c.size-1)); err == nil {
				k, err = jose.NewPublicKey(point, "")
			}
		}
		if err != nil {
			return nil, &cairn.Error{Kind: cairn.Invalid, Code: "did.key", Object: object, Message: "the key can't be used", Err: err}
		}
		return k, nil
	}
	return nil, bad("did.key-type", object, "keys of this kind are not supported")
}

// uncompressed is the form 04 ‖ x ‖ y of SEC 1.
func uncompressed(x, y *big.Int, size int) []byte {
	b := make([]byte, 1+2*size)
	b[0] = 4
	x.FillBytes(b[1 : 1+size])
	y.FillBytes(b[1+size:])
	return b
}

// EncodeBBS writes a BBS key as a Multikey value: zUC7… .
func EncodeBBS(k *bbs.PublicKey) string {
	return "z" + base58.Encode(append(bytes.Clone(codecBBS.prefix), k.Bytes()...))
}

// DecodeBBS reads a Multikey value that must be a BBS key, with the checks of
// bbs.ParsePublicKey. A key of another kind has the code did.key-type.
func DecodeBBS(s string) (*bbs.PublicKey, error) {
	b, err := multibase(s)
	if err != nil {
		return nil, err
	}
	rest, ok := bytes.CutPrefix(b, codecBBS.prefix)
	if !ok {
		return nil, bad("did.key-type", s, "only BBS keys are supported here")
	}
	if len(rest) != codecBBS.size {
		return nil, bad("did.key-length", s, "the key has %d bytes instead of %d", len(rest), codecBBS.size)
	}
	k, err := bbs.ParsePublicKey(rest)
	if err != nil {
		return nil, bad("did.key", s, "the key is not a point of the group G2 of BLS12-381")
	}
	return k, nil
}

// multibase reads base58btc in its only form.
func multibase(s string) ([]byte, error) {
	rest, ok := strings.CutPrefix(s, "z")
	if !ok {
		return nil, bad("did.key", s, "the key is not in base58btc multibase form")
	}
	if len(s) > maxMultikey { // a document may have such keys beside ours
		return nil, bad("did.key-type", s, "keys of this size are not supported")
	}
	b, err := base58.Decode(rest)
	if err != nil || base58.Encode(b) != rest {
		return nil, bad("did.key", s, "the key is not in base58btc multibase form")
	}
	return b, nil
}

// readMultikey reads the key of a method. Ed25519 keys keep their old form, for
// what takes no other.
func (m *Method) readMultikey(s string) error {
	k, err := DecodePublic(s)
	if cairn.CodeOf(err) == "did.key-type" {
		m.BBS, err = DecodeBBS(s)
		return err
	}
	if err != nil {
		return err
	}
	m.Key = k
	m.PublicKey, _ = k.Crypto().(ed25519.PublicKey)
	return nil
}

// KeyFromEd25519 returns the did:key identifier of a public key and the id of
// its only verification method.
func KeyFromEd25519(pub ed25519.PublicKey) (cairn.DID, cairn.KeyID) {
	return keyNamed(EncodeMultikey(pub))
}

// KeyFromPublic is KeyFromEd25519 for every kind of key that EncodePublic writes.
func KeyFromPublic(k *jose.PublicKey) (cairn.DID, cairn.KeyID, error) {
	value, err := EncodePublic(k)
	if err != nil {
		return "", "", err
	}
	d, id := keyNamed(value)
	return d, id, nil
}

// KeyFromBBS is KeyFromEd25519 for BBS keys.
func KeyFromBBS(k *bbs.PublicKey) (cairn.DID, cairn.KeyID) {
	return keyNamed(EncodeBBS(k))
}

func keyNamed(value string) (cairn.DID, cairn.KeyID) {
	return cairn.DID("did:key:" + value), cairn.KeyID("did:key:" + value + "#" + value)
}

// ResolveKey returns the document that a did:key identifier stands for.
func ResolveKey(d cairn.DID) (*Document, error) {
	value, ok := strings.CutPrefix(string(d), "did:key:")
	if !ok {
		return nil, bad("did.method", string(d), "this is not a did:key identifier")
	}
	id := cairn.KeyID(string(d) + "#" + value)
	m := Method{ID: id, Controller: d}
	if err := m.readMultikey(value); err != nil {
		return nil, err
	}
	return &Document{ID: d, Methods: []Method{m}, Assertion: []cairn.KeyID{id}, Authentication: []cairn.KeyID{id}}, nil
}
