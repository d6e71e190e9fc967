package web

import (
	"context"
	"errors"
	"sync"
	"time"

	"cairn.example"
)

// How long a bundle is given out. Making one asks other servers and signs, and
// anybody may ask for it. It says itself of when it is.
const (
	bundleLife  = 15 * time.Minute // until it is made anew
	bundleStale = 24 * time.Hour   // until it is given no more, when no new one can be made
	bundleRetry = time.Minute      // after a failure, until it is tried again
	bundleTime  = 3 * time.Minute  // for making one
)

// bundles keeps the bundle of each operator. One is made at a time; meanwhile the
// one before is given out, and whoever comes before there is one waits.
type bundles struct {
	mu sync.Mutex
	of map[cairn.InstitutionID]*bundle
}

type bundle struct {
	body   []byte
	at     time.Time // of body
	err    error     // of the last try, when it failed
	failed time.Time
	making chan struct{} // closed when it is made or has failed; nil when nobody makes it
}

// get returns the bundle of an operator, made by the function when it is due. The
// function goes on when whoever asked has gone: others wait for it.
func (s *bundles) get(ctx context.Context, inst cairn.InstitutionID, now cairn.Clock, build func(context.Context) ([]byte, error)) ([]byte, error) {
	for {
		s.mu.Lock()
		b := s.of[inst]
		if b == nil {
			if s.of == nil {
				s.of = map[cairn.InstitutionID]*bundle{}
			}
			b = &bundle{}
			s.of[inst] = b
		}
		at := now()
		within := func(since time.Time, d time.Duration) bool { return !at.Before(since) && at.Sub(since) < d }
		usable := b.body != nil && within(b.at, bundleStale)
		switch making := b.making; {
		case b.body != nil && within(b.at, bundleLife), usable && (making != nil || b.err != nil && within(b.failed, bundleRetry)):
			defer s.mu.Unlock()
			return b.body, nil
		case making != nil:
			s.mu.Unlock()
			select {
			case <-making:
				continue
			case <-ctx.Done():
				return nil, errBusy
			}
		case b.err != nil && within(b.failed, bundleRetry):
			defer s.mu.Unlock()
			return nil, b.err
		}
		b.making = make(chan struct{})
		before := b.body
		s.mu.Unlock()
		if err := s.fill(ctx, b, at, build); err != nil {
			if usable { // each request tries at most once, also when nothing is remembered
				return before, nil
			}
			return nil, err
		}
	}
}

// fill makes a bundle; those who wait go on also when that ends in a panic.
func (s *bundles) fill(ctx context.Context, b *bundle, at time.Time, build func(context.Context) ([]byte, error)) (err error) {
	var body []byte
	err = &cairn.Error{Kind: cairn.Internal, Code: "web.fault", Message: "a fault in the program"}
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		close(b.making)
		b.making = nil
		switch {
		case err == nil:
			b.body, b.at, b.err = body, at, nil
		case errors.Is(err, errBusy):
			b.err = err // that of one caller, and not remembered for others
			b.failed = time.Time{}
		default:
			b.err, b.failed = err, at
		}
	}()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), bundleTime)
	defer cancel()
	body, err = build(ctx)
	return err
}
