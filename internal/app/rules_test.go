package app_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/internal/recognise"
	"cairn.example/internal/sqlstore"
	"cairn.example/jose"
	"cairn.example/programme"
)

const college = cairn.InstitutionID("college")

const national = `kind: policy
id: national
version: "1"
title: {en: National rules}
layer: national
policy: {outside: {percent: 40, clause: "N 5"}, appeal: {days: 21, to: the ministry}}
`

// neighbours adds a college, an agreement with it, and a programme that uses both
// documents.
func neighbours(t *testing.T, c *campus) (agreement, document string) {
	t.Helper()
	inst, err := c.Issue.CreateInstitution(t.Context(), cairn.Institution{ID: college, Name: cairn.Text{"en": "College"}, Country: "RW", Language: "en"}, c.Host())
	must(t, err)
	own, err := c.Issue.Institution(t.Context(), uni)
	must(t, err)
	agreement = fmt.Sprintf(`kind: agreement
id: A-1
version: "1"
title: {en: Soil counts}
clause: A-1
sending: {did: %q, name: {en: College}}
receiving: {did: %q, name: {en: University}}
valid: {from: "2020-01-01", governs: application}
terms: [{achievements: ["https://cairn.example/i/college/achievements/ground"], slots: [S]}]
`, inst.DID, own.DID)
	document = strings.Replace(fmt.Sprintf(rules, "shared", own.DID, "cert2"), "policy: {appeal: {days: 30, to: the registrar}}\n", "", 1) + "uses:\n"
	for _, text := range []string{national, agreement} {
		r, err := programme.ParseRules([]byte(text))
		must(t, err)
		document += fmt.Sprintf("  - {kind: %s, id: %s, digest: %q}\n", r.Kind, r.ID, r.Digest())
	}
	return agreement, document
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A programme is published only when somebody stands behind every document that it
// uses: a second person, or both parties of an agreement. What they say is applied, the
// decision names them, and replay needs them.
func TestRuleDocuments(t *testing.T) {
	c := openCampus(t)
	ctx := t.Context()
	agreement, document := neighbours(t, c)
	_, err := c.Recognise.Publish(ctx, uni, []byte(document))
	code(t, err, "rules.unresolved")
	if !strings.Contains(err.Error(), "the agreement A-1 was not given") {
		t.Errorf("%v", err)
	}

	policy, err := c.Recognise.AddRules(ctx, uni, []byte(national), "amina")
	must(t, err)
	_, err = c.Recognise.AddRules(ctx, uni, []byte(national), "somebody")
	must(t, err) // the same again changes nothing
	_, err = c.Recognise.AddRules(ctx, uni, []byte(strings.Replace(national, "40", "41", 1)), "amina")
	code(t, err, "rules.version-used")
	_, err = c.Recognise.AddRules(ctx, uni, []byte(national), "")
	code(t, err, "rules.by")
	foreign := strings.NewReplacer("did:web:cairn.example:i:uni", "did:web:elsewhere.example").Replace(agreement)
	_, err = c.Recognise.AddRules(ctx, uni, []byte(foreign), "amina")
	code(t, err, "rules.party")
	signed, err := c.Recognise.AddRules(ctx, uni, []byte(agreement), "amina")
	must(t, err)
	digest := signed.Digest()

	_, err = c.Recognise.Publish(ctx, uni, []byte(document))
	code(t, err, "rules.not-approved")
	_, err = c.Recognise.ApproveRules(ctx, uni, policy.Digest(), "amina")
	code(t, err, "rules.same-person")
	_, err = c.Recognise.ApproveRules(ctx, uni, policy.Digest(), "")
	code(t, err, "rules.by")
	_, err = c.Recognise.ApproveRules(ctx, uni, digest, "juma")
	code(t, err, "rules.agreement")
	_, err = c.Recognise.ApproveRules(ctx, uni, "sha256:0", "juma")
	code(t, err, "rules.not-found")
	approved, err := c.Recognise.ApproveRules(ctx, uni, policy.Digest(), "juma")
	must(t, err)
	again, err := c.Recognise.ApproveRules(ctx, uni, policy.Digest(), "neema")
	must(t, err)
	if approved.ApprovedBy != "juma" || again.ApprovedBy != "juma" {
		t.Errorf("approved by %s, then by %s", approved.ApprovedBy, again.ApprovedBy)
	}

	_, err = c.Recognise.Publish(ctx, uni, []byte(document))
	code(t, err, "rules.not-signed")
	_, err = c.Recognise.SignRules(ctx, uni, policy.Digest(), "juma")
	code(t, err, "rules.no-agreement")
	ours, err := c.Recognise.SignRules(ctx, uni, digest, "juma")
	must(t, err)
	if same, err := c.Recognise.SignRules(ctx, uni, digest, "juma"); err != nil || same != ours {
		t.Errorf("signed again it is another token: %v", err)
	}
	_, err = c.Recognise.Publish(ctx, uni, []byte(document))
	code(t, err, "rules.not-signed") // one side is not enough
	if !strings.Contains(err.Error(), "did:web:cairn.example:i:college has not signed") {
		t.Errorf("%v", err)
	}
	// The college signs the same bytes on its side; other bytes, other signers and other
	// kinds of tokens are refused.
	_, err = c.Recognise.AddRules(ctx, college, []byte(agreement), "zuri")
	must(t, err)
	theirs, err := c.Recognise.SignRules(ctx, college, digest, "zuri")
	must(t, err)
	other := strings.Replace(agreement, `version: "1"`, `version: "2"`, 1)
	otherRules, err := c.Recognise.AddRules(ctx, college, []byte(other), "zuri")
	must(t, err)
	theirOther, err := c.Recognise.SignRules(ctx, college, otherRules.Digest(), "zuri")
	must(t, err)
	forge := func(inst cairn.InstitutionID, kid, typ string, payload []byte) string {
		key, err := c.Issue.Signer(ctx, inst)
		must(t, err)
		signer, err := jose.FromSigner(key)
		must(t, err)
		if kid == "" {
			kid = string(key.KeyID())
		}
		token, err := jose.Sign(ctx, jose.Header{Type: typ, KeyID: kid}, payload, signer)
		must(t, err)
		return token
	}
	collegeKey, err := c.Issue.Signer(ctx, college)
	must(t, err)
	statement, err := signed.Statement("did:web:cairn.example:i:college")
	must(t, err)
	third, err := signed.Statement("did:web:third.example")
	must(t, err)
	for name, v := range map[string]struct{ token, code string }{
		"for another version":              {theirOther, "rules.other-document"},
		"the university in their name":     {forge(uni, string(collegeKey.KeyID()), programme.StatementType, statement), "jose.signature"},
		"their statement by the other key": {forge(uni, "", programme.StatementType, statement), "rules.other-document"},
		"a third party":                    {forge(college, "did:web:third.example#key", programme.StatementType, third), "rules.party"},
		"another kind of token":            {forge(college, "", "JWT", statement), "jose.type"},
		"a key that is not theirs":         {forge(college, "did:web:cairn.example:i:college#other", programme.StatementType, statement), "did.no-such-key"},
		"no token":                         {"x.y", "jose.form"},
	} {
		_, err := c.Recognise.CountersignRules(ctx, uni, digest, v.token, "juma")
		if err == nil || v.code != "jose.form" && cairn.CodeOf(err) != v.code {
			t.Errorf("%s: %v (%s)", name, err, cairn.CodeOf(err))
		}
	}
	_, err = c.Recognise.Publish(ctx, uni, []byte(document))
	code(t, err, "rules.not-signed")
	for range 2 {
		g, err := c.Recognise.CountersignRules(ctx, uni, digest, theirs+"\n", "juma")
		must(t, err)
		if g.Party != "did:web:cairn.example:i:college" {
			t.Errorf("%+v", g)
		}
	}
	p, err := c.Recognise.Publish(ctx, uni, []byte(document))
	must(t, err)
	whole, _, err := c.Recognise.Programme(ctx, uni, p.Digest())
	must(t, err)
	if !whole.Resolved() || whole.Policy.Appeal.Days != 21 || len(whole.Agreements) != 1 {
		t.Errorf("the documents are not applied: %+v", whole.Policy)
	}
	found, err := c.Recognise.Review(ctx, uni, p)
	must(t, err)
	for _, f := range found {
		if f.Severity == programme.LintError {
			t.Errorf("%v", f)
		}
	}

	// The decision lists them, and replay asks for each.
	a := c.apply(t, "shared", "1")
	_, err = c.Recognise.Decide(ctx, decide(a, recognise.Accept))
	must(t, err)
	done, err := c.Recognise.Advance(ctx, uni, a.ID)
	must(t, err)
	decision, err := c.Issue.Credential(ctx, uni, done.DecisionCredential)
	must(t, err)
	record, err := recognise.ReadDecision(decision.Document())
	must(t, err)
	if !slices.Equal(record.Rules, p.Uses) || record.Appeal == nil || record.Appeal.To != "the ministry" {
		t.Errorf("the decision lists %v, and says of appeals %+v", record.Rules, record.Appeal)
	}
	credentials := [][]byte{c.badges[0].Document(), c.badges[1].Document()}
	r, err := recognise.Replay(decision.Document(), []byte(document), credentials, []byte(national), []byte(agreement))
	if err != nil || !r.Same {
		t.Errorf("%+v %v", r, err)
	}
	_, err = recognise.Replay(decision.Document(), []byte(document), credentials, []byte(national))
	code(t, err, "replay.rules")
	if !strings.Contains(err.Error(), "the agreement A-1 ("+digest+")") || strings.Contains(err.Error(), "national") {
		t.Errorf("%v", err)
	}
	_, err = recognise.Replay(decision.Document(), []byte(document), credentials, []byte(strings.Replace(national, "40", "50", 1)), []byte(agreement))
	code(t, err, "replay.rules")
	changed := bytes.Replace(decision.Document(), []byte(policy.Digest()), []byte(digest), 1)
	_, err = recognise.Replay(changed, []byte(document), credentials, []byte(national), []byte(agreement))
	code(t, err, "replay.rules")

	// A draft that uses them is tried with them on past cases.
	draft, err := programme.Parse([]byte(strings.Replace(document, `edition: "1"`, `edition: "2"`, 1)))
	must(t, err)
	sum, _, err := c.Recognise.TryPast(ctx, uni, draft, recognise.PastOptions{}, func([]recognise.Tried) error { return nil })
	if err != nil || sum.Cases == 0 || sum.Same != sum.Cases {
		t.Errorf("%+v %v", sum, err)
	}
	editions, err := c.Recognise.Editions(ctx, uni, "shared")
	must(t, err)
	used, err := c.Recognise.RulesOf(ctx, editions)
	must(t, err)
	for _, given := range [][]recognise.RuleDocument{used, used[:1]} {
		var file bytes.Buffer
		write, err := recognise.WriteCases(&file, "shared", editions, given...)
		must(t, err)
		_, _, err = c.Recognise.Past(ctx, uni, "shared", recognise.PastOptions{}, write)
		must(t, err)
		n := 0
		err = recognise.ReadCases(&file, "shared", func(read map[string]*programme.Programme, cases []recognise.Case) error {
			tried, err := recognise.TryAll(ctx, whole, cases, func(digest string) (*programme.Programme, error) { return read[digest], nil })
			n += len(tried)
			return err
		})
		if len(given) == len(used) && (err != nil || n != sum.Cases) || len(given) < len(used) && cairn.CodeOf(err) != "cases.file" {
			t.Errorf("from a file with %d rule documents: %d cases, %v", len(given), n, err)
		}
	}
	lost, err := programme.Parse([]byte(strings.Replace(document, digest, "sha256:"+strings.Repeat("0", 64), 1)))
	must(t, err)
	_, _, err = c.Recognise.TryPast(ctx, uni, lost, recognise.PastOptions{}, func([]recognise.Tried) error { return nil })
	code(t, err, "rules.unresolved")

	// The store keeps them, and check sees when one is not what it was.
	list, err := c.Recognise.RuleDocuments(ctx, uni)
	must(t, err)
	if len(list) != 2 || list[0].Kind != programme.KindAgreement || list[1].ApprovedBy != "juma" {
		t.Errorf("%+v", list)
	}
	_, signatures, err := c.Recognise.RuleDocument(ctx, uni, digest)
	must(t, err)
	if len(signatures) != 2 {
		t.Errorf("%+v", signatures)
	}
	must(t, c.App.Close())
	dir := filepath.Join(c.dir, "data")
	whole2, err := sqlstore.Check(ctx, dir)
	if err != nil || len(whole2.Violations) > 0 || whole2.Counts["rule documents"] != 4 {
		t.Fatalf("%v %v %v", whole2.Violations, whole2.Counts, err)
	}
	c.App = openApp(t, c.dir, nil) // reads all of it again
	again2, _, err := c.Recognise.Programme(ctx, uni, p.Digest())
	if err != nil || !again2.Resolved() {
		t.Errorf("after a restart: %v", err)
	}
	must(t, c.App.Close())
	for name, statement := range map[string]string{
		"another document": `UPDATE rule_document SET document = CAST(document || x'0a' AS BLOB) WHERE kind = 'policy'`,
		"approved alone":   `UPDATE rule_document SET approved_by = added_by WHERE kind = 'policy'`,
		"not approved":     `UPDATE rule_document SET approved_by = '', approved = '' WHERE kind = 'policy'`,
		"other signature":  `UPDATE rule_signature SET token = (SELECT token FROM rule_signature WHERE party LIKE '%uni') WHERE party LIKE '%college'`,
		"not signed":       `DELETE FROM rule_signature WHERE institution = 'uni' AND party LIKE '%college'`,
	} {
		db, err := sql.Open("sqlite", filepath.Join(dir, "cairn.db"))
		must(t, err)
		db.SetMaxOpenConns(1)
		must(t, func() error {
			if _, err := db.Exec(`ATTACH ':memory:' AS kept; CREATE TABLE kept.d AS SELECT * FROM rule_document; CREATE TABLE kept.s AS SELECT * FROM rule_signature`); err != nil {
				return err
			}
			_, err := db.Exec(statement)
			return err
		}())
		report, err := sqlstore.Check(ctx, dir)
		if err != nil || !slices.ContainsFunc(report.Violations, func(v sqlstore.Violation) bool { return v.Invariant == "C17" }) {
			t.Errorf("%s: %v %v", name, report.Violations, err)
		}
		_, err = db.Exec(`DELETE FROM rule_signature; DELETE FROM rule_document; INSERT INTO rule_document SELECT * FROM kept.d; INSERT INTO rule_signature SELECT * FROM kept.s`)
		must(t, err)
		must(t, db.Close())
	}
	c.App = openApp(t, c.dir, nil) // so that closing it at the end finds it open
}
