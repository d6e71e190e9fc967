package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"slices"

	"cairn.example"
	"cairn.example/jcs"
	"cairn.example/strictjson"
)

// PublicKey is a public key with what its JWK says of its use. It is good for
// verifying only what it is meant for: a key for encryption verifies nothing.
type PublicKey struct {
	id        string
	algorithm Algorithm // empty when the JWK has no alg
	use       string    // empty when absent
	ops       []string  // nil when absent
	key       crypto.PublicKey
}

// NewPublicKey takes an ed25519.PublicKey, *ecdsa.PublicKey (P-256, P-384,
// P-521) or *rsa.PublicKey (2048 to 8192 bits). id may be empty. It refuses keys
// that are no safe keys (codes jose.key and jose.key-type).
func NewPublicKey(key crypto.PublicKey, id string) (*PublicKey, error) {
	switch k := key.(type) {
	case ed25519.PublicKey:
		if err := checkEd25519(k); err != nil {
			return nil, err
		}
		key = ed25519.PublicKey(slices.Clone(k))
	case *ecdsa.PublicKey:
		if k == nil || curveName(k.Curve) == "" {
			return nil, bad("jose.key-type", "crv", "keys on this curve are not supported")
		}
		if _, err := k.ECDH(); err != nil { // the check that the point is on the curve
			return nil, bad("jose.key", "x", "the point is not on the curve")
		}
	case *rsa.PublicKey:
		if k == nil {
			return nil, bad("jose.key-type", "kty", "there is no key")
		}
		if err := checkRSA(k); err != nil {
			return nil, err
		}
	default:
		return nil, bad("jose.key-type", "kty", "keys of this kind are not supported")
	}
	return &PublicKey{id: id, key: key}, nil
}

// KeyID is the kid, which may be empty. It means nothing outside the set or
// document that the key was found in.
func (k *PublicKey) KeyID() string { return k.id }

// Crypto returns an ed25519.PublicKey, *ecdsa.PublicKey or *rsa.PublicKey.
func (k *PublicKey) Crypto() crypto.PublicKey { return k.key }

// Use is the use of the JWK, "sig", "enc" or empty.
func (k *PublicKey) Use() string { return k.use }

// Equal reports whether both are the same key, whatever is said of them.
func (k *PublicKey) Equal(other *PublicKey) bool {
	e, ok := k.key.(interface{ Equal(crypto.PublicKey) bool })
	return ok && other != nil && e.Equal(other.key)
}

// Algorithm is the algorithm to sign with: the alg of the JWK, or the usual one
// for the kind of key.
func (k *PublicKey) Algorithm() Algorithm {
	if k.algorithm != "" {
		return k.algorithm
	}
	kty, crv := k.kind()
	for _, a := range algorithms {
		if a.keyType == kty && a.curve == crv {
			return a.name
		}
	}
	return ""
}

func (k *PublicKey) kind() (kty, crv string) {
	switch key := k.key.(type) {
	case ed25519.PublicKey:
		return "OKP", "Ed25519"
	case *ecdsa.PublicKey:
		return "EC", curveName(key.Curve)
	case *rsa.PublicKey:
		return "RSA", ""
	}
	return "", ""
}

// required are the members that a key of its kind must have, which are also
// those of its thumbprint (RFC 7638, section 3.2; RFC 8037, appendix A.3).
func (k *PublicKey) required() map[string]any {
	kty, crv := k.kind()
	m := map[string]any{"kty": kty}
	if crv != "" {
		m["crv"] = crv
	}
	switch key := k.key.(type) {
	case ed25519.PublicKey:
		m["x"] = EncodeBase64(key)
	case *ecdsa.PublicKey:
		point, err := key.Bytes() // 4, x, y
		if err != nil {
			return m // NewPublicKey has let no such key through
		}
		n := (len(point) - 1) / 2
		m["x"], m["y"] = EncodeBase64(point[1:1+n]), EncodeBase64(point[1+n:])
	case *rsa.PublicKey:
		m["n"], m["e"] = EncodeBase64(key.N.Bytes()), EncodeBase64(big.NewInt(int64(key.E)).Bytes())
	}
	return m
}

