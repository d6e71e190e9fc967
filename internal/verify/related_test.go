package verify_test

import (
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"slices"
	"testing"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/internal/verify"
	"cairn.example/openbadges"
	"cairn.example/rdfc"
	"cairn.example/vc"
	"cairn.example/vcjwt"
)

func noted(r verify.Report, code string) map[string]string {
	for _, n := range r.Notes {
		if n.Code == code {
			return n.Args
		}
	}
	return nil
}

// What a credential fixes by digests is compared where it is known, and named where
// it is not.
func TestRelatedResources(t *testing.T) {
	context, ok := rdfc.ContextBytes(openbadges.ContextOB)
	if !ok {
		t.Fatal("no context")
	}
	sri := func(b []byte) string {
		sum := sha512.Sum384(b)
		return "sha384-" + base64.StdEncoding.EncodeToString(sum[:])
	}
	for _, c := range []struct {
		name, id, digest string
		verdict          verify.Verdict
		code             string
		noted            bool
	}{
		{"good", openbadges.ContextOB, sri(context), verify.Valid, "model.good", false},
		{"another", openbadges.ContextOB, sri([]byte("{}")), verify.Invalid, "model.resource", false},
		{"with a digest of an unknown kind", openbadges.ContextOB, "sha1-AAAA", verify.Valid, "model.good", true},
		{"unknown, and not asked for", "https://college.example/photo.png", sri(context), verify.Valid, "model.good", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc := badge(t, nil)
			doc["relatedResource"] = []any{map[string]any{"id": c.id, "digestSRI": c.digest}}
			e := newWorld().engine()
			for _, data := range [][]byte{sign(t, doc, college, dataintegrity.Options{}), seal(t, "vc+jwt", doc, college, vcjwt.Options{})} {
				r := e.Verify(t.Context(), data, verify.Options{})
				want(t, r, c.verdict, verify.AxisModel, c.code)
				if got := noted(r, "note.resources-not-checked"); (got != nil) != c.noted || c.noted && got["names"] != c.id {
					t.Errorf("%v", r.Notes)
				}
			}
		})
	}
}

// Schemas that are not known, and members that are never used, are named.
func TestWhatIsNotLookedAt(t *testing.T) {
	e := newWorld().engine()
	doc := badge(t, nil)
	doc["credentialSchema"] = []any{map[string]any{"id": openbadges.SchemaOB, "type": "1EdTechJsonSchemaValidator2019"}}
	r := e.Verify(t.Context(), sign(t, doc, college, dataintegrity.Options{}), verify.Options{})
	want(t, r, verify.Valid, verify.AxisModel, "model.good")
	if noted(r, "note.schemas-not-checked") != nil || noted(r, "note.not-looked-at") != nil {
		t.Error(r.Notes)
	}
	list := []any{map[string]any{"id": openbadges.SchemaCLR, "type": "1EdTechJsonSchemaValidator2019"}}
	for i := range 7 {
		list = append(list, map[string]any{"id": fmt.Sprintf("https://college.example/schema/%d", i), "type": "JsonSchema"})
	}
	doc["credentialSchema"] = list
	doc["evidence"] = []any{map[string]any{"id": "https://college.example/work", "type": []any{"Evidence"}}}
	doc["refreshService"] = map[string]any{"id": "https://college.example/refresh", "type": "1EdTechCredentialRefresh"}
	r = e.Verify(t.Context(), seal(t, "vc+jwt", doc, college, vcjwt.Options{}), verify.Options{})
	want(t, r, verify.Valid, verify.AxisModel, "model.good")
	if got := noted(r, "note.schemas-not-checked"); got["count"] != "8" || got["names"] != openbadges.SchemaCLR+", https://college.example/schema/0, https://college.example/schema/1, https://college.example/schema/2, https://college.example/schema/3, …" {
		t.Error(got)
	}
	if got := noted(r, "note.not-looked-at"); got["names"] != "evidence, refreshService" {
		t.Error(got)
	}
	// Nothing is said of what nobody signed.
	if r = e.Verify(t.Context(), seal(t, "vc+jwt", doc, stranger, vcjwt.Options{KeyID: string(college.KeyID())}), verify.Options{}); len(r.Notes) > 0 {
		t.Error(r.Notes)
	}
}

