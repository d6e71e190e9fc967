package sqlstore_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	"cairn.example"
	"cairn.example/internal/recognise"
	"cairn.example/internal/sqlstore"
	"cairn.example/programme"
)

// Data of version 5, in which a learner could have several open applications and
// spent credit was kept by credential alone, is kept whole; what was learned is
// spent afterwards, and no further application is opened.
func TestOlderApplicationsAreKept(t *testing.T) {
	ctx := t.Context()
	dir := filepath.Join(t.TempDir(), "data")
	furnish(t, dir)
	s, db, err := service(ctx, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	learners, err := s.Learners(ctx, college, "", "", 1)
	if err != nil {
		t.Fatal(err)
	}
	application := func(id string, state recognise.State) recognise.Application {
		return recognise.Application{ID: cairn.ApplicationID(id), Key: id, Institution: college, Learner: learners[0].ID, Programme: "diploma", ProgrammeDigest: "d", State: state, Created: start, Updated: start}
	}
	reserved := application("reserved", recognise.Delivered)
	reserved.Evaluation = &recognise.Evaluation{Held: []programme.Held{{Digest: "x", Issuer: "did:example:elsewhere", Credential: "urn:one", Achievement: "urn:learned"}}}
	use := recognise.CreditUse{Institution: college, Issuer: "did:example:elsewhere", Credential: "urn:one", Achievement: "urn:learned", Learner: learners[0].ID, Programme: "diploma", Application: "reserved", At: start}
	err = db.Tx(ctx, func(tx *sqlstore.Tx) error {
		if err := tx.InsertApplication(ctx, reserved, "Amina"); err != nil {
			return err
		}
		return tx.ReserveCredit(ctx, use)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	raw, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "cairn.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := sqlstore.Down(ctx, raw, 5); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if _, err := raw.ExecContext(ctx, `INSERT INTO application (institution, id, key, learner, learner_name, programme, digest, state, revision, items, waiting, created, since, updated, body)
			SELECT institution, 'open' || ?1, 'open' || ?1, learner, learner_name, programme, digest, 'draft', 0, 0, 0, created, since, updated,
				json_set(body, '$.ID', 'open' || ?1, '$.Key', 'open' || ?1, '$.State', 'draft', '$.Evaluation', NULL) FROM application WHERE id = 'reserved'`, i); err != nil {
			t.Fatal(err)
		}
	}
	if err := raw.Close(); err != nil {
		t.Fatal(err)
	}

	_, db, err = service(ctx, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Tx(ctx, func(tx *sqlstore.Tx) error {
		all, err := tx.ApplicationsOf(ctx, college, learners[0].ID)
		if err != nil {
			return err
		}
		if len(all) != 4 {
			t.Errorf("%d applications were kept of 4", len(all))
		}
		for i := range 3 { // each can still be changed
			a, err := tx.Application(ctx, college, cairn.ApplicationID(fmt.Sprint("open", i)))
			if err != nil {
				return err
			}
			a.State = recognise.Submitted
			if err := tx.UpdateApplication(ctx, a); err != nil {
				t.Errorf("%s: %v", a.ID, err)
			}
		}
		if _, err := tx.LearningUse(ctx, college, "did:example:elsewhere", "urn:learned", learners[0].ID); err != nil {
			t.Errorf("what was learned is not spent: %v", err)
		}
		again := use
		again.Credential, again.Programme = "urn:again", "other"
		if err := tx.ReserveCredit(ctx, again); cairn.CodeOf(err) != "credit.spent" {
			t.Errorf("it is spent again: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Tx(ctx, func(tx *sqlstore.Tx) error {
		return tx.InsertApplication(ctx, application("new", recognise.Draft), "Amina")
	})
	if cairn.KindOf(err) != cairn.Conflict {
		t.Errorf("a further application is opened: %v", err)
	}
}
