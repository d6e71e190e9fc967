// Package dataintegrity makes and checks W3C Data Integrity proofs. The suites
// that it knows are in one table: eddsa-rdfc-2022 and ecdsa-rdfc-2019, which sign
// the document as RDF, eddsa-jcs-2022 and ecdsa-jcs-2019, which sign it as JSON,
// and ecdsa-sd-2023 and bbs-2023, of which the holder shows a part (SignSD, DeriveSD,
// SignBBS, DeriveBBS).
//
// Most callers need Sign, Proofs and Verify; SignWith and Add take other keys and
// add proofs to sets and chains. Verify answers one question only: did this key
// make this proof over this document, for this purpose. Whether the key belongs to
// the issuer, and whether the proof is of today, is for the caller
// (internal/verify) to decide from the Proof.
package dataintegrity

import (
	"fmt"
	"time"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/vc"
)

// maxProofs bounds the proofs of one document.
const maxProofs = 16

// Proof is one proof of a document, read but not checked.
type Proof struct {
	ID          string // may be empty
	Type        string
	Cryptosuite string
	Purpose     string
	Method      cairn.KeyID
	Created     time.Time // zero when absent
	Expires     time.Time // zero when absent
	Challenge   string
	Domains     []string
	Previous    []string // the ids of the proofs that this one is over as well
	tree        map[string]any
}

func bad(code, field, format string, args ...any) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}

// Proofs reads the proofs of a document: one object, or a non-empty list. It
// checks their form and how they refer to each other, not their truth.
func Proofs(doc map[string]any) ([]Proof, error) {
	v, ok := doc["proof"]
	if !ok || v == nil {
		return nil, bad("proof.missing", "proof", "the document is not signed")
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	if len(list) == 0 {
		return nil, bad("proof.missing", "proof", "the document is not signed")
	}
	if len(list) > maxProofs {
		return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "proof.too-many", Field: "proof", Message: fmt.Sprintf("more than %d proofs", maxProofs)}
	}
	out := make([]Proof, 0, len(list))
	for i, e := range list {
		m, ok := e.(map[string]any)
		if !ok {
			return nil, bad("proof.malformed", fmt.Sprintf("proof/%d", i), "a proof must be an object")
		}
		p, err := readProof(m)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, checkChain(out)
}

// known lists the members of a proof. Another member would have no meaning here,
// and one that changes the meaning of the rest must not be passed over.
var known = map[string]bool{"id": true, "type": true, "cryptosuite": true, "created": true, "expires": true, "verificationMethod": true,
	"proofPurpose": true, "challenge": true, "domain": true, "nonce": true, "previousProof": true, "proofValue": true, "@context": true}

func readProof(m map[string]any) (Proof, error) {
	p := Proof{tree: m}
	for name := range m {
		if !known[name] {
			return p, bad("proof.unknown-member", "proof."+name, "a proof has no member of this name")
		}
	}
	var err error
	text := func(name string, required bool) string {
		v, ok := m[name]
		s, isText := v.(string)
		if (ok && !isText || required && s == "") && err == nil {
			err = bad("proof.malformed", "proof."+name, "%s must be a text", name)
		}
		return s
	}
	p.ID = text("id", false)
	p.Type = text("type", true)
	p.Cryptosuite = text("cryptosuite", false)
	p.Purpose = text("proofPurpose", true)
	p.Method = cairn.KeyID(text("verificationMethod", true))
	p.Challenge = text("challenge", false)
	text("nonce", false)
	text("proofValue", true)
	if err != nil {
		return p, err
	}
	for name, to := range map[string]*time.Time{"created": &p.Created, "expires": &p.Expires} {
		if s := text(name, false); s != "" || m[name] != nil {
			if *to, err = vc.ParseTime(s); err != nil {
				return p, bad("proof.malformed", "proof."+name, "%s must be a date and time with a zone", name)
			}
		}
	}
	if p.Previous, err = previousOf(m); err != nil {
		return p, err
	}
	if d, ok := m["domain"]; ok {
		list, ok := d.([]any)
		if !ok {
			list = []any{d}
		}
		for _, e := range list {
			s, ok := e.(string)
			if !ok || s == "" {
				return p, bad("proof.malformed", "proof.domain", "a domain must be a text")
			}
			p.Domains = append(p.Domains, s)
		}
	}
	return p, nil
}

// Verify returns nil when the key of method m made proof p over doc, and the
// reason otherwise. doc is the whole document with its proofs; p is one of those
// that Proofs returned for it. The caller has found m for p.Method and p.Purpose.
//
// A proof with previous ones is over these, too, but Verify does not check them:
// it counts only when each of p.Previous is verified as well. A proof of a JCS
// suite can be over fewer contexts than the document has: see CoversContext.
func Verify(doc map[string]any, p Proof, m did.Method) error { return NewChecker(doc).Verify(p, m) }

// CoversContext says whether the proof is over all contexts of the document. The
// JCS suites let somebody add contexts at the end of @context after the signature
// (vc-di-eddsa, section 3.3.2): these are not signed.
func (p Proof) CoversContext(doc map[string]any) bool {
	c, own := p.tree["@context"]
	return !own || p.Legacy() || len(listOf(c)) == len(listOf(doc["@context"]))
}
