package sqlstore

import (
	"context"
	"time"

	"cairn.example"
	"cairn.example/internal/recognise"
)

// InsertRules implements recognise.Tx.
func (t *Tx) InsertRules(ctx context.Context, r recognise.RuleDocument) error {
	_, err := t.exec(ctx, `INSERT INTO rule_document (institution, kind, id, version, digest, document, added, added_by, approved, approved_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.Institution, r.Kind, r.ID, r.Version, r.Digest, r.Document, timeText(r.Added), r.AddedBy, timeText(r.Approved), r.ApprovedBy)
	return err
}

const ruleColumns = `SELECT institution, kind, id, version, digest, document, added, added_by, approved, approved_by FROM rule_document`

func scanRules(s scanner) (r recognise.RuleDocument, err error) {
	err = s.Scan(&r.Institution, &r.Kind, &r.ID, &r.Version, &r.Digest, &r.Document, timeColumn{&r.Added}, &r.AddedBy, timeColumn{&r.Approved}, &r.ApprovedBy)
	return r, err
}

// RuleDocument implements recognise.Tx.
func (t *Tx) RuleDocument(ctx context.Context, inst cairn.InstitutionID, digest string) (recognise.RuleDocument, error) {
	return get(ctx, t, notFound("rules", digest), scanRules, ruleColumns+` WHERE institution = ? AND digest = ?`, inst, digest)
}

// RuleDocuments implements recognise.Tx.
func (t *Tx) RuleDocuments(ctx context.Context, inst cairn.InstitutionID) ([]recognise.RuleDocument, error) {
	return list(ctx, t, scanRules, ruleColumns+` WHERE institution = ? ORDER BY kind, id, added, digest`, inst)
}

// ApproveRules implements recognise.Tx.
func (t *Tx) ApproveRules(ctx context.Context, inst cairn.InstitutionID, digest string, by cairn.StaffID, at time.Time) error {
	return t.one(ctx, notFound("rules", digest), `UPDATE rule_document SET approved = ?, approved_by = ? WHERE institution = ? AND digest = ? AND approved = '' AND added_by <> ?`, timeText(at), by, inst, digest, by)
}

// InsertRuleSignature implements recognise.Tx.
func (t *Tx) InsertRuleSignature(ctx context.Context, g recognise.RuleSignature) error {
	_, err := t.exec(ctx, `INSERT INTO rule_signature (institution, digest, party, token, added) VALUES (?, ?, ?, ?, ?)`, g.Institution, g.Digest, g.Party, g.Token, timeText(g.Added))
	return err
}

// RuleSignatures implements recognise.Tx.
func (t *Tx) RuleSignatures(ctx context.Context, inst cairn.InstitutionID, digest string) ([]recognise.RuleSignature, error) {
	return list(ctx, t, func(s scanner) (g recognise.RuleSignature, err error) {
		err = s.Scan(&g.Institution, &g.Digest, &g.Party, &g.Token, timeColumn{&g.Added})
		return g, err
	}, `SELECT institution, digest, party, token, added FROM rule_signature WHERE institution = ? AND digest = ? ORDER BY party`, inst, digest)
}
