package issue

import (
	"fmt"
	"testing"
	"time"
)

// Many callers, real or pretended, don't make the limits forgotten.
func TestLimitsAreNotFlushed(t *testing.T) {
	l, now := newLimiter(), time.Unix(1e9, 0)
	for l.allow("one", now) {
	}
	l.tries[everybodyKey].left = 7
	for n := range maxRemember {
		l.tries[fmt.Sprint("caller x", n)] = &tries{1, now, triesAtOnce, tryEvery}
	}
	l.allow("another", now)
	if len(l.tries) > maxRemember/2+2 {
		t.Errorf("%d callers are remembered", len(l.tries))
	}
	if got := l.tries[everybodyKey].left; got != 6 {
		t.Errorf("the limit of all together has %d tries, want 6", got)
	}

	// Those who have their tries back are forgotten first.
	l = newLimiter()
	for l.allow("one", now) {
	}
	for n := range maxRemember {
		l.tries[fmt.Sprint("caller x", n)] = &tries{triesAtOnce, now, triesAtOnce, tryEvery}
	}
	if l.allow("one", now) {
		t.Error("a caller without a try left was forgotten")
	}
	l.tries["caller full"] = &tries{triesAtOnce, now, triesAtOnce, tryEvery}
	if l.forgive("full"); l.tries["caller full"].left != triesAtOnce {
		t.Error("a try given back makes more than there are")
	}
}
