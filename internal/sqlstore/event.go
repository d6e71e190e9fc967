package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"cairn.example/internal/issue"
	"cairn.example/jcs"
)

// AppendEvent implements issue.Tx. Each event's hash covers the hash before it,
// so that nothing can be taken out or changed without every later one failing.
func (t *Tx) AppendEvent(ctx context.Context, e issue.Event) error {
	var seq int64
	var prev string
	err := t.tx.QueryRowContext(ctx, `SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1`).Scan(&seq, &prev)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	detail, err := jcs.Marshal(e.Detail)
	if err != nil {
		return err
	}
	hash, err := eventHash(seq+1, prev, string(e.Institution), timeText(e.At), e.Kind, e.Object, e.Actor, string(detail))
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO event (seq, institution, at, kind, object, actor, detail, prev, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		seq+1, e.Institution, timeText(e.At), e.Kind, e.Object, e.Actor, string(detail), prev, hash)
	return err
}

// LastPrepared implements issue.Tx.
func (t *Tx) LastPrepared(ctx context.Context) (at time.Time, err error) {
	err = t.tx.QueryRowContext(ctx, `SELECT at FROM event WHERE kind = 'credential.prepared' ORDER BY seq DESC LIMIT 1`).Scan(timeColumn{&at})
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return at, err
}

func eventHash(seq int64, prev, institution, at, kind, object, actor, detail string) (string, error) {
	b, err := jcs.Marshal([]any{"cairn/event/1", seq, prev, institution, at, kind, object, actor, detail})
	if err != nil {
		return "", err
	}
	return jcs.Digest(b), nil
}
