package cose

import (
	"slices"
	"unicode/utf8"

	"cairn.example/jose"
	"cairn.example/strictcbor"
)

// Parameters of a COSE_Key (RFC 9052, section 7; RFC 9053, section 7).
const (
	keyType      = int64(1)
	keyID        = int64(2)
	keyAlgorithm = int64(3)
	keyOps       = int64(4)
	keyCurve     = int64(-1)
	keyX         = int64(-2)
	keyY         = int64(-3)
	keyPrivate   = int64(-4)

	opVerify = int64(2)
)

const (
	claimConfirmation = int64(8) // cnf (RFC 8747, section 3.1)
	confirmKey        = int64(1)
	confirmKeyID      = int64(3)
)

// curves are those of jose, with their numbers.
var curves = []struct {
	kty, crv  int64
	kind, jwk string
}{{1, 6, "OKP", "Ed25519"}, {2, 1, "EC", "P-256"}, {2, 2, "EC", "P-384"}, {2, 3, "EC", "P-521"}}

// KeyFromMap reads a COSE_Key that must be a public key, Ed25519 or ECDSA, with
// both coordinates. A private part has the code cose.private-key: such a key must
// be considered stolen. Others: cose.key, and those of jose.PublicKeyFromTree.
func KeyFromMap(m strictcbor.Map) (*jose.PublicKey, error) {
	if _, ok := m[keyPrivate]; ok {
		return nil, bad("cose.private-key", "", "this shows a private key; it must be considered stolen")
	}
	for _, c := range curves {
		if m[keyType] != c.kty || m[keyCurve] != c.crv {
			continue
		}
		jwk := map[string]any{"kty": c.kind, "crv": c.jwk}
		x, ok := m[keyX].([]byte)
		jwk["x"] = jose.EncodeBase64(x)
		if c.kind == "EC" {
			y, isBytes := m[keyY].([]byte) // a sign alone would be a compressed point
			jwk["y"], ok = jose.EncodeBase64(y), ok && isBytes
		}
		if !ok {
			return nil, bad("cose.key", "", "the key lacks a coordinate")
		}
		if err := readUse(m, jwk); err != nil {
			return nil, err
		}
		return jose.PublicKeyFromTree(jwk)
	}
	return nil, bad("cose.key", "", "keys of this kind are not supported")
}

// readUse reads what the key says of itself besides.
func readUse(m strictcbor.Map, jwk map[string]any) error {
	if v, ok := m[keyID]; ok {
		b, ok := v.([]byte)
		if !ok || len(b) == 0 || !utf8.Valid(b) {
			return bad("cose.key", "kid", "the name of the key is not text")
		}
		jwk["kid"] = string(b)
	}
	if v, ok := m[keyAlgorithm]; ok {
		i := slices.IndexFunc(algorithms[:], func(a algorithm) bool { return v == a.number })
		if i < 0 {
			return bad("cose.algorithm", "alg", "the algorithm %.40v is not accepted", v)
		}
		jwk["alg"] = string(algorithms[i].name)
	}
	if v, ok := m[keyOps]; ok {
		list, ok := v.([]any)
		if !ok || !slices.Contains(list, any(opVerify)) {
			return bad("cose.key", "key_ops", "the key is not meant for checking signatures")
		}
	}
	return nil
}

// KeyToMap writes a public key, Ed25519 or ECDSA, as a COSE_Key with nothing but
// the key.
func KeyToMap(k *jose.PublicKey) (strictcbor.Map, error) {
	jwk := k.Tree()
	for _, c := range curves {
		if jwk["crv"] != c.jwk {
			continue
		}
		m := strictcbor.Map{keyType: c.kty, keyCurve: c.crv}
		for name, label := range map[string]int64{"x": keyX, "y": keyY} {
			text, ok := jwk[name].(string)
			if !ok {
				continue
			}
			b, err := jose.DecodeBase64(text)
			if err != nil {
				return nil, err
			}
			m[label] = b
		}
		return m, nil
	}
	return nil, bad("cose.key", "", "keys of this kind are not supported")
}

// Confirm returns the cnf claim that binds a token to the holder of a key
// (RFC 8747), for Claims.Others.
func Confirm(k *jose.PublicKey) (strictcbor.Map, error) {
	m, err := KeyToMap(k)
	if err != nil {
		return nil, err
	}
	return strictcbor.Map{claimConfirmation: strictcbor.Map{confirmKey: m}}, nil
}

// Confirmation returns the key, or the name of the key, that a token is bound to.
// Both are empty when it is bound to none. A cnf of another form is an error
// (cose.confirmation), since the token is bound to something then.
func (c Claims) Confirmation() (key *jose.PublicKey, kid []byte, err error) {
	v, ok := c.Others[claimConfirmation]
	if !ok {
		return nil, nil, nil
	}
	cnf, ok := v.(strictcbor.Map)
	if !ok || len(cnf) != 1 {
		return nil, nil, bad("cose.confirmation", "cnf", "the token is bound to a key in a way that is not read")
	}
	if m, ok := cnf[confirmKey].(strictcbor.Map); ok {
		key, err = KeyFromMap(m)
		return key, nil, err
	}
	if kid, ok := cnf[confirmKeyID].([]byte); ok && len(kid) > 0 && len(kid) <= maxKeyID {
		return nil, kid, nil
	}
	return nil, nil, bad("cose.confirmation", "cnf", "the token is bound to a key in a way that is not read")
}
