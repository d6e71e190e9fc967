package verify_test

import (
	"context"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
	"cairn.example/openbadges"
)

// Keys in the document of an issuer: D07, D08, D09, K04, K06, K17.
func TestKeysOfTheIssuer(t *testing.T) {
	made := today.Add(-time.Hour)
	for _, c := range []struct {
		name    string
		key     party
		change  func(*did.Method, *did.Document)
		verdict verify.Verdict
		code    string
	}{
		{"good", college, nil, verify.Valid, "proof.good"},
		{"another key under the same name", stranger, nil, verify.Invalid, "proof.signature"},
		{"D07 not for statements", college, func(m *did.Method, d *did.Document) { d.Assertion, d.Authentication = nil, d.Assertion }, verify.Invalid, "proof.not-the-signers-key"},
		{"D08 controlled by another", college, func(m *did.Method, _ *did.Document) { m.Controller = stranger.Controller() }, verify.Invalid, "proof.not-the-signers-key"},
		{"D09 revoked later", college, func(m *did.Method, _ *did.Document) { m.Revoked = today }, verify.Undetermined, "proof.key-revoked"},
		{"D09 revoked before", college, func(m *did.Method, _ *did.Document) { m.Revoked = made.Add(-time.Hour) }, verify.Undetermined, "proof.key-revoked"},
		{"D09 revoked this very moment", college, func(m *did.Method, _ *did.Document) { m.Revoked = today.Add(-time.Nanosecond) }, verify.Undetermined, "proof.key-revoked"},
		{"to be revoked", college, func(m *did.Method, _ *did.Document) { m.Revoked = today.Add(time.Second) }, verify.Valid, "proof.good"},
		{"ends later", college, func(m *did.Method, _ *did.Document) { m.Expires = today.Add(time.Second) }, verify.Valid, "proof.good"},
		{"ended after it was made", college, func(m *did.Method, _ *did.Document) { m.Expires = made.Add(time.Second) }, verify.Valid, "proof.good"},
		{"ended when it was made", college, func(m *did.Method, _ *did.Document) { m.Expires = made }, verify.Invalid, "proof.key-ended"},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc, err := dataintegrity.Sign(t.Context(), badge(t, func(b *openbadges.Badge) { b.Issuer.DID, b.Status = webDID, nil }), dataintegrity.Options{Purpose: did.AssertionMethod, Created: made}, webParty{college})
			if err != nil {
				t.Fatal(err)
			}
			w := newWorld()
			w.list.Issuers[0].DID = webDID
			e := w.engine()
			e.Resolver = trust.Pinned(document(c.key, c.change))
			want(t, e.Verify(t.Context(), write(t, doc), verify.Options{}), c.verdict, verify.AxisProof, c.code)
		})
	}
}

// Asking about an earlier day does not undo what is known of a key since.
func TestRevokedSince(t *testing.T) {
	doc, err := dataintegrity.Sign(t.Context(), badge(t, func(b *openbadges.Badge) { b.Issuer.DID, b.Status = webDID, nil }), dataintegrity.Options{Purpose: did.AssertionMethod, Created: today.Add(-48 * time.Hour)}, webParty{college})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld()
	w.list.Issuers[0].DID, w.list.ValidFrom = webDID, today.AddDate(0, -1, 0)
	e := w.engine()
	e.Resolver = trust.Pinned(document(college, func(m *did.Method, _ *did.Document) { m.Revoked = today.Add(-time.Hour) }))
	want(t, e.Verify(t.Context(), write(t, doc), verify.Options{At: today.Add(-24 * time.Hour)}), verify.Undetermined, verify.AxisProof, "proof.key-revoked")
	e.Resolver = trust.Pinned(document(college, nil))
	want(t, e.Verify(t.Context(), write(t, doc), verify.Options{At: today.Add(-24 * time.Hour)}), verify.Valid, verify.AxisProof, "proof.good")
}

// parsing answers for a web site with what stands there.
type parsing string

func (p parsing) Resolve(_ context.Context, d cairn.DID) (did.Resolution, error) {
	doc, err := did.ParseDocument([]byte(p), d)
	return did.Resolution{Document: doc}, err
}

// A site that is under repair says nothing of what its owner signed; a site that
// has the document of another, or a wrong one, does (K04, K05).
func TestWhatASiteAnswers(t *testing.T) {
	signed, err := dataintegrity.Sign(t.Context(), badge(t, func(b *openbadges.Badge) { b.Issuer.DID, b.Status = webDID, nil }), dataintegrity.Options{Purpose: did.AssertionMethod, Created: today.Add(-time.Hour)}, webParty{college})
	if err != nil {
		t.Fatal(err)
	}
	good, err := did.MarshalDocument(document(college, nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, answer string
		verdict      verify.Verdict
		code         string
	}{
		{"its document", string(good), verify.Valid, "proof.good"},
		{"a page", "<html>maintenance", verify.Undetermined, "proof.key-unavailable"},
		{"an error", `{"error":"maintenance"}`, verify.Undetermined, "proof.key-unavailable"},
		{"nothing", "", verify.Undetermined, "proof.key-unavailable"},
		{"K04 the document of another", `{"id":"did:web:other.example"}`, verify.Invalid, "proof.key-unusable"},
		{"a wrong document", `{"id":"did:web:college.example","verificationMethod":{}}`, verify.Invalid, "proof.key-unusable"},
		{"without the key", `{"id":"did:web:college.example"}`, verify.Invalid, "proof.not-the-signers-key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			w.list.Issuers[0].DID = webDID
			e := w.engine()
			e.Resolver = parsing(c.answer)
			want(t, e.Verify(t.Context(), write(t, signed), verify.Options{}), c.verdict, verify.AxisProof, c.code)
		})
	}
}
