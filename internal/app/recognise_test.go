package app_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/internal/app"
	"cairn.example/internal/issue"
	"cairn.example/internal/recognise"
	"cairn.example/internal/sqlstore"
	"cairn.example/internal/staff"
	"cairn.example/internal/trust"
	"cairn.example/programme"
)

const base = "https://cairn.example"

var now = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

// campus is a system with a university, a programme of 10 credits, and a learner
// who has earned them.
type campus struct {
	*app.App
	dir     string
	learner cairn.LearnerID
	badges  []issue.Issued
}

const uni = cairn.InstitutionID("uni")

func openApp(t testing.TB, dir string, trace func(string)) *app.App {
	t.Helper()
	a, err := app.Open(t.Context(), app.Config{Data: filepath.Join(dir, "data"), BaseURL: base, Rand: rand.Reader, Now: func() time.Time { return now }, Trace: trace,
		PasswordCost: staff.Cost{Memory: 64, Passes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func achievement(slug, kind string, credits int64) cairn.Achievement {
	return cairn.Achievement{ID: cairn.AchievementID(base + "/i/uni/achievements/" + slug), Institution: uni, Version: "1", Type: kind, Name: cairn.Text{"en": slug}, Description: cairn.Text{"en": slug},
		Criteria: cairn.Text{"en": "test"}, Language: "en", Tags: []string{slug}, FieldOfStudy: "AGRI",
		Credit: &cairn.CreditValue{Amount: cairn.WholeCredits(credits), Unit: "credits", HoursPerCredit: cairn.WholeCredits(10)}}
}

const rules = `
id: %s
edition: "1"
institution: %s
title: {en: A small certificate}
language: en
award: {achievement: https://cairn.example/i/uni/achievements/%s, type: Certificate}
credit: {unit: credits, hoursPerCredit: 10, total: 10}
policy: {appeal: {days: 30, to: the registrar}}
requirements:
  - {id: R1, clause: "1", title: {en: Soil}, all: [{id: S, title: {en: Soil}, credits: 6, match: {tags: [soil]}}]}
  - {id: R2, clause: "2", title: {en: Any}, credits: 4, match: {fields: [AGRI]}}
`

func openCampus(t testing.TB) *campus {
	t.Helper()
	c := &campus{dir: t.TempDir()}
	c.App = openApp(t, c.dir, nil)
	t.Cleanup(func() { c.App.Close() })
	ctx := t.Context()
	inst, err := c.Issue.CreateInstitution(ctx, cairn.Institution{ID: uni, Name: cairn.Text{"en": "University"}, Country: "RW", Language: "en"}, c.Host())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []cairn.Achievement{achievement("soil", "MicroCredential", 6), achievement("water", "MicroCredential", 4), achievement("cert", "Certificate", 10), achievement("cert2", "Certificate", 10)} {
		if err := c.Issue.DefineAchievement(ctx, a); err != nil {
			t.Fatal(err)
		}
	}
	from, err := cairn.ParsePartialDate("2020-01-01")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.PublishTrustList(ctx, uni, trust.List{ID: c.TrustListURL(uni, "list"), Name: cairn.Text{"en": "List"},
		Issuers: []trust.Issuer{{DID: inst.DID, Name: cairn.Text{"en": "University"}, Scopes: []trust.Scope{{From: from, Authority: "charter"}}}}}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"cert", "cert2"} {
		if _, err := c.Recognise.Publish(ctx, uni, fmt.Appendf(nil, rules, id, inst.DID, id)); err != nil {
			t.Fatal(err)
		}
	}
	l, err := c.Issue.RegisterLearner(ctx, cairn.Learner{Institution: uni, FullName: "Amina", Number: "1"})
	if err != nil {
		t.Fatal(err)
	}
	c.learner = l.ID
	for _, slug := range []string{"soil", "water"} {
		got, err := c.Issue.Award(ctx, issue.AwardRequest{Institution: uni, Key: slug, Achievement: achievement(slug, "", 0).ID, Learner: l.ID, AwardedOn: now.AddDate(0, -1, 0)})
		if err != nil {
			t.Fatal(err)
		}
		c.badges = append(c.badges, got)
	}
	return c
}

// apply takes an application to the registrar's desk.
func (c *campus) apply(t testing.TB, id cairn.ProgrammeID, key string) recognise.Application {
	t.Helper()
	a, err := c.Recognise.Draft(t.Context(), uni, c.learner, id, key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = c.Recognise.AddOwn(t.Context(), uni, a.ID); err != nil {
		t.Fatal(err)
	}
	if _, err = c.Recognise.Submit(t.Context(), uni, a.ID); err != nil {
		t.Fatal(err)
	}
	if a, err = c.Recognise.Advance(t.Context(), uni, a.ID); err != nil {
		t.Fatal(err)
	}
	return a
}

func decide(a recognise.Application, o recognise.Outcome) recognise.DecideRequest {
	return recognise.DecideRequest{Institution: uni, Application: a.ID, Revision: a.Revision, Outcome: o, By: "grace", Role: "registrar", Reason: "as the rules say"}
}

func code(t testing.TB, err error, want string) {
	t.Helper()
	if cairn.CodeOf(err) != want {
		t.Errorf("got %v (%s), want %s", err, cairn.CodeOf(err), want)
	}
}

func TestAccept(t *testing.T) {
	c := openCampus(t)
	a := c.apply(t, "cert", "1")
	if a.State != recognise.Evaluated || !a.Evaluation.Result.Complete || a.Evaluation.Result.Counted.String() != "10" {
		t.Fatalf("%s %+v", a.State, a.Evaluation)
	}
	stale := decide(a, recognise.Accept)
	stale.Revision--
	_, err := c.Recognise.Decide(t.Context(), stale)
	code(t, err, "application.changed")
	if _, err = c.Recognise.Decide(t.Context(), decide(a, recognise.Accept)); err != nil {
		t.Fatal(err)
	}
	if _, err = c.Recognise.Decide(t.Context(), decide(a, recognise.Accept)); err != nil {
		t.Errorf("the same decision sent twice: %v", err)
	}
	done, err := c.Recognise.Advance(t.Context(), uni, a.ID)
	if err != nil || done.State != recognise.Delivered || len(done.Deliveries) != 3 {
		t.Fatalf("%s %+v %v", done.State, done.Deliveries, err)
	}
	_, err = c.Recognise.Withdraw(t.Context(), uni, a.ID)
	code(t, err, "application.state")

	// The same papers again lead to no second certificate.
	b := c.apply(t, "cert", "2")
	_, err = c.Recognise.Decide(t.Context(), decide(b, recognise.Accept))
	code(t, err, "application.already-awarded")

	// And they are spent: another programme does not get them.
	other := c.apply(t, "cert2", "3")
	for _, h := range other.Evaluation.Held {
		if h.Blocked != programme.BlockedSpent {
			t.Errorf("%s is not spent: %q", h.Title, h.Blocked)
		}
	}
}

// The same learning, awarded again, is spent as well: another credential of the same
// achievement does not bring its credit into a second programme.
func TestLearningIsSpentOnce(t *testing.T) {
	c := openCampus(t)
	a := c.apply(t, "cert", "1")
	if _, err := c.Recognise.Decide(t.Context(), decide(a, recognise.Accept)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Recognise.Advance(t.Context(), uni, a.ID); err != nil {
		t.Fatal(err)
	}
	again, err := c.Issue.Award(t.Context(), issue.AwardRequest{Institution: uni, Key: "soil again", Achievement: achievement("soil", "", 0).ID, Learner: c.learner, AwardedOn: now})
	if err != nil {
		t.Fatal(err)
	}
	other := c.apply(t, "cert2", "2")
	found := false
	for _, h := range other.Evaluation.Held {
		if h.Credential == again.ID() {
			found = true
		}
		if h.Blocked != programme.BlockedSpent && h.Blocked != programme.BlockedDuplicate {
			t.Errorf("%s %s is not spent: %q", h.Title, h.Credential, h.Blocked)
		}
	}
	if !found || other.Evaluation.Result.Counted.Sign() != 0 {
		t.Errorf("%s credits are counted a second time: %+v", other.Evaluation.Result.Counted, other.Evaluation.Held)
	}
}

func TestReplayFindsEveryChange(t *testing.T) {
	c := openCampus(t)
	a := c.apply(t, "cert", "1")
	if _, err := c.Recognise.Decide(t.Context(), decide(a, recognise.Accept)); err != nil {
		t.Fatal(err)
	}
	done, err := c.Recognise.Advance(t.Context(), uni, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	decision, err := c.Issue.Credential(t.Context(), uni, done.DecisionCredential)
	if err != nil {
		t.Fatal(err)
	}
	_, document, err := c.Recognise.Programme(t.Context(), uni, done.ProgrammeDigest)
	if err != nil {
		t.Fatal(err)
	}
	credentials := [][]byte{c.badges[0].Document(), c.badges[1].Document()}
	r, err := recognise.Replay(decision.Document(), document, credentials)
	if err != nil || !r.Same {
		t.Fatalf("%+v %v", r, err)
	}
	if r, err := recognise.Replay(decision.Document(), document, credentials[:1]); err != nil || r.Same || len(r.Missing) != 1 {
		t.Errorf("with a credential missing: %+v %v", r, err)
	}
	_, err = recognise.Replay(decision.Document(), append(document, '#'), credentials)
	code(t, err, "replay.programme")
	for _, change := range [][2]string{{`"counted":"10"`, `"counted":"9"`}, {`"requirement":"R1"`, `"requirement":"R2"`}, {`"complete":true`, `"complete":false`}, {`"credits":"6"`, `"credits":"5"`}} {
		changed := bytes.Replace(decision.Document(), []byte(change[0]), []byte(change[1]), 1)
		if bytes.Equal(changed, decision.Document()) {
			t.Fatalf("%s is not in the decision", change[0])
		}
		if r, err := recognise.Replay(changed, document, credentials); err == nil && r.Same {
			t.Errorf("%s → %s was not noticed", change[0], change[1])
		}
	}
}

// R04: a credential that is revoked between the evaluation and the decision.
func TestRevokedMeanwhile(t *testing.T) {
	c := openCampus(t)
	a := c.apply(t, "cert", "1")
	if err := c.Issue.Revoke(t.Context(), uni, c.badges[0].ID(), "grace", "an error"); err != nil {
		t.Fatal(err)
	}
	_, err := c.Recognise.Decide(t.Context(), decide(a, recognise.Accept))
	code(t, err, "application.evaluation-changed")
	fresh, err := c.Recognise.Application(t.Context(), uni, a.ID)
	if err != nil || fresh.State != recognise.Evaluated || fresh.Evaluation.Result.Complete {
		t.Errorf("%s %+v %v", fresh.State, fresh.Evaluation, err)
	}
}

func TestRefuseAndReturn(t *testing.T) {
	c := openCampus(t)
	a := c.apply(t, "cert", "1")
	back, err := c.Recognise.Decide(t.Context(), decide(a, recognise.Return))
	if err != nil || back.State != recognise.Draft || back.Note == "" {
		t.Fatalf("%+v %v", back, err)
	}
	if _, err := c.Recognise.Submit(t.Context(), uni, a.ID); err != nil {
		t.Fatal(err)
	}
	if a, err = c.Recognise.Advance(t.Context(), uni, a.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Recognise.Decide(t.Context(), decide(a, recognise.Refuse)); err != nil {
		t.Fatal(err)
	}
	done, err := c.Recognise.Advance(t.Context(), uni, a.ID)
	if err != nil || done.State != recognise.Delivered || len(done.Deliveries) != 1 || done.Deliveries[0].Kind != issue.KindDecision {
		t.Fatalf("%+v %v", done, err)
	}
	// A refusal spends nothing.
	if b := c.apply(t, "cert2", "2"); !b.Evaluation.Result.Complete {
		t.Errorf("%+v", b.Evaluation.Result)
	}
}

func TestIdentity(t *testing.T) {
	c := openCampus(t)
	other, err := c.Issue.RegisterLearner(t.Context(), cairn.Learner{Institution: uni, FullName: "Amina", Number: "2"})
	if err != nil {
		t.Fatal(err)
	}
	a, err := c.Recognise.Draft(t.Context(), uni, other.ID, "cert", "other")
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Recognise.Submit(t.Context(), uni, a.ID)
	code(t, err, "application.empty")
	for _, b := range c.badges { // the papers of somebody of the same name
		if a, err = c.Recognise.Add(t.Context(), uni, a.ID, b.Document()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err = c.Recognise.Submit(t.Context(), uni, a.ID); err != nil {
		t.Fatal(err)
	}
	if a, err = c.Recognise.Advance(t.Context(), uni, a.ID); err != nil {
		t.Fatal(err)
	}
	if a.Evaluation.Result.Counted.Sign() != 0 {
		t.Errorf("%s credits of somebody else are counted", a.Evaluation.Result.Counted)
	}
	_, err = c.Recognise.Decide(t.Context(), decide(a, recognise.Accept))
	code(t, err, "application.nothing-to-accept")
	_, err = c.Recognise.ConfirmIdentity(t.Context(), uni, a.ID, a.Items[0].Digest, "grace", "")
	code(t, err, "application.reason")
	if _, err = c.Recognise.ConfirmIdentity(t.Context(), uni, a.ID, a.Items[0].Digest, "grace", "seen with her papers"); err != nil {
		t.Fatal(err)
	}
	if a, err = c.Recognise.Advance(t.Context(), uni, a.ID); err != nil || a.Evaluation.Result.Counted.Sign() <= 0 {
		t.Errorf("%+v %v", a.Evaluation, err)
	}

	// What was confirmed stays so in a simulation, though the application is gone;
	// the other paper still waits for a person, and a third learner gains nothing.
	if _, err := c.Recognise.Withdraw(t.Context(), uni, a.ID); err != nil {
		t.Fatal(err)
	}
	third, err := c.Issue.RegisterLearner(t.Context(), cairn.Learner{Institution: uni, FullName: "Amina", Number: "3"})
	if err != nil {
		t.Fatal(err)
	}
	for learner, want := range map[cairn.LearnerID]map[string]string{
		other.ID: {a.Items[0].Digest: "", a.Items[1].Digest: programme.BlockedIdentity},
		third.ID: {a.Items[0].Digest: programme.BlockedIdentity, a.Items[1].Digest: programme.BlockedIdentity},
	} {
		e, _, err := c.Recognise.Simulate(t.Context(), uni, learner, "cert", c.badges[0].Document(), c.badges[1].Document())
		if err != nil || len(e.Held) != 2 {
			t.Fatalf("%+v %v", e, err)
		}
		for _, h := range e.Held {
			if h.Blocked != want[h.Digest] {
				t.Errorf("in the simulation of %s, %s is %q, want %q", learner, h.Title, h.Blocked, want[h.Digest])
			}
		}
	}
}

// Two programmes at once can't spend one credential.
func TestSpentOnce(t *testing.T) {
	c := openCampus(t)
	first, second := c.apply(t, "cert", "1"), c.apply(t, "cert2", "2")
	for _, a := range []recognise.Application{first, second} {
		if _, err := c.Recognise.Decide(t.Context(), decide(a, recognise.Accept)); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	states := make([]recognise.State, 2)
	for i, a := range []recognise.Application{first, second} {
		wg.Go(func() {
			done, err := c.Recognise.Advance(t.Context(), uni, a.ID)
			if err != nil {
				t.Error(err)
			}
			states[i] = done.State
		})
	}
	wg.Wait()
	if !(states[0] == recognise.Delivered && states[1] == recognise.Evaluated || states[1] == recognise.Delivered && states[0] == recognise.Evaluated) {
		t.Errorf("the states are %v; one must be delivered and one be back at the desk", states)
	}
}

// TestKilledAtEveryStep stops the process at each step of an exchange, opens the
// folder again and expects the exchange to be finished, with nothing done twice.
func TestKilledAtEveryStep(t *testing.T) {
	points := 0
	for n := 1; ; n++ {
		c := openCampus(t)
		a := c.apply(t, "cert", "1")
		if _, err := c.Recognise.Decide(t.Context(), decide(a, recognise.Accept)); err != nil {
			t.Fatal(err)
		}
		if err := c.App.Close(); err != nil {
			t.Fatal(err)
		}
		steps := 0
		killed := errors.New("killed")
		func() {
			defer func() {
				if r := recover(); r != nil && r != killed {
					panic(r)
				}
			}()
			openApp(t, c.dir, func(string) {
				if steps++; steps == n {
					panic(killed)
				}
			}).Close()
		}()
		finished := steps < n
		if !finished {
			points++
		}
		// The process that was stopped still holds its folder; what is on the disk
		// at this moment is what the next one finds.
		after := t.TempDir()
		if err := os.CopyFS(after, os.DirFS(c.dir)); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(after, "data", app.KeyFile), 0o600); err != nil {
			t.Fatal(err)
		}
		c.dir, c.App = after, openApp(t, after, nil)
		done, err := c.Recognise.Application(t.Context(), uni, a.ID)
		if err != nil || done.State != recognise.Delivered {
			t.Fatalf("killed at step %d: %s %v", n, done.State, err)
		}
		own, err := c.Issue.CredentialsOf(t.Context(), uni, c.learner)
		if err != nil {
			t.Fatal(err)
		}
		kinds := map[string]int{}
		for _, i := range own {
			kinds[i.Kind()]++
		}
		if fmt.Sprint(kinds) != "map[badge:2 certificate:1 decision:1 transcript:1]" {
			t.Fatalf("killed at step %d: %v", n, kinds)
		}
		if err := c.App.Close(); err != nil {
			t.Fatal(err)
		}
		report, err := sqlstore.Check(t.Context(), filepath.Join(c.dir, "data"))
		if err != nil || len(report.Violations) > 0 {
			t.Fatalf("killed at step %d: %v %v", n, report.Violations, err)
		}
		if finished {
			break
		}
	}
	if points < 12 {
		t.Errorf("only %d points", points)
	}
	t.Logf("killed at %d points; every exchange was finished, and nothing done twice", points)
}

// Two registrars accept two applications for one programme at the same time: the
// learner gets one certificate, and neither application is stuck. Both can be open
// only when they are from before that was refused.
func TestTwoApplicationsOneCertificate(t *testing.T) {
	c := openCampus(t)
	first := c.apply(t, "cert", "1")
	c.plant(t, `UPDATE application SET twin = 1`)
	second := c.apply(t, "cert", "2")
	if _, err := c.Recognise.Decide(t.Context(), decide(first, recognise.Accept)); err != nil {
		t.Fatal(err)
	}
	_, err := c.Recognise.Decide(t.Context(), decide(second, recognise.Accept)) // before the first is awarded
	code(t, err, "application.already-awarded")
	for _, a := range []recognise.Application{first, second} {
		if _, err := c.Recognise.Advance(t.Context(), uni, a.ID); err != nil {
			t.Error(err)
		}
	}
	if after, err := c.Recognise.Application(t.Context(), uni, second.ID); err != nil || after.State != recognise.Evaluated {
		t.Errorf("the second is %s %v", after.State, err)
	}
	report, err := sqlstore.Check(t.Context(), filepath.Join(c.dir, "data"))
	if err != nil || len(report.Violations) > 0 {
		t.Errorf("%v %v", report.Violations, err)
	}
}

// R04: a credential that is revoked between the decision and the award, such as
// while the server was stopped.
func TestRevokedAfterDecision(t *testing.T) {
	c := openCampus(t)
	a := c.apply(t, "cert", "1")
	if _, err := c.Recognise.Decide(t.Context(), decide(a, recognise.Accept)); err != nil {
		t.Fatal(err)
	}
	if err := c.Issue.Revoke(t.Context(), uni, c.badges[0].ID(), "grace", "an error"); err != nil {
		t.Fatal(err)
	}
	after, err := c.Recognise.Advance(t.Context(), uni, a.ID)
	if err != nil || after.State != recognise.Evaluated || after.Decision != nil || after.CertificateCredential != "" || after.Evaluation.Result.Complete || after.Note == "" {
		t.Errorf("%s %+v %v", after.State, after.Decision, err)
	}
	own, err := c.Issue.CredentialsOf(t.Context(), uni, c.learner)
	if err != nil || len(own) != len(c.badges) {
		t.Errorf("%d documents were issued", len(own)-len(c.badges))
	}
}

// An application that can't go on must not keep the server from starting.
func TestStuckApplication(t *testing.T) {
	c := openCampus(t)
	a := c.apply(t, "cert", "1")
	if _, err := c.Recognise.Decide(t.Context(), decide(a, recognise.Accept)); err != nil {
		t.Fatal(err)
	}
	// Somebody awarded the certificate by hand, under the same key.
	if _, err := c.Issue.Award(t.Context(), issue.AwardRequest{Institution: uni, Key: "certificate/cert/" + string(c.learner), Kind: issue.KindCertificate, Achievement: achievement("cert", "", 0).ID,
		Learner: c.learner, AwardedOn: now.AddDate(-1, 0, 0)}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Recognise.Advance(t.Context(), uni, a.ID); cairn.KindOf(err) != cairn.Conflict {
		t.Fatalf("the application goes on: %v", err)
	}
	if err := c.App.Close(); err != nil {
		t.Fatal(err)
	}
	c.App = openApp(t, c.dir, nil)
	if cairn.KindOf(c.Unfinished) != cairn.Conflict {
		t.Errorf("nobody is told: %v", c.Unfinished)
	}
}

// What only a person can judge waits for that person; their word completes the
// application, stands in the decision, and replays with it.
func TestAttest(t *testing.T) {
	c := openCampus(t)
	inst, err := c.Issue.Institution(t.Context(), uni)
	if err != nil {
		t.Fatal(err)
	}
	document := fmt.Appendf(nil, rules+`  - {id: R3, clause: "3", title: {en: Good standing}, attestedBy: the dean}`+"\n", "standing", inst.DID, "cert")
	if _, err := c.Recognise.Publish(t.Context(), uni, document); err != nil {
		t.Fatal(err)
	}
	a := c.apply(t, "standing", "1")
	say := func(requirement, reason string, back bool) (recognise.Application, error) {
		a, err := c.Recognise.Attest(t.Context(), recognise.AttestRequest{Institution: uni, Application: a.ID, Requirement: requirement, By: "grace", Role: "registrar", Reason: reason, Withdraw: back})
		if err != nil {
			return a, err
		}
		return c.Recognise.Advance(t.Context(), uni, a.ID)
	}
	stands := func(a recognise.Application, complete bool, status programme.Status) {
		t.Helper()
		r := a.Evaluation.Result
		if a.State != recognise.Evaluated || r.Complete != complete || r.Requirements[2].Status != status {
			t.Errorf("%s, complete %t, %s", a.State, r.Complete, r.Requirements[2].Status)
		}
	}
	stands(a, false, programme.Waiting)
	for requirement, want := range map[string]string{"R1": "application.not-attested", "R9": "application.not-attested"} {
		_, err := say(requirement, "letter", false)
		code(t, err, want)
	}
	_, err = say("R3", "", false)
	code(t, err, "application.reason")
	for range 2 {
		if a, err = say("R3", "letter of the dean, 3 May", false); err != nil {
			t.Fatal(err)
		}
		stands(a, true, programme.Satisfied)
	}
	revision := a.Revision
	if a, err = say("R3", "letter of the dean, 3 May", false); err != nil || a.Revision != revision {
		t.Errorf("the same word again is stored: %v", err)
	}
	if a, err = say("R3", "it was of somebody else", true); err != nil {
		t.Fatal(err)
	}
	stands(a, false, programme.Waiting)
	if a, err = say("R3", "letter of the dean, 5 May", false); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Recognise.Decide(t.Context(), decide(a, recognise.Accept)); err != nil {
		t.Fatal(err)
	}
	done, err := c.Recognise.Advance(t.Context(), uni, a.ID)
	if err != nil || done.CertificateCredential == "" {
		t.Fatalf("%+v %v", done, err)
	}
	_, err = say("R3", "too late", true)
	code(t, err, "application.state")
	decision, err := c.Issue.Credential(t.Context(), uni, done.DecisionCredential)
	if err != nil {
		t.Fatal(err)
	}
	credentials := [][]byte{c.badges[0].Document(), c.badges[1].Document()}
	r, err := recognise.Replay(decision.Document(), document, credentials)
	if err != nil || !r.Same || len(r.Record.Attestations) != 1 || r.Record.Attestations[0].Reason != "letter of the dean, 5 May" || r.Record.Attestations[0].By != "grace" {
		t.Errorf("%+v %v", r, err)
	}
	changed := bytes.Replace(decision.Document(), []byte(`"requirement":"R3","role"`), []byte(`"requirement":"R1","role"`), 1)
	if bytes.Equal(changed, decision.Document()) {
		t.Fatal("the attestation is not in the decision")
	}
	if r, err := recognise.Replay(changed, document, credentials); err == nil && r.Same {
		t.Error("an attestation of another requirement was not noticed")
	}
}
