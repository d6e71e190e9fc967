package jose

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"

	"cairn.example"
)

// Limits of a file of authorities.
const (
	maxRoots     = 500
	maxRootsFile = 2 << 20 // bytes
)

// ParseRoots reads the certificates of authorities that somebody relies on, in PEM
// (RFC 7468): one after the other, with any text between them. An error says which
// one can't be used, counted from 1. Anything in PEM that is no certificate of an
// authority is an error, as is one that is damaged: it would be missing unnoticed.
// Whether a certificate is valid now is judged when it is needed.
func ParseRoots(data []byte) ([]*x509.Certificate, error) {
	if len(data) > maxRootsFile {
		return nil, tooLarge("roots", len(data), maxRootsFile)
	}
	var out []*x509.Certificate
	refused := func(format string, args ...any) error {
		return bad("jose.roots", fmt.Sprintf("certificate %d", len(out)+1), format, args...)
	}
	begun := bytes.Count(data, []byte("-----BEGIN "))
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if len(out) == maxRoots {
			return nil, refused("there are more than %d certificates", maxRoots)
		}
		if block.Type != "CERTIFICATE" {
			return nil, refused("this is %.40q, which does not belong here", block.Type)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, &cairn.Error{Kind: cairn.Invalid, Code: "jose.roots", Field: fmt.Sprintf("certificate %d", len(out)+1), Message: "the certificate can't be read", Err: err}
		}
		if !c.BasicConstraintsValid || !c.IsCA || c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageCertSign == 0 {
			return nil, refused("%.200q is no authority: its certificate may not certify others", c.Subject.String())
		}
		out = append(out, c)
	}
	switch {
	case begun == 0:
		return nil, bad("jose.roots", "", "there is no certificate in PEM")
	case begun != len(out): // the decoder passes over what it can't read
		return nil, bad("jose.roots", "", "%d certificates begin, and %d of them can be read", begun, len(out))
	}
	return out, nil
}
