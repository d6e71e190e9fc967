package sqlstore

import (
	"bytes"
	"context"

	"cairn.example"
	"cairn.example/internal/trust"
)

// PutTrustList implements trust.Tx.
func (t *Tx) PutTrustList(ctx context.Context, s trust.Stored) error {
	older := &cairn.Error{Kind: cairn.Conflict, Code: "trust.not-newer", Object: s.ID, Message: "a version that is at least as new is followed already"}
	if known, err := t.TrustList(ctx, s.ID); err == nil && bytes.Equal(known.Document, s.Document) {
		return nil
	}
	return t.one(ctx, older, `INSERT INTO trust_list (id, operator, version, document) VALUES (?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET version = excluded.version, document = excluded.document WHERE trust_list.operator = excluded.operator AND trust_list.version < excluded.version`,
		s.ID, s.Operator, s.Version, s.Document)
}

const trustListColumns = `SELECT id, operator, version, document FROM trust_list`

func scanTrustList(s scanner) (l trust.Stored, err error) {
	err = s.Scan(&l.ID, &l.Operator, &l.Version, &l.Document)
	return l, err
}

// TrustList implements trust.Tx.
func (t *Tx) TrustList(ctx context.Context, id string) (trust.Stored, error) {
	return get(ctx, t, notFound("trust-list", id), scanTrustList, trustListColumns+` WHERE id = ?`, id)
}

// TrustLists implements trust.Tx.
func (t *Tx) TrustLists(ctx context.Context) ([]trust.Stored, error) {
	return list(ctx, t, scanTrustList, trustListColumns+` ORDER BY seq`)
}
