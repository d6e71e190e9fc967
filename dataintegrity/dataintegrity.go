// Package dataintegrity makes and checks W3C Data Integrity proofs with the
// cryptosuite eddsa-rdfc-2022: the document and the options of the proof are
// canonicalised as RDF, hashed with SHA-256 and signed with Ed25519.
//
// Most callers need Sign, Proofs and Verify. Verify answers one question only:
// did this key make this proof over this document, for this purpose. Whether the
// key belongs to the issuer, and whether the proof is of today, is for the
// caller (internal/verify) to decide from the Proof.
package dataintegrity

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/mr-tron/base58"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/rdfc"
	"cairn.example/vc"
)

// The names that a proof carries.
const (
	ProofType     = "DataIntegrityProof"
	EdDSARDFC2022 = "eddsa-rdfc-2022"
)

// maxProofs bounds the proofs of one document.
const maxProofs = 16

// Options say what a new proof is for.
type Options struct {
	Purpose   string // did.AssertionMethod for credentials, did.Authentication for presentations
	Created   time.Time
	Challenge string // for presentations: what the verifier asked to have signed
	Domain    string // for presentations: whom the presentation is for
}

// Proof is one proof of a document, read but not checked.
type Proof struct {
	Type        string
	Cryptosuite string
	Purpose     string
	Method      cairn.KeyID
	Created     time.Time // zero when absent
	Expires     time.Time // zero when absent
	Challenge   string
	Domains     []string
	tree        map[string]any
}

func bad(code, field, format string, args ...any) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}

// Sign returns a copy of doc with a proof. It refuses a document that already
// has one, and one that the proof would not cover whole (codes rdfc.…). The
// signature is checked before it is returned. Equal inputs give equal proofs.
func Sign(ctx context.Context, doc map[string]any, o Options, s cairn.Signer) (map[string]any, error) {
	if _, ok := doc["proof"]; ok {
		return nil, bad("proof.already-signed", "proof", "the document already has a proof")
	}
	if o.Purpose != did.AssertionMethod && o.Purpose != did.Authentication {
		return nil, bad("proof.purpose", "proof.proofPurpose", "the purpose %q is not supported", o.Purpose)
	}
	if o.Created.IsZero() {
		return nil, bad("proof.created", "proof.created", "the time of the proof is missing")
	}
	proof := map[string]any{
		"type":               ProofType,
		"cryptosuite":        EdDSARDFC2022,
		"created":            vc.FormatTime(o.Created),
		"verificationMethod": string(s.KeyID()),
		"proofPurpose":       o.Purpose,
	}
	if o.Challenge != "" {
		proof["challenge"] = o.Challenge
	}
	if o.Domain != "" {
		proof["domain"] = o.Domain
	}
	message, err := hash(doc, proof)
	if err != nil {
		return nil, err
	}
	signature, err := s.Sign(ctx, message)
	if err != nil {
		return nil, err
	}
	if len(signature) != ed25519.SignatureSize || !ed25519.Verify(s.PublicKey(), message, signature) {
		return nil, &cairn.Error{Kind: cairn.Internal, Code: "proof.signer-fault", Object: string(s.KeyID()),
			Message: "the signer returned a signature that does not verify", Hint: "check the key store; nothing was signed"}
	}
	proof["proofValue"] = "z" + base58.Encode(signature)
	signed := maps.Clone(doc)
	signed["proof"] = proof
	return signed, nil
}

// Proofs reads the proofs of a document: one object, or a non-empty list of
// independent proofs. It checks their form, not their truth.
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
	return out, nil
}

// known lists the members of a proof. Another member would have no meaning here,
// and one that changes the meaning of the rest must not be passed over.
var known = map[string]bool{"id": true, "type": true, "cryptosuite": true, "created": true, "expires": true, "verificationMethod": true,
	"proofPurpose": true, "challenge": true, "domain": true, "nonce": true, "proofValue": true}

func readProof(m map[string]any) (Proof, error) {
	p := Proof{tree: m}
	for name := range m {
		if name == "previousProof" {
			return p, bad("proof.chain", "proof.previousProof", "chains of proofs are not supported")
		}
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
func Verify(doc map[string]any, p Proof, m did.Method) error {
	if p.Type != ProofType || p.Cryptosuite != EdDSARDFC2022 {
		return bad("proof.unsupported", "proof.cryptosuite", "proofs of type %.60q with %.60q are not supported", p.Type, p.Cryptosuite)
	}
	if p.Method != m.ID {
		return bad("proof.method", "proof.verificationMethod", "the proof names another key")
	}
	value, _ := p.tree["proofValue"].(string)
	encoded, ok := strings.CutPrefix(value, "z")
	if !ok || len(value) > 100 {
		return bad("proof.value", "proof.proofValue", "the signature is not in base58btc multibase form")
	}
	signature, err := base58.Decode(encoded)
	if err != nil || len(signature) != ed25519.SignatureSize || "z"+base58.Encode(signature) != value {
		return bad("proof.value", "proof.proofValue", "this is not an Ed25519 signature")
	}
	if len(m.PublicKey) != ed25519.PublicKeySize {
		return bad("proof.method", "proof.verificationMethod", "the key is not an Ed25519 key")
	}
	unsigned := maps.Clone(doc)
	delete(unsigned, "proof")
	options := maps.Clone(p.tree)
	delete(options, "proofValue")
	message, err := hash(unsigned, options)
	if err != nil {
		return err
	}
	if !ed25519.Verify(m.PublicKey, message, signature) {
		return bad("proof.signature", "proof.proofValue", "the signature does not fit: the document was changed after it was signed, or another key signed it")
	}
	return nil
}

// hash is the transformation and hashing of the suite (vc-di-eddsa, sections
// 3.2.3 to 3.2.5): the proof options take the document's @context.
func hash(doc, options map[string]any) ([]byte, error) {
	config := maps.Clone(options)
	config["@context"] = doc["@context"]
	canonicalConfig, err := rdfc.Canonical(config)
	if err != nil {
		return nil, err
	}
	canonicalDocument, err := rdfc.Canonical(doc)
	if err != nil {
		return nil, err
	}
	h := sha256.Sum256(canonicalConfig)
	d := sha256.Sum256(canonicalDocument)
	return append(h[:], d[:]...), nil
}
