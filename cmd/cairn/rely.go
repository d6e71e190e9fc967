package main

import (
	"crypto/x509"
	"errors"

	"cairn.example"
	"cairn.example/federation"
	"cairn.example/jose"
)

// relyFlags name who is relied on for who an issuer is. Whether it is recognised is
// said by trust lists alone.
type relyFlags struct {
	Roots             string `help:"File in PEM with the certificates of authorities that are relied on for who an issuer is (x5c)." env:"CAIRN_ROOTS" type:"path"`
	FederationAnchors string `help:"File in JSON with the trust anchors of OpenID Federations that are relied on for the keys of issuers: a list of objects with id and jwks." env:"CAIRN_FEDERATION_ANCHORS" type:"path"`
}

// roots reads the authorities that are relied on; none when no file is named.
func (f relyFlags) roots(c *console) ([]*x509.Certificate, error) {
	if f.Roots == "" {
		return nil, nil
	}
	data, err := c.read(f.Roots)
	if err != nil {
		return nil, err
	}
	roots, err := jose.ParseRoots(data)
	return roots, inFile(err, f.Roots)
}

// anchors reads the anchors that are relied on; none when no file is named.
func (f relyFlags) anchors(c *console) ([]federation.Anchor, error) {
	if f.FederationAnchors == "" {
		return nil, nil
	}
	data, err := c.read(f.FederationAnchors)
	if err != nil {
		return nil, err
	}
	anchors, err := federation.ParseAnchors(data)
	if err == nil && len(anchors) == 0 {
		err = &cairn.Error{Kind: cairn.Invalid, Code: "cli.anchors", Message: "there is no trust anchor in it", Hint: `write [{"id":"https://ministry.example","jwks":{"keys":[…]}}]`}
	}
	return anchors, inFile(err, f.FederationAnchors)
}

// inFile says in an error about the content of a file which one it is.
func inFile(err error, path string) error {
	var e *cairn.Error
	if !errors.As(err, &e) {
		return err
	}
	named := *e
	if named.Object = path; e.Object != "" {
		named.Object += ": " + e.Object
	}
	return &named
}
