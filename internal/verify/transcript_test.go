package verify_test

import (
	"fmt"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
	"cairn.example/openbadges"
)

// part is a credential inside a transcript.
func part(t testing.TB, n int, signer party, change func(*openbadges.Badge)) map[string]any {
	t.Helper()
	return parse(t, sign(t, badge(t, func(b *openbadges.Badge) {
		b.ID = cairn.CredentialID(fmt.Sprintf("urn:uuid:7cbeb4e4-5a38-4a1b-9c52-d1b1b6f1a%03d", 100+n))
		if change != nil {
			change(b)
		}
	}), signer, dataintegrity.Options{}))
}

// The proof of a transcript says that its issuer put the parts in. Whether they are
// genuine, of whom they are and whether they still hold is asked of each, and what
// can't be answered leaves the whole open.
func TestTranscript(t *testing.T) {
	good := part(t, 0, college, nil)
	other := func(b *openbadges.Badge) { b.Subject.DID = stranger.Controller() }
	change := func(m map[string]any, f func(map[string]any)) map[string]any {
		m = copyOf(t, m)
		f(m)
		return m
	}
	for _, c := range []struct {
		name    string
		part    map[string]any
		line    bool // a line of the transcript counts the part
		world   func(*world)
		verdict verify.Verdict
		code    string
		notes   string
	}{
		{name: "good", part: part(t, 1, college, nil), verdict: verify.Valid, code: "model.good"},
		{name: "names nobody", part: part(t, 1, college, func(b *openbadges.Badge) { b.Subject.DID = "" }), verdict: verify.Valid, code: "model.good"},
		{name: "changed", part: change(part(t, 1, college, nil), func(m map[string]any) { m["name"] = "Gold" }), verdict: verify.Invalid, code: "model.part-not-genuine", notes: "note.parts-marked 2"},
		{name: "signed by another", part: part(t, 1, stranger, nil), verdict: verify.Invalid, code: "model.part-not-genuine", notes: "note.parts-marked 2"},
		{name: "signed in a way that nobody can check", part: change(part(t, 1, college, nil), func(m map[string]any) { m["proof"].(map[string]any)["cryptosuite"] = "eddsa-rdfc-2032" }), verdict: verify.Undetermined, code: "model.part-open", notes: "note.parts-marked 2"},
		{name: "keys that nobody finds", part: change(part(t, 1, college, nil), func(m map[string]any) { m["issuer"].(map[string]any)["id"] = "did:web:gone.example" }), verdict: verify.Undetermined, code: "model.part-open", notes: "note.parts-marked 2"},
		{name: "whose list is not the one at its address", part: part(t, 1, college, func(b *openbadges.Badge) { b.Status.List = "https://gone.example/list" }), verdict: verify.Undetermined, code: "model.part-open", notes: "note.parts-marked 2"},
		{name: "R21 withdrawn", part: part(t, 1, college, nil), world: func(w *world) { w.revoked = []int{94567} }, verdict: verify.Undetermined, code: "model.part-open", notes: "note.parts-marked 1, 2"},
		{name: "by somebody who is not listed", part: part(t, 1, stranger, func(b *openbadges.Badge) { b.Issuer.DID, b.Status = stranger.Controller(), nil }), verdict: verify.Undetermined, code: "model.part-open", notes: "note.parts-marked 2"},
		{name: "outside the scope of its issuer", part: part(t, 1, college, func(b *openbadges.Badge) { b.Achievement.Type = "Diploma" }), verdict: verify.Undetermined, code: "model.part-open", notes: "note.parts-marked 2"},
		{name: "ended since", part: part(t, 1, college, func(b *openbadges.Badge) { b.ValidUntil = today }), verdict: verify.Valid, code: "model.good", notes: "note.parts-marked 2"},
		{name: "not yet", part: part(t, 1, college, func(b *openbadges.Badge) { b.ValidFrom = today.AddDate(0, 1, 0) }), verdict: verify.Undetermined, code: "model.part-open", notes: "note.parts-marked 2"},
		{name: "of another, of whom nothing is said", part: part(t, 1, college, other), verdict: verify.Undetermined, code: "model.part-of-another", notes: "note.other-person 2"},
		{name: "of another, and counted", part: part(t, 1, college, other), line: true, verdict: verify.Valid, code: "model.good", notes: "note.other-person 2"},
		{name: "of another, counted, and changed", part: change(part(t, 1, college, other), func(m map[string]any) { m["name"] = "Gold" }), line: true, verdict: verify.Invalid, code: "model.part-not-genuine", notes: "note.other-person 2 note.parts-marked 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := openbadges.Transcript{ID: "urn:uuid:7cbeb4e4-5a38-4a1b-9c52-d1b1b6f1a002", Issuer: openbadges.Issuer{DID: college.Controller(), Name: "College"},
				Subject: openbadges.Subject{DID: amina.Controller(), Identities: []openbadges.Identity{{Type: "name", Value: "Amina"}}}, Name: "Transcript",
				ValidFrom: today.AddDate(0, -1, 0), AwardedOn: today.AddDate(0, -1, 0), Credentials: []map[string]any{good, c.part}}
			if c.line {
				tr.Lines = []openbadges.TranscriptLine{{CredentialID: cairn.CredentialID(c.part["id"].(string)), Title: "Soil", RequirementID: "core", RequirementTitle: "Core",
					Credits: cairn.WholeCredits(4), SourceDID: college.Controller(), SourceName: "College", Route: openbadges.RouteInResidence}}
				tr.Programme = openbadges.ProgrammeRef{ID: "dip-agri", Edition: "2026", Digest: "sha256:" + strings.Repeat("ab", 32), Title: "Diploma", CreditUnit: "ECTS",
					CreditsRequired: cairn.WholeCredits(4), CreditsCounted: cairn.WholeCredits(4)}
			}
			doc, err := tr.Document()
			if err != nil {
				t.Fatal(err)
			}
			w := newWorld()
			if c.world != nil {
				c.world(w)
			}
			w.list.Issuers[0].Scopes = append(w.list.Issuers[0].Scopes, trust.Scope{Types: []string{"Transcript"}, From: day("2024-01-01"), Authority: "Order 17"})
			r := w.engine().Verify(t.Context(), sign(t, doc, college, dataintegrity.Options{}), verify.Options{})
			want(t, r, c.verdict, verify.AxisModel, c.code)
			if f := r.Finding(verify.AxisModel); f.Outcome != verify.Yes && f.Args["part"] != "2" && c.world == nil {
				t.Errorf("the part is not named: %+v", f)
			}
			var notes []string
			for _, n := range r.Notes {
				notes = append(notes, n.Code+" "+n.Args["parts"])
				if n.Code == "note.other-person" && n.Args["subjects"] != string(stranger.Controller()) {
					t.Errorf("the other person is not named: %+v", n)
				}
			}
			if got := strings.Join(notes, " "); got != c.notes || len(r.Credentials) != 2 {
				t.Errorf("notes %q, want %q; %d reports of parts", got, c.notes, len(r.Credentials))
			}
		})
	}
}
