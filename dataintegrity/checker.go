package dataintegrity

import (
	"crypto"
	"fmt"
	"maps"
	"slices"

	"cairn.example/did"
	"cairn.example/rdfc"
)

// A Checker verifies the proofs of one document. The form that several of them are
// over is worked out once, so that a document with many proofs costs little more
// than one with one. The document must not be changed while the Checker is used.
// It is not safe for concurrent use.
type Checker struct {
	doc        map[string]any
	hashes     map[formKey][]byte
	statements map[string]*rdfc.Statements
}

type formKey struct {
	previous string // the ids of the previous proofs that are included
	hash     crypto.Hash
}

// NewChecker returns a Checker for a document with its proofs.
func NewChecker(doc map[string]any) *Checker {
	return &Checker{doc: doc, hashes: map[formKey][]byte{}, statements: map[string]*rdfc.Statements{}}
}

// Verify is the function of that name, for the document of the Checker.
func (c *Checker) Verify(p Proof, m did.Method) error {
	s, err := suiteOf(p.Type, p.Cryptosuite)
	if err != nil {
		return err
	}
	if p.Method != m.ID {
		return bad("proof.method", "proof.verificationMethod", "the proof names another key")
	}
	if _, own := p.tree["@context"]; own && !s.ownContext {
		return bad("proof.unknown-member", "proof.@context", "a proof of this cryptosuite has no @context")
	}
	if p.Previous != nil && !s.chained {
		return bad("proof.chain", "proof.previousProof", "a proof of this cryptosuite can't be part of a chain")
	}
	value, _ := p.tree["proofValue"].(string)
	input, err := withPrevious(c.doc, p.tree)
	if err != nil {
		return err
	}
	options := maps.Clone(p.tree)
	delete(options, "proofValue")
	return s.verify(signed{doc: input, options: options, value: value, method: m, checker: c,
		previous: fmt.Sprintf("%q", slices.Sorted(slices.Values(p.Previous)))})
}

// signed is what a suite checks: doc is the document without its proofs, or with
// the previous ones of a chain; options is the proof without its value.
type signed struct {
	doc, options map[string]any
	value        string
	method       did.Method
	checker      *Checker
	previous     string // which previous proofs are in doc
	// optionsContext are the contexts of the options where these are not the
	// document's; nil otherwise.
	optionsContext []any
}

// hashRDF hashes the canonical statements of the document.
func (in signed) hashRDF(h crypto.Hash) ([]byte, error) {
	key := formKey{in.previous, h}
	if known := in.checker.hashes[key]; known != nil {
		return known, nil
	}
	form, err := formRDF(in.doc, h)
	if err != nil {
		return nil, err
	}
	in.checker.hashes[key] = sum(h, form)
	return in.checker.hashes[key], nil
}

// statementsOf reads the statements of the document.
func (in signed) statementsOf() (*rdfc.Statements, error) {
	if known := in.checker.statements[in.previous]; known != nil {
		return known, nil
	}
	s, err := rdfc.NewStatements(in.doc)
	if err == nil {
		in.checker.statements[in.previous] = s
	}
	return s, err
}
