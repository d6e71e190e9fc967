package throttle_test

import (
	"testing"
	"time"

	"cairn.example/internal/throttle"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestTake(t *testing.T) {
	var b throttle.Buckets
	rate := throttle.Rate{Most: 3, Every: time.Minute}
	take := func(key string, after time.Duration, want bool) {
		t.Helper()
		if got := b.Take(key, rate, now.Add(after)); got != want {
			t.Errorf("%s after %v: %t", key, after, got)
		}
	}
	for range 3 {
		take("a", 0, true)
	}
	take("a", 0, false)
	take("b", 0, true) // another key has its own
	take("a", 59*time.Second, false)
	take("a", time.Minute, true)
	take("a", 90*time.Second, false) // half a try does not count
	take("a", 2*time.Minute, true)   // and is not lost
	take("a", time.Hour, true)
	take("a", time.Hour, true)
	take("a", time.Hour, true)
	take("a", time.Hour, false) // never more than all at once
	take("a", 0, false)         // a clock that goes back gives nothing
	b.Return("a")
	take("a", time.Hour, true)
	b.Return("b")
	b.Return("b")
	b.Return("nobody")
	if b.Len() != 2 {
		t.Errorf("%d keys", b.Len())
	}
	b.ForgetFull(now)
	take("a", time.Hour, false)
	if b.Len() != 1 {
		t.Errorf("%d keys after what is full was forgotten", b.Len())
	}
	b.Forget(func(key string) bool { return key == "a" })
	take("a", time.Hour, true)
}
