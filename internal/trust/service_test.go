package trust_test

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/internal/sqlstore"
	"cairn.example/internal/trust"
)

// service is on a real store: what counts is what survives in it.
func service(t *testing.T, dir string) (*trust.Service, func()) {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), dir, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	run := func(in func(context.Context, func(*sqlstore.Tx) error) error) func(context.Context, func(trust.Tx) error) error {
		return func(ctx context.Context, f func(trust.Tx) error) error {
			return in(ctx, func(tx *sqlstore.Tx) error { return f(tx) })
		}
	}
	return &trust.Service{Tx: run(db.Tx), View: run(db.View), Resolver: trust.KeyResolver(), Now: func() time.Time { return now }}, func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

// K16: an older list, one of the same version with other content, and one of
// another operator are refused, and the list that was followed stays.
func TestFollow(t *testing.T) {
	dir := t.TempDir()
	s, done := service(t, dir)
	version := func(n int, change func(*trust.List)) []byte {
		l := list(t)
		l.Version = n
		if change != nil {
			change(&l)
		}
		return signList(t, l, ministry)
	}
	withdrawn := func(l *trust.List) { l.Issuers = nil }
	follow := func(data []byte, operator cairn.DID, code string) {
		t.Helper()
		if _, err := s.Follow(t.Context(), data, operator); cairn.CodeOf(err) != code {
			t.Errorf("got %v (%s), want %q", err, cairn.CodeOf(err), code)
		}
	}
	follow(version(2, nil), ministry.Controller(), "")
	follow(version(2, nil), ministry.Controller(), "") // again: nothing changes
	follow(version(2, withdrawn), ministry.Controller(), "trust.not-newer")
	follow(version(1, nil), ministry.Controller(), "trust.not-newer")
	follow(version(3, withdrawn), ministry.Controller(), "")
	follow(version(2, nil), ministry.Controller(), "trust.not-newer") // a rollback that would hide the withdrawal
	takeover := list(t)
	takeover.Operator, takeover.Version = stranger.Controller(), 9
	follow(signList(t, takeover, stranger), stranger.Controller(), "trust.other-operator")
	follow(signList(t, takeover, stranger), ministry.Controller(), "did.document-id")
	follow([]byte("{}"), ministry.Controller(), "proof.missing")
	second := list(t)
	second.ID, second.Operator = "https://a-network.example/list", college.Controller()
	follow(signList(t, second, college), college.Controller(), "")
	done()

	s, done = service(t, dir) // as after a restart
	defer done()
	snapshot, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lists := snapshot.Lists()
	if len(lists) != 2 || lists[0].ID != listID || lists[0].Version != 3 || len(lists[0].Issuers) != 0 || lists[1].ID != second.ID {
		t.Errorf("%+v", lists)
	}
	kept, err := s.List(t.Context(), listID)
	if err != nil || kept.Version != 3 || kept.Operator != ministry.Controller() {
		t.Errorf("%+v, %v", kept, err)
	}
	if _, err := s.List(t.Context(), "https://nowhere.example/list"); cairn.KindOf(err) != cairn.NotFound {
		t.Errorf("a list that is not followed: %v", err)
	}
}

// A list in the store that somebody changed there is noticed: no snapshot is
// better than a wrong one.
func TestSnapshotChecksAgain(t *testing.T) {
	s, done := service(t, t.TempDir())
	defer done()
	forged := list(t)
	data := signList(t, forged, stranger) // signed by another than the operator it names
	if err := s.Tx(t.Context(), func(tx trust.Tx) error {
		return tx.PutTrustList(t.Context(), trust.Stored{ID: forged.ID, Operator: forged.Operator, Version: 1, Document: data})
	}); err != nil {
		t.Fatal(err)
	}
	if snapshot, err := s.Snapshot(t.Context()); err == nil {
		t.Errorf("a forged list was taken: %+v", snapshot.Lists())
	}
}

// One list whose operator's keys can't be had now, or are gone, does not silence
// the others; it is named, and is no reason to say that somebody is not recognised.
func TestSnapshotWithABrokenList(t *testing.T) {
	q := trust.Query{Issuer: college.Controller(), AchievementType: "MicroCredential", Field: "AGRI", Level: &cairn.Level{Framework: "EQF", Value: cairn.WholeCredits(4)}, At: day(t, "2025-05-01").Earliest(), Now: now}
	other := func(q trust.Query) trust.Query { q.AchievementType = "Diploma"; return q }
	for name, c := range map[string]struct{ keys did.Resolver }{
		"nobody answers":     {keys: trust.Pinned(nil)},
		"document malformed": {keys: failing{&cairn.Error{Kind: cairn.Invalid, Code: "did.document", Message: "x"}}},
		"the key is gone": {keys: trust.Pinned(func() *did.Document {
			d := document(ministry)
			d.Methods[0].ID += "2"
			return d
		}())},
		"the key was revoked": {keys: trust.Pinned(func() *did.Document {
			d := document(ministry)
			d.Methods[0].Revoked = now
			return d
		}())},
	} {
		t.Run(name, func(t *testing.T) {
			s, done := service(t, t.TempDir())
			defer done()
			s.Resolver = trust.Pinned(document(ministry))
			web, good := list(t), list(t)
			web.ID, web.Operator = "https://web.example/list", webDID
			web.Issuers[0].Scopes = append(web.Issuers[0].Scopes, trust.Scope{Types: []string{"Diploma"}, From: day(t, "2024-01-01"), Authority: "Order 3"})
			for _, l := range []struct {
				trust.List
				p cairn.Signer
			}{{web, webParty{ministry}}, {good, ministry}} {
				if _, err := s.Follow(t.Context(), signList(t, l.List, l.p), l.Operator); err != nil {
					t.Fatal(err)
				}
			}
			s.Resolver = c.keys
			snapshot, err := s.Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if b := snapshot.Broken(); len(snapshot.Lists()) != 1 || snapshot.Lists()[0].ID != good.ID || len(b) != 1 || b[0].ID != web.ID || b[0].Operator != webDID || b[0].Err == nil {
				t.Errorf("%+v, broken %+v", snapshot.Lists(), b)
			}
			if a := snapshot.Standing(q); a.State != trust.Recognised || a.List != good.ID {
				t.Errorf("by the list that is whole: %+v", a)
			}
			if a := snapshot.Standing(other(q)); a.State != trust.Unknown || a.List != web.ID || a.Operator != webDID {
				t.Errorf("what only the broken list could say: %+v", a)
			}
			nobody := q
			nobody.Issuer = stranger.Controller()
			if a := snapshot.Standing(nobody); a.State != trust.Unknown {
				t.Errorf("somebody whom the other list does not name: %+v", a)
			}
		})
	}
}

// failing finds no document, for one reason; keys in identifiers are found.
type failing struct{ err error }

func (f failing) Resolve(ctx context.Context, d cairn.DID) (did.Resolution, error) {
	if did.MethodName(d) == "key" {
		return trust.KeyResolver().Resolve(ctx, d)
	}
	return did.Resolution{}, f.err
}
