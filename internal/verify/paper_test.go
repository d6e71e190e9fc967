package verify_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
	"cairn.example/openbadges"
	"cairn.example/papercode"
	"cairn.example/statuslist"
	"cairn.example/vc"
)

func card(change func(*papercode.Card)) papercode.Card {
	c := papercode.Card{Issuer: college.Controller(), Credential: "urn:uuid:7cbeb4e4-5a38-4a1b-9c52-d1b1b6f1a001", Digest: sha256.Sum256([]byte("the full document")),
		Kind: papercode.KindBadge, Learner: "Amina", Title: "Soil", Credits: cairn.WholeCredits(4), Unit: "ECTS", LevelFramework: "EQF", Level: "5", AwardedOn: day("2026-05-20"),
		StatusList: listURL, StatusIndex: 94567, AchievementType: "MicroCredential", Field: "AGRI", Language: "en"}
	if change != nil {
		change(&c)
	}
	return c
}

func paper(t testing.TB, c papercode.Card, p party) string {
	t.Helper()
	text, err := papercode.Sign(t.Context(), c, p)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestPaper(t *testing.T) {
	text := paper(t, card(nil), college)
	digest := sha256.Sum256([]byte("the full document"))
	for _, s := range []string{text, " \r\n\t" + text, text + "\r\n", text + " ", text + "\n  "} {
		r := newWorld().engine().Verify(t.Context(), []byte(s), verify.Options{})
		want(t, r, verify.Valid, verify.AxisHolder, "holder.paper")
		if r.Kind != verify.KindPaper || r.Finding(verify.AxisHolder).Outcome != verify.Unknown {
			t.Errorf("%+v", r)
		}
		if r.Shown == nil || r.Shown.Learner != "Amina" || r.Shown.Credits != "4" || r.Shown.AwardedOn != "2026-05-20" || r.Shown.Digest != "sha256:"+hex.EncodeToString(digest[:]) {
			t.Errorf("%+v", r.Shown)
		}
		if len(r.Notes) != 1 || r.Notes[0].Code != "note.paper-full" || r.Notes[0].Args["digest"] != r.Shown.Digest {
			t.Errorf("%+v", r.Notes)
		}
	}
}

func TestPaperVerdicts(t *testing.T) {
	for _, c := range []struct {
		name    string
		card    func(*papercode.Card)
		world   func(*world)
		verdict verify.Verdict
		axis    verify.Axis
		code    string
	}{
		{name: "revoked", world: func(w *world) { w.revoked = []int{94567} }, verdict: verify.Invalid, axis: verify.AxisStatus, code: "status.revoked"},
		{name: "list unreachable", world: func(w *world) {
			w.broken = func() ([]byte, error) { return nil, &cairn.Error{Kind: cairn.Unavailable, Message: "no answer"} }
		}, verdict: verify.Undetermined, axis: verify.AxisStatus, code: "status.unavailable"},
		{name: "list of another", world: func(w *world) { w.meta.Issuer, w.signer = string(stranger.Controller()), stranger }, verdict: verify.Invalid, axis: verify.AxisStatus, code: "status.other-issuer"},
		{name: "suspension list", world: func(w *world) { w.meta.Purpose = statuslist.Suspension }, verdict: verify.Invalid, axis: verify.AxisStatus, code: "status.purpose"},
		{name: "no list", card: func(c *papercode.Card) { c.StatusList, c.StatusIndex = "", -1 }, verdict: verify.Valid, axis: verify.AxisStatus, code: "status.none-declared"},
		{name: "ended", card: func(c *papercode.Card) { c.ValidUntil = today }, verdict: verify.Invalid, axis: verify.AxisPeriod, code: "period.ended"},
		{name: "ends in a second", card: func(c *papercode.Card) { c.ValidUntil = today.Add(time.Second) }, verdict: verify.Valid, axis: verify.AxisPeriod, code: "period.current"},
		{name: "other field", card: func(c *papercode.Card) { c.Field = "LAW" }, verdict: verify.Invalid, axis: verify.AxisIssuer, code: "issuer.outside-scope"},
		{name: "other level", card: func(c *papercode.Card) { c.Level = "7" }, verdict: verify.Invalid, axis: verify.AxisIssuer, code: "issuer.outside-scope"},
		{name: "transcript without the scope", card: func(c *papercode.Card) { c.Kind = papercode.KindTranscript }, verdict: verify.Invalid, axis: verify.AxisIssuer, code: "issuer.outside-scope"},
		{name: "before recognition", card: func(c *papercode.Card) { c.AwardedOn = day("2023-12-31") }, verdict: verify.Invalid, axis: verify.AxisIssuer, code: "issuer.not-at-that-time"},
		{name: "a year in all of which it was recognised", card: func(c *papercode.Card) { c.AwardedOn = day("2025") }, verdict: verify.Valid, axis: verify.AxisIssuer, code: "issuer.recognised"},
		{name: "a year in which it became recognised", card: func(c *papercode.Card) { c.AwardedOn = day("2025") }, world: func(w *world) { w.list.Issuers[0].Scopes[0].From = day("2025-01-02") }, verdict: verify.Undetermined, axis: verify.AxisIssuer, code: "issuer.no-date"},
		{name: "a month in which it ceased to be", card: func(c *papercode.Card) { c.AwardedOn = day("2025-03") }, world: func(w *world) { w.list.Issuers[0].Scopes[0].Until = day("2025-03-30") }, verdict: verify.Undetermined, axis: verify.AxisIssuer, code: "issuer.no-date"},
		{name: "a year with a gap in it", card: func(c *papercode.Card) { c.AwardedOn = day("2025") }, world: func(w *world) {
			again := w.list.Issuers[0].Scopes[0]
			w.list.Issuers[0].Scopes[0].Until, again.From = day("2025-06-01"), day("2025-06-03")
			w.list.Issuers[0].Scopes = append(w.list.Issuers[0].Scopes, again)
		}, verdict: verify.Undetermined, axis: verify.AxisIssuer, code: "issuer.no-date"},
		{name: "a year before it was recognised", card: func(c *papercode.Card) { c.AwardedOn = day("2023") }, verdict: verify.Invalid, axis: verify.AxisIssuer, code: "issuer.not-at-that-time"},
		{name: "no day of award", card: func(c *papercode.Card) { c.AwardedOn = cairn.PartialDate{} }, verdict: verify.Undetermined, axis: verify.AxisIssuer, code: "issuer.no-date"},
		{name: "not listed", world: func(w *world) { w.list.Issuers = nil }, verdict: verify.Undetermined, axis: verify.AxisIssuer, code: "issuer.not-listed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			if c.world != nil {
				c.world(w)
			}
			want(t, w.engine().Verify(t.Context(), []byte(paper(t, card(c.card), college)), verify.Options{}), c.verdict, c.axis, c.code)
		})
	}
}

