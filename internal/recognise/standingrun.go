package recognise

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"cairn.example"
	"cairn.example/internal/issue"
)

// Limits of a run.
const (
	runPage    = 100              // learners that are read, and stored, at once
	runLease   = 10 * time.Minute // after which another may go on with a run that nobody has stored anything of
	keptRuns   = 30               // of which what they found is kept
	maxChanges = 1000             // of one page of changes
)

// RunOptions say what a run is for.
type RunOptions struct {
	Programme cairn.ProgrammeID // only this one; empty for all
	All       bool              // also where nothing has changed and nothing is due
	// Resume goes on with a run that did not come to its end; without one it begins.
	Resume bool
	// DryRun stores nothing, and does not ask for the right to.
	DryRun bool
	// Progress is told after each page; it may be nil.
	Progress func(StandingRun)
	// Found is given each change, in the order of learners; it may be nil. What it
	// returns ends the run.
	Found func(StandingChange) error
}

// RunStandings works out anew how far the learners of an institution are, those whose
// inputs have changed or for whom something is due. It stores what it found page by
// page together with its place, so when it is killed, or ctx ends, a later run with
// Resume goes on there, and nothing is told twice. Only one run of an institution is
// at work: while another is, standing.running is returned.
func (s *Service) RunStandings(ctx context.Context, inst cairn.InstitutionID, o RunOptions) (StandingRun, error) {
	l, err := s.newLook(ctx, inst, o.Programme, o.All)
	if err != nil {
		return StandingRun{}, err
	}
	r, err := s.beginRun(ctx, inst, o, l)
	if err != nil {
		return r, err
	}
	l.only, l.all = r.Programme, r.All
	r, err = s.pages(ctx, l, r, o)
	if o.DryRun {
		if err == nil {
			r.State = RunDone
		}
		return r, err
	}
	owner := r.Owner
	if err == nil {
		done := r
		done.State, done.Owner, done.Lease, done.Updated = RunDone, "", time.Time{}, s.now()
		err = s.Tx(ctx, func(tx Tx) error {
			if err := tx.UpdateRun(ctx, done, owner); err != nil {
				return err
			}
			if err := tx.ForgetRuns(ctx, inst, keptRuns); err != nil {
				return err
			}
			return s.runEvent(ctx, tx, done, "standing.run-done")
		})
		if err == nil {
			return done, nil
		}
	}
	// Whoever comes next need not wait for the lease to end. The context may be at its
	// end, and this is a matter of one row; when it fails, the lease ends by itself.
	last := context.WithoutCancel(ctx)
	free := r
	free.Owner, free.Lease = "", time.Time{}
	if err2 := s.Tx(last, func(tx Tx) error { return tx.UpdateRun(last, free, owner) }); err2 != nil && cairn.KindOf(err2) != cairn.Conflict {
		err = errors.Join(err, err2)
	}
	return r, err
}

func (s *Service) runEvent(ctx context.Context, tx Tx, r StandingRun, kind string) error {
	return tx.AppendEvent(ctx, issue.Event{Institution: r.Institution, At: s.now(), Kind: kind, Object: r.ID, Actor: "engine",
		Detail: map[string]string{"learners": fmt.Sprint(r.Learners), "evaluated": fmt.Sprint(r.Evaluated), "changed": fmt.Sprint(r.Changed)}})
}

// beginRun begins a run, or takes one over that nobody is at any more.
func (s *Service) beginRun(ctx context.Context, inst cairn.InstitutionID, o RunOptions, l *look) (StandingRun, error) {
	id, err := s.random()
	if err != nil {
		return StandingRun{}, err
	}
	r := StandingRun{Institution: inst, ID: id, State: RunOpen, Programme: o.Programme, All: o.All, Started: l.now, Updated: l.now, Owner: id, Lease: s.now().Add(runLease)}
	if err := s.View(ctx, func(tx Tx) (err error) {
		r.Total, err = tx.CountLearners(ctx, inst)
		return err
	}); err != nil || o.DryRun {
		return r, err
	}
	err = s.Tx(ctx, func(tx Tx) error {
		open, err := tx.OpenRun(ctx, inst)
		switch {
		case cairn.KindOf(err) == cairn.NotFound:
		case err != nil:
			return err
		case open.Owner != "" && s.now().Before(open.Lease):
			return &cairn.Error{Kind: cairn.Conflict, Code: "standing.running", Object: string(inst), Message: "another run over the learners of this institution is at work",
				Hint: "wait for its end; when it was killed, its place is free at " + open.Lease.Format(time.RFC3339)}
		case o.Resume:
			owner, lease := open.Owner, r.Lease
			r = open
			r.Owner, r.Lease = id, lease
			return tx.UpdateRun(ctx, r, owner)
		default:
			owner := open.Owner
			open.State, open.Owner, open.Lease, open.Updated = RunAbandoned, "", time.Time{}, s.now()
			if err := tx.UpdateRun(ctx, open, owner); err != nil {
				return err
			}
		}
		if err := tx.InsertRun(ctx, r); err != nil {
			return err
		}
		return s.runEvent(ctx, tx, r, "standing.run-begun")
	})
	return r, err
}

