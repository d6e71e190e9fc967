package recognise

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"cairn.example"
	"cairn.example/programme"
)

// Where a case comes from.
const (
	CaseApplication = "application" // what a registrar had before them
	CaseStanding    = "standing"    // what the last night found, of learners without an application
)

// trialPage is how many cases are read and tried at once.
const trialPage = 50

// Case is a past evaluation that an edition can be tried on: the facts as they were
// judged then, with what persons had said.
type Case struct {
	ID          string                `json:"id"` // of the application, or of the learner
	Source      string                `json:"source"`
	Name        string                `json:"name,omitempty"` // of the learner; empty where it is not to be seen
	Edition     string                `json:"edition"`        // digest of the edition that applied
	At          string                `json:"at"`             // day
	Outcome     Outcome               `json:"outcome,omitempty"`
	Held        []programme.Held      `json:"held"`
	Attested    []string              `json:"attested,omitempty"`
	Exceptions  []programme.Exception `json:"exceptions,omitempty"`
	Application string                `json:"application,omitempty"` // day of the application, when rules about age go by it
}

func (c Case) options() (o programme.Options, err error) {
	o.Attested, o.Exceptions = c.Attested, c.Exceptions
	if c.Application != "" {
		o.Application, err = time.Parse(dayLayout, c.Application)
	}
	return o, err
}

// Tried is what became of one case.
type Tried struct {
	ID      string                `json:"id"`
	Source  string                `json:"source"`
	Name    string                `json:"name,omitempty"`
	At      string                `json:"at"`
	Outcome Outcome               `json:"outcome,omitempty"`
	Edition string                `json:"edition"` // that applied
	Effect  programme.Effect      `json:"effect"`
	Titles  map[string]string     `json:"titles,omitempty"`  // of the credentials in Difference, by digest
	Unknown []string              `json:"unknown,omitempty"` // what persons said that the candidate has no place for
	Fault   string                `json:"fault,omitempty"`   // why it could not be tried; Effect is then empty
	Detail  *programme.Difference `json:"difference,omitempty"`
}

// TrialSum counts cases.
type TrialSum struct {
	Cases     int `json:"cases"`
	Same      int `json:"same"`
	Loses     int `json:"loses"`
	Gains     int `json:"gains"`
	Differs   int `json:"differs"`
	Completes int `json:"completes"` // were not complete, and would be
	Undone    int `json:"undone"`    // were complete, and would not be
	Unproven  int `json:"unproven"`  // of which an allocation is not known to be the best
	Untried   int `json:"untried"`   // that could not be tried
}

// Add counts a case.
func (s *TrialSum) Add(t Tried) {
	s.Cases++
	if t.Fault != "" {
		s.Untried++
		return
	}
	switch t.Effect {
	case programme.Same:
		s.Same++
	case programme.Loses:
		s.Loses++
	case programme.Gains:
		s.Gains++
	case programme.Differs:
		s.Differs++
	}
	if d := t.Detail; d != nil {
		if d.Completes && !d.Completed {
			s.Completes++
		}
		if d.Completed && !d.Completes {
			s.Undone++
		}
		if !d.Proven {
			s.Unproven++
		}
	}
}

