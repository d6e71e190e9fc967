package did

import (
	"crypto/ed25519"
	"slices"
	"strings"

	"cairn.example"
	"cairn.example/jcs"
	"cairn.example/jose"
)

// JOSE returns the key of a method in the form that tokens are verified with,
// whatever its kind. The kid is empty: a method is named by its id.
func (m Method) JOSE() (*jose.PublicKey, error) {
	if m.Key != nil {
		return m.Key, nil
	}
	return jose.NewPublicKey(m.PublicKey, "")
}

// JWKFromKey returns the did:jwk identifier of a public key and the id of its only
// verification method. One key has many did:jwk identifiers, as a JWK has many
// texts; this one has the members that are required, in canonical order.
func JWKFromKey(k *jose.PublicKey) (cairn.DID, cairn.KeyID, error) {
	bare, err := jose.NewPublicKey(k.Crypto(), "")
	if err != nil {
		return "", "", err
	}
	b, err := jcs.Marshal(bare.Tree())
	if err != nil {
		return "", "", err
	}
	d, err := Parse("did:jwk:" + jose.EncodeBase64(b))
	return d, cairn.KeyID(d + "#0"), err
}

// ResolveJWK returns the document that a did:jwk identifier stands for (did:jwk
// method specification, 2023). A JWK with use "enc" gives a document whose key is
// for no purpose that we know. A private key inside is an error of its own.
func ResolveJWK(d cairn.DID) (*Document, error) {
	value, ok := strings.CutPrefix(string(d), "did:jwk:")
	if !ok {
		return nil, bad("did.method", string(d), "this is not a did:jwk identifier")
	}
	if _, err := Parse(string(d)); err != nil {
		return nil, err
	}
	b, err := jose.DecodeBase64(value)
	if err != nil {
		return nil, bad("did.key", string(d), "the key is not in base64url")
	}
	k, err := jose.ParsePublicKey(b)
	switch cairn.CodeOf(err) {
	case "":
	case "jose.private-key":
		return nil, bad("did.private-key", string(d), "the identifier shows a private key; it must be considered stolen")
	case "jose.key-type":
		return nil, bad("did.key-type", string(d), "keys of this kind are not supported")
	default:
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "did.key", Object: string(d), Message: "the key in the identifier can't be used", Err: err}
	}
	id := cairn.KeyID(d + "#0")
	m := Method{ID: id, Controller: d, Key: k}
	m.PublicKey, _ = k.Crypto().(ed25519.PublicKey)
	doc := &Document{ID: d, Methods: []Method{m}}
	if k.Use() != "enc" {
		doc.Assertion, doc.Authentication = []cairn.KeyID{id}, slices.Clone([]cairn.KeyID{id})
	}
	return doc, nil
}

// decodeJWK reads a public key in JWK form. A good key of a kind that is not ours
// to use has the code did.key-type.
func decodeJWK(v any, object string) (*jose.PublicKey, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, bad("did.key", object, "publicKeyJwk is not an object")
	}
	k, err := jose.PublicKeyFromTree(m)
	switch {
	case err == nil:
		return k, nil
	case cairn.CodeOf(err) == "jose.private-key":
		return nil, bad("did.private-key", object, "the document shows a private key; it must be considered stolen")
	case m["kty"] == "OKP" && m["crv"] == "Ed25519":
		return nil, bad("did.key", object, "the key is not an Ed25519 key in base64url")
	}
	return nil, bad("did.key-type", object, "keys of this kind are not supported")
}
