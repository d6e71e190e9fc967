package verify_test

import (
	"context"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/internal/verify"
	"cairn.example/statuslist"
)

// copies is a source that has an older copy of a list and can get a newer one.
type copies struct {
	old, new *copied
	asked    int
}

type copied struct {
	list []byte
	got  time.Time
}

func (c *copies) StatusList(context.Context, string) ([]byte, time.Time, error) {
	return c.old.list, c.old.got, nil
}

func (c *copies) RefreshStatusList(_ context.Context, _ string, after time.Time) ([]byte, time.Time, error) {
	c.asked++
	if c.new == nil || c.new.got.Before(after) {
		return nil, time.Time{}, &cairn.Error{Kind: cairn.Unavailable, Code: "fetch.failed", Message: "no answer"}
	}
	return c.new.list, c.new.got, nil
}

// onlyCopies can't get a newer one.
type onlyCopies struct{ verify.StatusSource }

// An issuer says for how long copies of a list may be used (ttl) and until when the
// list itself is valid. A copy that is older is fetched again, and where that can't
// be done it is judged as an older list. What a copy says is never used for longer
// because of a ttl (B24).
func TestCopiesOfLists(t *testing.T) {
	made := func(got time.Time, change func(*statuslist.Meta), revoked ...int) *copied {
		w := newWorld()
		if change != nil {
			change(&w.meta)
		}
		l := statuslist.New(0)
		for _, i := range revoked {
			if err := l.Set(i, true); err != nil {
				t.Fatal(err)
			}
		}
		tree, err := statuslist.Credential(w.meta, l)
		if err != nil {
			t.Fatal(err)
		}
		return &copied{sign(t, tree, college, dataintegrity.Options{Created: w.meta.ValidFrom}), got}
	}
	quarter := func(m *statuslist.Meta) { m.TTL = 15 * time.Minute }
	ended := func(m *statuslist.Meta) { m.ValidUntil = today.Add(-time.Minute) }
	older := func(m *statuslist.Meta) { m.ValidFrom = today.Add(-2 * time.Hour) }
	ancient := func(m *statuslist.Meta) {
		m.TTL, m.ValidFrom, m.ValidUntil = 10*365*24*time.Hour, today.AddDate(0, 0, -61), time.Time{}
	}
	young, old := today.Add(-10*time.Minute), today.Add(-20*time.Minute)
	cred := sign(t, badge(t, nil), college, dataintegrity.Options{})
	for _, c := range []struct {
		name     string
		old, new *copied
		fixed    bool // nothing newer can be had
		offline  bool
		asked    int
		verdict  verify.Verdict
		code     string
	}{
		{"young enough", made(young, quarter), nil, false, false, 0, verify.Valid, "status.good"},
		{"no ttl", made(old, nil), nil, false, false, 0, verify.Valid, "status.good"},
		{"too old, got again", made(old, quarter), made(today, quarter), false, false, 1, verify.Valid, "status.good"},
		{"too old, revoked since", made(old, quarter), made(today, quarter, 94567), false, false, 1, verify.Invalid, "status.revoked"},
		{"too old, nobody answers", made(old, quarter), nil, false, false, 1, verify.Valid, "status.good-older"},
		{"too old, revoked before", made(old, quarter, 94567), nil, false, false, 1, verify.Invalid, "status.revoked"},
		{"too old, nothing newer can be had", made(old, quarter), nil, true, false, 0, verify.Valid, "status.good-older"},
		{"B17 too old, and an older list comes", made(old, quarter, 94567), made(today, older), false, false, 1, verify.Invalid, "status.revoked"},
		{"too old, and something else comes", made(old, quarter), &copied{[]byte("<html>"), today}, false, false, 1, verify.Valid, "status.good-older"},
		{"without a network", made(old, quarter), nil, false, true, 0, verify.Valid, "status.good"},
		{"ended since, got again", made(old, ended), made(today, nil), false, false, 1, verify.Valid, "status.good"},
		{"ended since, nobody answers", made(old, ended), nil, false, false, 1, verify.Undetermined, "status.unavailable"},
		{"ended since, nothing newer can be had", made(old, ended), nil, true, false, 0, verify.Undetermined, "status.list-ended"},
		{"ended when it was got", made(today, ended), nil, false, false, 0, verify.Undetermined, "status.list-ended"},
		{"B24 a ttl of ten years", made(today.AddDate(0, 0, -1), ancient), nil, false, false, 0, verify.Undetermined, "status.too-old"},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := &copies{old: c.old, new: c.new}
			e := newWorld().engine()
			e.Status, e.Offline = source, c.offline
			if c.fixed {
				e.Status = onlyCopies{source}
			}
			want(t, e.Verify(t.Context(), cred, verify.Options{}), c.verdict, verify.AxisStatus, c.code)
			if source.asked != c.asked {
				t.Errorf("asked for a newer copy %d times, want %d", source.asked, c.asked)
			}
		})
	}
}
