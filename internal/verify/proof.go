package verify

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/trust"
	"cairn.example/vc"
)

// proof answers whether signer signed the document. Every proof must hold.
func (c *check) proof(ctx context.Context, tree map[string]any, signer cairn.DID, purpose, challenge, domain string) Finding {
	f := Finding{Axis: AxisProof, Outcome: No}
	fail := func(outcome Outcome, code string, err error) Finding {
		f.Outcome, f.Code, f.Args = outcome, code, map[string]string{"reason": err.Error(), "signer": string(signer)}
		return f
	}
	proofs, err := dataintegrity.Proofs(tree)
	if err != nil {
		return fail(No, proofCode(err), err)
	}
	resolution, outcome, code, err := c.signer(ctx, signer)
	f.AsOf, f.Source = resolution.AsOf, resolution.Source
	if outcome != Yes {
		return fail(outcome, code, err)
	}
	for _, p := range proofs {
		if p.Type != dataintegrity.ProofType || p.Cryptosuite != dataintegrity.EdDSARDFC2022 {
			return fail(Unknown, "proof.unsupported", fmt.Errorf("%.60q with %.60q", p.Type, p.Cryptosuite))
		}
		if p.Purpose != purpose {
			return fail(No, "proof.purpose", fmt.Errorf("it was signed for %.60q", p.Purpose))
		}
		m, err := resolution.Document.Method(p.Method, purpose)
		if err != nil {
			return fail(No, "proof.not-the-signers-key", err)
		}
		if err := dataintegrity.Verify(tree, p, m); err != nil {
			return fail(No, proofCode(err), err)
		}
		if outcome, code := c.proofTimes(p, m); outcome != Yes {
			return fail(outcome, code, fmt.Errorf("created %s", vc.FormatTime(p.Created)))
		}
		if purpose == did.Authentication {
			if challenge != "" && p.Challenge != challenge {
				return fail(No, "proof.challenge", fmt.Errorf("it answers %.80q", p.Challenge))
			}
			if domain != "" && (len(p.Domains) != 1 || p.Domains[0] != domain) {
				return fail(No, "proof.domain", fmt.Errorf("it is meant for %.80q", p.Domains))
			}
		}
	}
	f.Outcome, f.Code, f.Args = Yes, "proof.good", map[string]string{"signer": string(signer)}
	return f
}

// signer finds the document of a signer. Outcome and code say why not.
func (c *check) signer(ctx context.Context, d cairn.DID) (did.Resolution, Outcome, string, error) {
	if _, err := did.Parse(string(d)); err != nil {
		return did.Resolution{}, Unknown, "proof.signer-kind", err
	}
	r, err := c.resolve(ctx, d)
	switch k := cairn.KindOf(err); {
	case err == nil && r.Source == trust.BundleSource && c.bundleEnded():
		return r, Unknown, "proof.bundle-ended", fmt.Errorf("the bundle with these keys ended at %s", vc.FormatTime(c.Bundle.ValidUntil))
	case err == nil:
		return r, Yes, "", nil
	case errors.Is(err, errLookupLimit):
		return r, Unknown, "proof.lookup-limit", err
	case cairn.CodeOf(err) == "did.no-document":
		return r, Unknown, "proof.key-unavailable", err // as with lists: whatever the server sent, it is no answer
	case k == cairn.Invalid || k == cairn.TooLarge:
		return r, No, "proof.key-unusable", err
	}
	// Nobody answered, or something here failed: that says nothing of the signer.
	return r, Unknown, "proof.key-unavailable", err
}

// proofCode passes the codes of the proof itself on, and sums up those of the
// canonical form, all of which mean that part of the document is not covered.
func proofCode(err error) string {
	code := cairn.CodeOf(err)
	if strings.HasPrefix(code, "rdfc.") {
		return "proof.does-not-cover"
	}
	return declared(code, "proof.malformed")
}

func (c *check) proofTimes(p dataintegrity.Proof, m did.Method) (Outcome, string) {
	switch {
	case !p.Created.IsZero() && p.Created.After(c.now.Add(skew)):
		return No, "proof.from-the-future"
	case !p.Expires.IsZero() && !c.now.Before(p.Expires):
		return No, "proof.ended"
	}
	switch err := m.InLife(p.Created, c.latest); {
	case err == nil:
		return Yes, ""
	case cairn.CodeOf(err) == "did.key-ended":
		return No, "proof.key-ended"
	}
	return Unknown, "proof.key-revoked"
}