// Tree returns the JWK as a tree for jcs, with kid, alg, use and key_ops when the
// key has them.
func (k *PublicKey) Tree() map[string]any {
	m := k.required()
	if k.id != "" {
		m["kid"] = k.id
	}
	if k.algorithm != "" {
		m["alg"] = string(k.algorithm)
	}
	if k.use != "" {
		m["use"] = k.use
	}
	if k.ops != nil {
		ops := []any{}
		for _, o := range k.ops {
			ops = append(ops, o)
		}
		m["key_ops"] = ops
	}
	return m
}

// Thumbprint is the SHA-256 thumbprint in base64url (RFC 7638).
func (k *PublicKey) Thumbprint() string {
	b, err := jcs.Marshal(k.required())
	if err != nil {
		panic("jose: " + err.Error()) // three or four short texts of our own
	}
	h := sha256.Sum256(b)
	return EncodeBase64(h[:])
}

// ParsePublicKey reads a JWK that must be a public key. A private member is an
// error of its own, jose.private-key: such a key must be considered stolen.
func ParsePublicKey(data []byte) (*PublicKey, error) {
	tree, err := parseKeyText(data)
	if err != nil {
		return nil, err
	}
	return PublicKeyFromTree(tree)
}

func parseKeyText(data []byte) (map[string]any, error) {
	if len(data) > maxKeyText {
		return nil, tooLarge("", len(data), maxKeyText)
	}
	tree, err := strictjson.ParseObject(data, strictjson.Limits{Bytes: maxKeyText, Depth: 8, Values: 500})
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "jose.key", Message: "the key can't be read", Err: err}
	}
	return tree, nil
}

// privateMembers are those of RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1. They
// are refused whatever the kind of the key.
var privateMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"}

// PublicKeyFromTree is ParsePublicKey for a tree from strictjson. Members that
// RFC 7517 does not name are passed over.
func PublicKeyFromTree(tree map[string]any) (*PublicKey, error) {
	for _, name := range privateMembers {
		if _, ok := tree[name]; ok {
			return nil, bad("jose.private-key", name, "this shows a private key; it must be considered stolen")
		}
	}
	return readPublic(tree)
}

func readPublic(tree map[string]any) (*PublicKey, error) {
	m := members{tree: tree}
	kty := m.text("kty", true)
	var key crypto.PublicKey
	switch kty {
	case "OKP":
		key = m.ed25519()
	case "EC":
		key = m.ec()
	case "RSA":
		key = m.rsa()
	default:
		m.fail("jose.key-type", "kty", "keys of kind %.40q are not supported", kty)
	}
	if m.err != nil {
		return nil, m.err
	}
	k, err := NewPublicKey(key, m.text("kid", false))
	if err != nil {
		return nil, err
	}
	k.algorithm = Algorithm(m.text("alg", false))
	k.use = m.text("use", false)
	k.ops = m.texts("key_ops")
	if m.err != nil {
		return nil, m.err
	}
	return k, nil
}

// members reads the members of a JWK and keeps the first error.
type members struct {
	tree map[string]any
	err  error
}

func (m *members) fail(code, field, format string, args ...any) {
	if m.err == nil {
		m.err = bad(code, field, format, args...)
	}
}

func (m *members) text(name string, required bool) string {
	v, ok := m.tree[name]
	s, isText := v.(string)
	if ok && (!isText || s == "") || required && !ok {
		m.fail("jose.key", name, "%s must be a text", name)
	}
	return s
}

func (m *members) texts(name string) []string {
	v, ok := m.tree[name]
	if !ok {
		return nil
	}
	list, ok := v.([]any)
	if !ok || len(list) > 10 {
		m.fail("jose.key", name, "%s must be a short list of texts", name)
		return nil
	}
	out := []string{}
	for _, e := range list {
		s, ok := e.(string)
		if !ok || slices.Contains(out, s) { // RFC 7517, 4.3: no duplicates
			m.fail("jose.key", name, "%s must be a list of different texts", name)
			return nil
		}
		out = append(out, s)
	}
	return out
}

func (m *members) octets(name string, size int) []byte {
	b, err := DecodeBase64(m.text(name, true))
	if m.err == nil && err != nil {
		m.fail("jose.key", name, "%s must be base64url without padding", name)
	}
	if m.err == nil && size > 0 && len(b) != size {
		m.fail("jose.key", name, "%s has %d bytes instead of %d", name, len(b), size)
	}
	return b
}

