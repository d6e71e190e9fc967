// Package rdfc turns a JSON-LD document into the canonical RDF form that
// Data Integrity proofs with "rdfc" in their name sign: JSON-LD 1.1 expansion
// with embedded contexts, conversion to RDF, and RDFC-1.0.
//
// Canonical is the one function that callers need. It is guarded: nothing is
// fetched, and a document of which any member or identifier would not reach the
// canonical form, or could be written in another way with the same form, is
// refused, because a verifier would otherwise show what nobody signed (Data
// Integrity 1.0, "Validating Contexts" and data loss detection).
//
// What the form cannot tell: the order of a list (except where the context says
// that it matters), and at which of several mentions of one identifier a
// statement stands. Readers must not conclude anything from these.
//
// It is not a general JSON-LD processor: it knows the features that the embedded
// contexts use, and refuses the others by name.
package rdfc

import (
	"fmt"

	"cairn.example"
)

// maxQuads bounds the RDF statements of one document; a transcript with sixty
// credentials has about six thousand.
const maxQuads = 50_000

// Canonical returns the canonical N-Quads of doc, a tree as strictjson returns
// it. It does not change doc. Errors are *cairn.Error with the place as a JSON
// pointer in Field and one of the codes rdfc.malformed, rdfc.unknown-context,
// rdfc.nested-context, rdfc.dropped, rdfc.relative-id, rdfc.alias, rdfc.number,
// rdfc.number-as-text, rdfc.described-twice and rdfc.work-limit. It is safe for
// concurrent use.
func Canonical(doc map[string]any) ([]byte, error) { return canonical(doc, digest) }

// Canonical384 is Canonical with SHA-384 inside, as the suites with P-384 keys
// demand. The two forms of a document differ in the labels of unnamed objects.
func Canonical384(doc map[string]any) ([]byte, error) { return canonical(doc, digest384) }

func canonical(doc map[string]any, hash hasher) ([]byte, error) {
	w := &walker{seen: map[quad]bool{}}
	if _, err := w.node(doc, place{contextAllowed: true}, nil); err != nil {
		return nil, err
	}
	return canonicaliseWith(w.quads, hash)
}

func fail(code, path, format string, args ...any) error {
	kind := cairn.Invalid
	if code == "rdfc.work-limit" {
		kind = cairn.TooLarge
	}
	return &cairn.Error{Kind: kind, Code: code, Field: path, Message: fmt.Sprintf(format, args...)}
}
