package app_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/internal/app"
	"cairn.example/internal/issue"
	"cairn.example/internal/recognise"
	"cairn.example/internal/sqlstore"
	"cairn.example/internal/staff"
	"cairn.example/internal/verify"
	"cairn.example/programme"
)

// at is a clock that a test moves. The campus of the test must be alone.
func at(t testing.TB, moment time.Time) {
	t.Helper()
	before := now
	now = moment
	t.Cleanup(func() { now = before })
}

// decided takes an application to its end with an outcome, by grace.
func (c *campus) decided(t testing.TB, a recognise.Application, o recognise.Outcome) recognise.Application {
	t.Helper()
	if _, err := c.Recognise.Decide(t.Context(), decide(a, o)); err != nil {
		t.Fatal(err)
	}
	done, err := c.Recognise.Advance(t.Context(), uni, a.ID)
	if err != nil || done.State != recognise.Delivered {
		t.Fatalf("%s %v", done.State, err)
	}
	return done
}

func onAppeal(a recognise.Application, by cairn.StaffID, o recognise.Outcome) recognise.DecideRequest {
	return recognise.DecideRequest{Institution: uni, Application: a.ID, Revision: a.Revision, Outcome: o, Original: a.Appeal.Decision, By: by, Role: "dean", Reason: "looked at again"}
}

