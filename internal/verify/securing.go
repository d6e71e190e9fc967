package verify

import (
	"context"

	"cairn.example"
	"cairn.example/dataintegrity"
)

// Securing is one way in which a document was signed, as it says itself.
type Securing struct {
	// Form is the type of a proof (DataIntegrityProof), or of an envelope: vc+jwt,
	// vp+jwt, vc+sd-jwt, vp+sd-jwt, dc+sd-jwt, vc+cose, vp+cose, and JWT for an Open
	// Badge.
	Form string `json:"form"`
	// Algorithm is the suite of a proof, or the algorithm of an envelope.
	Algorithm string `json:"algorithm,omitempty"`
	Method    string `json:"method,omitempty"` // the name of the key
	Legacy    bool   `json:"legacy,omitempty"` // a form before today's
}

// maxBrief bounds a text that is repeated before anybody is known to have signed it.
const maxBrief = 200

func brief(s string) string {
	s = clean(s)
	if r := []rune(s); len(r) > maxBrief {
		s = string(r[:maxBrief]) + "…"
	}
	return s
}

// forms lists how a document was signed: its envelope first, when it came out of
// one, and then the proofs in it.
func (s *seal) forms(tree map[string]any) []Securing {
	var out []Securing
	if s != nil {
		out = append(out, s.securing)
	}
	proofs, err := dataintegrity.Proofs(tree)
	if err != nil {
		return out // the proof axis says what is wrong
	}
	for _, p := range proofs {
		out = append(out, Securing{Form: brief(p.Type), Algorithm: brief(p.Cryptosuite), Method: brief(string(p.Method)), Legacy: p.Legacy()})
	}
	return out
}

// secured answers whether signer signed the document: by the envelope that it came
// out of, by the proofs in it, or, when it has both, by each of them.
func (c *check) secured(ctx context.Context, tree map[string]any, s *seal, signer cairn.DID, purpose, challenge, domain string) (Finding, signing) {
	if s == nil {
		return c.proof(ctx, tree, signer, purpose, challenge, domain)
	}
	if _, ok := tree["proof"]; ok && s.proof.Outcome == Yes {
		// The envelope answers the challenge for both.
		if f, how := c.proof(ctx, tree, signer, purpose, "", ""); f.Outcome != Yes {
			return f, how
		}
	}
	return s.proof, s.how
}
