package issue

import (
	"fmt"
	"testing"
	"time"
)

// Many callers, real or pretended, don't make the limits forgotten.
func TestLimitsAreNotFlushed(t *testing.T) {
	l, now := &limiter{}, time.Unix(1e9, 0)
	for l.allow("one", now) {
	}
	for l.tries.Take(everybodyKey, rateEverybody, now) {
	}
	for n := range maxRemember {
		l.tries.Take(fmt.Sprint("caller x", n), rateCaller, now)
	}
	if l.allow("another", now) {
		t.Error("the limit of all together was forgotten")
	}
	if l.tries.Len() > maxRemember/2+2 {
		t.Errorf("%d callers are remembered", l.tries.Len())
	}

	// Those who have their tries back are forgotten first.
	l = &limiter{}
	for l.allow("one", now) {
	}
	for n := range maxRemember {
		l.tries.Take(fmt.Sprint("caller x", n), rateCaller, now)
		l.forgive(fmt.Sprint("x", n))
	}
	if l.allow("one", now) {
		t.Error("a caller without a try left was forgotten")
	}
}
