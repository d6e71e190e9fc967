package sqlstore_test

import (
	"path/filepath"
	"slices"
	"testing"

	"cairn.example"
	"cairn.example/internal/recognise"
	"cairn.example/internal/sqlstore"
	"cairn.example/programme"
)

// TestCheckFindsBrokenStandings plants faults in what runs found.
func TestCheckFindsBrokenStandings(t *testing.T) {
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
	learner := learners[0].ID
	err = db.Tx(ctx, func(tx *sqlstore.Tx) error {
		if err := tx.InsertEdition(ctx, recognise.Edition{Institution: college, ID: "diploma", Edition: "1", Digest: "d", Document: []byte("x"), Published: start}); err != nil {
			return err
		}
		r := recognise.StandingRun{Institution: college, ID: "r-1", State: recognise.RunOpen, Started: start, Owner: "me", Lease: start}
		if err := tx.InsertRun(ctx, r); err != nil {
			return err
		}
		if err := tx.InsertRun(ctx, recognise.StandingRun{Institution: college, ID: "r-2", State: recognise.RunOpen}); cairn.KindOf(err) != cairn.Conflict {
			t.Errorf("two open runs: %v", err)
		}
		saved, err := tx.SaveStanding(ctx, "r-1", recognise.StandingUpdate{Institution: college, Learner: learner, After: &recognise.Watch{Inputs: "i", At: start, Due: start},
			Facts:     []recognise.Fact{{Digest: "one", Held: programme.Held{Digest: "one"}}},
			Standings: []recognise.Standing{{Institution: college, Learner: learner, Programme: "diploma", Edition: "d", Complete: true}},
			Changes:   []recognise.StandingChange{{Learner: learner, Programme: "diploma", Effect: programme.Gains, After: recognise.Stood{Complete: true}}}})
		if err != nil || !saved {
			t.Errorf("%v %v", saved, err)
		}
		// What was worked out from what was there before comes too late.
		if saved, err := tx.SaveStanding(ctx, "r-1", recognise.StandingUpdate{Institution: college, Learner: learner}); err != nil || saved {
			t.Errorf("%v %v", saved, err)
		}
		if err := tx.UpdateRun(ctx, r, "somebody else"); cairn.KindOf(err) != cairn.Conflict {
			t.Errorf("%v", err)
		}
		r.Changed, r.State, r.Owner = 1, recognise.RunDone, ""
		return tx.UpdateRun(ctx, r, "me")
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if r := check(t, base); r.Counts["standings"] != 1 {
		t.Errorf("%+v", r.Counts)
	}
	for name, fault := range map[string]string{
		"complete in one place":     `UPDATE standing SET complete = 0`,
		"loses in one place":        `UPDATE standing SET loses = '2027-01-01'`,
		"another edition":           `UPDATE standing SET edition = 'e'`,
		"edition of another":        `UPDATE programme_edition SET id = 'other'`,
		"no such learner":           `UPDATE standing SET learner = 'x', body = replace(body, learner, 'x')`,
		"a change that is gone":     `DELETE FROM standing_change`,
		"a change told twice":       `INSERT INTO standing_change SELECT run, learner, 'other', institution, effect, completes, body FROM standing_change`,
		"a run of another":          `UPDATE standing_run SET institution = 'other'`,
		"the state in one place":    `UPDATE standing_run SET state = 'abandoned'`,
		"at work on what is over":   `UPDATE standing_run SET owner = 'me'`,
		"facts that are cut off":    `UPDATE fact SET body = substr(body, 1, 20)`,
		"facts of another document": `UPDATE fact SET digest = 'two'`,
	} {
		dir := filepath.Join(t.TempDir(), "data")
		copyFolder(t, dir, base)
		plant(t, dir, []string{fault})
		r, err := sqlstore.Check(ctx, dir)
		if err != nil || !slices.ContainsFunc(r.Violations, func(v sqlstore.Violation) bool { return v.Invariant == "C13" }) {
			t.Errorf("%s: no C13 in %v (%v)", name, r.Violations, err)
		}
	}
}
