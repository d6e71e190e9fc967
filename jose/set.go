package jose

import (
	"fmt"
	"slices"

	"cairn.example"
	"cairn.example/strictjson"
)

// KeySet is a set of public keys (RFC 7517, section 5).
type KeySet []*PublicKey

// ParseKeySet reads a JWK Set. Keys of kinds that we do not use are left out; a
// secret in the set, and two keys with one kid, are errors.
func ParseKeySet(data []byte) (KeySet, error) {
	tree, err := strictjson.ParseObject(data, strictjson.Limits{Bytes: maxKeys * maxKeyText, Depth: 10, Values: 20_000})
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "jose.key-set", Message: "the set of keys can't be read", Err: err}
	}
	return KeySetFromTree(tree)
}

// KeySetFromTree is ParseKeySet for a tree from strictjson.
func KeySetFromTree(tree map[string]any) (KeySet, error) {
	list, ok := tree["keys"].([]any)
	if !ok {
		return nil, bad("jose.key-set", "keys", "a set of keys has a list named keys")
	}
	if len(list) > maxKeys {
		return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "jose.key-set", Field: "keys", Message: fmt.Sprintf("there are more than %d keys", maxKeys)}
	}
	set := KeySet{}
	for i, e := range list {
		m, ok := e.(map[string]any)
		if !ok {
			return nil, bad("jose.key-set", fmt.Sprintf("keys/%d", i), "a key must be an object")
		}
		k, err := PublicKeyFromTree(m)
		if cairn.CodeOf(err) == "jose.key-type" {
			continue
		}
		if err != nil {
			return nil, err
		}
		if k.id != "" && slices.ContainsFunc(set, func(o *PublicKey) bool { return o.id == k.id }) {
			return nil, bad("jose.key-set", fmt.Sprintf("keys/%d", i), "two keys have the same kid")
		}
		set = append(set, k)
	}
	return set, nil
}

// Find returns the key that a token names. A token without kid needs a set of
// exactly one key: there is no guessing (codes jose.no-such-key, jose.which-key).
func (s KeySet) Find(kid string) (*PublicKey, error) {
	if kid == "" {
		if len(s) == 1 {
			return s[0], nil
		}
		return nil, bad("jose.which-key", "kid", "the token does not say which of %d keys signed it", len(s))
	}
	for _, k := range s {
		if k.id == kid {
			return k, nil
		}
	}
	return nil, bad("jose.no-such-key", "kid", "there is no key with this kid")
}
