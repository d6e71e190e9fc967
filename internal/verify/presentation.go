package verify

import (
	"context"
	"fmt"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/vc"
)

func (c *check) presentation(ctx context.Context, tree map[string]any, depth int, s *seal) Report {
	r := c.report(KindPresentation)
	r.Securing = s.forms(tree)
	p, problems := vc.ReadPresentation(vc.Modernised(tree))
	if vc.IsVersion1(tree) {
		r.Notes = append(r.Notes, Note{Code: "note.legacy-model"})
	}
	model := modelFinding(problems)
	if len(p.Credentials) > maxCredentials {
		model = Finding{Axis: AxisModel, Outcome: No, Code: "model.too-many", Args: map[string]string{"limit": fmt.Sprint(maxCredentials)}}
		p.Credentials = nil
	}
	holder := cairn.DID(p.Holder)
	proof := Finding{Axis: AxisProof, Outcome: No, Code: "proof.no-holder"}
	if p.Holder != "" {
		var how signing
		proof, how = c.secured(ctx, tree, s, holder, did.Authentication, c.options.Challenge, c.options.Domain)
		if how.part && proof.Outcome == Yes {
			// Somebody else could take a part of what a holder showed for a whole.
			proof.Outcome, proof.Code = No, "proof.part-not-allowed"
		}
		r.Notes = append(r.Notes, how.notes()...)
	}
	shown := Finding{Axis: AxisHolder, Outcome: Unknown, Code: "holder.not-proven"}
	switch {
	case proof.Outcome != Yes:
	case c.options.Challenge == "":
		shown.Code = "holder.no-challenge"
	default:
		shown = Finding{Axis: AxisHolder, Outcome: Yes, Code: "holder.signed", Args: map[string]string{"holder": p.Holder}}
	}
	for _, inner := range p.Credentials {
		report := c.document(ctx, inner, depth+1, nil)
		if shown.Outcome == Yes {
			bind(&report, p.Holder)
		}
		r.Credentials = append(r.Credentials, report)
	}
	r.Findings = []Finding{proof, model, shown}
	return r
}

// bind answers the holder axis of a credential in a presentation that its holder
// signed. Whoever shows a credential so claims it for the holder, so the answer
// counts: a signed challenge proves a key, and says nothing of a credential that
// names no key (SECURITY, V22).
func bind(r *Report, holder string) {
	f := Finding{Axis: AxisHolder, Outcome: Unknown, Code: "holder.not-checked"}
	switch {
	case r.Shown == nil: // nobody is known to have signed whom it is about
	case r.Shown.SubjectID == "":
		f.Code = "holder.bearer"
	case r.Shown.SubjectID == holder:
		f = Finding{Axis: AxisHolder, Outcome: Yes, Code: "holder.subject", Args: map[string]string{"holder": holder}}
	default:
		f = Finding{Axis: AxisHolder, Outcome: No, Code: "holder.other", Args: map[string]string{"holder": holder, "subject": r.Shown.SubjectID}}
	}
	for i := range r.Findings {
		if r.Findings[i].Axis == AxisHolder {
			r.Findings[i] = f
		}
	}
	p := policyFor(r.Kind)
	p.Required = append(p.Required, AxisHolder)
	r.settle(p)
}
