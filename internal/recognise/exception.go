package recognise

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cairn.example"
	"cairn.example/internal/issue"
	"cairn.example/programme"
)

// maxRole bounds, in bytes, the role in which somebody signs.
const maxRole = 200

// options are what persons said and allowed, for the engine.
func (a Application) options() programme.Options {
	return programme.Options{Attested: attested(a.Attestations), Exceptions: a.Exceptions, Application: a.Submitted}
}

// Exception finds an exception of an application.
func (a Application) Exception(id string) (programme.Exception, bool) {
	i := slices.IndexFunc(a.Exceptions, func(e programme.Exception) bool { return e.ID == id })
	if i < 0 {
		return programme.Exception{}, false
	}
	return a.Exceptions[i], true
}

// signed is a person's name under something, or says what is missing of it.
func (s *Service) signed(by cairn.StaffID, role, reason string) (programme.Signature, error) {
	if by == "" || reason == "" || len(reason) > maxReason {
		return programme.Signature{}, invalid("application.reason", "reason", "a reason of 1 to %d bytes and a name are needed", maxReason)
	}
	if role == "" || len(role) > maxRole {
		return programme.Signature{}, invalid("application.role", "role", "the role of whoever signs is needed, in at most %d bytes", maxRole)
	}
	return programme.Signature{By: by, Role: role, Reason: reason, At: s.now()}, nil
}

func samePerson(id string) error {
	return &cairn.Error{Kind: cairn.Conflict, Code: "application.same-person", Object: id, Message: "the second signature must be of another person than the first", Hint: "ask a colleague who is a registrar too"}
}

// ExceptRequest is a person's departure from the rules for one learner.
type ExceptRequest struct {
	Institution cairn.InstitutionID
	Application cairn.ApplicationID
	// Exception says what is allowed; who signs it, and its id, are set by Except.
	Exception programme.Exception
	By        cairn.StaffID
	Role      string // in which they act, such as head of department
	Reason    string // part of the decision
}

// Except records an exception while nothing is decided; the application is then
// evaluated anew. The same exception of the same person again changes nothing.
// Whether a second person must sign it is for the programme to say.
func (s *Service) Except(ctx context.Context, r ExceptRequest) (Application, error) {
	signature, err := s.signed(r.By, r.Role, r.Reason)
	if err != nil {
		return Application{}, err
	}
	a, err := s.Application(ctx, r.Institution, r.Application)
	if err != nil {
		return a, err
	}
	p, _, err := s.Programme(ctx, a.Institution, a.ProgrammeDigest)
	if err != nil {
		return a, err
	}
	if err := a.otherDecider(r.By); err != nil {
		return a, err
	}
	e := r.Exception
	e.ID, e.Signature, e.Done, e.Second = "x", signature, nil, nil
	if err := p.CheckException(e); err != nil {
		return a, err
	}
	same := func(o programme.Exception) bool {
		return o.Type == e.Type && o.Requirement == e.Requirement && o.Slot == e.Slot && o.Credential == e.Credential && o.Credits.Equal(e.Credits) && slices.Equal(o.Despite, e.Despite) &&
			o.Work == e.Work && o.Until == e.Until && o.By == e.By && o.Role == e.Role && o.Reason == e.Reason
	}
	if slices.ContainsFunc(a.Exceptions, same) {
		return a, nil
	}
	return s.undecided(ctx, r.Institution, r.Application, "application.exception", r.By, func(a *Application, detail map[string]string) error {
		if e.Credential != "" && !slices.ContainsFunc(a.Items, func(i Item) bool { return i.Digest == e.Credential }) {
			return &cairn.Error{Kind: cairn.NotFound, Code: "application.no-such-credential", Object: e.Credential, Message: "the application has no such credential"}
		}
		if slices.ContainsFunc(a.Exceptions, same) {
			return nil
		}
		a.Granted++
		e.ID = fmt.Sprintf("x%d", a.Granted)
		a.Exceptions = append(slices.Clone(a.Exceptions), e)
		detail["exception"], detail["type"] = e.ID, string(e.Type)
		return nil
	})
}

// ExceptionAct is what a person does about an exception.
type ExceptionAct string

// The acts.
const (
	SignSecond    ExceptionAct = "second"   // another person agrees
	ConfirmWork   ExceptionAct = "done"     // the work that was asked for is done
	TakeException ExceptionAct = "withdraw" // it is taken back; by another person, it is refused
)

// ExceptionActRequest is a person's word on an exception.
type ExceptionActRequest struct {
	Institution cairn.InstitutionID
	Application cairn.ApplicationID
	ID          string // of the exception
	Act         ExceptionAct
	By          cairn.StaffID
	Role        string
	Reason      string
}

