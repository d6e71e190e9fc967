package vcjwt

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"

	"cairn.example/jose"
	"cairn.example/vc"
)

// badgeHeader are the members that the header of an Open Badge may have (Open
// Badges 3.0, section 8.2.3); others are not allowed.
var badgeHeader = map[string]bool{"alg": true, "kid": true, "jwk": true, "typ": true}

// readBadge checks that the claims of the token and the credential say the same
// (Open Badges 3.0, section 8.2.5.1).
func (s *Secured) readBadge() error {
	for name := range s.token.Header.Members {
		if !badgeHeader[name] {
			return bad("vcjwt.header", name, "the header of an Open Badge has no %.40q", name)
		}
	}
	s.HeaderKey = s.token.Header.Key
	if s.KeyID == "" && s.HeaderKey == nil {
		return bad("vcjwt.kid", "kid", "the token does not say which key signed it")
	}
	if err := s.unwrap(); err != nil {
		return err
	}
	if _, ok := s.document["vp"]; ok {
		return bad("vcjwt.claim", "vp", "the claim vp may not be there")
	}
	if !hasType(s.document, "VerifiableCredential") {
		return bad("vcjwt.document", "type", "there is no VerifiableCredential in the token")
	}
	var err error
	if s.Issuer, err = identifier(s.document, "issuer"); err != nil {
		return err
	}
	if s.Issuer == "" {
		return bad("vcjwt.issuer", "issuer", "the credential does not say who issued it")
	}
	subject := map[string]any{}
	switch v := s.document["credentialSubject"].(type) {
	case map[string]any:
		subject = v
	case []any:
		if len(v) == 1 {
			subject, _ = v[0].(map[string]any)
		}
	}
	for _, pair := range []struct {
		claim string
		value any
	}{{"iss", s.Issuer}, {"jti", s.document["id"]}, {"sub", subject["id"]}} {
		claim, ok := s.claims[pair.claim]
		// Without an identifier in the credential there is nothing that the claim
		// could match, so it must be absent too.
		if ok != (pair.value != nil) || ok && claim != pair.value {
			return bad("vcjwt.mismatch", pair.claim, "%s does not match the credential", pair.claim)
		}
	}
	return s.badgeTimes()
}

// unwrap takes a credential of version 1.1 out of its claim vc. The claims stand
// in for members that it leaves out (VC Data Model 1.1, section 6.3.1).
func (s *Secured) unwrap() error {
	v, ok := s.document["vc"]
	if !ok {
		return nil
	}
	m, ok := v.(map[string]any)
	if !ok || len(s.document) != 1 {
		return bad("vcjwt.claim", "vc", "the credential must stand either in the claim vc or beside the claims")
	}
	m = maps.Clone(m)
	if !vc.IsVersion1(m) {
		return bad("vcjwt.claim", "vc", "only a credential of version 1.1 stands in the claim vc")
	}
	for claim, member := range map[string]string{"iss": "issuer", "jti": "id"} {
		if _, has := m[member]; !has && s.claims[claim] != nil {
			m[member] = s.claims[claim]
		}
	}
	if subject, ok := m["credentialSubject"].(map[string]any); ok && subject["id"] == nil && s.claims["sub"] != nil {
		subject = maps.Clone(subject)
		subject["id"] = s.claims["sub"]
		m["credentialSubject"] = subject
	}
	s.document = m
	return nil
}

// badgeTimes compares nbf and exp with the credential, to the second, and writes
// them into it where it has none.
func (s *Secured) badgeTimes() error {
	from, until := "validFrom", "validUntil"
	if vc.IsVersion1(s.document) {
		from, until = "issuanceDate", "expirationDate"
	}
	for claim, member := range map[string]string{"nbf": from, "exp": until} {
		at, claimed, err := jose.Time(s.claims, claim)
		if err != nil {
			return err
		}
		v, has := s.document[member]
		switch {
		case !claimed && claim == "nbf":
			return bad("vcjwt.mismatch", claim, "nbf is missing")
		case claimed && has:
			text, _ := v.(string)
			t, err := vc.ParseTime(text)
			if err != nil {
				return err
			}
			if t.Unix() != at.Unix() {
				return bad("vcjwt.mismatch", claim, "%s does not match the credential", claim)
			}
		case claimed:
			if claim == "nbf" && member == "validFrom" {
				return bad("vcjwt.mismatch", claim, "nbf does not match the credential, which has no validFrom")
			}
			s.document[member] = vc.FormatTime(at)
		}
	}
	return nil
}

// badgeClaims are the claims that go with a credential into a token.
func badgeClaims(document map[string]any) (map[string]any, error) {
	c, problems := vc.ReadCredential(document)
	if len(problems) > 0 {
		return nil, bad(problems[0].Code, strings.TrimPrefix(problems[0].Path, "/"), "%s", problems[0].Message)
	}
	if c.ID == "" || c.ValidFrom.IsZero() {
		return nil, bad("vcjwt.document", "id", "an Open Badge needs id and validFrom")
	}
	seconds := func(t time.Time) json.Number { return json.Number(fmt.Sprint(t.Unix())) }
	claims := map[string]any{"iss": c.Issuer, "jti": c.ID, "nbf": seconds(c.ValidFrom)}
	if c.SubjectID != "" {
		claims["sub"] = c.SubjectID
	}
	if !c.ValidUntil.IsZero() {
		claims["exp"] = seconds(c.ValidUntil)
	}
	return claims, nil
}