// page is a page of learners on its way through a run.
type page struct {
	last    cairn.LearnerID
	end     bool // there are no more learners
	updates []StandingUpdate
	err     error
}

// pages takes a run to its end. One page is worked out while the one before it is
// stored; no more than two are held in memory.
func (s *Service) pages(ctx context.Context, l *look, r StandingRun, o RunOptions) (StandingRun, error) {
	ctx, stop := context.WithCancel(ctx)
	ready := make(chan page, 1)
	var working sync.WaitGroup
	working.Go(func() {
		defer close(ready)
		for after := r.After; ; {
			p := l.page(ctx, after)
			select {
			case ready <- p:
			case <-ctx.Done():
				return
			}
			if p.err != nil || p.end {
				return
			}
			after = p.last
		}
	})
	defer working.Wait()
	defer stop()
	for p := range ready {
		if p.err != nil {
			return r, p.err
		}
		s.Trace("standing page worked out")
		next, changes, err := s.storePage(ctx, r, p, o.DryRun)
		if err != nil {
			return r, err
		}
		r = next
		for _, c := range changes {
			if o.Found != nil {
				if err := o.Found(c); err != nil {
					return r, err
				}
			}
		}
		if o.Progress != nil {
			o.Progress(r)
		}
		s.Trace("standing page stored")
		if p.end {
			return r, nil
		}
	}
	return r, ctx.Err()
}

// page works out one page of learners, on as many cores as there are.
func (l *look) page(ctx context.Context, after cairn.LearnerID) page {
	var inputs []StandingInput
	err := l.View(ctx, func(tx Tx) (err error) {
		inputs, err = tx.StandingInputs(ctx, l.inst.ID, after, runPage)
		return err
	})
	p := page{end: len(inputs) < runPage, err: err, updates: make([]StandingUpdate, len(inputs))}
	if err != nil || len(inputs) == 0 {
		return p
	}
	p.last = inputs[len(inputs)-1].Learner
	errs := make([]error, len(inputs))
	todo := make(chan int)
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(inputs)) {
		workers.Go(func() {
			for i := range todo {
				p.updates[i], errs[i] = l.learner(ctx, inputs[i])
			}
		})
	}
	for i := range inputs {
		todo <- i
	}
	close(todo)
	workers.Wait()
	for _, err := range errs { // the first by the order of learners, whoever was quicker
		if err != nil {
			p.err = err
			return p
		}
	}
	return p
}

// storePage stores what was found for a page and the place of the run, in one
// transaction: both are there after a crash, or neither.
func (s *Service) storePage(ctx context.Context, r StandingRun, p page, dry bool) (StandingRun, []StandingChange, error) {
	next := r
	var changes []StandingChange
	count := func(u StandingUpdate) {
		next.Learners++
		if u.skipped {
			next.Unchanged++
		}
		next.Verified, next.Evaluated, next.First, next.Changed = next.Verified+u.verified, next.Evaluated+u.evaluated, next.First+u.first, next.Changed+len(u.Changes)
		for _, c := range u.Changes {
			c.Run = r.ID
			changes = append(changes, c)
		}
	}
	if p.last != "" {
		next.After = p.last
	}
	if dry {
		for _, u := range p.updates {
			count(u)
		}
		return next, changes, nil
	}
	next.Updated, next.Lease = s.now(), s.now().Add(runLease)
	base := next
	err := s.Tx(ctx, func(tx Tx) error {
		next, changes = base, nil
		for _, u := range p.updates {
			if !u.skipped {
				saved, err := tx.SaveStanding(ctx, r.ID, u)
				if err != nil {
					return err
				}
				if !saved {
					u.skipped, u.Changes, u.evaluated, u.verified, u.first = false, nil, 0, 0, 0
					next.Later++
				}
			}
			count(u)
		}
		err := tx.UpdateRun(ctx, next, r.Owner)
		if cairn.KindOf(err) == cairn.Conflict {
			return &cairn.Error{Kind: cairn.Conflict, Code: "standing.taken-over", Object: r.ID, Message: "another run has taken this one over", Hint: "let that one go on", Err: err}
		}
		return err
	})
	if err != nil {
		return r, nil, err
	}
	return next, changes, nil
}

