package dataintegrity

import (
	"context"
	"encoding/base64"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/jose"
	"cairn.example/rdfc"
)

// sdKeys are those of ecdsa-sd-2023, of which the holder shows a part (W3C
// vc-di-ecdsa, section 3.6). Every verifier sees the same signatures, so two of
// them can tell that they saw the same credential; bbs-2023 hides that.
var sdKeys = []jose.Algorithm{jose.ES256}

// SignSD returns a copy of doc with a base proof of ecdsa-sd-2023, which is for
// the holder alone: whoever has it can show any part. The JSON pointers in
// mandatory select what must always be shown; without issuer, validity and status
// among them a holder can hide that a credential has ended. s signs with P-256.
// random is a source such as crypto/rand.Reader; it makes the key of this proof's
// statements, which is forgotten at once. The issuer's signature is checked before
// it is returned.
func SignSD(ctx context.Context, random io.Reader, doc map[string]any, o Options, mandatory []string, id cairn.KeyID, s jose.Signer) (map[string]any, error) {
	if _, ok := doc["proof"]; ok {
		return nil, bad("proof.already-signed", "proof", "the document already has a proof")
	}
	if o.Previous != nil {
		return nil, bad("proof.chain", "proof.previousProof", "a proof of this cryptosuite can't be part of a chain")
	}
	o.Cryptosuite = ECDSASD2023
	proof, err := o.tree(id)
	if err != nil {
		return nil, err
	}
	if _, err := algorithm(s.PublicKey(), sdKeys); err != nil {
		return nil, err
	}
	v := sdValue{hmacKey: make([]byte, hmacKeySize), pointers: mandatory}
	if _, err := io.ReadFull(random, v.hmacKey); err != nil {
		return nil, &cairn.Error{Kind: cairn.Internal, Code: "proof.random", Message: "there is no randomness", Err: err}
	}
	own, err := jose.GenerateKey(jose.ES256, "", random)
	if err != nil {
		return nil, err
	}
	if v.publicKey, err = did.MultikeyBytes(own.PublicKey()); err != nil {
		return nil, err
	}
	d, err := v.cut(doc, nil)
	if err != nil {
		return nil, err
	}
	shown, others := split(d.statements.Lines, d.mandatory)
	for _, line := range others {
		signature, err := own.Sign(ctx, []byte(line))
		if err != nil {
			return nil, err
		}
		v.signatures = append(v.signatures, signature)
	}
	message, err := v.message(doc, proof, shown)
	if err != nil {
		return nil, err
	}
	if v.baseSignature, err = s.Sign(ctx, message); err != nil {
		return nil, err
	}
	if proof["proofValue"], err = v.writeBase(); err != nil {
		return nil, err
	}
	// The signatures of the statements are our own; that of the issuer comes from
	// elsewhere, such as a key store.
	if err := verifySignature(s.PublicKey(), jose.ES256, message, v.baseSignature); cairn.CodeOf(err) == "proof.signature" {
		return nil, signerFault(id)
	} else if err != nil {
		return nil, err
	}
	out := maps.Clone(doc)
	out["proof"] = proof
	return out, nil
}

// VerifyBaseSD returns nil when the key of method m made base proof p of doc. A
// holder asks this when the credential comes; a verifier never gets a base proof,
// and Verify refuses them.
func VerifyBaseSD(doc map[string]any, p Proof, m did.Method) error {
	v, options, d, err := baseSD(doc, p, nil)
	if err != nil {
		return err
	}
	return v.verifyBase(doc, options, d, p, m)
}

// DeriveSD returns what the holder shows: of doc, which has base proof p, what the
// issuer demands and what the JSON pointers select, with a derived proof. m is the
// method that p names: the base proof is checked first. Who checked it before, with
// VerifyBaseSD, can give the zero method and save the time of it. doc is not
// changed, equal inputs give equal results, and no secret is needed but the base
// proof itself. Codes: those of Verify and of rdfc.Statements.
func DeriveSD(doc map[string]any, p Proof, m did.Method, pointers []string) (map[string]any, error) {
	base, options, d, err := baseSD(doc, p, pointers)
	if err != nil {
		return nil, err
	}
	if m.ID != "" || m.Key != nil || m.PublicKey != nil {
		if err := base.verifyBase(doc, options, d, p, m); err != nil {
			return nil, err
		}
	}
	if d.document == nil {
		return nil, bad("proof.nothing-shown", "", "nothing of the document is selected")
	}
	v := sdValue{baseSignature: base.baseSignature, publicKey: base.publicKey, labels: map[int][]byte{}, mandatory: positions(d.mandatory, d.combined)}
	for i, at := range without(len(d.statements.Lines), d.mandatory) {
		if _, ok := slices.BinarySearch(d.combined, at); ok {
			v.signatures = append(v.signatures, base.signatures[i])
		}
	}
	for label, name := range d.labels {
		n, errNumber := strconv.Atoi(strings.TrimPrefix(label, "c14n"))
		b, errName := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(name, "u"))
		if errNumber != nil || errName != nil {
			return nil, &cairn.Error{Kind: cairn.Internal, Code: "proof.value", Message: "a label is not what it was made from"}
		}
		v.labels[n] = b
	}
	// A verifier must find the very statements that were signed.
	part, err := rdfc.NewStatements(d.document)
	if err != nil {
		return nil, err
	}
	mandatory, others, err := v.splitDerived(part)
	if err != nil {
		return nil, err
	}
	var always, chosen []string
	for _, at := range d.combined {
		if _, ok := slices.BinarySearch(d.mandatory, at); ok {
			always = append(always, d.statements.Lines[at])
		} else {
			chosen = append(chosen, d.statements.Lines[at])
		}
	}
	if !slices.Equal(mandatory, always) || !slices.Equal(others, chosen) {
		return nil, &cairn.Error{Kind: cairn.Internal, Code: "proof.derive", Message: "the part says something else than the whole; nothing is shown"}
	}
	if options["proofValue"], err = v.writeDerived(); err != nil {
		return nil, err
	}
	d.document["proof"] = options
	return d.document, nil
}

