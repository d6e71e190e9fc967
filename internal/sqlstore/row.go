package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"cairn.example"
)

// Times are stored in UTC with a fixed width, so that their order is that of
// their text; "" is the zero time.
const timeLayout = "2006-01-02T15:04:05.000000Z"

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timeLayout)
}

func parseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return time.Parse(timeLayout, s)
}

// exec runs a statement; a broken unique constraint becomes a Conflict.
func (t *Tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	r, err := t.tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, translate(err)
	}
	return r.RowsAffected()
}

// one runs a statement that must change exactly one row, and returns otherwise
// an error made from what it failed to do.
func (t *Tx) one(ctx context.Context, otherwise error, query string, args ...any) error {
	n, err := t.exec(ctx, query, args...)
	if err != nil {
		return err
	}
	if n != 1 {
		return otherwise
	}
	return nil
}

func translate(err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) {
		switch e.Code() {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
			return &cairn.Error{Kind: cairn.Conflict, Code: "store.exists", Message: "this is recorded already", Err: err}
		case sqlite3.SQLITE_FULL:
			return &cairn.Error{Kind: cairn.Unavailable, Code: "store.full", Message: "the disk is full", Hint: "free some space and try again", Err: err}
		}
	}
	return err
}

func notFound(what string, id any) error {
	return &cairn.Error{Kind: cairn.NotFound, Code: what + ".not-found", Object: fmt.Sprint(id), Message: "there is no such " + what}
}

// get runs a query for one row.
func get[T any](ctx context.Context, t *Tx, missing error, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	v, err := scan(t.tx.QueryRowContext(ctx, query, args...))
	if errors.Is(err, sql.ErrNoRows) {
		var none T
		return none, missing
	}
	return v, err
}

// list runs a query for any number of rows.
func list[T any](ctx context.Context, t *Tx, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := t.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

type scanner interface{ Scan(dest ...any) error }

// timeColumn scans a stored time.
type timeColumn struct{ to *time.Time }

func (c timeColumn) Scan(v any) error {
	s, ok := v.(string)
	if !ok {
		return fmt.Errorf("a time is stored as %T", v)
	}
	t, err := parseTime(s)
	*c.to = t
	return err
}

// jsonColumn scans a stored JSON text. It was written by this program.
type jsonColumn struct{ to any }

func (c jsonColumn) Scan(v any) error {
	s, ok := v.(string)
	if !ok {
		return fmt.Errorf("JSON is stored as %T", v)
	}
	return json.Unmarshal([]byte(s), c.to)
}

func jsonText(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

// like makes a pattern that finds a text anywhere.
func like(s string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s) + "%"
}
