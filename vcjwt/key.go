package vcjwt

import (
	"net/url"
	"strings"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/jose"
	"cairn.example/sdjwt"
	"cairn.example/strictjson"
	"cairn.example/vc"
)

// The ways from an envelope to a key. Each checks that the key is the issuer's:
// a key that merely fits the signature proves nothing.

// purpose is what the key must be meant for.
func (s *Secured) purpose() string {
	if s.Form.IsPresentation() {
		return did.Authentication
	}
	return did.AssertionMethod
}

// KeyFromDocument returns the key from the document of the issuer or holder, with
// what the document says of it. A kid that is no DID URL is a name inside the
// document; an Open Badge with a jwk and no kid must carry one of its keys. The
// document may give the key as JsonWebKey or as Multikey.
func (s *Secured) KeyFromDocument(doc *did.Document) (*jose.PublicKey, did.Method, error) {
	if s.Issuer == "" || doc.ID != cairn.DID(s.Issuer) {
		return nil, did.Method{}, bad("vcjwt.issuer", "issuer", "the document is of somebody else")
	}
	if s.KeyID == "" && s.HeaderKey != nil {
		for _, m := range doc.Methods {
			if k, err := m.JOSE(); err == nil && k.Equal(s.HeaderKey) {
				m, err = doc.Method(m.ID, s.purpose())
				return k, m, err
			}
		}
		return nil, did.Method{}, bad("did.no-such-key", "jwk", "the key in the token is not one of the issuer's")
	}
	kid := s.KeyID
	if !vc.IsURL(kid) {
		kid = s.Issuer + "#" + strings.TrimPrefix(kid, "#")
	}
	m, err := doc.Method(cairn.KeyID(kid), s.purpose())
	if err != nil {
		return nil, did.Method{}, err
	}
	k, err := m.JOSE()
	return k, m, err
}

// KeyFromMetadata returns the key from the metadata of an https issuer (package
// sdjwt has how to find and read it). keys are those of jwks, or what was found at
// jwks_uri.
func (s *Secured) KeyFromMetadata(m *sdjwt.IssuerMetadata, keys jose.KeySet) (*jose.PublicKey, error) {
	if s.Issuer == "" || m.Issuer != s.Issuer || s.Form.IsPresentation() {
		return nil, bad("vcjwt.issuer", "issuer", "the metadata is of somebody else")
	}
	return keys.Find(s.KeyID)
}

// KeyURL returns where the key of an Open Badge is, when its kid is an https URL
// (Open Badges 3.0, section 8.5). It must be of the issuer's own host: the format
// says nothing of whose key a kid may name, and anybody has an https URL.
func (s *Secured) KeyURL() (string, error) {
	key, err := url.Parse(s.KeyID)
	if err != nil || key.Scheme != "https" || key.Host == "" || key.User != nil {
		return "", bad("vcjwt.kid", "kid", "the name of the key is no https URL")
	}
	issuer, err := url.Parse(s.Issuer)
	if err != nil || issuer.Scheme != "https" || issuer.User != nil || issuer.Host != key.Host {
		return "", bad("vcjwt.issuer", "kid", "the key is not at the issuer's own address")
	}
	key.Fragment, key.RawFragment = "", ""
	return key.String(), nil
}

// KeyFromURL returns the key from what was found at KeyURL: a JWK, or a set of
// them with the kid as a whole or its fragment as the name of the key.
func (s *Secured) KeyFromURL(data []byte) (*jose.PublicKey, error) {
	if _, err := s.KeyURL(); err != nil {
		return nil, err
	}
	tree, err := strictjson.ParseObject(data, strictjson.Default)
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "jose.key", Message: "the key can't be read", Err: err}
	}
	if _, isSet := tree["keys"]; !isSet {
		return jose.PublicKeyFromTree(tree)
	}
	set, err := jose.KeySetFromTree(tree)
	if err != nil {
		return nil, err
	}
	if k, err := set.Find(s.KeyID); err == nil {
		return k, nil
	}
	_, fragment, _ := strings.Cut(s.KeyID, "#")
	return set.Find(fragment)
}
