package web

import (
	"context"
	"slices"
	"sync"
	"time"

	"cairn.example"
	"cairn.example/internal/recognise"
	"cairn.example/programme"
)

// Limits of trials of drafts.
const (
	maxTrials   = 20               // that are remembered, on all of the server
	trialLife   = time.Hour        // after which one is forgotten
	trialTime   = 10 * time.Minute // that one may take
	trialCases  = 20_000           // that one tries
	shownTrials = 100              // differences that are shown
)

// trial is a draft of rules that is tried on past cases. It is kept in memory only: no
// state of the institution changes by it.
type trial struct {
	id          string
	institution cairn.InstitutionID
	document    []byte
	draft       *programme.Programme
	findings    []programme.Finding
	began       time.Time

	mu    sync.Mutex
	sum   recognise.TrialSum
	shown []recognise.Tried // those that differ, the first of them
	more  bool              // there are more cases than were tried
	new   bool              // the programme has no edition yet
	done  bool
	fault error
}

// took adds what became of some cases.
func (t *trial) took(list []recognise.Tried) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, one := range list {
		t.sum.Add(one)
		if one.Effect != programme.Same && len(t.shown) < shownTrials {
			t.shown = append(t.shown, one)
		}
	}
	return nil
}

func (t *trial) end(more bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done, t.more, t.fault = true, more, err
	if cairn.CodeOf(err) == "programme.not-found" {
		t.new, t.fault = true, nil
	}
}

// state is a copy of what has come out so far.
func (t *trial) state() (s trialState) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return trialState{t.sum, slices.Clone(t.shown), t.more, t.new, t.done, t.fault}
}

type trialState struct {
	sum             recognise.TrialSum
	shown           []recognise.Tried
	more, new, done bool
	fault           error
}

// trials are the trials of a server. The zero value has none.
type trials struct {
	mu  sync.Mutex
	all []*trial // the oldest first
}

// add remembers a trial, unless one of its institution is at work.
func (l *trials) add(t *trial) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = slices.DeleteFunc(l.all, func(o *trial) bool { return o.state().done && t.began.Sub(o.began) > trialLife })
	for _, o := range l.all {
		if o.institution == t.institution && !o.state().done {
			return &cairn.Error{Kind: cairn.Conflict, Code: "trial.running", Message: "another draft of this institution is being tried", Hint: "wait until it is done"}
		}
	}
	if len(l.all) >= maxTrials {
		i := slices.IndexFunc(l.all, func(o *trial) bool { return o.state().done })
		if i < 0 {
			return &cairn.Error{Kind: cairn.Unavailable, Code: "trial.busy", Message: "too many drafts are being tried now", Hint: "try again in some minutes"}
		}
		l.all = slices.Delete(l.all, i, i+1)
	}
	l.all = append(l.all, t)
	return nil
}

// find returns a trial of an institution.
func (l *trials) find(inst cairn.InstitutionID, id string) (*trial, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range l.all {
		if t.id == id && t.institution == inst {
			return t, nil
		}
	}
	return nil, &cairn.Error{Kind: cairn.NotFound, Code: "trial.not-found", Object: id, Message: "this trial is not known any more", Hint: "try the draft again"}
}

// begin starts a trial and returns at once. It goes on when whoever began it has left the
// page.
func (s *Site) begin(ctx context.Context, t *trial) error {
	if err := s.trials.add(t); err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), trialTime)
	go func() {
		defer stop()
		defer func() {
			if p := recover(); p != nil {
				s.Log.Error("a fault in a trial", "trial", t.id, "fault", p)
				t.end(false, &cairn.Error{Kind: cairn.Internal, Code: "trial.fault", Message: "a fault in the program"})
			}
		}()
		_, more, err := s.Recognise.TryPast(ctx, t.institution, t.draft, recognise.PastOptions{Limit: trialCases}, t.took)
		t.end(more, err)
	}()
	return nil
}
