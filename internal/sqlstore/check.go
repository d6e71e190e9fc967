package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"cairn.example"
	"cairn.example/programme"
)

// maxViolations bounds the list of a report; the rest is counted.
const maxViolations = 1000

// Violation is one thing in a data folder that must never be.
type Violation struct {
	// Invariant is what was broken, by its number in the comment of Check, or
	// "store" when the database file itself is damaged.
	Invariant string `json:"invariant"`
	Object    string `json:"object,omitempty"`
	Message   string `json:"message"`
}

func (v Violation) String() string {
	if v.Object == "" {
		return v.Invariant + ": " + v.Message
	}
	return v.Invariant + ": " + v.Object + ": " + v.Message
}

// CheckReport is what Check found.
type CheckReport struct {
	Violations []Violation    `json:"violations"`
	Unlisted   int            `json:"unlisted,omitempty"` // violations beyond the first 1,000
	Counts     map[string]int `json:"counts"`             // what was looked at
	// Notes tell what is right but worth knowing, such as that the folder is a
	// restored copy.
	Notes []string `json:"notes,omitempty"`
}

// Check proves the invariants of a data folder, or of any copy of one, without
// changing it:
//
//	C1   what was delivered is recorded, with its hash, and its signature verifies
//	C2   one request has one credential
//	C3   what was issued was recorded before, with the same content, key and index
//	C4   what was prepared is completed unchanged or given up for good
//	C5   no status index was given twice
//	C6   published status lists say what is recorded; nothing revoked came back
//	C7   the record of events is one unbroken chain
//	C9   a claim code works as often as recorded, and only the newest one works
//	C10  a credential is spent once, and what an award counted was spent on it
//	C12  every row belongs to an institution and refers to rows of the same one
//	C13  what a run over all learners found is whole, and is told once
//	C15  signing keys are sealed, and a key id has one public key for ever
//	C16  no half-written file has its final name
//	C17  rule documents are what their digests say, and somebody stands behind those that are used
//
// The folder of a running server can be checked too. A copy is taken first of a
// folder that is not in use, since reading a write-ahead log would change it. It
// needs about 300 bytes of memory for each credential.
func Check(ctx context.Context, dir string) (CheckReport, error) {
	c := &checker{dir: dir, report: CheckReport{Counts: map[string]int{}}, programmes: map[string]*programme.Programme{}}
	path, extra, done, err := snapshot(dir)
	if err != nil {
		return c.report, err
	}
	defer done()
	if err := c.secrets(path); err != nil {
		return c.report, err
	}
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)"+extra)
	if err != nil {
		return c.report, err
	}
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return c.report, notReadable(dir, err)
	}
	defer tx.Rollback()
	c.tx = &Tx{tx}
	if err := c.store(ctx); err != nil {
		return c.report, notReadable(dir, err)
	}
	if len(c.report.Violations) > 0 {
		return c.report, nil // what a damaged file says about the rest means little
	}
	for _, check := range []func(context.Context) error{c.epoch, c.chain, c.keys, c.credentials, c.requests, c.lists, c.claims, c.counts, c.tenants, c.exchange, c.standings, c.rules} {
		if err := check(ctx); err != nil {
			return c.report, err
		}
	}
	return c.report, nil
}

func notReadable(dir string, err error) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: "check.unreadable", Object: dir, Message: "the database can't be read", Hint: "if the disk is well, restore the last backup", Err: err}
}

