package verify

import (
	"bytes"
	"context"
	"strings"

	"cairn.example"
	"cairn.example/base45"
	"cairn.example/claim169"
	"cairn.example/inflate"
	"cairn.example/pixelpass"
	"cairn.example/tokenstatus"
	"cairn.example/vc"
)

// IsPacked reports whether data has the form of a code that is packed with zlib and
// written in Base45: a document of PixelPass, or a signed identity (claim 169). The
// first two bytes of zlib (RFC 1950, section 2.2) make the first three letters, with
// which neither a paper code nor any other form begins.
func IsPacked(data []byte) bool {
	text := bytes.Trim(data, blanks)
	if len(text) < 6 {
		return false
	}
	head, err := base45.Decode(string(text[:3]))
	return err == nil && len(head) == 2 && head[0]&0x0f == 8 && head[0]>>4 <= 7 && (int(head[0])<<8|int(head[1]))%31 == 0
}

// packed judges what is in such a code. No text in Base45 ends with a blank, since
// no group of letters that stands for bytes does.
func (c *check) packed(ctx context.Context, data []byte) Report {
	text := string(bytes.Trim(data, blanks))
	if len(text) > pixelpass.MaxText {
		return c.unreadable(&cairn.Error{Kind: cairn.TooLarge, Code: "verify.packed", Message: "the text is longer than a QR code can be"})
	}
	b, err := base45.Decode(text)
	if err == nil {
		b, err = inflate.Zlib(b, pixelpass.MaxUnpacked)
	}
	if err != nil {
		return c.unreadable(err)
	}
	if isCOSE(b) { // PixelPass holds JSON objects and texts, and neither begins so
		code, err := claim169.Read(text)
		if err != nil {
			return c.unreadable(err)
		}
		return c.identity(ctx, code)
	}
	content, err := pixelpass.Decode(text)
	if err != nil {
		return c.unreadable(err)
	}
	if content.JSON == nil {
		return c.unpacked(ctx, []byte(content.Text))
	}
	return c.unpacked(ctx, content.JSON)
}

// identity judges a signed identity: what its issuer says of who a person is. It is
// no credential of learning, and whoever has the code can show it.
func (c *check) identity(ctx context.Context, code *claim169.Code) Report {
	r := c.report(KindIdentity)
	r.Securing = []Securing{{Form: "claim-169", Algorithm: string(code.Algorithm), Method: brief(string(code.KeyID))}}
	proof, key, said := c.identityProof(ctx, code)
	model := Finding{Axis: AxisModel, Outcome: Yes, Code: "model.good"} // Read accepts nothing else
	claims := code.Unverified().Claims
	cred := vc.Credential{Issuer: key.issuer, SubjectID: claims.Subject, ValidFrom: claims.NotBefore, ValidUntil: claims.Expires}
	period := c.period(cred, nil)
	status := Finding{Axis: AxisStatus, Outcome: Unknown, Code: "status.not-checked"}
	issuer := Finding{Axis: AxisIssuer, Outcome: Unknown, Code: "issuer.not-checked"}
	if proof.Outcome == Yes {
		r.Shown = &Shown{Issuer: key.issuer, SubjectID: clean(claims.Subject), ValidFrom: cred.ValidFrom, ValidUntil: cred.ValidUntil, Claims: showPerson(said.Person)}
		r.Notes = []Note{{Code: "note.identity"}}
		if key.note != nil {
			r.Notes = append(r.Notes, *key.note)
		}
		status = Finding{Axis: AxisStatus, Outcome: Yes, Code: "status.none-declared"}
		if s := said.Claims.Others[tokenstatus.ClaimStatus]; s != nil {
			ref, found, err := readReference(s)
			status = c.tokenStatus(ctx, ref, found, err, key.issuer)
		}
		if cred.ValidFrom.IsZero() {
			cred.ValidFrom = claims.IssuedAt // the only other day that was signed
		}
		issuer, r.Standing = c.issuer(KindIdentity, cred, nil)
		issuer = ofOtherType(issuer, r.Standing)
	}
	holder := Finding{Axis: AxisHolder, Outcome: Unknown, Code: "holder.not-shown"}
	r.Findings = []Finding{proof, model, period, status, holder, issuer}
	r.settle(policyFor(r.Kind))
	return r
}

// identityProof answers whether the issuer whom the code names signed it.
func (c *check) identityProof(ctx context.Context, code *claim169.Code) (Finding, foundKey, *claim169.Verified) {
	f := Finding{Axis: AxisProof, Outcome: No}
	key, outcome, reason, err := c.issuerKey(ctx, code.Issuer, string(code.KeyID), code.Chain)
	f.AsOf, f.Source, f.Args = key.asOf, key.source, map[string]string{"signer": key.issuer}
	fail := func(outcome Outcome, reason string, err error) (Finding, foundKey, *claim169.Verified) {
		f.Outcome, f.Code, f.Args = outcome, reason, because(err, "signer", key.issuer)
		return f, key, nil
	}
	if outcome != Yes {
		return fail(outcome, reason, err)
	}
	said, err := code.Verify(key.key)
	if err != nil {
		return fail(No, tokenCode(err), err)
	}
	// exp and nbf are those of the identity, on the axis of its period.
	if outcome, reason, err := c.tokenTimes(opened{issued: said.Claims.IssuedAt}, key.method); outcome != Yes {
		return fail(outcome, reason, err)
	}
	f.Outcome, f.Code = Yes, "proof.good"
	return f, key, said
}

// showPerson collects what may be shown of a person. A photograph and other
// biometric data stay where they are: a verifier of learning has no use for them.
func showPerson(p claim169.Person) map[string]any {
	out := map[string]any{}
	for name, text := range map[string]string{"id": p.ID, "language": p.Language, "fullName": p.FullName, "firstName": p.FirstName, "middleName": p.MiddleName,
		"lastName": p.LastName, "dateOfBirth": p.DateOfBirth, "address": p.Address, "email": p.Email, "phone": p.Phone, "nationality": p.Nationality,
		"guardian": p.Guardian, "secondaryFullName": p.SecondaryFullName, "secondaryLanguage": p.SecondaryLanguage, "locationCode": p.LocationCode,
		"legalStatus": p.LegalStatus, "countryOfIssuance": p.CountryOfIssuance} {
		if text = strings.TrimSpace(clean(text)); text != "" {
			out[name] = text
		}
	}
	for name, v := range map[string]string{
		"gender":        map[int64]string{1: "male", 2: "female", 3: "others"}[p.Gender],
		"maritalStatus": map[int64]string{1: "unmarried", 2: "married", 3: "divorced"}[p.MaritalStatus],
	} {
		if v != "" {
			out[name] = v
		}
	}
	return out
}
