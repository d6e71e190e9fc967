package staff

import (
	"fmt"
	"testing"
	"time"
)

// One caller who tries ever new names is remembered no more than a few times, so
// that they can't have the limits forgotten, or fill the memory.
func TestTriesAreNotFlushed(t *testing.T) {
	s, now := newTries(), time.Unix(1e9, 0)
	for n := range 3000 {
		s.allow(fmt.Sprint("college/nobody", n), "attacker", now)
	}
	if s.left.Len() > 2*rateCaller.Most+1 {
		t.Errorf("%d buckets for one caller", s.left.Len())
	}

	// Very many callers: the limit of an account holds all the same.
	s = newTries()
	n := 0
	for ; s.allow("college/wanjiru", fmt.Sprint("caller", n), now); n++ {
	}
	if n != rateAccount.Most {
		t.Fatalf("%d tries at one account", n)
	}
	for n := range maxRemembered {
		s.left.Take(fmt.Sprint("c x", n), rateCaller, now)
	}
	if s.allow("college/wanjiru", "yet another", now) {
		t.Error("a crowd of callers makes the limit of an account forgotten")
	}
	if s.left.Len() > maxRemembered/2+2 {
		t.Errorf("%d buckets", s.left.Len())
	}
}

// A23: strangers don't lock somebody out of the place where they work.
func TestNobodyIsLockedOut(t *testing.T) {
	s, now := newTries(), time.Unix(1e9, 0)
	if !s.allow("college/wanjiru", "office", now) {
		t.Fatal("refused")
	}
	s.forgive("college/wanjiru", "office")
	for n := 0; s.allow("college/wanjiru", fmt.Sprint("attacker", n), now); n++ {
	}
	if !s.allow("college/wanjiru", "office", now) {
		t.Error("the office is locked out by strangers")
	}
	if s.allow("college/wanjiru", "elsewhere", now) || s.allow("college/grace", "office", now) == false {
		t.Error("the exception is for one account from one caller")
	}
	for n := 1; s.allow("college/wanjiru", "office", now); n++ {
		if n > ratePair.Most {
			t.Fatal("guessing from the office is not bounded")
		}
	}
}