func (m *members) ed25519() crypto.PublicKey {
	if crv := m.text("crv", true); crv != "Ed25519" {
		m.fail("jose.key-type", "crv", "keys on the curve %.40q are not supported", crv)
		return nil
	}
	return ed25519.PublicKey(m.octets("x", ed25519.PublicKeySize))
}

func (m *members) ec() crypto.PublicKey {
	crv := m.text("crv", true)
	curve := curveNamed(crv)
	if curve == nil {
		m.fail("jose.key-type", "crv", "keys on the curve %.40q are not supported", crv)
		return nil
	}
	size := (curve.Params().BitSize + 7) / 8
	x, y := m.octets("x", size), m.octets("y", size)
	if m.err != nil {
		return nil
	}
	key, err := ecdsa.ParseUncompressedPublicKey(curve, slices.Concat([]byte{4}, x, y))
	if err != nil {
		m.fail("jose.key", "x", "the point is not on the curve")
		return nil
	}
	return key
}

func (m *members) rsa() crypto.PublicKey {
	n, e := m.octets("n", 0), m.octets("e", 0)
	if m.err != nil {
		return nil
	}
	// RFC 7518, 6.3.1: the shortest octets that hold the number.
	if len(n) == 0 || n[0] == 0 || len(n)*8 > maxRSABits || len(e) == 0 || e[0] == 0 || len(e) > 4 {
		m.fail("jose.key", "n", "this is not an RSA key that we use")
		return nil
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
}

func curveNamed(name string) elliptic.Curve {
	switch name {
	case "P-256":
		return elliptic.P256()
	case "P-384":
		return elliptic.P384()
	case "P-521":
		return elliptic.P521()
	}
	return nil
}

func curveName(c elliptic.Curve) string {
	for _, name := range []string{"P-256", "P-384", "P-521"} {
		if c == curveNamed(name) {
			return name
		}
	}
	return ""
}

// checkEd25519 refuses encodings that are not canonical and points of small
// order: under such a key one signature fits many messages. RFC 8032 leaves the
// check to us, and the standard library does not make it.
func checkEd25519(k ed25519.PublicKey) error {
	if len(k) != ed25519.PublicKeySize {
		return bad("jose.key", "x", "the key has %d bytes instead of %d", len(k), ed25519.PublicKeySize)
	}
	y := slices.Clone([]byte(k))
	y[31] &= 0x7f // the sign of x
	slices.Reverse(y)
	text := hex.EncodeToString(y)
	if text >= fieldPrime {
		return bad("jose.key", "x", "the key is not written in its only form")
	}
	if slices.Contains(smallOrder, text) {
		return bad("jose.key", "x", "a key of small order protects nothing")
	}
	return nil
}

// fieldPrime is 2^255 - 19 of RFC 8032, big-endian.
const fieldPrime = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed"

// smallOrder are the y coordinates, big-endian, of the points whose order divides
// the cofactor 8: those of order 1, 2, 4 and (the last two) 8.
var smallOrder = []string{
	"0000000000000000000000000000000000000000000000000000000000000001",
	"7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec",
	"0000000000000000000000000000000000000000000000000000000000000000",
	"05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826",
	"7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7",
}

// checkRSA bounds the size and refuses exponents and moduli that are known to be
// weak: the keys of CVE-2017-15361 ("ROCA") can be factored by anybody.
func checkRSA(k *rsa.PublicKey) error {
	bits := k.N.BitLen()
	if bits < minRSABits || bits > maxRSABits {
		return bad("jose.key", "n", "the RSA key has %d bits; %d to %d are accepted", bits, minRSABits, maxRSABits)
	}
	if k.N.Bit(0) == 0 || k.E < 65537 || k.E%2 == 0 || k.E > 1<<31-1 {
		return bad("jose.key", "e", "the RSA key is not one that we use")
	}
	if roca(k.N) {
		return bad("jose.key", "n", "the RSA key was made by a faulty generator and can be broken")
	}
	return nil
}

// roca reports whether n has the form of CVE-2017-15361: modulo each small prime
// it is a power of 65537.
func roca(n *big.Int) bool {
	for p := int64(3); p <= 167; p += 2 {
		if !big.NewInt(p).ProbablyPrime(0) {
			continue
		}
		rest := new(big.Int).Mod(n, big.NewInt(p)).Int64()
		power, found := int64(1), rest == 1
		for range p {
			power = power * 65537 % p
			found = found || power == rest
		}
		if !found {
			return false
		}
	}
	return true
}