func (c *campus) handIn(t testing.TB, a recognise.Application) recognise.Application {
	t.Helper()
	if _, err := c.Recognise.Submit(t.Context(), uni, a.ID); err != nil {
		t.Fatal(err)
	}
	a, err := c.Recognise.Advance(t.Context(), uni, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (c *campus) verdict(t testing.TB, id cairn.CredentialID) verify.Verdict {
	t.Helper()
	got, err := c.Issue.Credential(t.Context(), uni, id)
	if err != nil {
		t.Fatal(err)
	}
	return c.Verify.Verify(t.Context(), got.Document(), verify.Options{}).Verdict
}

// A refusal is appealed with new evidence, decided by somebody else, and superseded;
// the decision on the appeal replays with what it was about.
func TestAppealRefusal(t *testing.T) {
	c := openCampus(t)
	document := c.lacking(t, "appealed", ", secondSignature: {for: [], clause: \"9\"}")
	first := c.decided(t, c.apply(t, "appealed", "1"), recognise.Refuse)
	_, err := c.Recognise.Appeal(t.Context(), uni, first.ID, "")
	code(t, err, "appeal.reason")
	_, err = c.Recognise.Appeal(t.Context(), uni, "0", "why")
	code(t, err, "application.not-found")
	a, err := c.Recognise.Appeal(t.Context(), uni, first.ID, "my work on pests was overlooked")
	if err != nil || a.State != recognise.Draft || len(a.Items) != 2 || a.Appeal.Until != "2026-12-23" || a.Appeal.Of != first.ID {
		t.Fatalf("%+v %v", a.Appeal, err)
	}
	again, err := c.Recognise.Appeal(t.Context(), uni, first.ID, "my work on pests was overlooked")
	if err != nil || again.ID != a.ID {
		t.Fatalf("a second appeal: %s %v", again.ID, err)
	}
	_, err = c.Recognise.Draft(t.Context(), uni, c.learner, "appealed", "beside")
	code(t, err, "application.open")
	// Taken back, it can be filed again.
	if _, err = c.Recognise.Withdraw(t.Context(), uni, a.ID); err != nil {
		t.Fatal(err)
	}
	if a, err = c.Recognise.Appeal(t.Context(), uni, first.ID, "my work on pests was overlooked"); err != nil || a.ID == again.ID {
		t.Fatalf("%s %v", a.ID, err)
	}
	a = c.handIn(t, a)
	if a.Appeal.Due != "" {
		t.Errorf("the programme names no clock for itself, and it is %s", a.Appeal.Due)
	}
	for by, want := range map[cairn.StaffID]string{"grace": "appeal.same-decider"} {
		_, err = c.Recognise.Decide(t.Context(), onAppeal(a, by, recognise.Uphold))
		code(t, err, want)
		_, err = c.allow(a, by, programme.Exception{Type: programme.Waive, Requirement: "R3"})
		code(t, err, want)
	}
	r := onAppeal(a, "henry", recognise.Accept)
	r.Original = ""
	_, err = c.Recognise.Decide(t.Context(), r)
	code(t, err, "appeal.original")
	_, err = c.Recognise.Decide(t.Context(), onAppeal(a, "henry", recognise.Refuse))
	code(t, err, "application.outcome")
	if a, err = c.allow(a, "henry", programme.Exception{Type: programme.Waive, Requirement: "R3"}); err != nil {
		t.Fatal(err)
	}
	if changed := recognise.Compare(a.Appeal.Before, a.Evaluation.Result); len(changed) != 5 || changed[0].Changed || !changed[2].Changed || changed[2].After.Status != programme.Waived {
		t.Errorf("%+v", changed)
	}
	if _, err = c.Recognise.Decide(t.Context(), onAppeal(a, "henry", recognise.Accept)); err != nil {
		t.Fatal(err)
	}
	done, err := c.Recognise.Advance(t.Context(), uni, a.ID)
	if err != nil || done.State != recognise.Delivered || done.CertificateCredential == "" {
		t.Fatalf("%s %v", done.State, err)
	}
	if first, err = c.Recognise.Application(t.Context(), uni, first.ID); err != nil || first.Superseded != a.ID {
		t.Errorf("%q %v", first.Superseded, err)
	}
	p, _, err := c.Recognise.Programme(t.Context(), uni, first.ProgrammeDigest)
	if err != nil {
		t.Fatal(err)
	}
	code(t, first.CanAppeal(p, now), "appeal.superseded")
	if v := c.verdict(t, first.DecisionCredential); v != verify.Invalid {
		t.Errorf("the refusal is %s", v)
	}
	if v := c.verdict(t, done.DecisionCredential); v != verify.Valid {
		t.Errorf("the decision on the appeal is %s", v)
	}
	decision, err := c.Issue.Credential(t.Context(), uni, done.DecisionCredential)
	if err != nil {
		t.Fatal(err)
	}
	replay, err := recognise.Replay(decision.Document(), document, [][]byte{c.badges[0].Document(), c.badges[1].Document()})
	if err != nil || !replay.Same {
		t.Fatalf("%s %v", replay.Difference, err)
	}
	if q := replay.Record; q.Kind != "appealed" || q.Supersedes != first.DecisionCredential || q.Appealed.Effect != "accepted" || q.Appealed.Earlier.By != "grace" || len(q.Appealed.Before.Requirements) != 3 || q.Appeal != nil {
		t.Errorf("%+v", q)
	}
	if pdf, err := c.Print(t.Context(), decision, false, "en"); err != nil || !bytes.HasPrefix(pdf, []byte("%PDF")) {
		t.Errorf("no PDF: %v", err)
	}
	_, err = c.Recognise.Appeal(t.Context(), uni, done.ID, "and again")
	code(t, err, "appeal.final")
	_, err = c.Recognise.Appeal(t.Context(), uni, first.ID, "and again") // what there is of it
	if err != nil {
		t.Error(err)
	}
	c.clean(t)
}

// clean closes the campus and holds its store against everything that cairn check knows.
func (c *campus) clean(t testing.TB) {
	t.Helper()
	if err := c.App.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := sqlstore.Check(context.Background(), filepath.Join(c.dir, "data"))
	if err != nil || len(r.Violations) > 0 {
		t.Errorf("%+v %v", r.Violations, err)
	}
}

// An acceptance in part is varied: the credit that counts no longer is free for
// another award, what counts anew is spent, and nobody loses by an appeal.
func TestAppealVaries(t *testing.T) {
	c := openCampus(t)
	c.lacking(t, "varied", ", secondSignature: {for: [], clause: \"9\"}")
	a := c.apply(t, "varied", "1")
	var err error
	water := a.Evaluation.Held[0].Digest
	for _, h := range a.Evaluation.Held {
		if h.Title == "water" {
			water = h.Digest
		}
	}
	first := c.decided(t, a, recognise.Accept)
	a, err = c.Recognise.Appeal(t.Context(), uni, first.ID, "there is more")
	if err != nil {
		t.Fatal(err)
	}
	a = c.handIn(t, a)
	_, err = c.Recognise.Decide(t.Context(), onAppeal(a, "henry", recognise.Accept))
	code(t, err, "appeal.same")
	if a, err = c.allow(a, "henry", programme.Exception{Type: programme.Exclude, Credential: water}); err != nil {
		t.Fatal(err)
	}
	_, err = c.Recognise.Decide(t.Context(), onAppeal(a, "henry", recognise.Accept))
	code(t, err, "appeal.worse")
	// New evidence: four more credits in the field, and the water is left out.
	if err := c.Issue.DefineAchievement(t.Context(), achievement("pests", "MicroCredential", 8)); err != nil {
		t.Fatal(err)
	}
	if _, err = c.Issue.Award(t.Context(), issue.AwardRequest{Institution: uni, Key: "pests", Achievement: achievement("pests", "", 0).ID, Learner: c.learner, AwardedOn: now.AddDate(0, -1, 0)}); err != nil {
		t.Fatal(err)
	}
	back := onAppeal(a, "henry", recognise.Return)
	if _, err = c.Recognise.Decide(t.Context(), back); err != nil {
		t.Fatal(err)
	}
	if a, err = c.Recognise.AddOwn(t.Context(), uni, a.ID); err != nil || len(a.Items) != 3 {
		t.Fatalf("%d %v", len(a.Items), err)
	}
	a = c.handIn(t, a)
	if a.Evaluation.Result.Counted.Cmp(first.Evaluation.Result.Counted) < 0 {
		t.Fatalf("%s, before %s", a.Evaluation.Result.Counted, first.Evaluation.Result.Counted)
	}
	if _, err = c.Recognise.Decide(t.Context(), onAppeal(a, "henry", recognise.Accept)); err != nil {
		t.Fatal(err)
	}
	done, err := c.Recognise.Advance(t.Context(), uni, a.ID)
	if err != nil || done.State != recognise.Delivered {
		t.Fatalf("%s %v", done.State, err)
	}
	if first, err = c.Recognise.Application(t.Context(), uni, first.ID); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[cairn.CredentialID]verify.Verdict{first.DecisionCredential: verify.Invalid, first.TranscriptCredential: verify.Invalid, done.DecisionCredential: verify.Valid, done.TranscriptCredential: verify.Valid} {
		if v := c.verdict(t, id); v != want {
			t.Errorf("%s is %s, want %s", id, v, want)
		}
	}
	decision, err := c.Issue.Credential(t.Context(), uni, done.DecisionCredential)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := recognise.ReadDecision(decision.Document()); err != nil || r.Appealed.Effect != "varied" {
		t.Errorf("%+v %v", r.Appealed, err)
	}
	_, err = c.Recognise.Continue(t.Context(), recognise.ContinueRequest{Institution: uni, Application: first.ID, Key: "on"})
	code(t, err, "application.superseded")
	// Water is free for another award now; pests is not.
	other := c.apply(t, "cert2", "2")
	for _, h := range other.Evaluation.Held {
		want := programme.BlockedSpent
		if h.Title == "water" {
			want = ""
		}
		if h.Blocked != want {
			t.Errorf("%s is %q, want %q", h.Title, h.Blocked, want)
		}
	}
	c.clean(t)
}

// The clock: the last day is shown and counts; after it there are words. An upheld
// decision stays, and the institution's own clock is shown.
func TestAppealClock(t *testing.T) {
	c := openCampus(t)
	inst, err := c.Issue.Institution(t.Context(), uni)
	if err != nil {
		t.Fatal(err)
	}
	document := fmt.Appendf(nil, strings.Replace(rules, "days: 30,", "days: 30, decideWithin: 14,", 1), "clock", inst.DID, "cert")
	if _, err := c.Recognise.Publish(t.Context(), uni, document); err != nil {
		t.Fatal(err)
	}
	first := c.decided(t, c.apply(t, "clock", "1"), recognise.Refuse)
	decided := now
	at(t, decided.AddDate(0, 0, 31))
	_, err = c.Recognise.Appeal(t.Context(), uni, first.ID, "too late")
	code(t, err, "appeal.late")
	if err == nil || !strings.Contains(err.Error(), "2026-12-23") {
		t.Errorf("the last day is not named: %v", err)
	}
	at(t, time.Date(2026, 12, 23, 23, 59, 0, 0, time.UTC))
	a, err := c.Recognise.Appeal(t.Context(), uni, first.ID, "just in time")
	if err != nil {
		t.Fatal(err)
	}
	a = c.handIn(t, a)
	if a.Appeal.Due != "2027-01-06" || a.Appeal.Overdue(now) || !a.Appeal.Overdue(now.AddDate(0, 0, 15)) {
		t.Errorf("due %s", a.Appeal.Due)
	}
	list, err := c.Recognise.Queue(t.Context(), uni, recognise.Filter{State: recognise.Evaluated, Limit: 5})
	if err != nil || len(list) != 1 || list[0].Appeal != first.ID || list[0].Due != "2027-01-06" {
		t.Errorf("%+v %v", list, err)
	}
	if _, err = c.Recognise.Decide(t.Context(), onAppeal(a, "henry", recognise.Uphold)); err != nil {
		t.Fatal(err)
	}
	done, err := c.Recognise.Advance(t.Context(), uni, a.ID)
	if err != nil || done.State != recognise.Delivered || done.TranscriptCredential != "" {
		t.Fatalf("%s %v", done.State, err)
	}
	if v := c.verdict(t, first.DecisionCredential); v != verify.Valid {
		t.Errorf("the decision that was upheld is %s", v)
	}
	c.lacking(t, "noway", "") // a programme without a way to appeal
	noway := fmt.Appendf(nil, strings.Replace(rules, "policy: {appeal: {days: 30, to: the registrar}}\n", "", 1), "silent", inst.DID, "cert")
	if _, err := c.Recognise.Publish(t.Context(), uni, noway); err != nil {
		t.Fatal(err)
	}
	silent := c.apply(t, "silent", "3")
	_, err = c.Recognise.Appeal(t.Context(), uni, silent.ID, "not decided")
	code(t, err, "application.state")
	silent = c.decided(t, silent, recognise.Refuse)
	_, err = c.Recognise.Appeal(t.Context(), uni, silent.ID, "why")
	code(t, err, "appeal.no-way")
}

// Many appeals at once are one, and a crash anywhere on its way loses and doubles
// nothing.
func TestAppealAtOnceAndThroughCrashes(t *testing.T) {
	c := openCampus(t)
	c.lacking(t, "varied", ", secondSignature: {for: [], clause: \"9\"}")
	first := c.decided(t, c.apply(t, "varied", "1"), recognise.Refuse)
	var wg sync.WaitGroup
	ids := make([]cairn.ApplicationID, 6)
	for i := range ids {
		wg.Go(func() {
			a, err := c.Recognise.Appeal(context.Background(), uni, first.ID, "why")
			if err != nil {
				t.Error(err)
			}
			ids[i] = a.ID
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("several appeals: %v", ids)
		}
	}
	a, err := c.Recognise.Application(t.Context(), uni, ids[0])
	if err != nil {
		t.Fatal(err)
	}
	a = c.handIn(t, a)
	if _, err = c.Recognise.Decide(t.Context(), onAppeal(a, "henry", recognise.Accept)); err != nil {
		t.Fatal(err)
	}
	if err := c.App.Close(); err != nil {
		t.Fatal(err)
	}
	for _, stop := range []string{"decided", "decision", "transcript", "superseded", "reserved", "awarded"} {
		dir := t.TempDir()
		if err := os.CopyFS(filepath.Join(dir, "data"), os.DirFS(filepath.Join(c.dir, "data"))); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(dir, "data", "unlock.key"), 0o600); err != nil {
			t.Fatal(err)
		}
		dies := *c
		dies.dir = dir
		ctx, cancel := context.WithCancel(t.Context())
		stopped := false
		half, err := app.Open(ctx, app.Config{Data: filepath.Join(dir, "data"), BaseURL: base, Rand: rand.Reader, Now: func() time.Time { return now }, PasswordCost: staff.Cost{Memory: 64, Passes: 1},
			Trace: func(step string) { // it goes on with what is due when it opens
				if step == stop {
					stopped = true
					cancel()
				}
			}})
		if err == nil {
			err = half.Close()
		}
		if cancel(); err != nil || !stopped {
			t.Errorf("nothing stops at %s: %v", stop, err)
		}
		dies.App = openApp(t, dir, nil)
		done, err := dies.Recognise.Advance(t.Context(), uni, a.ID)
		if err != nil || done.State != recognise.Delivered {
			t.Fatalf("after %s: %s %v", stop, done.State, err)
		}
		if v := dies.verdict(t, first.DecisionCredential); v != verify.Invalid {
			t.Errorf("after %s the refusal is %s", stop, v)
		}
		dies.clean(t)
	}
}

// A decision that was revoked meanwhile can be neither upheld nor superseded.
func TestAppealWithoutOriginal(t *testing.T) {
	c := openCampus(t)
	first := c.decided(t, c.apply(t, "cert", "1"), recognise.Refuse)
	a, err := c.Recognise.Appeal(t.Context(), uni, first.ID, "why")
	if err != nil {
		t.Fatal(err)
	}
	a = c.handIn(t, a)
	if err := c.Issue.Revoke(t.Context(), uni, first.DecisionCredential, "grace", "signed by mistake"); err != nil {
		t.Fatal(err)
	}
	for _, o := range []recognise.Outcome{recognise.Uphold, recognise.Accept} {
		_, err = c.Recognise.Decide(t.Context(), onAppeal(a, "henry", o))
		code(t, err, "appeal.original-gone")
	}
	if a, err = c.Recognise.Decide(t.Context(), onAppeal(a, "henry", recognise.Return)); err != nil || a.State != recognise.Draft {
		t.Errorf("%s %v", a.State, err)
	}
}
