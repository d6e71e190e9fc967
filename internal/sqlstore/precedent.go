package sqlstore

import (
	"context"
	"time"

	"cairn.example"
	"cairn.example/internal/recognise"
)

// PutPrecedent implements recognise.PrecedentTx.
func (t *Tx) PutPrecedent(ctx context.Context, r recognise.PrecedentRow) error {
	body, err := jsonText(r.Precedent)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO precedent (institution, id, application, item, programme, withdrawn, words, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (institution, application, item) DO UPDATE SET withdrawn = excluded.withdrawn, words = excluded.words, body = excluded.body, id = excluded.id`,
		r.Institution, r.ID, r.Application, r.Item, r.Programme, timeText(r.Withdrawn), r.Words, body)
	return err
}

const precedentColumns = `SELECT institution, application, item, withdrawn, words, body FROM precedent`

func scanPrecedent(s scanner) (r recognise.PrecedentRow, err error) {
	err = s.Scan(&r.Institution, &r.Application, &r.Item, timeColumn{&r.Withdrawn}, &r.Words, jsonColumn{&r.Precedent})
	return r, err
}

// PrecedentsOf implements recognise.PrecedentTx.
func (t *Tx) PrecedentsOf(ctx context.Context, inst cairn.InstitutionID, id cairn.ApplicationID) ([]recognise.PrecedentRow, error) {
	return list(ctx, t, scanPrecedent, precedentColumns+` WHERE institution = ? AND application = ? ORDER BY number`, inst, id)
}

// Precedents implements recognise.PrecedentTx.
func (t *Tx) Precedents(ctx context.Context, inst cairn.InstitutionID, f recognise.PrecedentFilter) ([]recognise.PrecedentRow, error) {
	before := int64(1) << 62
	if f.After != "" {
		var err error
		before, err = get(ctx, t, notFound("precedent", f.After), func(s scanner) (n int64, err error) { err = s.Scan(&n); return n, err },
			`SELECT number FROM precedent WHERE institution = ? AND id = ?`, inst, f.After)
		if err != nil {
			return nil, err
		}
	}
	return list(ctx, t, scanPrecedent, precedentColumns+` WHERE institution = ? AND withdrawn = '' AND number < ? AND (programme = ? OR ? = '') AND words LIKE ? ESCAPE '\' ORDER BY number DESC LIMIT ?`,
		inst, before, f.Programme, f.Programme, like(f.Search), f.Limit)
}

// DecidedLearners implements recognise.PrecedentTx.
func (t *Tx) DecidedLearners(ctx context.Context, inst cairn.InstitutionID, id cairn.ProgrammeID, from, to time.Time) (n int, err error) {
	err = t.tx.QueryRowContext(ctx, `SELECT count(DISTINCT learner) FROM application WHERE institution = ? AND programme = ? AND state = 'delivered' AND updated >= ? AND updated < ?`,
		inst, id, timeText(from), timeText(to)).Scan(&n)
	return n, err
}
