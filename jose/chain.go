package jose

import (
	"crypto/x509"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"cairn.example"
)

// Limits of a chain of certificates.
const (
	maxChain       = 6
	maxCertificate = 8 << 10 // bytes of DER
)

// readChain reads x5c (RFC 7515, section 4.1.6): standard base64, with padding.
func readChain(tree map[string]any) ([][]byte, error) {
	v, ok := tree["x5c"]
	if !ok {
		return nil, nil
	}
	list, ok := v.([]any)
	if !ok || len(list) == 0 || len(list) > maxChain {
		return nil, bad("jose.chain", "x5c", "x5c must be a list of one to %d certificates", maxChain)
	}
	var out [][]byte
	for _, e := range list {
		s, _ := e.(string)
		der, err := base64.StdEncoding.Strict().DecodeString(s)
		if err != nil || len(der) == 0 || len(der) > maxCertificate || strings.ContainsAny(s, "\r\n") {
			return nil, bad("jose.chain", "x5c", "a certificate in x5c can't be read")
		}
		out = append(out, der)
	}
	return out, nil
}

func writeChain(chain [][]byte) []any {
	var out []any
	for _, der := range chain {
		out = append(out, base64.StdEncoding.EncodeToString(der))
	}
	return out
}

// ParseChain reads the certificates of a chain (Header.Chain, or x5chain of COSE)
// without judging them.
func ParseChain(chain [][]byte) ([]*x509.Certificate, error) {
	if len(chain) == 0 || len(chain) > maxChain {
		return nil, bad("jose.chain", "x5c", "there must be one to %d certificates", maxChain)
	}
	var out []*x509.Certificate
	for _, der := range chain {
		if len(der) > maxCertificate {
			return nil, tooLarge("x5c", len(der), maxCertificate)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, &cairn.Error{Kind: cairn.Invalid, Code: "jose.chain", Field: "x5c", Message: "a certificate can't be read", Err: err}
		}
		out = append(out, c)
	}
	return out, nil
}

// VerifyChain returns the signer's certificate, its key, and the root that it leads
// to, when that is one of the trusted roots and every certificate is valid at the
// time. When it leads to several, the root is one of them. Each
// certificate must be certified by the next one, and the first must be one for
// signatures and no authority. Whether the certificate names the issuer that the
// token names is for the caller.
func VerifyChain(chain [][]byte, roots []*x509.Certificate, at time.Time) (leaf *x509.Certificate, key *PublicKey, root *x509.Certificate, err error) {
	certificates, err := ParseChain(chain)
	if err != nil {
		return nil, nil, nil, err
	}
	leaf = certificates[0]
	for i, c := range certificates[1:] {
		if err := certificates[i].CheckSignatureFrom(c); err != nil {
			return nil, nil, nil, &cairn.Error{Kind: cairn.Invalid, Code: "jose.chain", Field: "x5c", Message: "the certificates do not form a chain", Err: err}
		}
	}
	if leaf.IsCA || leaf.KeyUsage != 0 && leaf.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		return nil, nil, nil, bad("jose.chain", "x5c", "the certificate is not one for signing")
	}
	// Never nil: a nil pool would mean the roots of the machine.
	trusted, between := x509.NewCertPool(), x509.NewCertPool()
	for _, r := range roots {
		trusted.AddCert(r)
	}
	for _, c := range certificates[1:] {
		between.AddCert(c)
	}
	chains, err := leaf.Verify(x509.VerifyOptions{Roots: trusted, Intermediates: between, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil {
		return nil, nil, nil, &cairn.Error{Kind: cairn.Invalid, Code: "jose.chain-untrusted", Field: "x5c",
			Message: "the certificate does not lead to a trusted authority", Err: err}
	}
	if key, err = NewPublicKey(leaf.PublicKey, ""); err != nil {
		return nil, nil, nil, err
	}
	return leaf, key, chains[0][len(chains[0])-1], nil
}

// Names reports whether a certificate is for an issuer: an https URL whose host
// is among its DNS names, or a URI that is among its URIs.
func Names(c *x509.Certificate, issuer string) bool {
	for _, u := range c.URIs {
		if u.String() == issuer {
			return true
		}
	}
	rest, ok := strings.CutPrefix(issuer, "https://")
	if !ok {
		return false
	}
	host, _, _ := strings.Cut(rest, "/")
	return slices.Contains(c.DNSNames, host)
}
