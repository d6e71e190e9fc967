package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/internal/issue"
	"cairn.example/internal/recognise"
	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
	"cairn.example/programme"
)

// Amina is recognised in part, leaves for six years, and goes on through the stored
// state: under the edition that was applied what was recognised stays, and under the
// newer one it is judged by its rules.
func TestSixYearsOn(t *testing.T) {
	c := openCampus(t)
	inst, err := c.Issue.Institution(t.Context(), uni)
	if err != nil {
		t.Fatal(err)
	}
	publish := func(edition, more string) []byte {
		t.Helper()
		document := fmt.Sprintf(rules, "long", inst.DID, "cert") + `  - {id: R3, clause: "3", title: {en: Pests}, all: [{id: P, title: {en: Pests}, credits: 4, match: {tags: [pests]}}]}` + "\n"
		document = strings.NewReplacer(`edition: "1"`, `edition: "`+edition+`"`, "policy: {", `policy: {secondSignature: {for: [], clause: "9"}, maxAge: {years: 5, clause: "8"}, `+more).Replace(document)
		if _, err := c.Recognise.Publish(t.Context(), uni, []byte(document)); err != nil {
			t.Fatal(err)
		}
		return []byte(document)
	}
	old := publish("2026", "")
	first := c.decided(t, c.apply(t, "long", "1"), recognise.Accept)
	if first.CertificateCredential != "" || first.Evaluation.Result.Counted.String() != "10" {
		t.Fatalf("%+v", first.Evaluation.Result)
	}
	if err := c.App.Close(); err != nil {
		t.Fatal(err)
	}
	at(t, now.AddDate(6, 0, 0))
	c.App = openApp(t, c.dir, nil)
	defer c.App.Close()
	from, err := cairn.ParsePartialDate("2020-01-01")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.PublishTrustList(t.Context(), uni, trust.List{ID: c.TrustListURL(uni, "list"), Name: cairn.Text{"en": "List"},
		Issuers: []trust.Issuer{{DID: inst.DID, Name: cairn.Text{"en": "University"}, Scopes: []trust.Scope{{From: from, Authority: "charter"}}}}}); err != nil {
		t.Fatal(err)
	}
	publish("2031", "rpl: {percent: 50, clause: \"7\"}, ")
	for id, v := range map[cairn.CredentialID]verify.Verdict{first.DecisionCredential: verify.Valid, first.TranscriptCredential: verify.Valid} {
		if got := c.verdict(t, id); got != v {
			t.Errorf("six years on %s is %s", id, got)
		}
	}

	// Under the newer edition everything is judged anew, and is too old.
	request := recognise.ContinueRequest{Institution: uni, Application: first.ID, Key: "newest", Newest: true}
	a, err := c.Recognise.Continue(t.Context(), request)
	if err != nil || a.ProgrammeDigest == first.ProgrammeDigest || len(a.Items) != 2 {
		t.Fatalf("%+v %v", a, err)
	}
	a = c.handIn(t, a)
	if a.Evaluation.Result.Edition != "2031" || a.Evaluation.Result.Counted.Sign() != 0 {
		t.Errorf("%s counted under edition %s", a.Evaluation.Result.Counted, a.Evaluation.Result.Edition)
	}
	request.Key, request.Newest = "kept", false
	_, err = c.Recognise.Continue(t.Context(), request)
	code(t, err, "application.open")
	if _, err := c.Recognise.Withdraw(t.Context(), uni, a.ID); err != nil {
		t.Fatal(err)
	}

	// Under the edition that was applied it stays, and the rest can be added.
	for range 2 {
		if a, err = c.Recognise.Continue(t.Context(), request); err != nil || a.ProgrammeDigest != first.ProgrammeDigest || a.Continues != first.ID || len(a.Kept) != 2 {
			t.Fatalf("%+v %v", a, err)
		}
	}
	_, err = c.Recognise.Continue(t.Context(), recognise.ContinueRequest{Institution: uni, Application: a.ID, Key: "x"})
	code(t, err, "application.state")
	if err := c.Issue.DefineAchievement(t.Context(), achievement("pests", "MicroCredential", 4)); err != nil {
		t.Fatal(err)
	}
	pests, err := c.Issue.Award(t.Context(), issue.AwardRequest{Institution: uni, Key: "pests", Achievement: achievement("pests", "", 0).ID, Learner: c.learner, AwardedOn: now.AddDate(0, -1, 0)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Recognise.AddOwn(t.Context(), uni, a.ID); err != nil {
		t.Fatal(err)
	}
	a = c.handIn(t, a)
	if !a.Evaluation.Result.Complete || a.Evaluation.Result.Edition != "2026" || a.Evaluation.Result.Counted.String() != "14" {
		t.Fatalf("%+v", a.Evaluation.Result)
	}
	for _, h := range a.Evaluation.Held {
		if kept := !h.RecognisedOn.IsZero(); kept != (h.Title != "pests") || kept && h.RecognisedOn.String() != "2026-11-23" {
			t.Errorf("%s is recognised since %s", h.Title, h.RecognisedOn)
		}
	}
	done := c.decided(t, a, recognise.Accept)
	if done.CertificateCredential == "" {
		t.Fatal("no certificate")
	}
	decision, err := c.Issue.Credential(t.Context(), uni, done.DecisionCredential)
	if err != nil {
		t.Fatal(err)
	}
	r, err := recognise.Replay(decision.Document(), old, [][]byte{c.badges[0].Document(), c.badges[1].Document(), pests.Document()})
	if err != nil || !r.Same {
		t.Errorf("%s %v", r.Difference, err)
	}
	// What was recognised before is spent on the same programme, once.
	_, err = c.Recognise.Continue(t.Context(), recognise.ContinueRequest{Institution: uni, Application: done.ID, Key: "y"})
	code(t, err, "application.nothing-to-continue")
	_, err = c.Recognise.Continue(t.Context(), recognise.ContinueRequest{Institution: uni, Application: first.ID, Key: "kept"})
	if err != nil {
		t.Errorf("the same key again: %v", err)
	}
	c.clean(t)
}

// An age limit counts to the day on which the same edition recognised something.
func TestRecognisedOn(t *testing.T) {
	p, err := programme.Parse(fmt.Appendf(nil, strings.Replace(rules, "policy: {", `policy: {maxAge: {years: 5, clause: "8"}, `, 1), "p", "did:web:uni.example", "cert"))
	if err != nil {
		t.Fatal(err)
	}
	h := programme.Held{Digest: "d", Issuer: "did:web:uni.example", Achievement: "urn:a", Title: "Soil", Route: programme.InResidence, Field: "AGRI", Tags: []string{"soil"},
		Credit: &cairn.CreditValue{Amount: cairn.WholeCredits(6), Unit: "credits", HoursPerCredit: cairn.WholeCredits(10)}, AwardedOn: cairn.PartialDate{Year: 2020, Month: 1, Day: 1}}
	for recognised, want := range map[string]string{"": "0", "2025-01-01": "6", "2025-01-02": "0"} {
		if h.RecognisedOn = (cairn.PartialDate{}); recognised != "" {
			if h.RecognisedOn, err = cairn.ParsePartialDate(recognised); err != nil {
				t.Fatal(err)
			}
		}
		r, err := programme.Evaluate(p, []programme.Held{h}, time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC), programme.Options{})
		if err != nil || r.Counted.String() != want || want == "6" && r.NextChange != "" {
			t.Errorf("recognised on %q: %s, changes on %q, %v", recognised, r.Counted, r.NextChange, err)
		}
	}
}
