package sqlstore_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/internal/issue"
	"cairn.example/internal/keys"
	"cairn.example/internal/sqlstore"
	"cairn.example/statuslist"
	"cairn.example/strictjson"
)

const college = cairn.InstitutionID("college")

var start = time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)

func clock() time.Time { return start }

// service opens an issuing service on a folder, with the key file beside it.
func service(ctx context.Context, dir string, trace func(string)) (*issue.Service, *sqlstore.DB, error) {
	lock, err := keys.OpenLock(dir+".key", nil)
	if cairn.KindOf(err) == cairn.NotFound {
		lock, err = keys.NewLock(dir+".key", "", 0)
	}
	if err != nil {
		return nil, nil, err
	}
	db, err := sqlstore.Open(ctx, dir, rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	return issue.New(issue.Config{
		Tx: func(ctx context.Context, f func(issue.Tx) error) error {
			return db.Tx(ctx, func(tx *sqlstore.Tx) error { return f(tx) })
		},
		View: func(ctx context.Context, f func(issue.Tx) error) error {
			return db.View(ctx, func(tx *sqlstore.Tx) error { return f(tx) })
		},
		Keys: keys.NewKeyring(lock), Now: clock, Rand: rand.Reader, BaseURL: "https://cairn.example", Trace: trace,
	}), db, nil
}

var soil = cairn.Achievement{ID: "https://cairn.example/i/college/achievements/soil", Institution: college, Version: "1", Type: "MicroCredential",
	Name: cairn.Text{"en": "Soil and water"}, Description: cairn.Text{"en": "Keeping soil fertile"}, Criteria: cairn.Text{"en": "A test in the field"}, Language: "en",
	Credit: &cairn.CreditValue{Amount: cairn.WholeCredits(4), Unit: "ECTS", HoursPerCredit: cairn.WholeCredits(25)}}

// found makes an institution with an achievement and a learner.
func found(ctx context.Context, s *issue.Service) (cairn.Learner, error) {
	if _, err := s.CreateInstitution(ctx, cairn.Institution{ID: college, Name: cairn.Text{"en": "Lakeside Technical College"}, Country: "KE", Language: "en"}, ""); err != nil {
		return cairn.Learner{}, err
	}
	if err := s.DefineAchievement(ctx, soil); err != nil {
		return cairn.Learner{}, err
	}
	return s.RegisterLearner(ctx, cairn.Learner{Institution: college, FullName: "Amina", Number: "A-17"})
}

func award(l cairn.Learner, key string) issue.AwardRequest {
	return issue.AwardRequest{Institution: college, Key: key, Achievement: soil.ID, Learner: l.ID, AwardedOn: start.AddDate(0, 0, -1), Actor: "test"}
}

// check fails the test when the folder breaks an invariant.
func check(t testing.TB, dir string) sqlstore.CheckReport {
	t.Helper()
	r, err := sqlstore.Check(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range r.Violations {
		t.Error(v)
	}
	return r
}

// copyFolder copies the files of a data folder.
func copyFolder(t testing.TB, to, from string) {
	t.Helper()
	if err := os.MkdirAll(to, 0o700); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(from, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, e.Name()), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// furnish fills a folder with everything that the checks look at: three issued
// credentials, one revoked and published so, codes that were used and replaced.
func furnish(t testing.TB, dir string) {
	t.Helper()
	ctx := t.Context()
	s, db, err := service(ctx, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	l, err := found(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		got, err := s.Award(ctx, award(l, fmt.Sprint(i)))
		if err != nil {
			t.Fatal(err)
		}
		for range i {
			d, err := s.Deliver(ctx, got)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Claim(ctx, d.Code, "test"); err != nil {
				t.Fatal(err)
			}
		}
		if i == 1 {
			if err := s.Revoke(ctx, college, got.ID(), "registrar", "a mistake"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := s.StatusLists(ctx, college); err != nil {
		t.Fatal(err)
	}
}

// listOf returns the status list that a credential names.
func listOf(t testing.TB, i issue.Issued) string {
	t.Helper()
	tree, err := strictjson.ParseObject(i.Document(), strictjson.Default)
	if err != nil {
		t.Fatal(err)
	}
	entry, err := statuslist.ReadEntry(tree["credentialStatus"].(map[string]any))
	if err != nil {
		t.Fatal(err)
	}
	return entry.List
}

// tee is randomness that remembers what it gave.
type tee struct{ secret []byte }

func (r *tee) Read(b []byte) (int, error) {
	n, err := rand.Read(b)
	r.secret = append(r.secret, b[:n]...)
	return n, err
}

func contains(b []byte, text string) bool { return bytes.Contains(b, []byte(text)) }
