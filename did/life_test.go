package did_test

import (
	"testing"
	"time"

	"cairn.example"
	"cairn.example/did"
)

func TestInLife(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	made := now.Add(-time.Hour)
	for _, c := range []struct {
		name             string
		made             time.Time
		revoked, expires time.Time
		code             string
	}{
		{"without an end", made, time.Time{}, time.Time{}, ""},
		{"without an end or a time", time.Time{}, time.Time{}, time.Time{}, ""},
		{"revoked before it was made", made, made.Add(-time.Second), time.Time{}, "did.key-revoked"},
		{"revoked after it was made", made, now.Add(-time.Second), time.Time{}, "did.key-revoked"},
		{"revoked now", made, now, time.Time{}, "did.key-revoked"},
		{"revoked in a second", made, now.Add(time.Second), time.Time{}, ""},
		{"revoked in a second, no time", time.Time{}, now.Add(time.Second), time.Time{}, ""},
		{"made by a clock that is ahead, after a revocation to come", now.Add(time.Minute), now.Add(time.Second), time.Time{}, "did.key-revoked"},
		{"ended before it was made", made, time.Time{}, made.Add(-time.Second), "did.key-ended"},
		{"ended when it was made", made, time.Time{}, made, "did.key-ended"},
		{"ended after it was made", made, time.Time{}, made.Add(time.Second), ""},
		{"ended, no time", time.Time{}, time.Time{}, now, "did.key-ended"},
		{"ends later, no time", time.Time{}, time.Time{}, now.Add(time.Second), ""},
		{"ended and revoked", made, now, made, "did.key-revoked"},
	} {
		err := did.Method{ID: "did:web:x.example#1", Revoked: c.revoked, Expires: c.expires}.InLife(c.made, now)
		if cairn.CodeOf(err) != c.code || (err == nil) != (c.code == "") {
			t.Errorf("%s: %v, want %q", c.name, err, c.code)
		}
	}
}