// Try evaluates a case under the edition that applied to it and under a candidate, both
// with the engine of today and as of the day of the case: what is different is then of
// the rules alone.
func Try(applied, candidate *programme.Programme, c Case) Tried {
	t := Tried{ID: c.ID, Source: c.Source, Name: c.Name, At: c.At, Outcome: c.Outcome, Edition: applied.Digest()}
	fault := func(err error) Tried {
		t.Fault = err.Error()
		return t
	}
	at, err := time.Parse(dayLayout, c.At)
	if err != nil {
		return fault(err)
	}
	options, err := c.options()
	if err != nil {
		return fault(err)
	}
	// The order of what somebody said or presented is nothing to go by.
	before, err := programme.Evaluate(applied, c.Held, at, fitting(applied, options))
	if err != nil {
		return fault(err)
	}
	known := fitting(candidate, options)
	after, err := programme.Evaluate(candidate, c.Held, at, known)
	if err != nil {
		return fault(err)
	}
	for _, id := range options.Attested {
		if !slices.Contains(known.Attested, id) {
			t.Unknown = append(t.Unknown, id)
		}
	}
	for _, e := range options.Exceptions {
		if !slices.ContainsFunc(known.Exceptions, func(o programme.Exception) bool { return o.ID == e.ID }) {
			t.Unknown = append(t.Unknown, e.ID)
		}
	}
	d := programme.Differ(before, after)
	t.Effect, t.Detail = d.Effect(), &d
	t.Titles = map[string]string{}
	for _, one := range d.Credentials {
		for _, h := range c.Held {
			if h.Digest == one.Credential {
				t.Titles[one.Credential] = h.Title
			}
		}
	}
	return t
}

// PastOptions say which past cases are wanted.
type PastOptions struct {
	// Anonymous leaves out names and everything else that tells who a case is about:
	// cases are numbered, and what persons wrote is left out.
	Anonymous bool
	// Limit ends after that many cases; 0 for no limit.
	Limit int
}

// Past gives each past case of a programme to f, in an order that is always the same:
// applications that were evaluated, by their ids, and then the standings of learners
// without one. It returns how many there were, and whether there are more than the limit.
func (s *Service) Past(ctx context.Context, inst cairn.InstitutionID, id cairn.ProgrammeID, o PastOptions, f func([]Case) error) (n int, more bool, err error) {
	if _, err := s.newest(ctx, inst, id); err != nil {
		return 0, false, err
	}
	give := func(list []Case) error {
		if o.Limit > 0 && n+len(list) > o.Limit {
			list, more = list[:o.Limit-n], true
		}
		for i := range list {
			if o.Anonymous {
				list[i] = anonymous(list[i], n+i+1)
			}
		}
		n += len(list)
		return f(list)
	}
	for after := cairn.ApplicationID(""); !more; {
		var list []Application
		var names []string
		if err := s.View(ctx, func(tx Tx) (err error) {
			list, names, err = tx.EvaluatedApplications(ctx, inst, id, after, trialPage)
			return err
		}); err != nil {
			return n, more, err
		}
		var cases []Case
		for i, a := range list {
			c := Case{ID: string(a.ID), Source: CaseApplication, Name: names[i], Edition: a.ProgrammeDigest, At: a.Evaluation.At.Format(dayLayout), Held: a.Evaluation.Held}
			if a.Decision != nil {
				c.Outcome = a.Decision.Outcome
			}
			options := a.options()
			c.Attested, c.Exceptions = options.Attested, options.Exceptions
			if !options.Application.IsZero() {
				c.Application = options.Application.Format(dayLayout)
			}
			cases, after = append(cases, c), a.ID
		}
		if err := give(cases); err != nil {
			return n, more, err
		}
		if len(list) < trialPage {
			break
		}
	}
	l, err := s.newLook(ctx, inst, id, false)
	if err != nil {
		return n, more, err
	}
	for after := ""; !more; {
		list, err := s.Standings(ctx, inst, StandingFilter{Programme: id, After: after, Limit: trialPage})
		if err != nil {
			return n, more, err
		}
		var cases []Case
		for _, one := range list {
			after = one.Key
			c, ok, err := l.caseOf(ctx, one)
			if err != nil {
				return n, more, err
			}
			if ok {
				cases = append(cases, c)
			}
		}
		if err := give(cases); err != nil {
			return n, more, err
		}
		if len(list) < trialPage {
			break
		}
	}
	return n, more, nil
}

