package sqlstore_test

import (
	"path/filepath"
	"slices"
	"testing"

	"cairn.example"
	"cairn.example/internal/issue"
	"cairn.example/internal/recognise"
	"cairn.example/internal/sqlstore"
	"cairn.example/programme"
)

// TestCheckFindsSpentCredit plants faults in what was spent.
func TestCheckFindsSpentCredit(t *testing.T) {
	ctx := t.Context()
	base := filepath.Join(t.TempDir(), "data")
	furnish(t, base)
	s, db, err := service(ctx, base, nil)
	if err != nil {
		t.Fatal(err)
	}
	learners, err := s.Learners(ctx, college, "", "", 1)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Award(ctx, award(learners[0].Learner, "the decision"))
	if err != nil {
		t.Fatal(err)
	}
	held := func(name string) programme.Held {
		return programme.Held{Digest: name, Issuer: "did:example:elsewhere", Credential: cairn.CredentialID("urn:" + name), Achievement: cairn.AchievementID("urn:learned:" + name)}
	}
	document := []byte(`{id: diploma, edition: "1", institution: "did:web:college.example", title: {en: Diploma}, language: en, award: {achievement: "urn:a", type: Diploma},
  credit: {unit: credits, hoursPerCredit: 10, total: 6}, policy: {secondSignature: {for: [accept], clause: "1"}},
  requirements: [{id: R1, clause: "1", title: {en: Core}, credits: 6, match: {tags: [soil]}}]}`)
	p, err := programme.Parse(document)
	if err != nil {
		t.Fatal(err)
	}
	second := programme.Signature{By: "henry", Role: "dean", Reason: "seen", At: start}
	a := recognise.Application{ID: "a-1", Key: "k", Institution: college, Learner: learners[0].ID, Programme: "diploma", ProgrammeDigest: p.Digest(), State: recognise.Awarded,
		Created: start, Updated: start, DecisionCredential: got.ID(), CertificateCredential: got.ID(), Decision: &recognise.Decision{Outcome: recognise.Accept, By: "grace", Second: &second},
		Evaluation: &recognise.Evaluation{Held: []programme.Held{held("one"), held("two"), held("open")}, Result: programme.Result{Lines: []programme.Line{{Credential: "one"}, {Credential: "two"}}}}}
	err = db.Tx(ctx, func(tx *sqlstore.Tx) error {
		if err := tx.InsertEdition(ctx, recognise.Edition{Institution: college, ID: p.ID, Edition: "1", Digest: p.Digest(), Document: document, Published: start}); err != nil {
			return err
		}
		if err := tx.InsertApplication(ctx, a, "Amina"); err != nil {
			return err
		}
		for _, name := range []string{"one", "two"} {
			u := recognise.CreditUse{Institution: college, Issuer: "did:example:elsewhere", Credential: held(name).Credential, Achievement: held(name).Achievement, Learner: a.Learner, Programme: a.Programme, Application: a.ID, At: start}
			if err := tx.ReserveCredit(ctx, u); err != nil {
				return err
			}
		}
		return tx.AppendEvent(ctx, issue.Event{Institution: college, At: start, Kind: "application.reserved", Object: string(a.ID), Actor: "engine"})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if r := check(t, base); r.Counts["applications"] != 1 {
		t.Errorf("%+v", r.Counts)
	}
	for name, c := range map[string]struct{ want, plant string }{
		"credit given back":       {"C10", `DELETE FROM credit_use WHERE credential = 'urn:two'`},
		"learning given back":     {"C10", `DELETE FROM learning_use WHERE achievement = 'urn:learned:two'`},
		"learning of no award":    {"C10", `UPDATE learning_use SET application = 'gone'`},
		"credit of somebody else": {"C10", `UPDATE credit_use SET learner = 'x'`},
		"credit of no award":      {"C10", `INSERT INTO credit_use SELECT institution, issuer, 'urn:three', learner, programme, 'gone', at FROM credit_use LIMIT 1`},
		"decision not issued":     {"C10", `UPDATE application SET body = replace(body, 'urn:uuid:', 'urn:gone:')`},
		"state in two places":     {"C12", `UPDATE application SET state = 'draft'`},
		"two certificates": {"C10", `INSERT INTO application SELECT institution, 'a-2', 'k2', learner, learner_name, programme, digest, state, revision, items, waiting, created, updated,
			replace(body, '"a-1"', '"a-2"'), since, 1, tried, appeal, due FROM application`},
		"two open applications": {"C12", `DROP INDEX application_open; INSERT INTO application SELECT institution, 'a-2', 'k2', learner, learner_name, programme, digest, 'draft', revision, items, waiting,
			created, updated, json_object('ID', 'a-2', 'Institution', institution, 'Learner', learner, 'Programme', programme, 'State', 'draft'), since, 0, tried, appeal, due FROM application`},
		"no second signature": {"C11", `UPDATE application SET body = json_remove(body, '$.Decision.second')`},
		"signed twice by one": {"C11", `UPDATE application SET body = json_set(body, '$.Decision.second.by', 'grace')`},
		"allowed by nobody":   {"C11", `UPDATE application SET body = json_set(body, '$.Exceptions', json('[{"id":"x1","type":"waive","requirement":"R1"}]'))`},
		"early precedent":     {"C14", `INSERT INTO precedent (institution, id, application, item, programme, words, body) SELECT institution, 'p', id, 'i', programme, '', '{}' FROM application`},
		"personal precedent": {"C14", `UPDATE application SET state = 'delivered', body = json_set(body, '$.State', 'delivered'); INSERT INTO precedent (institution, id, application, item, programme, words, body)
			SELECT institution, 'p', id, 'i', programme, '', '{"wording":"AMINA did"}' FROM application`},
		"unknown learner": {"C12", `UPDATE application SET learner = 'x'`},
	} {
		dir := filepath.Join(t.TempDir(), "data")
		copyFolder(t, dir, base)
		plant(t, dir, []string{c.plant})
		r, err := sqlstore.Check(ctx, dir)
		if err != nil || !slices.ContainsFunc(r.Violations, func(v sqlstore.Violation) bool { return v.Invariant == c.want }) {
			t.Errorf("%s: no %s in %v (%v)", name, c.want, r.Violations, err)
		}
	}
}
