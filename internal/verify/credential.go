package verify

import (
	"context"
	"fmt"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/internal/trust"
	"cairn.example/openbadges"
	"cairn.example/vc"
)

func (c *check) credential(ctx context.Context, tree map[string]any, depth int) Report {
	kind := kindOf(tree)
	r := c.report(kind)
	cred, problems := vc.ReadCredential(tree)
	if len(problems) == 0 && (kind == KindBadge || kind == KindTranscript) {
		problems = openbadges.CheckSchema(tree)
	}
	model := modelFinding(problems)
	proof := c.proof(ctx, tree, cairn.DID(cred.Issuer), did.AssertionMethod, "", "")
	if proof.Outcome == Yes && model.Outcome == Yes {
		shown, err := show(kind, tree, cred)
		if err != nil {
			model = Finding{Axis: AxisModel, Outcome: No, Code: "model.content", Args: map[string]string{"reason": err.Error()}}
		}
		r.Shown = shown
	}
	period := c.period(cred, problems)
	status := Finding{Axis: AxisStatus, Outcome: Unknown, Code: "status.not-checked"}
	issuer := Finding{Axis: AxisIssuer, Outcome: Unknown, Code: "issuer.not-checked"}
	if proof.Outcome == Yes {
		// What an unsigned document says of its status or issuer is worth nothing.
		status = c.status(ctx, kind, cred)
		var standing *trust.Standing
		issuer, standing = c.issuer(kind, cred, r.Shown)
		r.Standing = standing
	}
	holder := Finding{Axis: AxisHolder, Outcome: Unknown, Code: "holder.not-shown"}
	r.Findings = []Finding{proof, model, period, status, holder, issuer}
	if kind == KindTranscript && proof.Outcome == Yes && model.Outcome == Yes {
		c.contained(ctx, &r, tree, depth)
	}
	return r
}

func modelFinding(problems []vc.Problem) Finding {
	if len(problems) == 0 {
		return Finding{Axis: AxisModel, Outcome: Yes, Code: "model.good"}
	}
	p := problems[0]
	code := "model.bad"
	if p.Code == "vc.version-1" {
		return Finding{Axis: AxisModel, Outcome: Unknown, Code: "model.version-1"}
	}
	return Finding{Axis: AxisModel, Outcome: No, Code: code, Args: map[string]string{"place": p.Path, "reason": p.Message, "problems": fmt.Sprint(len(problems))}}
}
