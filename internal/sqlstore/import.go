package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"cairn.example"
	"cairn.example/internal/issue"
)

// SaveImportJob stores or replaces the progress of one imported file.
func (t *Tx) SaveImportJob(ctx context.Context, j issue.ImportJob) error {
	_, err := t.tx.ExecContext(ctx, `INSERT INTO import_job (institution, digest, total, done, failed, updated) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (institution, digest) DO UPDATE SET total = excluded.total, done = excluded.done, failed = excluded.failed, updated = excluded.updated`,
		j.Institution, j.Digest, j.Total, j.Done, j.Failed, j.Updated.UTC().Format(time.RFC3339))
	return err
}

// ImportJob returns the progress of one imported file.
func (t *Tx) ImportJob(ctx context.Context, inst cairn.InstitutionID, digest string) (issue.ImportJob, error) {
	j := issue.ImportJob{Institution: inst, Digest: digest}
	var updated string
	err := t.tx.QueryRowContext(ctx, `SELECT total, done, failed, updated FROM import_job WHERE institution = ? AND digest = ?`, inst, digest).
		Scan(&j.Total, &j.Done, &j.Failed, &updated)
	if errors.Is(err, sql.ErrNoRows) {
		return j, &cairn.Error{Kind: cairn.NotFound, Code: "import.unknown", Object: digest, Message: "this file was never imported"}
	}
	if err != nil {
		return j, err
	}
	j.Updated, err = time.Parse(time.RFC3339, updated)
	return j, err
}
