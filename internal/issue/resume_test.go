package issue_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"testing/iotest"

	"cairn.example"
	"cairn.example/internal/issue"
	"cairn.example/internal/sqlstore"
)

// failingTx lets the second half of the write path fail, in the two ways that a
// store can: it did not happen, or it happened and the answer was lost.
type failingTx struct {
	issue.Tx
	err error
}

func (f failingTx) FinaliseCredential(context.Context, issue.Record) error { return f.err }

func TestResume(t *testing.T) {
	dir := t.TempDir()
	lost := &cairn.Error{Kind: cairn.Unavailable, Code: "test.lost", Message: "the disk is gone"}
	happened := false
	o := open(t, dir, func(c *issue.Config) {
		tx := c.Tx
		c.Tx = func(ctx context.Context, f func(issue.Tx) error) error {
			err := tx(ctx, func(tx issue.Tx) error {
				if !happened {
					tx = failingTx{tx, lost}
				}
				return f(tx)
			})
			if happened && err == nil {
				return lost
			}
			return err
		}
	})
	amina := func() cairn.Learner {
		happened = true // founding writes no credential: let every step of it happen
		defer func() { happened = false }()
		inst := cairn.Institution{ID: college, Name: cairn.Text{"en": "Lakeside Technical College"}, Country: "KE", Language: "en"}
		if _, err := o.CreateInstitution(t.Context(), inst, ""); !errors.Is(err, lost) {
			t.Fatal(err)
		}
		if err := o.DefineAchievement(t.Context(), soil()); !errors.Is(err, lost) {
			t.Fatal(err)
		}
		if _, err := o.RegisterLearner(t.Context(), cairn.Learner{Institution: college, FullName: "Amina", Number: "A-17"}); !errors.Is(err, lost) {
			t.Fatal(err)
		}
		list, err := o.Learners(t.Context(), college, "", "", 1)
		if err != nil || len(list) != 1 {
			t.Fatalf("%d learners, %v", len(list), err)
		}
		return list[0].Learner
	}()

	for range 3 { // it did not happen; trying again reserves nothing new
		if _, err := o.Award(t.Context(), request(amina, "a")); !errors.Is(err, lost) {
			t.Fatal(err)
		}
	}
	if list, err := o.CredentialsOf(t.Context(), college, amina.ID); err != nil || len(list) != 0 {
		t.Errorf("%d credentials are shown as issued (%v)", len(list), err)
	}
	o.db.Close()

	o = open(t, dir, nil)
	if n, err := o.Resume(t.Context()); err != nil || n != 1 {
		t.Fatalf("resumed %d, %v", n, err)
	}
	if n, err := o.Resume(t.Context()); err != nil || n != 0 {
		t.Fatalf("resumed %d again, %v", n, err)
	}
	list, err := o.CredentialsOf(t.Context(), college, amina.ID)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d credentials, %v", len(list), err)
	}
	verify(t, list[0].Document())
	again, err := o.Award(t.Context(), request(amina, "a"))
	if err != nil || again.ID() != list[0].ID() || again.Digest() != list[0].Digest() {
		t.Errorf("%s became %s (%v)", list[0].ID(), again.ID(), err)
	}
	o.db.Close()
	clean(t, dir)
}