// caseOf makes a case of a standing; ok is false when an application has one already.
func (l *look) caseOf(ctx context.Context, one NamedStanding) (c Case, ok bool, err error) {
	var in StandingInput
	if err := l.View(ctx, func(tx Tx) (err error) {
		in, err = tx.StandingInput(ctx, l.inst.ID, one.Learner)
		return err
	}); err != nil {
		return c, false, err
	}
	k, err := l.known(ctx, in)
	if err != nil {
		return c, false, err
	}
	for _, a := range k.applications {
		if a.Programme == one.Programme && a.Evaluation != nil {
			return c, false, nil
		}
	}
	k.facts = k.before
	if err := l.foreign(ctx, k); err != nil {
		return c, false, err
	}
	p, _, err := l.Programme(ctx, l.inst.ID, one.Edition)
	if err != nil {
		return c, false, err
	}
	return Case{ID: string(one.Learner), Source: CaseStanding, Name: one.Name, Edition: one.Edition, At: one.At.Format(dayLayout), Attested: one.Attested, Held: l.held(in, k, p, one.At)}, true, nil
}

// anonymous leaves out of a case what tells whom it is about.
func anonymous(c Case, number int) Case {
	c.ID, c.Name = fmt.Sprintf("case-%06d", number), ""
	names := map[string]string{}
	held := slices.Clone(c.Held)
	for i, h := range held {
		names[h.Digest] = fmt.Sprintf("credential-%04d", i+1)
		h.Digest, h.Credential = names[h.Digest], ""
		held[i] = h
	}
	c.Held = held
	exceptions := slices.Clone(c.Exceptions)
	for i, e := range exceptions {
		blank := func(g programme.Signature) programme.Signature {
			g.By, g.Reason = "somebody", "left out"
			return g
		}
		e.Signature = blank(e.Signature)
		for _, p := range []**programme.Signature{&e.Done, &e.Second} {
			if *p != nil {
				g := blank(**p)
				g.By = "somebody-else" // a second signature is of another person than the first
				*p = &g
			}
		}
		if e.Work != "" {
			e.Work = "left out"
		}
		if n, ok := names[e.Credential]; ok {
			e.Credential = n
		}
		exceptions[i] = e
	}
	c.Exceptions = exceptions
	return c
}

// TryPast tries a candidate on the past cases of its programme and gives what became of
// each to f, in the order of Past.
func (s *Service) TryPast(ctx context.Context, inst cairn.InstitutionID, candidate *programme.Programme, o PastOptions, f func([]Tried) error) (sum TrialSum, more bool, err error) {
	whole, found, err := s.resolved(ctx, inst, candidate)
	if err == nil {
		err = notWhole(candidate, found)
	}
	if err != nil {
		return sum, false, err
	}
	candidate = whole
	_, more, err = s.Past(ctx, inst, candidate.ID, o, func(list []Case) error {
		tried, err := TryAll(ctx, candidate, list, func(digest string) (*programme.Programme, error) {
			p, _, err := s.Programme(ctx, inst, digest)
			return p, err
		})
		if err != nil {
			return err
		}
		for _, t := range tried {
			sum.Add(t)
		}
		return f(tried)
	})
	return sum, more, err
}

// TryAll tries a candidate on cases, on as many cores as there are; edition finds the
// edition with a digest.
func TryAll(ctx context.Context, candidate *programme.Programme, list []Case, edition func(digest string) (*programme.Programme, error)) ([]Tried, error) {
	editions := map[string]*programme.Programme{}
	for _, c := range list {
		if editions[c.Edition] == nil {
			p, err := edition(c.Edition)
			if err != nil {
				return nil, err
			}
			editions[c.Edition] = p
		}
	}
	out := make([]Tried, len(list))
	todo := make(chan int)
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(list)) {
		workers.Go(func() {
			for i := range todo {
				out[i] = Try(editions[list[i].Edition], candidate, list[i])
			}
		})
	}
	var err error
	for i := range list {
		if err = ctx.Err(); err != nil {
			break
		}
		todo <- i
	}
	close(todo)
	workers.Wait()
	return out, err
}
