// Package sqlstore keeps everything in one SQLite database: write-ahead log,
// synchronous=FULL, one writer that commits several requests at once, and read
// snapshots beside it. It has no rules of its own: each use case declares the
// few methods it needs as its own Tx interface, and this package satisfies them,
// one file for each use case.
//
// Open, DB.Tx (write) and DB.View (read) are what the composition root needs.
// What somebody who controls the files could do is in docs/TRUST.md.
package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver named "sqlite"

	"cairn.example"
	"cairn.example/internal/durable"
	"cairn.example/internal/issue"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Names inside a data folder.
const (
	databaseFile = "cairn.db"
	epochFile    = "epoch"
	lockFile     = "lock"
)

// Limits of the writer.
const (
	maxQueue = 1024 // requests waiting; one more is refused, to be tried again
	maxGroup = 128  // requests in one commit
	readers  = 4    // connections for reading
)

// DB is an open data folder. It is safe for concurrent use.
type DB struct {
	dir    string
	lock   *os.File
	write  *sql.DB
	read   *sql.DB
	queue  chan request
	done   chan struct{}
	closed chan struct{}
	// Restored is set when the epoch in the database is not the one beside it:
	// the database, or the folder, was put back from a copy. Issuing would then
	// hand out status indexes twice, so Tx refuses until Adopt.
	Restored bool
}

type request struct {
	ctx   context.Context
	f     func(*Tx) error
	reply chan error
}

// Open opens or creates the data folder. Only one process may have it open. rand
// is used to name a new epoch.
func Open(ctx context.Context, dir string, rand io.Reader) (*DB, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, &cairn.Error{Kind: cairn.Internal, Code: "store.folder", Object: dir, Message: "the data folder can't be made", Err: err}
	}
	lock, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.Internal, Code: "store.folder", Object: dir, Message: "the data folder can't be written", Err: err}
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return nil, &cairn.Error{Kind: cairn.Conflict, Code: "store.in-use", Object: dir, Message: "another process has the data folder open",
			Hint: "stop the other cairn first, or use its web address"}
	}
	db := &DB{dir: dir, lock: lock, queue: make(chan request, maxQueue), done: make(chan struct{}), closed: make(chan struct{})}
	if err := db.open(ctx, rand); err != nil {
		db.closeFiles()
		return nil, err
	}
	go db.writer()
	return db, nil
}

func dsn(path, extra string) string {
	return "file:" + path + "?_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" + extra
}

func (db *DB) open(ctx context.Context, rand io.Reader) error {
	path := filepath.Join(db.dir, databaseFile)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // made by us, so that its mode is ours
	if err != nil {
		return &cairn.Error{Kind: cairn.Internal, Code: "store.folder", Object: path, Message: "the database can't be opened", Err: err}
	}
	f.Close()
	if db.write, err = sql.Open("sqlite", dsn(path, "")); err != nil {
		return err
	}
	db.write.SetMaxOpenConns(1)
	if db.read, err = sql.Open("sqlite", dsn(path, "&_pragma=query_only(1)")); err != nil {
		return err
	}
	db.read.SetMaxOpenConns(readers)
	folder, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db.write, folder)
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return &cairn.Error{Kind: cairn.Internal, Code: "store.migration", Object: path, Message: "the database can't be brought to this version",
			Hint: "if it was written by a newer cairn, use that one", Err: err}
	}
	return db.checkEpoch(ctx, rand)
}

