package sqlstore_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/internal/issue"
	"cairn.example/internal/keys"
	"cairn.example/internal/sqlstore"
)

func open(t testing.TB, dir string) *sqlstore.DB {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), dir, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func event(n int) issue.Event {
	return issue.Event{Institution: college, At: start, Kind: "test", Object: fmt.Sprint(n), Actor: "test"}
}

func TestFolderIsPrivateAndUsedOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	furnish(t, dir)
	db := open(t, dir)
	if _, err := sqlstore.Open(t.Context(), dir, rand.Reader); cairn.CodeOf(err) != "store.in-use" {
		t.Errorf("a second program: %v", err)
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v (%v)", info.Mode(), err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v (%v)", e.Name(), info.Mode(), err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
	if err := db.Tx(t.Context(), func(*sqlstore.Tx) error { return nil }); cairn.CodeOf(err) != "store.closed" {
		t.Errorf("after closing: %v", err)
	}
	open(t, dir)
}

// TestEachRequestStandsAlone: requests that share a commit fail alone.
func TestEachRequestStandsAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	furnish(t, dir)
	before := check(t, dir).Counts["events"]
	db := open(t, dir)
	refused := errors.New("refused")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	var wg sync.WaitGroup
	var kept atomic.Int64
	for i := range 200 {
		wg.Go(func() {
			ctx := t.Context()
			if i%5 == 3 {
				ctx = cancelled
			}
			err := db.Tx(ctx, func(tx *sqlstore.Tx) error {
				if err := tx.AppendEvent(ctx, event(i)); err != nil {
					return err
				}
				switch i % 5 {
				case 1:
					return refused
				case 2:
					panic("a fault")
				}
				return nil
			})
			var want bool
			switch i % 5 {
			case 1:
				want = errors.Is(err, refused)
			case 2:
				want = cairn.CodeOf(err) == "store.panic"
			case 3:
				want = errors.Is(err, context.Canceled)
			default:
				want = err == nil
				kept.Add(1)
			}
			if !want {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	wg.Wait()
	db.Close()
	if r := check(t, dir); r.Counts["events"]-before != int(kept.Load()) {
		t.Errorf("%d events of %d", r.Counts["events"], kept.Load())
	}
}

func TestReadersDoNotWriteNorWait(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "data"))
	ctx := t.Context()
	err := db.View(ctx, func(tx *sqlstore.Tx) error { return tx.AppendEvent(ctx, event(1)) })
	if err == nil {
		t.Error("a reader wrote")
	}
	inside, read := make(chan struct{}), make(chan struct{})
	go db.Tx(ctx, func(tx *sqlstore.Tx) error {
		close(inside)
		<-read
		return nil
	})
	<-inside
	if err := db.View(ctx, func(tx *sqlstore.Tx) error { _, err := tx.Institutions(ctx); return err }); err != nil {
		t.Error(err)
	}
	close(read)
}

func TestQueueIsBounded(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "data"))
	hold, started := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		db.Tx(t.Context(), func(*sqlstore.Tx) error { close(started); <-hold; return nil })
	})
	<-started
	var busy, done atomic.Int64
	for range 3000 {
		wg.Go(func() {
			switch err := db.Tx(t.Context(), func(*sqlstore.Tx) error { return nil }); {
			case err == nil:
				done.Add(1)
			case cairn.CodeOf(err) == "store.busy" && cairn.KindOf(err) == cairn.Unavailable:
				busy.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	for busy.Load() < 3000-1024 { // the rest waits in the queue
		time.Sleep(time.Millisecond)
	}
	close(hold)
	wg.Wait()
	if done.Load() != 1024 {
		t.Errorf("%d were done", done.Load())
	}
}

// TestRestoredCopy is decision D3: a copy that was put back must not continue its
// counters.
func TestRestoredCopy(t *testing.T) {
	parent := t.TempDir()
	dir, backup := filepath.Join(parent, "data"), filepath.Join(parent, "backup")
	ctx := t.Context()
	furnish(t, dir)
	copyFolder(t, backup, dir)
	s, db, err := service(ctx, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	learners, err := s.Learners(ctx, college, "", "", 1)
	if err != nil {
		t.Fatal(err)
	}
	lost, err := s.Award(ctx, award(learners[0].Learner, "after the backup"))
	if err != nil {
		t.Fatal(err)
	}
	// The server lives on in a new epoch; then last month's database comes back.
	if err := db.Adopt(ctx, rand.Reader, start); err != nil {
		t.Fatal(err)
	}
	db.Close()
	check(t, dir)
	for _, name := range []string{"cairn.db", "cairn.db-wal", "cairn.db-shm"} {
		os.Remove(filepath.Join(dir, name))
	}
	b, err := os.ReadFile(filepath.Join(backup, "cairn.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "cairn.db"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	if r := check(t, dir); len(r.Notes) != 1 {
		t.Errorf("the check says nothing of the restore: %+v", r)
	}
	s, db, err = service(ctx, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := s.Award(ctx, award(learners[0].Learner, "new")); cairn.CodeOf(err) != "store.restored" {
		t.Fatalf("a restored copy issued: %v", err)
	}
	if list, err := s.CredentialsOf(ctx, college, learners[0].ID); err != nil || len(list) != 3 {
		t.Errorf("it can't be read: %d, %v", len(list), err)
	}
	if err := db.Adopt(ctx, rand.Reader, start); err != nil {
		t.Fatal(err)
	}
	got, err := s.Award(ctx, award(learners[0].Learner, "new"))
	if err != nil {
		t.Fatal(err)
	}
	if listOf(t, got) == listOf(t, lost) {
		t.Error("the list of the lost credentials is continued")
	}
	db.Close()
	if r := check(t, dir); len(r.Notes) != 0 {
		t.Errorf("%+v", r)
	}
}

// TestNoSecretOnDisk is C15: whatever file there is, it has no signing key in it.
func TestNoSecretOnDisk(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "data")
	lock, err := keys.NewLock(dir+".key", "", 0)
	if err != nil {
		t.Fatal(err)
	}
	db := open(t, dir)
	seen := &tee{}
	ring := keys.NewKeyring(lock)
	ctx := t.Context()
	err = db.Tx(ctx, func(tx *sqlstore.Tx) error {
		if err := tx.InsertInstitution(ctx, cairn.Institution{ID: college, Name: cairn.Text{"en": "x"}, DID: "did:example:x"}); err != nil {
			return err
		}
		_, err := ring.Create(ctx, tx, college, seen, start, func(ed25519.PublicKey) cairn.KeyID { return "did:example:x#1" })
		return err
	})
	if err != nil || len(seen.secret) != ed25519.SeedSize {
		t.Fatalf("%d bytes, %v", len(seen.secret), err)
	}
	files := 0
	look := func() {
		t.Helper()
		err := filepath.WalkDir(parent, func(path string, e os.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, form := range []string{string(seen.secret), fmt.Sprintf("%x", seen.secret), string(ed25519.NewKeyFromSeed(seen.secret))} {
				if contains(b, form) {
					t.Errorf("the signing key is in %s", path)
				}
			}
			files++
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	look() // with a write-ahead log
	if files < 5 {
		t.Errorf("only %d files", files)
	}
	db.Close()
	look()
}

// BenchmarkIssue measures the whole write path with many at once.
func BenchmarkIssue(b *testing.B) {
	s, db, err := service(b.Context(), filepath.Join(b.TempDir(), "data"), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	l, err := found(b.Context(), s)
	if err != nil {
		b.Fatal(err)
	}
	var n atomic.Int64
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := s.Award(b.Context(), award(l, fmt.Sprint(n.Add(1)))); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "issues/s")
}

// BenchmarkCommit measures durable writes, one after the other and together.
func BenchmarkCommit(b *testing.B) {
	for _, together := range []int{1, 64} {
		b.Run(fmt.Sprintf("together=%d", together), func(b *testing.B) {
			db := open(b, filepath.Join(b.TempDir(), "data"))
			work := make(chan int)
			var wg sync.WaitGroup
			for range together {
				wg.Go(func() {
					for i := range work {
						if err := db.Tx(b.Context(), func(tx *sqlstore.Tx) error { return tx.AppendEvent(b.Context(), event(i)) }); err != nil {
							b.Error(err)
						}
					}
				})
			}
			b.ResetTimer()
			for i := range b.N {
				work <- i
			}
			close(work)
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
		})
	}
}
