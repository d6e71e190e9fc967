package sqlstore

import (
	"context"
	"database/sql"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// Down takes a database back to an older version of its tables.
func Down(ctx context.Context, db *sql.DB, version int64) error {
	folder, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, folder)
	if err != nil {
		return err
	}
	_, err = provider.DownTo(ctx, version)
	return err
}

// Rechain numbers and hashes all events anew, as somebody could who holds the
// file and knows the format.
func Rechain(db *sql.DB) error {
	type event struct{ institution, at, kind, object, actor, detail string }
	rows, err := db.Query(`SELECT institution, at, kind, object, actor, detail FROM event ORDER BY seq`)
	if err != nil {
		return err
	}
	var all []event
	for rows.Next() {
		var e event
		if err := rows.Scan(&e.institution, &e.at, &e.kind, &e.object, &e.actor, &e.detail); err != nil {
			return err
		}
		all = append(all, e)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if _, err := db.Exec(`DELETE FROM event`); err != nil {
		return err
	}
	prev := ""
	for i, e := range all {
		hash, err := eventHash(int64(i+1), prev, e.institution, e.at, e.kind, e.object, e.actor, e.detail)
		if err != nil {
			return err
		}
		if _, err := db.Exec(`INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, i+1, e.institution, e.at, e.kind, e.object, e.actor, e.detail, prev, hash); err != nil {
			return err
		}
		prev = hash
	}
	return nil
}