// snapshot returns the path of a database that can be read without changing the
// folder, and what to add to its address.
func snapshot(dir string) (path, extra string, done func(), err error) {
	path = filepath.Join(dir, databaseFile)
	if _, err := os.Stat(path); err != nil {
		return "", "", nil, &cairn.Error{Kind: cairn.NotFound, Code: "check.folder", Object: dir, Message: "this is not a data folder", Err: err}
	}
	if lock, err := os.Open(filepath.Join(dir, lockFile)); err == nil {
		defer lock.Close()
		if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
			return path, "&mode=ro&_pragma=query_only(1)", func() {}, nil // a server has it open
		}
	}
	tmp, err := os.MkdirTemp("", "cairn-check-")
	if err != nil {
		return "", "", nil, err
	}
	done = func() { os.RemoveAll(tmp) }
	for _, suffix := range []string{"", "-wal"} {
		err := copyFile(filepath.Join(tmp, databaseFile+suffix), path+suffix)
		if err != nil && !(suffix != "" && errors.Is(err, fs.ErrNotExist)) {
			done()
			return "", "", nil, err
		}
	}
	return filepath.Join(tmp, databaseFile), "", done, nil
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// checker collects what is wrong.
type checker struct {
	dir      string
	tx       *Tx
	report   CheckReport
	history  map[string]*history
	happened map[string]int // events by kind
	public   map[string]publicKey

	programmes map[string]*programme.Programme // editions that were read, by digest
}

func (c *checker) wrong(invariant, object, format string, args ...any) {
	if len(c.report.Violations) == maxViolations {
		c.report.Unlisted++
		return
	}
	c.report.Violations = append(c.report.Violations, Violation{invariant, object, fmt.Sprintf(format, args...)})
}

// find reports a violation for each row of a query; its one column names the row.
func (c *checker) find(ctx context.Context, invariant, message, query string, args ...any) error {
	rows, err := list(ctx, c.tx, func(s scanner) (object string, err error) { err = s.Scan(&object); return object, err }, query, args...)
	for _, object := range rows {
		c.wrong(invariant, object, "%s", message)
	}
	return err
}

func (c *checker) number(ctx context.Context, query string, args ...any) (n int, err error) {
	err = c.tx.tx.QueryRowContext(ctx, query, args...).Scan(&n)
	return n, err
}

// store lets SQLite look at its own file.
func (c *checker) store(ctx context.Context) error {
	scan := func(s scanner) (text string, err error) { err = s.Scan(&text); return text, err }
	lines, err := list(ctx, c.tx, scan, `PRAGMA integrity_check(100)`)
	if err != nil {
		return err
	}
	for _, l := range lines {
		if l != "ok" {
			c.wrong("store", databaseFile, "%s", l)
		}
	}
	return nil
}

// epoch compares the database with the file beside it (C16, restored copies).
func (c *checker) epoch(ctx context.Context) error {
	inside, err := get(ctx, c.tx, nil, func(s scanner) (v string, err error) { err = s.Scan(&v); return v, err }, `SELECT value FROM setting WHERE name = 'epoch'`)
	if err != nil {
		return err
	}
	beside, err := os.ReadFile(filepath.Join(c.dir, epochFile))
	switch text := strings.TrimSuffix(string(beside), "\n"); {
	case errors.Is(err, fs.ErrNotExist):
		c.report.Notes = append(c.report.Notes, "there is no epoch file: this is a copy, and cairn adopt is needed before it can issue")
	case err != nil:
		return err
	case !isEpoch(text):
		c.wrong("C16", epochFile, "the file is not whole")
	case text != inside:
		c.report.Notes = append(c.report.Notes, "the epoch in the database is not the one beside it: this folder was restored, and cairn adopt is needed before it can issue")
	}
	return nil
}

func isEpoch(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == 16
}

// secrets looks for an unlock key in the bytes of the database (C15).
func (c *checker) secrets(path string) error {
	for _, suffix := range []string{"", "-wal"} {
		found, err := fileHas(path+suffix, "AGE-SECRET-KEY-1")
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if found {
			c.wrong("C15", databaseFile+suffix, "the key that unseals the signing keys is in the database")
		}
	}
	return nil
}

func fileHas(path, text string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	buf := make([]byte, 1<<20)
	kept := 0
	for {
		n, err := io.ReadFull(f, buf[kept:])
		if bytes.Contains(buf[:kept+n], []byte(text)) {
			return true, nil
		}
		if err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				err = nil
			}
			return false, err
		}
		kept = copy(buf, buf[len(buf)-len(text)+1:])
	}
}
