package app_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"cairn.example/internal/recognise"
)

// The server works the standings out once a night, after the time of day that it was
// told, and goes on with a run that did not come to its end.
func TestNights(t *testing.T) {
	y := openYears(t)
	var mu sync.Mutex
	clock := time.Date(2026, 11, 24, 1, 30, 0, 0, time.UTC)
	if err := y.App.Close(); err != nil {
		t.Fatal(err)
	}
	y.reopenWith(t, func() time.Time { mu.Lock(); defer mu.Unlock(); return clock })
	ctx, stop := context.WithCancel(t.Context())
	ticks := make(chan time.Time)
	var working sync.WaitGroup
	working.Go(func() { y.Nights(ctx, ticks, 2*time.Hour, slog.New(slog.DiscardHandler)) })
	last := func() recognise.StandingRun {
		r, err := y.Recognise.LastRun(t.Context(), uni)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	tick := func(at time.Time) string {
		mu.Lock()
		clock = at
		mu.Unlock()
		ticks <- at
		ticks <- at // when this one is taken, the one before is done
		return last().ID
	}
	day := func(d, h, m int) time.Time { return time.Date(2026, 11, d, h, m, 0, 0, time.UTC) }
	missed := tick(day(24, 1, 30)) // nobody looked last night, so it is due
	if got := tick(day(24, 1, 45)); got != missed {
		t.Error("it looks twice in one night")
	}
	tonight := tick(day(24, 2, 1))
	if tonight == missed {
		t.Error("it does not look when the night begins")
	}
	for _, at := range []time.Time{day(24, 2, 4), day(24, 14, 0), day(25, 1, 59)} {
		if got := tick(at); got != tonight {
			t.Errorf("at %s it looks again", at)
		}
	}
	if got := tick(day(25, 2, 0)); got == tonight {
		t.Error("it does not look in the next night")
	}
	// Somebody's run was stopped in the middle.
	half, cancel := context.WithCancel(t.Context())
	if _, err := y.Recognise.RunStandings(half, uni, recognise.RunOptions{All: true, Progress: func(recognise.StandingRun) { cancel() }}); err == nil {
		t.Fatal("the run was not stopped")
	}
	open := last()
	if open.State != recognise.RunOpen {
		t.Fatalf("%+v", open)
	}
	if got := tick(day(25, 3, 0)); got != open.ID || last().State != recognise.RunDone {
		t.Errorf("it does not go on with %s: %+v", open.ID, last())
	}
	stop()
	working.Wait()
}
