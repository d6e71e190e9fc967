package main

import (
	"crypto/x509"
	"errors"

	"cairn.example"
	"cairn.example/jose"
)

// relyFlags name who is relied on for who an issuer is. Whether it is recognised is
// said by trust lists alone.
type relyFlags struct {
	Roots string `help:"File in PEM with the certificates of authorities that are relied on for who an issuer is (x5c)." env:"CAIRN_ROOTS" type:"path"`
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

// inFile says in an error about the content of a file which one it is.
func inFile(err error, path string) error {
	var e *cairn.Error
	if !errors.As(err, &e) {
		return err
	}
	named := *e
	if named.Field == "" {
		named.Field = e.Object
	}
	named.Object = path
	return &named
}