// checkEpoch compares the epoch in the database with the file beside it.
func (db *DB) checkEpoch(ctx context.Context, rand io.Reader) error {
	var inside string
	err := db.write.QueryRowContext(ctx, `SELECT value FROM setting WHERE name = 'epoch'`).Scan(&inside)
	if errors.Is(err, sql.ErrNoRows) {
		return db.newEpoch(ctx, rand)
	}
	if err != nil {
		return err
	}
	beside, err := os.ReadFile(filepath.Join(db.dir, epochFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	db.Restored = strings.TrimSpace(string(beside)) != inside
	return nil
}

func (db *DB) newEpoch(ctx context.Context, rand io.Reader) error {
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	return db.epochIn(ctx, tx, rand)
}

// epochIn names a new epoch and commits tx.
func (db *DB) epochIn(ctx context.Context, tx *sql.Tx, rand io.Reader) error {
	b := make([]byte, 16)
	if _, err := io.ReadFull(rand, b); err != nil {
		return &cairn.Error{Kind: cairn.Internal, Code: "store.random", Message: "no randomness could be had", Err: err}
	}
	epoch := hex.EncodeToString(b)
	if _, err := tx.ExecContext(ctx, `INSERT INTO setting (name, value) VALUES ('epoch', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, epoch); err != nil {
		return err
	}
	// The file first: a crash in between leaves two different epochs, which is
	// noticed, and never two equal ones that should differ.
	if err := durable.Replace(durable.OS{}, filepath.Join(db.dir, epochFile), 0o600, []byte(epoch+"\n")); err != nil {
		return err
	}
	return tx.Commit()
}

// Adopt opens a new epoch after a restore: lists that were in use before are
// never continued, so no status index is given twice. It is for a program that
// does nothing else with the folder.
func (db *DB) Adopt(ctx context.Context, rand io.Reader, now time.Time) error {
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	all, err := (&Tx{tx}).Institutions(ctx)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE status_list SET closed = 1`); err != nil {
		return err
	}
	for _, i := range all {
		if err := (&Tx{tx}).AppendEvent(ctx, issue.Event{Institution: i.ID, At: now, Kind: "store.adopted", Object: string(i.ID), Actor: "operator"}); err != nil {
			return err
		}
	}
	if err := db.epochIn(ctx, tx, rand); err != nil {
		return err
	}
	db.Restored = false
	return nil
}

// Close waits for the writer to finish what it has begun and closes the folder.
func (db *DB) Close() error {
	select {
	case <-db.closed:
		return nil
	default:
	}
	close(db.closed)
	<-db.done
	return db.closeFiles()
}

func (db *DB) closeFiles() error {
	var errs []error
	for _, d := range []*sql.DB{db.read, db.write} {
		if d != nil {
			errs = append(errs, d.Close())
		}
	}
	errs = append(errs, db.lock.Close())
	return errors.Join(errs...)
}

// Tx is one transaction. Its methods are in the files named after the use cases;
// it must not be kept after the function that received it has returned.
type Tx struct{ tx *sql.Tx }

// Tx runs f in a write transaction and returns when it is on disk. Several calls
// may share one commit; each is undone alone when its f fails. f must not call
// Tx or View.
func (db *DB) Tx(ctx context.Context, f func(*Tx) error) error {
	if db.Restored {
		return &cairn.Error{Kind: cairn.Conflict, Code: "store.restored", Object: db.dir,
			Message: "this data folder was restored from a copy; continuing its counters could give one status index to two credentials",
			Hint:    "run cairn check, then cairn adopt"}
	}
	r := request{ctx: ctx, f: f, reply: make(chan error, 1)}
	select {
	case <-db.closed:
		return errClosed
	case <-db.done:
		return errClosed
	case db.queue <- r:
	default:
		return &cairn.Error{Kind: cairn.Unavailable, Code: "store.busy", Message: "too many changes are waiting to be written", Hint: "try again in a moment"}
	}
	select {
	case err := <-r.reply:
		return err
	case <-db.done:
		select { // the writer may have answered just before it ended
		case err := <-r.reply:
			return err
		default:
			return errClosed
		}
	}
}

var errClosed = &cairn.Error{Kind: cairn.Unavailable, Code: "store.closed", Message: "the store is closed", Hint: "start cairn again"}

// View runs f on a snapshot. f can't write.
func (db *DB) View(ctx context.Context, f func(*Tx) error) error {
	tx, err := db.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	return f(&Tx{tx})
}

// writer is the only goroutine that writes.
func (db *DB) writer() {
	defer close(db.done)
	for {
		var first request
		select {
		case first = <-db.queue:
		case <-db.closed:
			return
		}
		group := []request{first}
	more:
		for len(group) < maxGroup {
			select {
			case r := <-db.queue:
				group = append(group, r)
			default:
				break more
			}
		}
		if !db.commit(group) {
			return
		}
	}
}

// commit runs a group in one transaction. It reports false when the disk can't
// be relied on any more: after a failed commit nobody knows what is on it, so the
// store stops instead of trying again (SECURITY 2, Sunlight).
func (db *DB) commit(group []request) bool {
	ctx := context.Background() // one caller's cancelled context must not undo the others
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		for _, r := range group {
			r.reply <- &cairn.Error{Kind: cairn.Unavailable, Code: "store.begin", Message: "the database can't be written now", Hint: "check the disk, then try again", Err: err}
		}
		return true
	}
	results := make([]error, len(group))
	for i, r := range group {
		results[i] = savepoint(ctx, tx, r)
	}
	if err := tx.Commit(); err != nil {
		for i, r := range group {
			if results[i] == nil {
				results[i] = &cairn.Error{Kind: cairn.Unavailable, Code: "store.commit", Message: "the change could not be written safely; the store has stopped",
					Hint: "check the disk, start cairn again, and repeat the request: it is done at most once", Err: err}
			}
			r.reply <- results[i]
		}
		return false
	}
	for i, r := range group {
		r.reply <- results[i]
	}
	return true
}

func savepoint(ctx context.Context, tx *sql.Tx, r request) (err error) {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `SAVEPOINT one`); err != nil {
		return err
	}
	func() {
		defer func() {
			if p := recover(); p != nil {
				err = &cairn.Error{Kind: cairn.Internal, Code: "store.panic", Message: fmt.Sprintf("a fault in the program: %v\n%s", p, debug.Stack())}
			}
		}()
		err = r.f(&Tx{tx})
	}()
	if err != nil {
		if _, err2 := tx.ExecContext(ctx, `ROLLBACK TO one`); err2 != nil {
			return errors.Join(err, err2)
		}
	}
	if _, err2 := tx.ExecContext(ctx, `RELEASE one`); err2 != nil {
		return errors.Join(err, err2)
	}
	return err
}
