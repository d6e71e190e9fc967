package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"math/big"
	"slices"
)

// verify is the mathematics, for a key and algorithm that fit each other.
func (a algorithm) verify(key crypto.PublicKey, message, signature []byte) bool {
	if a.signature != 0 && len(signature) != a.signature {
		return false
	}
	switch key := key.(type) {
	case ed25519.PublicKey:
		return ed25519.Verify(key, message, signature)
	case *ecdsa.PublicKey:
		half := len(signature) / 2
		r, s := new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:])
		return ecdsa.Verify(key, a.digest(message), r, s)
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(key, a.hash, a.digest(message), signature) == nil
	}
	return false
}

func (a algorithm) digest(message []byte) []byte {
	h := a.hash.New()
	h.Write(message)
	return h.Sum(nil)
}

// Verify returns nil when the key made the signature over message with the
// algorithm, in the form of JWS (for ECDSA r and s side by side, RFC 7518, 3.4).
// It refuses an algorithm of another kind of key, or other than the alg of the
// JWK, and a key that is not meant for signatures. RS256 is among the accepted
// ones here; Token.Verify narrows that.
func (k *PublicKey) Verify(alg Algorithm, message, signature []byte) error {
	a, ok := algorithmOf(alg)
	if !ok {
		return bad("jose.algorithm", "alg", "the algorithm %.40q is not accepted", alg)
	}
	if kty, crv := k.kind(); kty != a.keyType || crv != a.curve {
		return bad("jose.key-algorithm", "alg", "the key is not one for %s", alg)
	}
	if k.algorithm != "" && k.algorithm != alg {
		return bad("jose.key-algorithm", "alg", "the key is for %.40q only", k.algorithm)
	}
	if k.use != "" && k.use != "sig" || k.ops != nil && !slices.Contains(k.ops, "verify") {
		return bad("jose.key-use", "use", "the key is not meant for checking signatures")
	}
	if !a.verify(k.key, message, signature) {
		return bad("jose.signature", "", "the signature does not fit: the token was changed after it was signed, or another key signed it")
	}
	return nil
}