// A code with any one character changed is not valid, and nothing of it is shown.
func TestPaperMutations(t *testing.T) {
	text, e := paper(t, card(nil), college), newWorld().engine()
	for i := range text {
		for _, replacement := range []byte{'0', 'Z', ' ', 'a'} {
			if text[i] == replacement {
				continue
			}
			b := []byte(text)
			b[i] = replacement
			if r := e.Verify(t.Context(), b, verify.Options{}); r.Verdict == verify.Valid || r.Shown != nil {
				t.Fatalf("place %d, %q: %+v", i, replacement, r)
			}
		}
		if r := e.Verify(t.Context(), []byte(text[:i]), verify.Options{}); r.Verdict == verify.Valid || r.Shown != nil {
			t.Fatalf("cut at %d: %+v", i, r)
		}
	}
}

func TestPaperOfAnotherVersion(t *testing.T) {
	text := paper(t, card(nil), college)
	r := newWorld().engine().Verify(t.Context(), []byte("CRN2:"+text[len(papercode.Prefix):]), verify.Options{})
	want(t, r, verify.Undetermined, verify.AxisModel, "model.newer-version")
	if r.Kind != verify.KindPaper || r.Shown != nil || r.Reason().Code != "model.newer-version" {
		t.Errorf("%+v", r)
	}
	for _, s := range []string{"CRN1:", "CRN1", "CRNX:" + text[5:], "crn1:" + text[5:], "CRN12:" + text[5:]} {
		if r := newWorld().engine().Verify(t.Context(), []byte(s), verify.Options{}); r.Verdict != verify.Invalid {
			t.Errorf("%.10q: %+v", s, r)
		}
	}
}

const webDID cairn.DID = "did:web:college.example"

// webParty signs as an identifier whose document lists the key.
type webParty struct{ party }

func (webParty) Controller() cairn.DID { return webDID }
func (webParty) KeyID() cairn.KeyID    { return cairn.KeyID(webDID) + "#1" }

