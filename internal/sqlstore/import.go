package sqlstore

import (
	"context"

	"cairn.example"
	"cairn.example/internal/issue"
)

// SaveImportJob implements issue.ImportTx.
func (t *Tx) SaveImportJob(ctx context.Context, j issue.ImportJob) error {
	_, err := t.exec(ctx, `INSERT INTO import_job (institution, digest, total, done, failed, updated) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (institution, digest) DO UPDATE SET total = excluded.total, done = excluded.done, failed = excluded.failed, updated = excluded.updated`,
		j.Institution, j.Digest, j.Total, j.Done, j.Failed, timeText(j.Updated))
	return err
}

// ImportJob implements issue.ImportTx.
func (t *Tx) ImportJob(ctx context.Context, inst cairn.InstitutionID, digest string) (issue.ImportJob, error) {
	return get(ctx, t, notFound("import", digest), func(s scanner) (j issue.ImportJob, err error) {
		err = s.Scan(&j.Institution, &j.Digest, &j.Total, &j.Done, &j.Failed, timeColumn{&j.Updated})
		return j, err
	}, `SELECT institution, digest, total, done, failed, updated FROM import_job WHERE institution = ? AND digest = ?`, inst, digest)
}
