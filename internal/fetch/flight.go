package fetch

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// flight is one request for which several callers wait: whoever asks for the same
// at the same moment, with the same limits, gets the same answer.
type flight struct {
	done    chan struct{} // closed when answer and err are set
	answer  Response
	err     error
	cancel  context.CancelFunc
	waiting int // callers; under the lock of the client
}

// shared returns what the cache has, joins a request under way, or makes one. A
// caller who gives up leaves the others their answer; when nobody waits any more
// the request ends.
func (c *Client) shared(ctx context.Context, u string, after time.Time, maxBytes int64, accept []string) (Response, error) {
	key := fmt.Sprintf("%d %s %s", maxBytes, strings.Join(accept, ","), u)
	c.mu.Lock()
	if r, ok := c.cached(u, after, maxBytes, accept); ok {
		c.mu.Unlock()
		return r, nil
	}
	f, ok := c.flights[key]
	if !ok {
		f = c.start(ctx, key, u, maxBytes, accept)
	}
	f.waiting++
	c.mu.Unlock()
	select {
	case <-f.done:
		return f.answer, f.err
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.waiting--; f.waiting == 0 {
		f.cancel()
		c.land(key, f)
	}
	return Response{}, ctx.Err()
}

// start begins a request. The context of the caller who happens to be the first
// does not end it. The lock is held.
func (c *Client) start(ctx context.Context, key, u string, maxBytes int64, accept []string) *flight {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &flight{done: make(chan struct{}), cancel: cancel}
	c.flights[key] = f
	go func() {
		defer cancel()
		r, err := c.get(ctx, u, maxBytes, accept) // bounded by the time-outs of the client
		c.mu.Lock()
		defer c.mu.Unlock()
		if err == nil {
			c.keep(u, r)
		}
		f.answer, f.err = r, err
		c.land(key, f)
		close(f.done)
	}()
	return f
}

// land lets nobody join a flight any more. The lock is held.
func (c *Client) land(key string, f *flight) {
	if c.flights[key] == f {
		delete(c.flights, key)
	}
}