// endorsement is what somebody says of something.
func endorsement(by party, of string) map[string]any {
	return map[string]any{"@context": []any{vc.ContextV2, openbadges.ContextOB}, "id": "urn:uuid:7cbeb4e4-5a38-4a1b-9c52-d1b1b6f1a777", "type": []any{"VerifiableCredential", "EndorsementCredential"},
		"name": "Endorsement", "issuer": map[string]any{"id": string(by.Controller()), "type": []any{"Profile"}}, "validFrom": "2026-01-01T00:00:00Z",
		"credentialSubject": map[string]any{"id": of, "type": []any{"EndorsementSubject"}, "endorsementComment": "Good"}}
}

// Endorsements are judged and reported by themselves, and decide nothing.
func TestEndorsements(t *testing.T) {
	id, achievement := "urn:uuid:7cbeb4e4-5a38-4a1b-9c52-d1b1b6f1a001", "https://college.example/soil"
	inside := func(doc map[string]any, name string, v any) map[string]any {
		doc[name] = v
		return doc
	}
	token := func(doc map[string]any, by party) string { return string(seal(t, "JWT", doc, by, vcjwt.Options{})) }
	embedded := func(doc map[string]any, by party) map[string]any {
		return parse(t, sign(t, doc, by, dataintegrity.Options{Cryptosuite: dataintegrity.EdDSAJCS2022}))
	}
	subject := func(doc map[string]any) map[string]any { return doc["credentialSubject"].(map[string]any) }
	many := make([]any, 25)
	for i := range many {
		many[i] = token(endorsement(ministry, id), ministry)
	}
	for _, c := range []struct {
		name    string
		change  func(map[string]any)
		verdict verify.Verdict
		axis    verify.Axis
		code    string
		count   int
	}{
		{"of the credential", func(m map[string]any) { m["endorsement"] = []any{embedded(endorsement(ministry, id), ministry)} }, verify.Valid, verify.AxisIssuer, "issuer.recognised", 1},
		{"of the credential, as a token", func(m map[string]any) { m["endorsementJwt"] = []any{token(endorsement(ministry, id), ministry)} }, verify.Valid, verify.AxisIssuer, "issuer.recognised", 1},
		{"of the issuer", func(m map[string]any) {
			m["issuer"].(map[string]any)["endorsementJwt"] = []any{token(endorsement(ministry, string(college.Controller())), ministry)}
		}, verify.Valid, verify.AxisIssuer, "issuer.recognised", 1},
		{"of the achievement", func(m map[string]any) {
			subject(m)["achievement"].(map[string]any)["endorsementJwt"] = []any{token(endorsement(ministry, achievement), ministry)}
		}, verify.Valid, verify.AxisIssuer, "issuer.recognised", 1},
		{"by somebody who is not listed", func(m map[string]any) { m["endorsementJwt"] = []any{token(endorsement(stranger, id), stranger)} }, verify.Undetermined, verify.AxisIssuer, "issuer.not-listed", 1},
		{"by somebody who is listed for other things", func(m map[string]any) { m["endorsementJwt"] = []any{token(endorsement(college, id), college)} }, verify.Undetermined, verify.AxisIssuer, "issuer.type-not-listed", 1},
		{"of something else", func(m map[string]any) {
			m["endorsementJwt"] = []any{token(endorsement(ministry, "urn:uuid:7cbeb4e4-5a38-4a1b-9c52-d1b1b6f1a002"), ministry)}
		}, verify.Invalid, verify.AxisModel, "model.endorses-another", 1},
		{"that is another badge", func(m map[string]any) { m["endorsementJwt"] = []any{token(badge(t, nil), college)} }, verify.Invalid, verify.AxisModel, "model.endorses-another", 1},
		{"changed", func(m map[string]any) {
			m["endorsement"] = []any{inside(embedded(endorsement(ministry, id), ministry), "name", "Gold")}
		}, verify.Invalid, verify.AxisProof, "proof.signature", 1},
		{"in the name of another", func(m map[string]any) { m["endorsementJwt"] = []any{token(endorsement(ministry, id), stranger)} }, verify.Invalid, verify.AxisProof, "proof.not-the-signers-key", 1},
		{"not signed", func(m map[string]any) { m["endorsement"] = []any{endorsement(ministry, id)} }, verify.Invalid, verify.AxisProof, "proof.missing", 1},
		{"that is no token", func(m map[string]any) { m["endorsementJwt"] = []any{"a.b.c"} }, verify.Invalid, verify.AxisModel, "model.unreadable", 1},
		{"too many", func(m map[string]any) { m["endorsementJwt"] = many }, verify.Valid, verify.AxisIssuer, "issuer.recognised", 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			w.list.Issuers = append(w.list.Issuers, w.list.Issuers[0])
			w.list.Issuers[1].DID = ministry.Controller()
			w.list.Issuers[1].Scopes = slices.Clone(w.list.Issuers[0].Scopes)
			w.list.Issuers[1].Scopes[0].Types, w.list.Issuers[1].Scopes[0].Fields, w.list.Issuers[1].Scopes[0].Levels = []string{"Endorsement"}, nil, nil
			doc := badge(t, func(b *openbadges.Badge) { b.ID = cairn.CredentialID(id) })
			c.change(doc)
			r := w.engine().Verify(t.Context(), seal(t, "vc+jwt", doc, college, vcjwt.Options{}), verify.Options{})
			want(t, r, verify.Valid, verify.AxisProof, "proof.good")
			if len(r.Endorsements) != c.count {
				t.Fatalf("%d endorsements", len(r.Endorsements))
			}
			for _, e := range r.Endorsements {
				want(t, e, c.verdict, c.axis, c.code)
			}
			if left := noted(r, "note.endorsements-not-checked"); c.count == 20 && left["count"] != "5" || c.count != 20 && left != nil {
				t.Error(left)
			}
		})
	}
	// Endorsements of endorsements end somewhere, and so do those in a transcript.
	deep := endorsement(ministry, id)
	for range 4 {
		outer := endorsement(ministry, id)
		outer["endorsementJwt"] = []any{token(deep, ministry)}
		deep = outer
	}
	r := newWorld().engine().Verify(t.Context(), []byte(token(deep, ministry)), verify.Options{})
	depth := 0
	for ; len(r.Endorsements) > 0; r = r.Endorsements[0] {
		depth++
	}
	if depth != 2 || noted(r, "note.endorsements-not-checked")["count"] != "1" {
		t.Errorf("%d levels, %v", depth, r.Notes)
	}
	// A credential that is not genuine has none.
	doc := badge(t, nil)
	doc["endorsementJwt"] = []any{token(endorsement(ministry, id), ministry)}
	if r := newWorld().engine().Verify(t.Context(), changed(seal(t, "vc+jwt", doc, college, vcjwt.Options{})), verify.Options{}); len(r.Endorsements) > 0 {
		t.Error(r.Endorsements)
	}
	// With a proof in a document with a proof, too.
	doc = badge(t, nil)
	doc["endorsement"] = []any{parse(t, sign(t, endorsement(ministry, id), ministry, dataintegrity.Options{}))}
	if r := newWorld().engine().Verify(t.Context(), sign(t, doc, college, dataintegrity.Options{}), verify.Options{}); len(r.Endorsements) != 1 || r.Verdict != verify.Valid || r.Endorsements[0].Finding(verify.AxisProof).Code != "proof.good" {
		t.Errorf("%s %+v %+v", r.Verdict, r.Findings, r.Endorsements)
	}
}