// ActOnException signs an exception a second time, confirms the work that it asks
// for, or takes it back, while nothing is decided; the application is then
// evaluated anew. The same word again changes nothing.
func (s *Service) ActOnException(ctx context.Context, r ExceptionActRequest) (Application, error) {
	signature, err := s.signed(r.By, r.Role, r.Reason)
	if err != nil {
		return Application{}, err
	}
	kind, ok := map[ExceptionAct]string{SignSecond: "application.exception-signed", ConfirmWork: "application.work-done", TakeException: "application.exception-withdrawn"}[r.Act]
	if !ok {
		return Application{}, invalid("application.exception-act", "act", "nothing like %q can be done about an exception", r.Act)
	}
	same := func(o *programme.Signature) bool { return o != nil && o.By == r.By && o.Reason == r.Reason }
	a, err := s.Application(ctx, r.Institution, r.Application)
	if err != nil {
		return a, err
	}
	if err := a.otherDecider(r.By); err != nil {
		return a, err
	}
	if e, found := a.Exception(r.ID); found && (r.Act == SignSecond && same(e.Second) || r.Act == ConfirmWork && same(e.Done)) {
		return a, nil
	}
	return s.undecided(ctx, r.Institution, r.Application, kind, r.By, func(a *Application, detail map[string]string) error {
		i := slices.IndexFunc(a.Exceptions, func(e programme.Exception) bool { return e.ID == r.ID })
		if i < 0 {
			return &cairn.Error{Kind: cairn.NotFound, Code: "application.no-such-exception", Object: r.ID, Message: "the application has no such exception any more"}
		}
		a.Exceptions = slices.Clone(a.Exceptions)
		e := &a.Exceptions[i]
		detail["exception"], detail["type"], detail["reason"] = e.ID, string(e.Type), r.Reason
		switch r.Act {
		case SignSecond:
			if e.By == r.By {
				return samePerson(r.ID)
			}
			if e.Second == nil {
				e.Second = &signature
			}
		case ConfirmWork:
			if e.Type != programme.Supplement {
				return invalid("application.exception-act", "act", "there is no work that could be done")
			}
			if e.Done == nil {
				e.Done = &signature
			}
		default:
			a.Exceptions = slices.Delete(a.Exceptions, i, i+1)
		}
		return nil
	})
}

// undecided changes an application about which nothing is decided, and has it
// evaluated anew. What f puts into detail stands in the event.
func (s *Service) undecided(ctx context.Context, inst cairn.InstitutionID, id cairn.ApplicationID, kind string, by cairn.StaffID, f func(*Application, map[string]string) error) (Application, error) {
	var a Application
	err := s.Tx(ctx, func(tx Tx) (err error) {
		if a, err = tx.Application(ctx, inst, id); err != nil {
			return err
		}
		if a.State != Evaluated && a.State != Submitted {
			return wrongState(a, "not decided")
		}
		detail := map[string]string{"state": string(Submitted)}
		if err := f(&a, detail); err != nil {
			return err
		}
		a.State, a.Updated = Submitted, s.now()
		if err := tx.UpdateApplication(ctx, a); err != nil {
			return err
		}
		a.Revision++
		return tx.AppendEvent(ctx, issue.Event{Institution: inst, At: s.now(), Kind: kind, Object: string(id), Actor: string(by), Detail: detail})
	})
	return a, err
}

// beyondRules says on a transcript what was counted, or let off, beyond the rules of
// the programme. The reasons are in the decision, which the learner need not show.
func beyondRules(a Application, p *programme.Programme) string {
	var out []string
	for _, r := range a.Evaluation.Result.Exceptions {
		e, _ := a.Exception(r.ID)
		if r.Effect != programme.EffectApplied || e.Type == programme.Exclude {
			continue
		}
		place := "the total"
		for _, req := range p.Requirements {
			if req.ID == e.Requirement {
				place = "rule " + req.Clause
			}
		}
		word := map[programme.ExceptionType]string{programme.Waive: "waived", programme.WaiveTotal: "let off in part", programme.Substitute: "met by substitution", programme.Supplement: "met with supplementary work"}[e.Type]
		out = append(out, fmt.Sprintf("%s was %s by the %s on %s", place, word, e.Role, e.At.Format(dayLayout)))
	}
	if len(out) == 0 {
		return ""
	}
	return "Beyond the rules of the programme: " + strings.Join(out, "; ") + "."
}

// Unsound says what is wrong with the signatures under an application that is
// decided; empty when nothing is.
func (a Application) Unsound(p *programme.Programme) string {
	if a.Decision == nil || a.Evaluation == nil {
		return ""
	}
	second := a.Decision.Second
	if _, need := needsSecond(p, *a.Decision, a.Evaluation.Result); need && second == nil {
		return "its decision needs a second signature and has none"
	}
	if second != nil && second.By == a.Decision.By {
		return "one person signed its decision twice"
	}
	if a.otherDecider(a.Decision.By) != nil || second != nil && a.otherDecider(second.By) != nil {
		return "somebody decided on an appeal against their own decision"
	}
	for _, e := range a.Exceptions {
		if err := p.CheckException(e); err != nil {
			return "an exception in it is not one that the programme allows: " + e.ID
		}
	}
	return ""
}