// FreeRuns lets runs be taken over at once that nobody can be at any more. It is for
// whoever knows that this program alone has the store, before it begins to work.
func (s *Service) FreeRuns(ctx context.Context) error {
	return s.Tx(ctx, func(tx Tx) error { return tx.FreeRuns(ctx) })
}

// LearnerStandings is what is known of one learner after they were looked at again.
type LearnerStandings struct {
	Learner   cairn.LearnerID  `json:"learner"`
	At        time.Time        `json:"at"`
	Standings []Standing       `json:"standings"`
	Changes   []StandingChange `json:"changes"`
}

// Reevaluate works out anew how far one learner is, whether or not anything has
// changed, and says what is different. What changed is recorded as a run of its own.
func (s *Service) Reevaluate(ctx context.Context, inst cairn.InstitutionID, learner cairn.LearnerID, by string) (LearnerStandings, error) {
	l, err := s.newLook(ctx, inst, "", true)
	if err != nil {
		return LearnerStandings{}, err
	}
	id, err := s.random()
	if err != nil {
		return LearnerStandings{}, err
	}
	var in StandingInput
	err = s.View(ctx, func(tx Tx) (err error) {
		in, err = tx.StandingInput(ctx, inst, learner)
		return err
	})
	if err != nil {
		return LearnerStandings{}, err
	}
	u, err := l.learner(ctx, in)
	if err != nil {
		return LearnerStandings{}, err
	}
	out := LearnerStandings{Learner: learner, At: l.now, Standings: []Standing{}, Changes: []StandingChange{}}
	r := StandingRun{Institution: inst, ID: id, State: RunDone, Learner: learner, All: true, Started: l.now, Updated: l.now, Total: 1,
		Tally: Tally{Learners: 1, Verified: u.verified, Evaluated: u.evaluated, First: u.first, Changed: len(u.Changes)}}
	err = s.Tx(ctx, func(tx Tx) error {
		if len(u.Changes) > 0 {
			if err := tx.InsertRun(ctx, r); err != nil {
				return err
			}
		}
		saved, err := tx.SaveStanding(ctx, id, u)
		if err != nil {
			return err
		}
		if !saved {
			return &cairn.Error{Kind: cairn.Conflict, Code: "standing.changed", Object: string(learner), Message: "somebody else has just looked at this learner", Hint: "try again"}
		}
		list, err := tx.StandingsOf(ctx, inst, learner)
		if err != nil {
			return err
		}
		out.Standings = append(out.Standings, list...)
		for _, c := range u.Changes {
			c.Run = id
			out.Changes = append(out.Changes, c)
		}
		return tx.AppendEvent(ctx, issue.Event{Institution: inst, At: l.now, Kind: "standing.evaluated", Object: string(learner), Actor: by, Detail: map[string]string{"changed": fmt.Sprint(len(u.Changes))}})
	})
	if err != nil {
		return LearnerStandings{}, err
	}
	return out, nil
}

// LastRun returns the run over all learners that was begun last.
func (s *Service) LastRun(ctx context.Context, inst cairn.InstitutionID) (r StandingRun, err error) {
	err = s.View(ctx, func(tx Tx) error {
		r, err = tx.LastRun(ctx, inst)
		return err
	})
	return r, err
}

// Standings returns a page of standings, in the order of learners.
func (s *Service) Standings(ctx context.Context, inst cairn.InstitutionID, f StandingFilter) (list []NamedStanding, err error) {
	f.Limit = min(max(f.Limit, 1), maxPage)
	err = s.View(ctx, func(tx Tx) error {
		list, err = tx.Standings(ctx, inst, f)
		return err
	})
	return list, err
}

// Changes returns a page of what a run found, in the order of learners.
func (s *Service) Changes(ctx context.Context, inst cairn.InstitutionID, run string, f ChangeFilter) (list []NamedChange, err error) {
	f.Limit = min(max(f.Limit, 1), maxChanges)
	err = s.View(ctx, func(tx Tx) error {
		list, err = tx.Changes(ctx, inst, run, f)
		return err
	})
	return list, err
}

// LosingUntil is the last day of the window in which losses are told, for a filter.
func (s *Service) LosingUntil() string { return s.now().AddDate(0, 0, lossWindow).Format(dayLayout) }
