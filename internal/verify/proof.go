package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/trust"
	"cairn.example/vc"
)

// signing is what the proofs of a document say besides whether they hold.
type signing struct {
	part   bool     // the holder may show a part of what was signed
	open   bool     // an end and a status are among what may be left out
	legacy bool     // only forms that came before today's
	others []string // who vouches for the document besides its signer
}

// proof answers whether signer signed the document. Every proof must hold: one of
// them at least by the signer, and those of others in a chain with it, such as a
// ministry that vouches for a college, by their own keys.
func (c *check) proof(ctx context.Context, tree map[string]any, signer cairn.DID, purpose, challenge, domain string) (Finding, signing) {
	f := Finding{Axis: AxisProof, Outcome: No}
	fail := func(outcome Outcome, code string, err error) (Finding, signing) {
		f.Outcome, f.Code, f.Args = outcome, code, because(err, "signer", string(signer))
		return f, signing{}
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
	s := signing{part: true, legacy: true}
	checker := dataintegrity.NewChecker(tree)
	own := false
	var foreign []dataintegrity.Proof
	for _, p := range proofs {
		if by, _, err := did.SplitKeyID(p.Method); err == nil && by != signer && chained(p, proofs) {
			foreign = append(foreign, p)
			continue
		}
		if outcome, code, err := c.one(checker, tree, p, resolution.Document, purpose); outcome != Yes {
			return fail(outcome, code, err)
		}
		if purpose == did.Authentication {
			if challenge != "" && p.Challenge != challenge {
				return fail(No, "proof.challenge", fmt.Errorf("it answers %.80q", p.Challenge))
			}
			if domain != "" && (len(p.Domains) != 1 || p.Domains[0] != domain) {
				return fail(No, "proof.domain", fmt.Errorf("it is meant for %.80q", p.Domains))
			}
		}
		own, s.part, s.legacy = true, s.part && p.Partial(), s.legacy && p.Legacy()
	}
	if !own {
		return fail(No, "proof.not-the-signers-key", fmt.Errorf("none of the proofs is by %s", signer))
	}
	for _, p := range foreign {
		by, _, err := did.SplitKeyID(p.Method)
		if err != nil { // it could be split above
			return fail(No, "proof.malformed", err)
		}
		r, outcome, code, err := c.signer(ctx, by)
		if outcome == Yes {
			outcome, code, err = c.one(checker, tree, p, r.Document, purpose)
		}
		if outcome != Yes {
			return fail(outcome, code, fmt.Errorf("the proof by %s: %w", by, err))
		}
		if !slices.Contains(s.others, string(by)) {
			s.others = append(s.others, string(by))
		}
	}
	s.open = s.part
	f.Outcome, f.Code, f.Args = Yes, "proof.good", map[string]string{"signer": string(signer)}
	return f, s
}

// chained says whether a proof vouches for others or is vouched for. A proof of
// somebody else that stands beside those of the signer, and says nothing of them,
// has no meaning that we know.
func chained(p dataintegrity.Proof, all []dataintegrity.Proof) bool {
	return len(p.Previous) > 0 || p.ID != "" && slices.ContainsFunc(all, func(o dataintegrity.Proof) bool { return slices.Contains(o.Previous, p.ID) })
}

// one checks one proof with the keys of a document.
func (c *check) one(checker *dataintegrity.Checker, tree map[string]any, p dataintegrity.Proof, keys *did.Document, purpose string) (Outcome, string, error) {
	if !dataintegrity.Supported(p) {
		return Unknown, "proof.unsupported", fmt.Errorf("%.60q with %.60q", p.Type, p.Cryptosuite)
	}
	if p.Purpose != purpose {
		return No, "proof.purpose", fmt.Errorf("it was signed for %.60q", p.Purpose)
	}
	m, err := keys.Method(p.Method, purpose)
	if err != nil {
		return No, "proof.not-the-signers-key", err
	}
	if err := checker.Verify(p, m); cairn.CodeOf(err) == "proof.unsupported" {
		return Unknown, "proof.unsupported", err
	} else if err != nil {
		return No, proofCode(err), err
	}
	if !p.CoversContext(tree) {
		return No, "proof.does-not-cover", fmt.Errorf("a context was added after the document was signed")
	}
	if outcome, code := c.proofTimes(p, m); outcome != Yes {
		return outcome, code, fmt.Errorf("created %s", vc.FormatTime(p.Created))
	}
	return Yes, "", nil
}

// notes tells a reader what is unusual about the proofs.
func (s signing) notes() []Note {
	var out []Note
	if s.part {
		out = append(out, Note{Code: "note.part-shown"})
	}
	if s.legacy {
		out = append(out, Note{Code: "note.legacy-proof"})
	}
	for _, by := range s.others {
		out = append(out, Note{Code: "note.vouched-for", Args: map[string]string{"by": by}})
	}
	return out
}

// signer finds the document of a signer. Outcome and code say why not.
func (c *check) signer(ctx context.Context, d cairn.DID) (did.Resolution, Outcome, string, error) {
	if _, err := did.ParseIdentifier(string(d)); err != nil {
		return did.Resolution{}, Unknown, "proof.signer-kind", err
	}
	r, err := c.resolve(ctx, d)
	switch k := cairn.KindOf(err); {
	case err == nil && r.Source == trust.BundleSource && c.bundleEnded():
		return r, Unknown, "proof.bundle-ended", fmt.Errorf("the bundle with these keys ended at %s", vc.FormatTime(c.Bundle.ValidUntil))
	case err == nil:
		outcome, code, err := c.remembered(ctx, d, r)
		return r, outcome, code, err
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
	if strings.HasPrefix(code, "rdfc.") || strings.HasPrefix(code, "jcs.") {
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
