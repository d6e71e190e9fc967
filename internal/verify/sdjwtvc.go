package verify

import (
	"context"
	"strconv"
	"strings"
	"unicode"

	"cairn.example/internal/trust"
	"cairn.example/jcs"
	"cairn.example/sdjwt"
	"cairn.example/tokenstatus"
	"cairn.example/vc"
)

// isSDJWTVC reports whether an SD-JWT is an SD-JWT VC. The older typ is also that of
// a credential of the W3C, which has a context.
func isSDJWTVC(t *sdjwt.Token) bool {
	_, ld := t.Unverified()["@context"]
	return t.JWT.Is(sdjwt.VCType) || t.JWT.Is(sdjwt.VCPolicy().Types...) && !ld
}

// typed judges an SD-JWT VC (draft-ietf-oauth-sd-jwt-vc).
func (c *check) typed(ctx context.Context, t *sdjwt.Token) Report {
	v, err := t.VC()
	if err != nil {
		return c.unreadable(err)
	}
	r := c.report(KindCredential)
	r.Securing = []Securing{{Form: sdjwt.VCType, Algorithm: string(t.JWT.Header.Algorithm), Method: brief(v.KeyID), Legacy: !t.JWT.Is(sdjwt.VCType)}}
	if b, err := jcs.Marshal(v.Claims); err == nil {
		r.Digest = jcs.Digest(b)
	}
	cred := vc.Credential{Issuer: v.Issuer, ValidFrom: v.NotBefore, ValidUntil: v.Expires, SubjectID: v.Subject}
	proof, key, claims := c.typedProof(ctx, t, v)
	period := c.period(cred, nil)
	model := Finding{Axis: AxisModel, Outcome: Yes, Code: "model.good"} // VC accepts nothing else
	status := Finding{Axis: AxisStatus, Outcome: Unknown, Code: "status.not-checked"}
	issuer := Finding{Axis: AxisIssuer, Outcome: Unknown, Code: "issuer.not-checked"}
	holder := &Finding{Axis: AxisHolder, Outcome: Unknown, Code: "holder.not-shown"}
	if proof.Outcome == Yes {
		cred.Issuer = key.issuer
		if key.note != nil {
			r.Notes = append(r.Notes, *key.note)
		}
		model = c.describedType(ctx, &r, t, v)
		r.Shown = showClaims(cred, v.Type, claims.Tree)
		var said []Note
		status, said = c.typedStatus(ctx, v, key.issuer, claims.Tree)
		r.Notes = append(r.Notes, said...)
		if cred.ValidFrom.IsZero() {
			cred.ValidFrom = v.IssuedAt // the day of the award is the only other one that was signed
		}
		issuer, r.Standing = c.issuer(KindCredential, cred, r.Shown)
		issuer = ofOtherType(issuer, r.Standing)
		if claims.Withheld > 0 {
			r.Notes = append(r.Notes, Note{Code: "note.part-shown"})
		}
	}
	policy := policyFor(r.Kind)
	if c.options.Challenge != "" {
		policy.Required = append(policy.Required, AxisHolder)
		holder = c.bound(proof.Outcome == Yes, v.HolderKey, v.HolderKeyID, nil, func(q sdjwt.Challenge) error {
			_, err := t.VerifyBound(key.key, sdjwt.VCPolicy(), q)
			return err
		})
	}
	r.Findings = []Finding{proof, model, period, status, *holder, issuer}
	r.settle(policy)
	return r
}

// typedProof answers whether the issuer signed it.
func (c *check) typedProof(ctx context.Context, t *sdjwt.Token, v *sdjwt.VC) (Finding, foundKey, *sdjwt.Claims) {
	f := Finding{Axis: AxisProof, Outcome: No}
	key, outcome, code, err := c.issuerKey(ctx, v.Issuer, v.KeyID, t.JWT.Header.Chain)
	f.AsOf, f.Source = key.asOf, key.source
	f.Args = map[string]string{"signer": key.issuer}
	fail := func(outcome Outcome, code string, err error) (Finding, foundKey, *sdjwt.Claims) {
		f.Outcome, f.Code, f.Args = outcome, code, because(err, "signer", key.issuer)
		return f, key, nil
	}
	if outcome != Yes {
		return fail(outcome, code, err)
	}
	claims, err := t.Verify(key.key, sdjwt.VCPolicy())
	if err != nil {
		return fail(No, tokenCode(err), err)
	}
	// exp and nbf are those of the credential, on the axis of its period.
	if outcome, code, err := c.tokenTimes(opened{issued: v.IssuedAt}, key.method); outcome != Yes {
		return fail(outcome, code, err)
	}
	f.Outcome, f.Code = Yes, "proof.good"
	return f, key, claims
}