func clean(t *testing.T, dir string) sqlstore.CheckReport {
	t.Helper()
	r, err := sqlstore.Check(t.Context(), filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range r.Violations {
		t.Error(v)
	}
	return r
}

// TestUnsignable: what turns out not to be signable after it was recorded is
// given up, and its place in the list is never given again.
func TestUnsignable(t *testing.T) {
	dir := t.TempDir()
	o := open(t, dir, nil)
	amina := o.open(t)
	if _, err := o.Award(t.Context(), request(amina, "good")); err != nil {
		t.Fatal(err)
	}
	calls := 0
	bad := issue.Request{Institution: college, Key: "bad", Kind: issue.KindBadge, Learner: amina.ID, Title: "x", WithStatus: true, Actor: "test",
		Build: func(s issue.Slot) (map[string]any, error) {
			calls++
			doc := map[string]any{
				"@context": []any{"https://www.w3.org/ns/credentials/v2"}, "id": string(s.CredentialID), "type": []any{"VerifiableCredential"}, "issuer": string(s.Issuer),
				"credentialSubject": map[string]any{"id": "did:example:amina"}, "credentialStatus": s.Status.Tree(),
			}
			if calls > 1 { // not pure: what was tried is not what is recorded
				doc["nowhereDefined"] = "x"
			}
			return doc, nil
		}}
	if _, err := o.Issue(t.Context(), bad); cairn.KindOf(err) != cairn.Invalid || calls != 2 {
		t.Fatalf("%d calls, %v", calls, err)
	}
	if n, err := o.Resume(t.Context()); err != nil || n != 0 {
		t.Fatalf("resumed %d, %v", n, err)
	}
	if _, err := o.Issue(t.Context(), bad); cairn.CodeOf(err) != "issue.void" {
		t.Errorf("again: %v", err)
	}
	if _, err := o.Award(t.Context(), request(amina, "next")); err != nil {
		t.Error(err)
	}
	o.db.Close()
	if r := clean(t, dir); r.Counts["void"] != 1 || r.Counts["issued"] != 2 {
		t.Errorf("%+v", r.Counts)
	}
}

// TestNothingUnsignableIsRecorded: what can't be protected is refused before
// anything is written.
func TestNothingUnsignableIsRecorded(t *testing.T) {
	dir := t.TempDir()
	o := open(t, dir, nil)
	amina := o.open(t)
	for name, change := range map[string]func(map[string]any){
		"unknown term":  func(d map[string]any) { d["nowhereDefined"] = "x" },
		"relative id":   func(d map[string]any) { d["credentialSubject"].(map[string]any)["id"] = "amina" },
		"no issuer":     func(d map[string]any) { delete(d, "issuer") },
		"not a badge":   func(d map[string]any) { d["type"] = []any{"VerifiableCredential", "OpenBadgeCredential"} },
		"proof already": func(d map[string]any) { d["proof"] = map[string]any{"type": "DataIntegrityProof"} },
	} {
		_, err := o.Issue(t.Context(), issue.Request{Institution: college, Key: name, Kind: issue.KindBadge, Learner: amina.ID, Title: "x", Build: func(s issue.Slot) (map[string]any, error) {
			doc := map[string]any{"@context": []any{"https://www.w3.org/ns/credentials/v2"}, "id": string(s.CredentialID), "type": []any{"VerifiableCredential"},
				"issuer": string(s.Issuer), "credentialSubject": map[string]any{"id": "did:example:amina"}}
			change(doc)
			return doc, nil
		}})
		if cairn.KindOf(err) != cairn.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	o.db.Close()
	if r := clean(t, dir); r.Counts["credentials"] != 0 {
		t.Errorf("%+v", r.Counts)
	}
}

func TestWithoutRandomness(t *testing.T) {
	dir := t.TempDir()
	o := open(t, dir, nil)
	amina := o.open(t)
	o.db.Close()
	o = open(t, dir, func(c *issue.Config) { c.Rand = iotest.ErrReader(errors.New("no entropy")) })
	if _, err := o.Award(t.Context(), request(amina, "a")); cairn.CodeOf(err) != "issue.random" {
		t.Errorf("award: %v", err)
	}
	if _, err := o.RegisterLearner(t.Context(), cairn.Learner{Institution: college, FullName: "Other"}); cairn.CodeOf(err) != "issue.random" {
		t.Errorf("learner: %v", err)
	}
	o.db.Close()
	if r := clean(t, dir); r.Counts["credentials"] != 0 || r.Counts["learners"] != 1 {
		t.Errorf("%+v", r.Counts)
	}
}

// TestManyAtOnce issues, revokes, claims and publishes from many sides, then
// checks every invariant.
func TestManyAtOnce(t *testing.T) {
	dir := t.TempDir()
	o := open(t, dir, nil)
	amina := o.open(t)
	const workers, each = 64, 3
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			ctx := t.Context()
			for i := range each {
				got, err := o.Award(ctx, request(amina, fmt.Sprint(w/2, "-", i))) // two ask for each
				if err != nil {
					t.Error(err)
					return
				}
				d, err := o.Deliver(ctx, got)
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := o.Claim(ctx, d.Code, fmt.Sprint(w)); err != nil && cairn.CodeOf(err) != "claim.replaced" && cairn.CodeOf(err) != "store.changed" {
					t.Error(err)
				}
				if i == 1 {
					if err := o.Revoke(ctx, college, got.ID(), "registrar", "test"); err != nil && cairn.CodeOf(err) != "revoke.again" {
						t.Error(err)
					}
					if _, err := o.StatusLists(ctx, college); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	o.db.Close()
	if r := clean(t, dir); r.Counts["issued"] != workers/2*each || r.Counts["claims"] != workers*each {
		t.Errorf("%+v", r.Counts)
	}
}
