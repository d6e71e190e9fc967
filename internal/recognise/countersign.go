package recognise

import (
	"context"

	"cairn.example"
	"cairn.example/programme"
)

// needsSecond says whether a decision needs a second signature, and by which clause
// of the programme.
func needsSecond(p *programme.Programme, d Decision, r programme.Result) (clause string, yes bool) {
	switch d.Outcome {
	case Refuse, Uphold:
		return p.NeedsSecond(programme.ActRefuse)
	case Accept:
		if clause, yes = p.NeedsSecond(programme.ActAccept); !yes && r.BeyondRules() {
			clause, yes = p.NeedsSecond(programme.ActBeyondRules)
		}
	}
	return clause, yes
}

// SecondClause says whether a decision with an outcome would need a second
// signature as the application stands, and by which clause.
func (a Application) SecondClause(p *programme.Programme, o Outcome) (clause string, yes bool) {
	var r programme.Result
	if a.Evaluation != nil {
		r = a.Evaluation.Result
	}
	return needsSecond(p, Decision{Outcome: o}, r)
}

// CountersignRequest is a second person's word on a decision.
type CountersignRequest struct {
	Institution cairn.InstitutionID
	Application cairn.ApplicationID
	Revision    int  // of the application that they looked at
	Agree       bool // or else the decision is undone, also by whoever made it
	By          cairn.StaffID
	Role        string
	Reason      string
}

// Countersign signs a decision that needs two, or undoes it, so that it is decided
// anew. An acceptance is checked once more against the world as it is now.
func (s *Service) Countersign(ctx context.Context, r CountersignRequest) (Application, error) {
	signature, err := s.signed(r.By, r.Role, r.Reason)
	if err != nil {
		return Application{}, err
	}
	a, err := s.Application(ctx, r.Institution, r.Application)
	if err != nil {
		return a, err
	}
	if d := a.Decision; r.Agree && d != nil && d.Second != nil && d.Second.By == r.By && d.Second.Reason == r.Reason {
		return a, nil // the same word again
	}
	if a.State != Countersigning {
		return a, wrongState(a, string(Countersigning))
	}
	if a.Revision != r.Revision {
		return a, changedSince(a)
	}
	if !r.Agree {
		a.State, a.Decision, a.Note, a.Unsigned = Evaluated, nil, "", &signature
		err = s.Tx(ctx, func(tx Tx) error { return s.store(ctx, tx, &a, "application.decision-undone", string(r.By)) })
		return a, err
	}
	if err := a.otherDecider(r.By); err != nil {
		return a, err
	}
	if r.By == a.Decision.By {
		return a, samePerson(string(a.ID))
	}
	if a.Decision.Outcome == Accept {
		if err := s.acceptable(ctx, &a); err != nil {
			return a, err
		}
	}
	decision := *a.Decision
	decision.Second = &signature
	a.State, a.Decision = Decided, &decision
	err = s.Tx(ctx, func(tx Tx) error {
		if decision.Outcome == Accept {
			if err := notAwarded(ctx, tx, a); err != nil {
				return err
			}
		}
		return s.store(ctx, tx, &a, "application.countersigned", string(r.By))
	})
	return a, err
}

func changedSince(a Application) error {
	return &cairn.Error{Kind: cairn.Conflict, Code: "application.changed", Object: string(a.ID), Message: "the application has changed since you looked at it", Hint: "look at it again, then decide"}
}

// acceptable checks an acceptance against the world as it is now. When the
// evaluation is not what was looked at any more, the new one is stored, without a
// decision, and the acceptance refused.
func (s *Service) acceptable(ctx context.Context, a *Application) error {
	if err := s.View(ctx, func(tx Tx) error { return notAwarded(ctx, tx, *a) }); err != nil {
		return err
	}
	fresh, err := s.evaluation(ctx, a)
	if err != nil {
		return err
	}
	same, err := sameResult(a.Evaluation, fresh)
	if err != nil {
		return err
	}
	a.Evaluation = fresh
	if !same {
		a.State, a.Decision = Evaluated, nil
		if err := s.save(ctx, *a, "application.evaluated"); err != nil {
			return err
		}
		return &cairn.Error{Kind: cairn.Conflict, Code: "application.evaluation-changed", Object: string(a.ID),
			Message: "the evaluation is not what you saw any more: a credential or a list has changed", Hint: "look at it again, then decide"}
	}
	if fresh.Result.Counted.Sign() <= 0 {
		return invalid("application.nothing-to-accept", "outcome", "nothing in the application can be counted; return or refuse it")
	}
	return a.better()
}
