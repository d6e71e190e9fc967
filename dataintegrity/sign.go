package dataintegrity

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/mr-tron/base58"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/jose"
	"cairn.example/vc"
)

// Options say what a new proof is for.
type Options struct {
	Cryptosuite string    // empty means eddsa-rdfc-2022
	ID          string    // an absolute URI by which a later proof can name this one; may be empty
	Purpose     string    // did.AssertionMethod for credentials, did.Authentication for presentations
	Created     time.Time // may be zero for bbs-2023 only
	Expires     time.Time // zero when the proof does not end
	Challenge   string    // for presentations: what the verifier asked to have signed
	Domain      string    // for presentations: whom the presentation is for
	Nonce       string    // something unforeseeable, for who wants it; may be empty
	Previous    []string  // the ids of proofs that this one vouches for, too (Add only)
}

// Sign returns a copy of doc with a proof. It refuses a document that already
// has one, and one that the proof would not cover whole (codes rdfc.… and jcs.…).
// The signature is checked before it is returned. Equal inputs give equal proofs.
func Sign(ctx context.Context, doc map[string]any, o Options, s cairn.Signer) (map[string]any, error) {
	key, err := jose.FromSigner(s)
	if err != nil {
		return nil, err
	}
	return SignWith(ctx, doc, o, s.KeyID(), key)
}

// SignWith is Sign with a key of any kind that the cryptosuite knows. id is the
// verification method that others check the proof with.
func SignWith(ctx context.Context, doc map[string]any, o Options, id cairn.KeyID, s jose.Signer) (map[string]any, error) {
	if _, ok := doc["proof"]; ok {
		return nil, bad("proof.already-signed", "proof", "the document already has a proof")
	}
	return Add(ctx, doc, o, id, s)
}

// Add returns a copy of doc with one proof more. The proofs that are there are
// not checked: who vouches for them with o.Previous has to do that first (Data
// Integrity 1.0, section 4.3).
func Add(ctx context.Context, doc map[string]any, o Options, id cairn.KeyID, s jose.Signer) (map[string]any, error) {
	proof, err := o.tree(id)
	if err != nil {
		return nil, err
	}
	suite, err := suiteOf(ProofType, proof["cryptosuite"].(string))
	if err != nil {
		return nil, err
	}
	if suite.sign == nil {
		return nil, bad("proof.unsupported", "proof.cryptosuite", "proofs with %.60q are not made in this way", suite.name)
	}
	if c, ok := doc["@context"]; ok && suite.ownContext {
		proof["@context"] = c
	}
	var before []any
	if p, ok := doc["proof"]; ok {
		before = slices.Clone(listOf(p))
	}
	input, err := withPrevious(doc, proof)
	if err != nil {
		return nil, err
	}
	message, err := suite.sign(unsigned{doc: input, options: proof, key: s.PublicKey()})
	if err != nil {
		return nil, err
	}
	signature, err := s.Sign(ctx, message)
	if err != nil {
		return nil, err
	}
	proof["proofValue"] = "z" + base58.Encode(signature)
	out := maps.Clone(doc)
	if before == nil {
		out["proof"] = proof
	} else {
		out["proof"] = append(before, proof)
	}
	return out, checkOwn(out, id, s.PublicKey())
}

// tree writes the options as a proof without value.
func (o Options) tree(id cairn.KeyID) (map[string]any, error) {
	if o.Purpose != did.AssertionMethod && o.Purpose != did.Authentication {
		return nil, bad("proof.purpose", "proof.proofPurpose", "the purpose %q is not supported", o.Purpose)
	}
	if o.Created.IsZero() && o.Cryptosuite != BBS2023 {
		return nil, bad("proof.created", "proof.created", "the time of the proof is missing")
	}
	if !o.Expires.IsZero() && !o.Expires.After(o.Created) {
		return nil, bad("proof.expires", "proof.expires", "the proof would end before it begins")
	}
	if o.Cryptosuite == "" {
		o.Cryptosuite = EdDSARDFC2022
	}
	proof := map[string]any{
		"type":               ProofType,
		"cryptosuite":        o.Cryptosuite,
		"verificationMethod": string(id),
		"proofPurpose":       o.Purpose,
	}
	if !o.Created.IsZero() {
		proof["created"] = vc.FormatTime(o.Created)
	}
	if !o.Expires.IsZero() {
		proof["expires"] = vc.FormatTime(o.Expires)
	}
	for name, v := range map[string]string{"id": o.ID, "challenge": o.Challenge, "domain": o.Domain, "nonce": o.Nonce} {
		if v != "" {
			proof[name] = v
		}
	}
	switch len(o.Previous) {
	case 0:
	case 1:
		proof["previousProof"] = o.Previous[0]
	default:
		list := make([]any, len(o.Previous))
		for i, p := range o.Previous {
			list[i] = p
		}
		proof["previousProof"] = list
	}
	return proof, nil
}

// checkOwn verifies the last proof of a document, which was made just now.
func checkOwn(doc map[string]any, id cairn.KeyID, k *jose.PublicKey) error {
	proofs, err := Proofs(doc)
	if err != nil {
		return err
	}
	err = Verify(doc, proofs[len(proofs)-1], did.Method{ID: id, Key: k})
	if code := cairn.CodeOf(err); code == "proof.signature" || code == "proof.value" {
		return signerFault(id)
	}
	return err
}

func signerFault(id cairn.KeyID) error {
	return &cairn.Error{Kind: cairn.Internal, Code: "proof.signer-fault", Object: string(id),
		Message: "the signer returned a signature that does not verify", Hint: "check the key store; nothing was signed"}
}
