package verify

import (
	"context"
	"fmt"
	"slices"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/internal/trust"
	"cairn.example/openbadges"
	"cairn.example/statuslist"
	"cairn.example/vc"
)

func (c *check) credential(ctx context.Context, tree map[string]any, depth int, s *seal) Report {
	kind := kindOf(tree)
	r := c.report(kind)
	cred, problems := readCredential(tree)
	modern := vc.Modernised(tree)
	var shape []vc.Problem
	if len(problems) == 0 && openbadges.HasSchema(modern) {
		shape = openbadges.CheckSchema(modern)
	}
	model := modelFinding(append(problems, shape...))
	proof, how := c.secured(ctx, tree, s, cairn.DID(cred.Issuer), did.AssertionMethod, "", "")
	r.Securing = s.forms(tree)
	r.Notes = append(r.Notes, how.notes()...)
	if vc.IsVersion1(tree) {
		r.Notes = append(r.Notes, Note{Code: "note.legacy-model"})
	}
	if how.part && len(problems) == 0 && len(shape) > 0 {
		// What a part lacks may be in the whole.
		model.Outcome, model.Code = Unknown, "model.part"
	}
	if proof.Outcome == Yes && model.Outcome == Yes {
		shown, err := show(kind, modern, cred)
		if err != nil {
			model = Finding{Axis: AxisModel, Outcome: No, Code: "model.content", Args: because(err)}
		}
		r.Shown = shown
	}
	if proof.Outcome == Yes && model.Outcome == Yes {
		model = related(&r, tree, cred)
	}
	period := c.period(cred, problems)
	if how.open && period.Code == "period.open" {
		period.Outcome, period.Code = Unknown, "period.not-shown" // the end may be in the whole
	}
	status := Finding{Axis: AxisStatus, Outcome: Unknown, Code: "status.not-checked"}
	issuer := Finding{Axis: AxisIssuer, Outcome: Unknown, Code: "issuer.not-checked"}
	if proof.Outcome == Yes {
		// What an unsigned document says of its status or issuer is worth nothing.
		var said []Note
		status, said = c.status(ctx, kind, cred)
		r.Notes = append(r.Notes, said...)
		if how.open && status.Code == "status.none-declared" {
			status.Outcome, status.Code = Unknown, "status.not-shown"
		}
		if s != nil && s.status != nil {
			ref, found, err := readReference(s.status)
			status = worse(status, c.tokenStatus(ctx, ref, found, err, cred.Issuer))
		}
		if slices.ContainsFunc(cred.Status, statuslist.IsLegacyEntry) {
			r.Notes = append(r.Notes, Note{Code: "note.legacy-status"})
		}
		var standing *trust.Standing
		issuer, standing = c.issuer(kind, cred, r.Shown)
		if kind == KindEndorsement {
			issuer = ofOtherType(issuer, standing)
		}
		if how.part && (issuer.Outcome == No || !dateShown(kind, tree)) {
			// Recognised for what, and when, may be in the whole.
			issuer.Outcome, issuer.Code = Unknown, "issuer.not-shown"
			if standing != nil {
				standing.State = trust.Unknown
			}
		}
		r.Standing = standing
	}
	holder := Finding{Axis: AxisHolder, Outcome: Unknown, Code: "holder.not-shown"}
	if s != nil && s.holder != nil {
		holder = *s.holder
	}
	r.Findings = []Finding{proof, model, period, status, holder, issuer}
	if kind == KindTranscript && proof.Outcome == Yes && model.Outcome == Yes {
		c.contained(ctx, &r, modern, depth)
	}
	if proof.Outcome == Yes && model.Outcome == Yes {
		c.endorsements(ctx, &r, modern, depth)
	}
	return r
}

// dateShown says whether a document has the day for which its issuer is judged.
func dateShown(kind string, tree map[string]any) bool {
	name := "validFrom"
	if kind == KindBadge || kind == KindTranscript {
		name = "awardedDate"
	}
	_, ok := tree[name]
	return ok
}

// readCredential reads a credential by the version of the data model that it names.
func readCredential(tree map[string]any) (vc.Credential, []vc.Problem) {
	if vc.IsVersion1(tree) {
		return vc.ReadLegacy(tree)
	}
	return vc.ReadCredential(tree)
}

func modelFinding(problems []vc.Problem) Finding {
	if len(problems) == 0 {
		return Finding{Axis: AxisModel, Outcome: Yes, Code: "model.good"}
	}
	p := problems[0]
	return Finding{Axis: AxisModel, Outcome: No, Code: "model.bad", Args: map[string]string{"place": p.Path, "cause": p.Code, "reason": p.Message, "problems": fmt.Sprint(len(problems))}}
}
