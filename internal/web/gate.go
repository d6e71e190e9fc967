package web

import (
	"context"
	"sync"

	"cairn.example"
)

// gate lets a few in at once and a few wait. One caller gets a share of the
// places only, so that nobody alone keeps all others out.
type gate struct {
	inside, waiting chan struct{}
	share           int

	mu sync.Mutex
	of map[string]int // places of each caller that has one, waiting or inside
}

func newGate(inside, waiting, share int) *gate {
	return &gate{inside: make(chan struct{}, inside), waiting: make(chan struct{}, inside+waiting), share: share, of: map[string]int{}}
}

var errBusy = &cairn.Error{Kind: cairn.Unavailable, Code: "web.busy", Message: "too many are asking at this moment", Hint: "try again in a few seconds"}

// take returns at once, with a place or an error. A gate that is taken from has
// nobody waiting. leave must be called afterwards.
func (g *gate) take(caller string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.of[caller] >= g.share {
		return errBusy
	}
	select {
	case g.waiting <- struct{}{}:
		g.of[caller]++
		return nil
	default:
		return errBusy
	}
}

// enter returns when there is a place; exit must be called afterwards.
func (g *gate) enter(ctx context.Context, caller string) error {
	if err := g.take(caller); err != nil {
		return err
	}
	select {
	case g.inside <- struct{}{}:
		return nil
	case <-ctx.Done():
		g.leave(caller)
		return errBusy
	}
}

// exit gives a place back that was entered.
func (g *gate) exit(caller string) { <-g.inside; g.leave(caller) }

// leave gives a place back that was taken.
func (g *gate) leave(caller string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.of[caller]--; g.of[caller] <= 0 {
		delete(g.of, caller)
	}
	<-g.waiting
}
