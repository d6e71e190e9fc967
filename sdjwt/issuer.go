package sdjwt

import (
	"crypto/x509"
	"net/url"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/jose"
	"cairn.example/strictjson"
	"cairn.example/vc"
)

// The three ways from an SD-JWT VC to the key of its issuer (draft section 2.5).
// Which one a verifier allows for which issuer is its own decision: the token can
// only ask for one.

// maxIssuerMetadata bounds the metadata of an issuer, in bytes.
const maxIssuerMetadata = 256 << 10

const wellKnown = "/.well-known/jwt-vc-issuer"

// IssuerMetadataURL returns where the metadata of an issuer is: the well-known
// part stands between host and path (draft section 4). The issuer must be an https
// URL with nothing that could lead elsewhere than it reads.
func IssuerMetadataURL(issuer string) (string, error) {
	u, err := url.Parse(issuer)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" ||
		strings.ContainsAny(issuer, "#\\ ") || u.RawPath != "" || strings.Contains(u.Path, "//") || strings.Contains(u.Path+"/", "/./") ||
		strings.Contains(u.Path+"/", "/../") || u.String() != issuer {
		return "", bad("sdjwt.issuer", "iss", "the issuer is no https URL that metadata can be found for")
	}
	return "https://" + u.Host + wellKnown + strings.TrimSuffix(u.Path, "/"), nil
}

// IssuerMetadata is what an issuer publishes of its keys: the keys, or where they
// are.
type IssuerMetadata struct {
	Issuer  string
	Keys    jose.KeySet
	KeysURL string
}

// ParseIssuerMetadata reads the metadata that was found for an issuer. It must be
// of that issuer, letter by letter, and have jwks or jwks_uri.
func ParseIssuerMetadata(data []byte, issuer string) (*IssuerMetadata, error) {
	tree, err := strictjson.ParseObject(data, strictjson.Limits{Bytes: maxIssuerMetadata, Depth: 12, Values: 10_000})
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "sdjwt.issuer-metadata", Object: issuer, Message: "the metadata of the issuer can't be read", Err: err}
	}
	if got, _ := tree["issuer"].(string); got == "" || got != issuer {
		return nil, bad("sdjwt.issuer-metadata", "issuer", "the metadata is of another issuer")
	}
	m := &IssuerMetadata{Issuer: issuer}
	set, inline := tree["jwks"]
	where, linked := tree["jwks_uri"]
	if inline == linked {
		return nil, bad("sdjwt.issuer-metadata", "jwks", "the metadata must have jwks or jwks_uri, and not both")
	}
	if linked {
		s, _ := where.(string)
		if !strings.HasPrefix(s, "https://") || !vc.IsURL(s) {
			return nil, bad("sdjwt.issuer-metadata", "jwks_uri", "jwks_uri must be an https URL")
		}
		m.KeysURL = s
		return m, nil
	}
	tree, ok := set.(map[string]any)
	if !ok {
		return nil, bad("sdjwt.issuer-metadata", "jwks", "jwks must be an object")
	}
	if m.Keys, err = jose.KeySetFromTree(tree); err != nil {
		return nil, err
	}
	return m, nil
}

// KeyFromMetadata returns the issuer's key by its metadata. keys are those of
// jwks, or what was found at jwks_uri.
func (v *VC) KeyFromMetadata(m *IssuerMetadata, keys jose.KeySet) (*jose.PublicKey, error) {
	if v.Issuer == "" || m.Issuer != v.Issuer {
		return nil, bad("sdjwt.issuer", "iss", "the metadata is of another issuer")
	}
	return keys.Find(v.KeyID)
}

// KeyFromDocument returns the issuer's key from the document of its identifier:
// iss is a DID, and kid one of its verification methods for assertions.
func (v *VC) KeyFromDocument(doc *did.Document) (*jose.PublicKey, did.Method, error) {
	if v.Issuer == "" || doc.ID != cairn.DID(v.Issuer) {
		return nil, did.Method{}, bad("sdjwt.issuer", "iss", "the document is of another issuer")
	}
	kid := v.KeyID
	if strings.HasPrefix(kid, "#") { // relative to the issuer
		kid = v.Issuer + kid
	}
	m, err := doc.Method(cairn.KeyID(kid), did.AssertionMethod)
	if err != nil {
		return nil, did.Method{}, err
	}
	key, err := m.JOSE()
	return key, m, err
}

// KeyFromChain returns the issuer's key from the certificates in the header, which
// must lead to one of the roots. If there is an iss, the certificate must name it:
// the draft leaves that to the ecosystem, and without it any certificate would do
// for any iss.
func (t *Token) KeyFromChain(roots []*x509.Certificate, at time.Time) (*jose.PublicKey, *x509.Certificate, error) {
	cert, key, _, err := jose.VerifyChain(t.JWT.Header.Chain, roots, at)
	if err != nil {
		return nil, nil, err
	}
	if n := t.root.object["iss"]; n != nil {
		issuer, _ := n.value.(string)
		if n.selective || !jose.Names(cert, issuer) {
			return nil, nil, bad("sdjwt.issuer", "iss", "the certificate is not for the issuer that the credential names")
		}
	}
	return key, cert, nil
}
