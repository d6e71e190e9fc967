package issue

import (
	"context"

	"cairn.example/internal/keys"
)

// deferKey keeps a new key until its institution is stored.
type deferKey struct {
	Tx
	record keys.Record
}

func (d *deferKey) InsertKey(_ context.Context, r keys.Record) error {
	d.record = r
	return nil
}
