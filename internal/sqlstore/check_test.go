package sqlstore_test

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/internal/sqlstore"
)

func TestCheckIsCleanAndChangesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	furnish(t, dir)
	before := map[string][]byte{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if before[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	r := check(t, dir)
	if r.Counts["issued"] != 3 || r.Counts["claims"] != 3 || r.Counts["statusLists"] != 1 || r.Counts["keys"] != 1 || len(r.Notes) != 0 {
		t.Errorf("%+v", r)
	}
	after, err := os.ReadDir(dir)
	if err != nil || len(after) != len(entries) {
		t.Errorf("%d files became %d (%v)", len(entries), len(after), err)
	}
	for name, b := range before {
		if now, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(now, b) {
			t.Errorf("the check changed %s (%v)", name, err)
		}
	}
}

// TestCheckWithServerRunning checks a folder that is open, and a copy of its
// files as they are at that moment, with a write-ahead log.
func TestCheckWithServerRunning(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s, db, err := service(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	l, err := found(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Award(t.Context(), award(l, "1")); err != nil {
		t.Fatal(err)
	}
	if r := check(t, dir); r.Counts["issued"] != 1 {
		t.Errorf("running: %+v", r)
	}
	other := filepath.Join(t.TempDir(), "copy")
	copyFolder(t, other, dir)
	if r := check(t, other); r.Counts["issued"] != 1 {
		t.Errorf("copy: %+v", r)
	}
	if _, err := sqlstore.Check(t.Context(), t.TempDir()); cairn.CodeOf(err) != "check.folder" {
		t.Errorf("an empty folder: %v", err)
	}
}

// rechain makes the chain of events consistent again after one was taken out, as
// somebody with the file could.
const rechain = "rechain"

func TestCheckFindsPlantedFaults(t *testing.T) {
	base := filepath.Join(t.TempDir(), "data")
	furnish(t, base)
	first := `id = (SELECT id FROM credential WHERE key = '0')`
	second := `id = (SELECT id FROM credential WHERE key = '1')`
	for _, c := range []struct {
		name, want string
		plant      []string
	}{
		{"signed bytes", "C1", []string{`UPDATE credential SET signed = CAST(replace(CAST(signed AS TEXT), 'Amina', 'Anima') AS BLOB) WHERE ` + first}},
		{"signed bytes and digest", "C1", []string{`UPDATE credential SET signed = (SELECT signed FROM credential WHERE key = '1'), signed_digest = (SELECT signed_digest FROM credential WHERE key = '1') WHERE ` + first}},
		{"a delivered credential is lost", "C1", []string{`PRAGMA foreign_keys = 0`, `DELETE FROM credential WHERE key = '2'`}},
		{"a credential is lost, with its events", "C5", []string{`DELETE FROM event WHERE object = (SELECT id FROM credential WHERE key = '0')`, `DELETE FROM credential WHERE key = '0'`, rechain}},
		{"two credentials of one request", "C2", []string{`DROP INDEX credential_key`, `UPDATE credential SET key = '1' WHERE ` + first}},
		{"not prepared", "C3", []string{`DELETE FROM event WHERE kind = 'credential.prepared' AND object = (SELECT id FROM credential WHERE key = '0')`, rechain}},
		{"not recorded as issued", "C3", []string{`DELETE FROM event WHERE kind = 'credential.issued' AND object = (SELECT id FROM credential WHERE key = '0')`, rechain}},
		{"another key", "C3", []string{`UPDATE credential SET key_id = 'did:example:x#y' WHERE ` + first}},
		{"prepared content", "C4", []string{`UPDATE credential SET unsigned = CAST(replace(CAST(unsigned AS TEXT), 'Amina', 'Anima') AS BLOB) WHERE ` + first}},
		{"signature lost", "C3", []string{`UPDATE credential SET state = 'prepared', signed = NULL WHERE ` + first}},
		{"given up in silence", "C3", []string{`UPDATE credential SET state = 'void', signed = NULL WHERE ` + first}},
		{"index twice", "C5", []string{`DROP INDEX credential_status`, `UPDATE credential SET list_index = (SELECT list_index FROM credential WHERE key = '1') WHERE ` + first}},
		{"index outside", "C5", []string{`UPDATE credential SET list_index = 131072 WHERE ` + first}},
		{"counter back", "C5", []string{`UPDATE status_list SET used = 1`}},
		{"revocation undone", "C6", []string{`UPDATE credential SET revoked = '' WHERE ` + second}},
		{"revocation added", "C6", []string{`UPDATE credential SET revoked = '2026-11-01T09:00:00.000000Z' WHERE ` + first}},
		{"published revision", "C6", []string{`UPDATE status_list SET published_revision = 0`}},
		{"published bytes", "C6", []string{`UPDATE status_list SET published = CAST(replace(CAST(published AS TEXT), '2026', '2025') AS BLOB)`}},
		{"published list lost", "C6", []string{`UPDATE status_list SET published = NULL`}},
		{"event changed", "C7", []string{`UPDATE event SET actor = 'nobody' WHERE seq = 5`}},
		{"event lost", "C7", []string{`DELETE FROM event WHERE seq = 5`}},
		{"first event lost", "C7", []string{`DELETE FROM event WHERE seq = 1`}},
		{"last events lost", "C3", []string{`DELETE FROM event WHERE seq > 6`}},
		{"learner without event", "C7", []string{`INSERT INTO learner SELECT institution, 'x', full_name, other_names, birth, did, 'x', salt, '', created FROM learner`}},
		{"code counter", "C9", []string{`UPDATE claim SET claims = 0`}},
		{"old code again", "C9", []string{`UPDATE claim SET replaced = 0`}},
		{"code without event", "C9", []string{`UPDATE claim SET credential = (SELECT id FROM credential WHERE key = '0') WHERE replaced = 1`}},
		{"learner of another tenant", "C12", []string{`UPDATE credential SET learner = 'x' WHERE ` + first}},
		{"unknown tenant", "C12", []string{`PRAGMA foreign_keys = 0`, `UPDATE learner SET institution = 'other'`}},
		{"tenant swapped", "C12", []string{`UPDATE institution SET did = 'did:web:other.example'`}},
		{"public key", "C15", []string{`UPDATE signing_key SET public = zeroblob(32)`}},
		{"key in the clear", "C15", []string{`UPDATE signing_key SET sealed = randomblob(32)`}},
		{"unlock key", "C15", []string{`INSERT INTO setting VALUES ('note', 'AGE-SECRET-KEY-1' || 'QQQQ')`}},
		{"second key with the id", "C15", []string{`UPDATE event SET detail = replace(detail, '"publicKey":"z6Mk', '"publicKey":"z6Mm') WHERE kind = 'institution.created'`, rechain}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "data")
			copyFolder(t, dir, base)
			plant(t, dir, c.plant)
			r, err := sqlstore.Check(context.Background(), dir)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(r.Violations, func(v sqlstore.Violation) bool { return v.Invariant == c.want }) {
				t.Errorf("no %s in %v", c.want, r.Violations)
			}
		})
	}
	t.Run("half an epoch file", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "data")
		copyFolder(t, dir, base)
		if err := os.WriteFile(filepath.Join(dir, "epoch"), []byte("0123"), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := sqlstore.Check(context.Background(), dir)
		if err != nil || len(r.Violations) != 1 || r.Violations[0].Invariant != "C16" {
			t.Errorf("%v, %v", r.Violations, err)
		}
	})
	t.Run("flipped bytes", func(t *testing.T) {
		t.Parallel()
		b, err := os.ReadFile(filepath.Join(base, "cairn.db"))
		if err != nil {
			t.Fatal(err)
		}
		// A flip in every page: each must be found by one check or another, or be
		// in a part of the page that nothing uses.
		found, pages := 0, 0
		for at := 4096 * 2; at+4096 <= len(b); at += 4096 * 3 {
			dir := filepath.Join(t.TempDir(), "data")
			copyFolder(t, dir, base)
			bad := bytes.Clone(b)
			bad[at+4] ^= 0x55 // the number of cells of a b-tree page
			if err := os.WriteFile(filepath.Join(dir, "cairn.db"), bad, 0o600); err != nil {
				t.Fatal(err)
			}
			r, err := sqlstore.Check(context.Background(), dir)
			pages++
			if err != nil || len(r.Violations) > 0 {
				found++
			} else {
				t.Logf("page %d: nothing was found", at/4096+1)
			}
		}
		t.Logf("%d of %d damaged pages found", found, pages)
		if found < pages*9/10 {
			t.Errorf("only %d of %d damaged pages were found", found, pages)
		}
	})
}

// plant changes a closed folder behind the program's back.
func plant(t *testing.T, dir string, statements []string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "cairn.db")+"?_pragma=journal_mode(WAL)")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	defer db.Close()
	for _, s := range statements {
		if s == rechain {
			if err := sqlstore.Rechain(db); err != nil {
				t.Fatal(err)
			}
			continue
		}
		r, err := db.Exec(s)
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 && !strings.HasPrefix(s, "PRAGMA") && !strings.HasPrefix(s, "DROP") {
			t.Fatalf("%s changed %d rows (%v)", s, n, err)
		}
	}
}