// baseSD reads a base proof, and cuts the document.
func baseSD(doc map[string]any, p Proof, pointers []string) (*sdValue, map[string]any, *disclosure, error) {
	plain, options, value := unsecured(doc, p)
	if p.Type != ProofType || p.Cryptosuite != ECDSASD2023 || p.Previous != nil {
		return nil, nil, nil, bad("proof.unsupported", "proof.cryptosuite", "this is not a proof with %s that stands alone", ECDSASD2023)
	}
	v, err := parseBaseSD(value)
	if err != nil {
		return nil, nil, nil, err
	}
	d, err := v.cut(plain, pointers)
	if err == nil && len(d.statements.Lines)-len(d.mandatory) != len(v.signatures) {
		err = bad("proof.signature", "proof.proofValue", "the base proof has %d signatures for %d statements", len(v.signatures), len(d.statements.Lines)-len(d.mandatory))
	}
	return v, options, d, err
}

// verifyBase checks a base proof with the key of the method that it must name.
func (v *sdValue) verifyBase(doc, options map[string]any, d *disclosure, p Proof, m did.Method) error {
	if p.Method != m.ID {
		return bad("proof.method", "proof.verificationMethod", "the proof names another key")
	}
	shown, others := split(d.statements.Lines, d.mandatory)
	return v.verify(doc, options, shown, others, m)
}

// cut names the unnamed objects of a whole document and selects what is shown.
func (v *sdValue) cut(plain map[string]any, pointers []string) (*disclosure, error) {
	return group(plain, func(labels []string) map[string]string { return hmacLabels(v.hmacKey, labels) }, v.pointers, pointers)
}

// verifySD checks a derived proof (vc-di-ecdsa, section 3.6.8). The text says that
// the base signature is checked with the key inside the proof, with which anybody
// could forge; it is the key of the verification method, and the key inside is for
// the statements.
func verifySD(in signed) error {
	v, err := parseDerivedSD(in.value)
	if err != nil {
		return err
	}
	s, err := in.statementsOf()
	if err != nil {
		return err
	}
	shown, others, err := v.splitDerived(s)
	if err != nil {
		return err
	}
	return v.verify(in.doc, in.options, shown, others, in.method)
}

// splitDerived returns, of what is shown, the statements that the issuer wants
// shown always, and the others (createVerifyData, vc-di-ecdsa, section 3.5.9).
// Each unnamed object has its own name, and there is no name for another: else one
// signed object could be shown as two.
func (v *sdValue) splitDerived(s *rdfc.Statements) (shown, others []string, err error) {
	names := map[string]string{}
	for n, b := range v.labels {
		names["c14n"+strconv.Itoa(n)] = "u" + base64.RawURLEncoding.EncodeToString(b)
	}
	if len(names) != len(s.Labels()) {
		return nil, nil, bad("proof.signature", "proof.proofValue", "the proof names %d unnamed objects, the document has %d", len(names), len(s.Labels()))
	}
	sorted, err := s.Sort(names)
	if err != nil {
		return nil, nil, bad("proof.signature", "proof.proofValue", "the names of the proof are not those of the document: %v", err)
	}
	if n := len(v.mandatory); n > 0 && v.mandatory[n-1] >= len(sorted.Lines) {
		return nil, nil, bad("proof.signature", "proof.proofValue", "the proof is about more statements than are shown")
	}
	shown, others = split(sorted.Lines, v.mandatory)
	return shown, others, nil
}

// message is what the issuer signs: the options, the key of the statements, and
// what must be shown (serializeSignData, vc-di-ecdsa, section 3.5.1).
func (v *sdValue) message(doc, options map[string]any, shown []string) ([]byte, error) {
	config, err := hashOptions(doc, options)
	return slices.Concat(config, v.publicKey, hashLines(shown)), err
}

func (v *sdValue) verify(doc, options map[string]any, shown, others []string, m did.Method) error {
	k, alg, err := keyOf(m, sdKeys)
	if err != nil {
		return err
	}
	message, err := v.message(doc, options, shown)
	if err != nil {
		return err
	}
	if err := verifySignature(k, alg, message, v.baseSignature); err != nil {
		return err
	}
	return v.verifyStatements(others)
}

func (v *sdValue) verifyStatements(others []string) error {
	if len(others) != len(v.signatures) {
		return bad("proof.signature", "proof.proofValue", "the proof has %d signatures for %d statements", len(v.signatures), len(others))
	}
	own, err := did.PublicFromMultikey(v.publicKey)
	if err != nil {
		return bad("proof.value", "proof.proofValue", "the key inside the proof can't be used: %v", err)
	}
	for i, line := range others {
		if err := verifySignature(own, jose.ES256, []byte(line), v.signatures[i]); err != nil {
			return err
		}
	}
	return nil
}
