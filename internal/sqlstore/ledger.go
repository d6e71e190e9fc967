package sqlstore

import (
	"context"

	"cairn.example"
	"cairn.example/internal/recognise"
)

// LedgerRows implements recognise.Tx. The rows of a page are chosen before any
// application is opened.
func (t *Tx) LedgerRows(ctx context.Context, inst cairn.InstitutionID, f recognise.LedgerFilter, after recognise.LedgerMark) ([]recognise.LedgerRow, error) {
	mark := timeText(after.At)
	return list(ctx, t, func(s scanner) (r recognise.LedgerRow, err error) {
		err = s.Scan(&r.Institution, &r.Issuer, &r.Credential, &r.Learner, &r.CreditUse.Programme, &r.Application, timeColumn{&r.At}, &r.LearnerName,
			&r.ProgrammeDigest, jsonColumn{&r.Evaluation}, jsonColumn{&r.Decision}, &r.DecisionCredential)
		return r, err
	}, `SELECT u.institution, u.issuer, u.credential, u.learner, u.programme, u.application, u.at, u.full_name, a.digest,
			json_extract(a.body, '$.Evaluation'), json_extract(a.body, '$.Decision'), json_extract(a.body, '$.DecisionCredential')
		FROM (SELECT c.*, l.full_name FROM credit_use c JOIN learner l ON l.institution = c.institution AND l.id = c.learner
			WHERE c.institution = ?1 AND (?2 = '' OR c.learner = ?2) AND (?3 = '' OR c.programme = ?3)
			AND (?4 = '' OR c.credential LIKE ?5 ESCAPE '\' OR l.full_name LIKE ?5 ESCAPE '\' OR l.other_names LIKE ?5 ESCAPE '\' OR l.number LIKE ?5 ESCAPE '\' OR c.programme LIKE ?5 ESCAPE '\')
			AND (?6 = '' OR (c.at, c.issuer, c.credential) < (?6, ?7, ?8))
			ORDER BY c.at DESC, c.issuer DESC, c.credential DESC LIMIT ?9) u
		JOIN application a ON a.institution = u.institution AND a.id = u.application
		ORDER BY u.at DESC, u.issuer DESC, u.credential DESC`,
		inst, f.Learner, f.Programme, f.Search, like(f.Search), mark, after.Issuer, after.Credential, f.Limit)
}
