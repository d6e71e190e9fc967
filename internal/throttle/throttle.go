// Package throttle bounds how often something may be tried, for keys that anybody
// can make up, such as the address of a caller.
package throttle

import (
	"maps"
	"time"
)

// Rate allows Most tries at once; one comes back in each time Every.
type Rate struct {
	Most  int
	Every time.Duration
}

// Buckets count tries per key. The zero value is ready. It is not safe for
// concurrent use, since who asks mostly takes from several at once, under one lock.
type Buckets struct {
	of map[string]*bucket
}

type bucket struct {
	rate Rate
	left int
	at   time.Time
}

// Take uses a try up, and reports whether there was one. A key keeps the rate that
// it had first.
func (b *Buckets) Take(key string, rate Rate, now time.Time) bool {
	k, ok := b.of[key]
	if !ok {
		if b.of == nil {
			b.of = map[string]*bucket{}
		}
		k = &bucket{rate, rate.Most, now}
		b.of[key] = k
	}
	if n := int(now.Sub(k.at) / k.rate.Every); n > 0 {
		k.left, k.at = min(k.rate.Most, k.left+n), k.at.Add(time.Duration(n)*k.rate.Every)
	}
	if k.left <= 0 {
		return false
	}
	k.left--
	return true
}

// Return gives a try back.
func (b *Buckets) Return(key string) {
	if k, ok := b.of[key]; ok {
		k.left = min(k.rate.Most, k.left+1)
	}
}

// Len is how many keys are remembered.
func (b *Buckets) Len() int { return len(b.of) }

// ForgetFull forgets the keys whose tries are all back, at no loss.
func (b *Buckets) ForgetFull(now time.Time) {
	maps.DeleteFunc(b.of, func(_ string, k *bucket) bool { return k.left+int(now.Sub(k.at)/k.rate.Every) >= k.rate.Most })
}

// Forget forgets the keys that drop names: their tries are all back.
func (b *Buckets) Forget(drop func(key string) bool) {
	maps.DeleteFunc(b.of, func(key string, _ *bucket) bool { return drop(key) })
}
