package app_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
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
)

// years is a campus whose clock can be moved.
type years struct {
	*campus
	at time.Time
}

func openYears(t testing.TB) *years {
	t.Helper()
	c := openCampus(t)
	y := &years{c, now}
	y.reopen(t)
	return y
}

func (y *years) reopen(t testing.TB) {
	t.Helper()
	if err := y.App.Close(); err != nil {
		t.Fatal(err)
	}
	y.reopenWith(t, func() time.Time { return y.at })
}

func (y *years) reopenWith(t testing.TB, clock cairn.Clock) {
	t.Helper()
	a, err := app.Open(t.Context(), app.Config{Data: filepath.Join(y.dir, "data"), BaseURL: base, Rand: rand.Reader, Now: clock, PasswordCost: staff.Cost{Memory: 64, Passes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	y.App = a
	t.Cleanup(func() { a.Close() })
}

func (y *years) run(t testing.TB, o recognise.RunOptions) (recognise.StandingRun, []recognise.NamedChange) {
	t.Helper()
	r, err := y.Recognise.RunStandings(t.Context(), uni, o)
	if err != nil {
		t.Fatal(err)
	}
	if r.State != recognise.RunDone {
		t.Errorf("the run is %s", r.State)
	}
	list, err := y.Recognise.Changes(t.Context(), uni, r.ID, recognise.ChangeFilter{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return r, list
}

func (y *years) award(t testing.TB, slug, key string, l cairn.LearnerID, on time.Time) issue.Issued {
	t.Helper()
	got, err := y.Issue.Award(t.Context(), issue.AwardRequest{Institution: uni, Key: key, Achievement: achievement(slug, "", 0).ID, Learner: l, AwardedOn: on})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (y *years) standings(t testing.TB, l cairn.LearnerID) map[cairn.ProgrammeID]recognise.Standing {
	t.Helper()
	out := map[cairn.ProgrammeID]recognise.Standing{}
	if err := y.DB.View(t.Context(), func(tx *sqlstore.Tx) error {
		list, err := tx.StandingsOf(t.Context(), uni, l)
		for _, s := range list {
			out[s.Programme] = s
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// agree holds the standings of a learner against a simulation.
func (y *years) agree(t testing.TB, l cairn.LearnerID) {
	t.Helper()
	var documents [][]byte
	applications, err := y.Recognise.ApplicationsOf(t.Context(), uni, l)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range applications {
		for _, i := range a.Items {
			if i.Document != nil {
				documents = append(documents, i.Document)
			}
		}
	}
	for id, s := range y.standings(t, l) {
		e, _, err := y.Recognise.Simulate(t.Context(), uni, l, id, documents...)
		if err != nil {
			t.Fatal(err)
		}
		var counts []recognise.Counting
		for _, c := range e.Result.Credentials {
			if c.Counted.Sign() > 0 {
				counts = append(counts, recognise.Counting{Credential: c.Credential, Credits: c.Counted})
			}
		}
		slices.SortFunc(counts, func(a, b recognise.Counting) int { return strings.Compare(a.Credential, b.Credential) })
		if !s.Counted.Equal(e.Result.Counted) || s.Complete != e.Result.Complete || fmt.Sprint(counts) != fmt.Sprint(s.Counts) {
			t.Errorf("%s, %s: the standing says %s %v %v, and a simulation %s %v %v", l, id, s.Counted, s.Complete, s.Counts, e.Result.Counted, e.Result.Complete, counts)
		}
	}
}

func causes(c recognise.StandingChange) string {
	var out []string
	for _, w := range c.Why {
		out = append(out, w.Code)
	}
	return strings.Join(out, " ")
}

// said writes changes in short: the programme, what counted, what counts, and why.
func said(list []recognise.NamedChange) string {
	var out []string
	for _, c := range list {
		done := ""
		if c.Before.Complete {
			done = " was complete"
		}
		if c.After.Complete {
			done += " is complete"
		}
		out = append(out, fmt.Sprintf("%s %s→%s %s%s: %s", c.Programme, c.Before.Counted, c.After.Counted, c.Effect, done, causes(c.StandingChange)))
	}
	return strings.Join(out, "; ")
}

// aged is the programme with a rule about age: soil of at most five years.
const aged = `
id: aged
edition: "%s"
institution: %s
title: {en: An aged certificate}
language: en
award: {achievement: https://cairn.example/i/uni/achievements/cert, type: Certificate}
credit: {unit: credits, hoursPerCredit: 10, total: 6}
requirements:
  - {id: R1, clause: "1.%[1]s", title: {en: Soil}, credits: 6, maxAge: {years: 5, clause: "1.2"}, match: {tags: [soil%[3]s]}}
`

// TestStandingsFollowTheWorld plays what can happen to a learner, one night after the
// other.
func TestStandingsFollowTheWorld(t *testing.T) {
	y := openYears(t)
	inst, err := y.Issue.Institution(t.Context(), uni)
	if err != nil {
		t.Fatal(err)
	}
	publish := func(edition, more string) {
		t.Helper()
		if _, err := y.Recognise.Publish(t.Context(), uni, fmt.Appendf(nil, aged, edition, inst.DID, more)); err != nil {
			t.Fatal(err)
		}
	}
	night := func(what, want string) recognise.StandingRun {
		t.Helper()
		y.at = y.at.Add(24 * time.Hour)
		r, list := y.run(t, recognise.RunOptions{})
		if got := said(list); got != want {
			t.Errorf("%s:\n  got  %s\n  want %s", what, got, want)
		}
		y.agree(t, y.learner)
		if r.Changed != len(list) {
			t.Errorf("%s: the run counts %d changes, and there are %d", what, r.Changed, len(list))
		}
		return r
	}
	publish("1", "")
	if r := night("the first night", ""); r.First != 3 || r.Verified != 2 || r.Evaluated != 3 || r.Learners != 1 {
		t.Errorf("%+v", r)
	}
	if r := night("nothing has happened", ""); r.Unchanged != 1 || r.Verified+r.Evaluated != 0 {
		t.Errorf("%+v", r)
	}
	publish("2", "-none")
	night("an edition that asks for something else", "aged 6→0 loses was complete: edition")
	publish("3", "")
	night("an edition that asks for it again", "aged 0→6 gains is complete: edition")
	if err := y.Issue.Revoke(t.Context(), uni, y.badges[0].ID(), "grace", "a mistake"); err != nil {
		t.Fatal(err)
	}
	night("a credential is withdrawn", "aged 6→0 loses was complete: revoked; cert 10→4 loses was complete: revoked; cert2 10→4 loses was complete: revoked")
	// What was taken four years and 300 days ago lapses in 65 days: that is told, and then
	// it comes.
	y.award(t, "soil", "soil again", y.learner, y.at.AddDate(-5, 0, 66))
	night("a credential is awarded", "aged 0→6 gains is complete: new-credential; cert 4→10 gains is complete: new-credential; cert2 4→10 gains is complete: new-credential")
	s := y.standings(t, y.learner)["aged"]
	if want := y.at.AddDate(0, 0, 65); s.LosesOn < want.Format(time.DateOnly) || s.LosesOn > want.AddDate(0, 0, 2).Format(time.DateOnly) || s.LosesTo.Sign() != 0 {
		t.Errorf("it is said to lapse on %q, to %s; it does about %s", s.LosesOn, s.LosesTo, want)
	}
	losing, err := y.Recognise.Standings(t.Context(), uni, recognise.StandingFilter{Losing: y.Recognise.LosingUntil(), Limit: 10})
	if err != nil || len(losing) != 1 || losing[0].Programme != "aged" || losing[0].Name != "Amina" {
		t.Errorf("%+v %v", losing, err)
	}
	lapse, err := time.Parse(time.DateOnly, s.LosesOn)
	if err != nil {
		t.Fatal(err)
	}
	y.at = lapse.AddDate(0, 0, -3)
	night("two days before it lapses", "")
	y.at = lapse.Add(-23 * time.Hour)
	night("the day has come", "aged 6→0 loses was complete: lapse")
	night("the day after", "")
}

// A loss comes into the window though nothing has happened: it is told on that day.
func TestLossComesIntoTheWindow(t *testing.T) {
	y := openYears(t)
	inst, err := y.Issue.Institution(t.Context(), uni)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := y.Recognise.Publish(t.Context(), uni, fmt.Appendf(nil, aged, "1", inst.DID, "")); err != nil {
		t.Fatal(err)
	}
	if err := y.Issue.Revoke(t.Context(), uni, y.badges[0].ID(), "grace", "a mistake"); err != nil {
		t.Fatal(err)
	}
	y.award(t, "soil", "old soil", y.learner, now.AddDate(-5, 0, 100)) // lapses in 100 days
	y.run(t, recognise.RunOptions{})
	for _, day := range []struct {
		days          int
		worked, loses bool
	}{{0, true, false}, {5, false, false}, {15, true, true}, {16, false, true}} {
		y.at = now.AddDate(0, 0, day.days)
		r, _ := y.run(t, recognise.RunOptions{All: day.days == 0})
		if s := y.standings(t, y.learner)["aged"]; !s.Complete || (s.LosesOn != "") != day.loses || (r.Evaluated > 0) != day.worked {
			t.Errorf("after %d days: loses on %q, %+v", day.days, s.LosesOn, r.Tally)
		}
	}
}

// TestStandingsOfApplicants covers what comes with an application: its edition, its
// documents, what persons said, and its end.
func TestStandingsOfApplicants(t *testing.T) {
	y := openYears(t)
	a := y.apply(t, "cert", "1")
	r, _ := y.run(t, recognise.RunOptions{})
	if r.First != 2 {
		t.Errorf("%+v", r.Tally)
	}
	y.agree(t, y.learner)
	if _, err := y.Recognise.Decide(t.Context(), decide(a, recognise.Accept)); err != nil {
		t.Fatal(err)
	}
	if _, err := y.Recognise.Advance(t.Context(), uni, a.ID); err != nil {
		t.Fatal(err)
	}
	y.at = y.at.Add(24 * time.Hour)
	_, list := y.run(t, recognise.RunOptions{})
	if got := said(list); got != "cert2 10→0 loses was complete: spent spent" {
		t.Errorf("%s", got)
	}
	if s := y.standings(t, y.learner); len(s) != 1 || s["cert2"].Complete {
		t.Errorf("who has the certificate has no standing any more: %+v", s)
	}
	y.agree(t, y.learner)
}

// One run of one programme looks at nothing else, and a dry one stores nothing.
func TestRunOptions(t *testing.T) {
	y := openYears(t)
	var found []recognise.StandingChange
	dry := recognise.RunOptions{DryRun: true, Found: func(c recognise.StandingChange) error { found = append(found, c); return nil }}
	r, err := y.Recognise.RunStandings(t.Context(), uni, dry)
	if err != nil || r.Evaluated != 2 || len(y.standings(t, y.learner)) != 0 {
		t.Fatalf("%+v %v", r.Tally, err)
	}
	_, err = y.Recognise.LastRun(t.Context(), uni)
	code(t, err, "run.not-found")
	if r, _ := y.run(t, recognise.RunOptions{Programme: "cert"}); r.Evaluated != 1 || len(y.standings(t, y.learner)) != 1 {
		t.Errorf("%+v", r.Tally)
	}
	_, err = y.Recognise.RunStandings(t.Context(), uni, recognise.RunOptions{Programme: "none"})
	code(t, err, "programme.not-found")
	_, err = y.Recognise.RunStandings(t.Context(), "none", recognise.RunOptions{})
	code(t, err, "institution.not-found")
	y.run(t, recognise.RunOptions{})
	if r, _ := y.run(t, recognise.RunOptions{All: true}); r.Evaluated != 2 || r.Verified != 0 {
		t.Errorf("%+v", r.Tally)
	}
	if err := y.Issue.Revoke(t.Context(), uni, y.badges[1].ID(), "grace", "a mistake"); err != nil {
		t.Fatal(err)
	}
	found = nil
	if r, err = y.Recognise.RunStandings(t.Context(), uni, dry); err != nil || r.Changed != 2 || len(found) != 2 || !y.standings(t, y.learner)["cert"].Complete {
		t.Errorf("%+v %+v %v", r.Tally, found, err)
	}
	// What a person asks for between two nights.
	got, err := y.Recognise.Reevaluate(t.Context(), uni, y.learner, "grace")
	if err != nil || len(got.Standings) != 2 || len(got.Changes) != 2 || causes(got.Changes[0]) != "revoked" {
		t.Errorf("%+v %v", got, err)
	}
	if _, list := y.run(t, recognise.RunOptions{}); len(list) != 0 {
		t.Errorf("told twice: %s", said(list))
	}
	_, err = y.Recognise.Reevaluate(t.Context(), uni, "nobody", "grace")
	code(t, err, "learner.not-found")
	report, err := sqlstore.Check(t.Context(), filepath.Join(y.dir, "data"))
	if err != nil || len(report.Violations) > 0 {
		t.Errorf("%v %v", report.Violations, err)
	}
}

// TestTwoRuns: the second is told that there is a first, or, when that one is gone,
// takes its place.
func TestTwoRuns(t *testing.T) {
	y := openYears(t)
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	inside := false
	_, err := y.Recognise.RunStandings(ctx, uni, recognise.RunOptions{Progress: func(recognise.StandingRun) {
		_, err := y.Recognise.RunStandings(t.Context(), uni, recognise.RunOptions{})
		code(t, err, "standing.running")
		_, err = y.Recognise.RunStandings(t.Context(), uni, recognise.RunOptions{Resume: true})
		code(t, err, "standing.running")
		inside = true
		cancel(stop)
	}})
	if !inside {
		t.Fatalf("no progress was told: %v", err)
	}
	open, err := y.Recognise.LastRun(t.Context(), uni)
	if err != nil {
		t.Fatal(err)
	}
	// The run was at its end or was stopped before it; in both cases the next one goes on.
	r, _ := y.run(t, recognise.RunOptions{Resume: true})
	if open.State == recognise.RunOpen && r.ID != open.ID {
		t.Errorf("%s does not go on with %s", r.ID, open.ID)
	}
}

// Several who look at one learner at once: each stores what it found on what it read, or
// is told that another was quicker.
func TestReevaluateTogether(t *testing.T) {
	y := openYears(t)
	if err := y.Issue.Revoke(t.Context(), uni, y.badges[0].ID(), "grace", "a mistake"); err != nil {
		t.Fatal(err)
	}
	var many sync.WaitGroup
	for range 8 {
		many.Go(func() {
			if _, err := y.Recognise.Reevaluate(t.Context(), uni, y.learner, "grace"); err != nil && cairn.CodeOf(err) != "standing.changed" {
				t.Error(err)
			}
		})
	}
	many.Wait()
	y.agree(t, y.learner)
	if len(y.standings(t, y.learner)) == 0 {
		t.Error("nobody came through")
	}
}