// document is that of webDID with one key, changed.
func document(p party, change func(*did.Method, *did.Document)) *did.Document {
	m := did.Method{ID: cairn.KeyID(webDID) + "#1", Controller: webDID, PublicKey: p.PublicKey()}
	d := &did.Document{ID: webDID, Assertion: []cairn.KeyID{m.ID}}
	if change != nil {
		change(&m, d)
	}
	d.Methods = []did.Method{m}
	return d
}

// Keys of an issuer: D06, D07, D08, D09, K17.
func TestPaperKeys(t *testing.T) {
	c := card(func(c *papercode.Card) { c.Issuer, c.StatusList, c.StatusIndex = webDID, "", -1 })
	text, err := papercode.Sign(t.Context(), c, webParty{college})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []struct {
		name    string
		key     party
		change  func(*did.Method, *did.Document)
		verdict verify.Verdict
		code    string
	}{
		{"good", college, nil, verify.Valid, "proof.good"},
		{"wrong key", stranger, nil, verify.Invalid, "proof.signature"},
		{"not for statements", college, func(m *did.Method, d *did.Document) { d.Assertion, d.Authentication = nil, d.Assertion }, verify.Invalid, "proof.not-the-signers-key"},
		{"controlled by another", college, func(m *did.Method, _ *did.Document) { m.Controller = stranger.Controller() }, verify.Invalid, "proof.not-the-signers-key"},
		{"another key only", college, func(m *did.Method, d *did.Document) {
			m.ID = cairn.KeyID(webDID) + "#2"
			d.Assertion = []cairn.KeyID{m.ID}
		}, verify.Invalid, "proof.not-the-signers-key"},
		{"revoked", college, func(m *did.Method, _ *did.Document) { m.Revoked = today.AddDate(0, 0, -1) }, verify.Undetermined, "proof.key-revoked"},
		{"retired", college, func(m *did.Method, _ *did.Document) { m.Expires = today }, verify.Undetermined, "proof.key-retired"},
		{"ends later", college, func(m *did.Method, _ *did.Document) { m.Expires = today.Add(time.Second) }, verify.Valid, "proof.good"},
	} {
		w := newWorld()
		w.list.Issuers[0].DID = webDID
		e := w.engine()
		e.Resolver = trust.Pinned(document(v.key, v.change))
		t.Run(v.name, func(t *testing.T) {
			want(t, e.Verify(t.Context(), []byte(text), verify.Options{}), v.verdict, verify.AxisProof, v.code)
		})
	}
	r := newWorld().engine().Verify(t.Context(), []byte(text), verify.Options{})
	want(t, r, verify.Undetermined, verify.AxisProof, "proof.key-unavailable")
}

// Keys that are known from a bundle alone end with it; those that an identifier
// carries do not.
func TestKeysOfAnEndedBundle(t *testing.T) {
	doc, err := did.MarshalDocument(document(college, nil))
	if err != nil {
		t.Fatal(err)
	}
	keys := []trust.BundleKeys{{DID: webDID, AsOf: vc.FormatTime(today), Document: parse(t, doc)}}
	signed, err := dataintegrity.Sign(t.Context(), badge(t, func(b *openbadges.Badge) { b.Issuer.DID, b.Status = webDID, nil }), dataintegrity.Options{Purpose: did.AssertionMethod, Created: today.Add(-time.Hour)}, webParty{college})
	if err != nil {
		t.Fatal(err)
	}
	text, err := papercode.Sign(t.Context(), card(func(c *papercode.Card) { c.Issuer, c.StatusList, c.StatusIndex = webDID, "", -1 }), webParty{college})
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"document": write(t, signed), "paper": []byte(text)} {
		for until, c := range map[time.Time]struct {
			verdict verify.Verdict
			code    string
		}{today.Add(time.Second): {verify.Valid, "proof.good"}, today: {verify.Undetermined, "proof.bundle-ended"}} {
			w := newWorld()
			w.list.Issuers[0].DID = webDID
			e := fromBundle(trust.Bundle{Keys: keys, ValidUntil: until}, trust.NewSnapshot([]trust.List{w.list}), func() time.Time { return today })
			r := e.Verify(t.Context(), data, verify.Options{})
			want(t, r, c.verdict, verify.AxisProof, c.code)
			if f := r.Finding(verify.AxisProof); !f.AsOf.Equal(today) || f.Source != trust.BundleSource {
				t.Errorf("%s: the report does not say how old the key is: %+v", name, f)
			}
		}
	}
}
