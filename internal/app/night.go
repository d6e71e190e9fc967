package app

import (
	"context"
	"log/slog"
	"time"

	"cairn.example"
	"cairn.example/internal/recognise"
)

// Nights works out the standings of all learners once a day, whenever every ticks and
// the time of day (UTC) has passed that after says, until ctx ends. A run that was
// stopped, with the server say, goes on; one that failed is tried again at the next tick.
func (a *App) Nights(ctx context.Context, every <-chan time.Time, after time.Duration, log *slog.Logger) {
	if a.DB.Restored {
		return // nothing is stored in a copy
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-every:
		}
		if err := a.night(ctx, after, log); err != nil && ctx.Err() == nil {
			log.Warn("the standings of learners could not be worked out", "error", err.Error())
		}
	}
}

// night does what is due of one night.
func (a *App) night(ctx context.Context, after time.Duration, log *slog.Logger) error {
	now := a.Config.Now().UTC()
	begins := now.Truncate(24 * time.Hour).Add(after)
	if now.Before(begins) {
		begins = begins.AddDate(0, 0, -1)
	}
	all, err := a.Issue.Institutions(ctx)
	if err != nil {
		return err
	}
	var first error
	for _, i := range all {
		last, err := a.Recognise.LastRun(ctx, i.ID)
		if err != nil && cairn.KindOf(err) != cairn.NotFound {
			return err
		}
		if err == nil && last.State != recognise.RunOpen && !last.Started.Before(begins) {
			continue
		}
		r, err := a.Recognise.RunStandings(ctx, i.ID, recognise.RunOptions{Resume: true})
		switch {
		case cairn.CodeOf(err) == "standing.running": // somebody else is at it
		case err != nil:
			if first == nil {
				first = err
			}
		default:
			log.Info("the standings of learners were worked out", "institution", i.ID, "learners", r.Learners, "unchanged", r.Unchanged, "changed", r.Changed)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return first
}