// typedStatus answers by the status of a token, and by entries of the W3C
// (credentialStatus), which some issuers write into tokens. With both, the worse
// answer counts.
func (c *check) typedStatus(ctx context.Context, v *sdjwt.VC, issuer string, claims map[string]any) (Finding, []Note) {
	f := Finding{Axis: AxisStatus, Outcome: Yes, Code: "status.none-declared"} // status can't be kept back
	switch {
	case len(v.Status) > 1:
		f = Finding{Axis: AxisStatus, Outcome: Unknown, Code: "status.unknown-type", Args: map[string]string{"reason": "the status is told in several ways"}}
	case v.Status != nil:
		ref, found, err := tokenstatus.ReadReference(v.Status)
		f = c.tokenStatus(ctx, ref, found, err, issuer)
	}
	told, ok := claims["credentialStatus"]
	if !ok {
		return f, nil
	}
	list, isList := told.([]any)
	if !isList {
		list = []any{told}
	}
	cred := vc.Credential{Issuer: issuer}
	for _, e := range list {
		entry, ok := e.(map[string]any)
		if !ok {
			return Finding{Axis: AxisStatus, Outcome: No, Code: "status.entry", Args: map[string]string{"reason": "credentialStatus is no object"}}, nil
		}
		cred.Status = append(cred.Status, entry)
	}
	if len(cred.Status) == 0 { // a text without meaning, which nobody should take for an answer
		return Finding{Axis: AxisStatus, Outcome: No, Code: "status.entry", Args: map[string]string{"reason": "credentialStatus is empty"}}, nil
	}
	other, said := c.status(ctx, KindCredential, cred)
	return worse(f, other), said
}

// ofOtherType leaves open what the lists say of an issuer who is listed for other
// things, when they have no words for things of this kind.
func ofOtherType(f Finding, standing *trust.Standing) Finding {
	if f.Code == "issuer.outside-scope" {
		f.Outcome, f.Code = Unknown, "issuer.type-not-listed"
		standing.State = trust.Unknown
	}
	return f
}

// describedType holds the claims against the description of their type, when the
// issuer fixed the description by its hash: then it is as good as signed. Another
// one could be anybody's, and is not fetched.
func (c *check) describedType(ctx context.Context, r *Report, t *sdjwt.Token, v *sdjwt.VC) Finding {
	f := Finding{Axis: AxisModel, Outcome: Yes, Code: "model.good"}
	unknown := func(reason string) Finding {
		r.Notes = append(r.Notes, Note{Code: "note.type-not-checked", Args: map[string]string{"type": clean(v.Type), "reason": reason}})
		return f
	}
	if v.TypeIntegrity == "" || !strings.HasPrefix(v.Type, "https://") {
		return unknown("the credential does not fix its description")
	}
	var unreachable error
	typ, err := sdjwt.LoadType(v.Type, v.TypeIntegrity, func(address string) ([]byte, error) {
		data, _, outcome, _, err := c.address(ctx, address)
		if outcome != Yes {
			unreachable = err
			return nil, err
		}
		return data, nil
	})
	if unreachable != nil {
		return unknown(unreachable.Error())
	}
	if err == nil {
		err = t.CheckType(typ, false)
	}
	if err != nil {
		f.Outcome, f.Code, f.Args = No, "model.type", because(err, "type", clean(v.Type))
	}
	return f
}

// notClaims are claims about the token, which have members or axes of their own in
// a report.
var notClaims = map[string]bool{"iss": true, "sub": true, "iat": true, "nbf": true, "exp": true, "cnf": true, "vct": true, "vct#integrity": true,
	"aka_vcts": true, "status": true, "credentialStatus": true, "_sd_alg": true}

// showClaims collects what may be shown of claims that were signed and disclosed.
func showClaims(cred vc.Credential, typ string, claims map[string]any) *Shown {
	s := &Shown{Issuer: clean(cred.Issuer), SubjectID: cred.SubjectID, Title: clean(typ), AchievementType: typ, ValidFrom: cred.ValidFrom, ValidUntil: cred.ValidUntil,
		Claims: map[string]any{}}
	for name, v := range claims {
		if !notClaims[name] {
			s.Claims[claimName(name)] = cleanTree(v)
		}
	}
	s.Learner = personName(claims)
	return s
}

// personName is the name of a person in the claims of OpenID Connect Core 1.0,
// section 5.1.
func personName(claims map[string]any) string {
	if name, ok := claims["name"].(string); ok {
		return clean(name)
	}
	given, _ := claims["given_name"].(string)
	family, _ := claims["family_name"].(string)
	return strings.TrimSpace(clean(given) + " " + clean(family))
}

// claimName makes a name of an issuer's own safe to show: one with characters that
// can't be seen, or that begin a new line, is written with them spelled out and
// between quotation marks, so that it is never taken for another name.
func claimName(s string) string {
	if s == "" || strings.HasPrefix(s, `"`) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.QuoteToASCII(s)
	}
	return s
}

// cleanTree is clean for everything in a tree, and claimName for the names in it.
func cleanTree(v any) any {
	switch v := v.(type) {
	case string:
		return clean(v)
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = cleanTree(e)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			out[claimName(k)] = cleanTree(e)
		}
		return out
	}
	return v
}
