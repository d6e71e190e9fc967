package recognise

import (
	"context"
	"slices"

	"cairn.example"
	"cairn.example/internal/issue"
)

// Advance takes an application as far as it goes without a person, one stored
// step at a time. It may be called again at any time, also after a crash and from
// two places at once: each step is done once.
func (s *Service) Advance(ctx context.Context, inst cairn.InstitutionID, id cairn.ApplicationID) (Application, error) {
	for {
		a, err := s.Application(ctx, inst, id)
		if err != nil {
			return a, err
		}
		var step func(context.Context, Application) error
		switch a.State {
		case Submitted:
			step = s.evaluate
		case Decided:
			step = s.reserve
		case Reserved:
			step = s.award
		case Awarded:
			step = s.deliver
		default:
			return a, nil
		}
		if err := step(ctx, a); err != nil && cairn.CodeOf(err) != "application.changed" {
			return a, err
		}
		s.Trace(string(a.State))
	}
}

// dueBatch is how many applications Run takes at once.
const dueBatch = 100

// Run advances applications whose next step needs no person, up to dueBatch of
// them, and returns how many it took on. One that fails is left where it is, and its
// error returned at the end; the next Run takes it after all others. When ctx ends,
// Run stops after the step that it is at.
func (s *Service) Run(ctx context.Context) (n int, err error) {
	var due []Application
	err = s.View(ctx, func(tx Tx) (err error) {
		due, err = tx.DueApplications(ctx, dueBatch)
		return err
	})
	if err != nil {
		return 0, err
	}
	var first error
	for _, a := range due {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		// Before the try: one that brings the program down is tried last as well.
		if err := s.Tx(ctx, func(tx Tx) error { return tx.TriedApplication(ctx, a.Institution, a.ID, s.Now()) }); err != nil {
			return n, err
		}
		if _, err := s.Advance(ctx, a.Institution, a.ID); err != nil && first == nil {
			first = err
		}
		n++
	}
	return n, first
}

// save stores the outcome of a step that was begun from a; if somebody else has
// changed the application meanwhile, the step is done again from the new state.
func (s *Service) save(ctx context.Context, a Application, kind string) error {
	return s.Tx(ctx, func(tx Tx) error { return s.store(ctx, tx, &a, kind, "engine") })
}

func (s *Service) evaluate(ctx context.Context, a Application) error {
	e, err := s.evaluation(ctx, &a)
	if err != nil {
		return err
	}
	a.Evaluation, a.State = e, Evaluated
	return s.save(ctx, a, "application.evaluated")
}

// DecideRequest is a registrar's decision on what they saw.
type DecideRequest struct {
	Institution cairn.InstitutionID
	Application cairn.ApplicationID
	// Revision is the revision of the application that the registrar looked at.
	Revision int
	Outcome  Outcome
	// Original is the decision that an appeal is against, as proof that whoever
	// decides on the appeal has looked at it; empty for other applications.
	Original cairn.CredentialID
	By       cairn.StaffID
	Role     string
	Reason   string
}

// Decide records a registrar's decision. An acceptance is checked once more
// against the world as it is now: if a credential was revoked since the registrar
// looked, say, the new evaluation is stored and the decision refused.
func (s *Service) Decide(ctx context.Context, r DecideRequest) (Application, error) {
	if r.By == "" || r.Reason == "" || len(r.Reason) > maxReason {
		return Application{}, invalid("application.reason", "reason", "a reason of 1 to %d bytes and a name are needed", maxReason)
	}
	a, err := s.Application(ctx, r.Institution, r.Application)
	if err != nil {
		return a, err
	}
	if a.Decision != nil && a.Decision.Outcome == r.Outcome && a.Decision.By == r.By && a.Decision.Reason == r.Reason {
		return a, nil // the same decision again
	}
	if a.State != Evaluated {
		return a, wrongState(a, string(Evaluated))
	}
	if a.Revision != r.Revision {
		return a, changedSince(a)
	}
	p, _, err := s.Programme(ctx, a.Institution, a.ProgrammeDigest)
	if err != nil {
		return a, err
	}
	if err := s.onAppeal(ctx, a, r); err != nil {
		return a, err
	}
	decision := &Decision{Outcome: r.Outcome, By: r.By, Role: r.Role, Reason: r.Reason, At: s.now()}
	switch r.Outcome {
	case Return:
		a.State, a.Note, a.Evaluation = Draft, r.Reason, nil
		if a.Appeal != nil {
			again := *a.Appeal
			again.Due = "" // the clock begins anew when it comes back
			a.Appeal = &again
		}
	case Refuse, Uphold:
		a.State, a.Decision, a.Note = Decided, decision, r.Reason
	case Accept:
		if err := s.acceptable(ctx, &a); err != nil {
			return a, err
		}
		a.State, a.Decision, a.Note = Decided, decision, ""
	default:
		return a, invalid("application.outcome", "outcome", "there is no outcome %q", r.Outcome)
	}
	a.Unsigned = nil
	if _, second := a.SecondClause(p, r.Outcome); second {
		a.State, a.Note = Countersigning, ""
	}
	err = s.Tx(ctx, func(tx Tx) error {
		if r.Outcome == Accept { // another may have been accepted while this one was evaluated
			if err := notAwarded(ctx, tx, a); err != nil {
				return err
			}
		}
		return s.store(ctx, tx, &a, "application.decided", string(r.By))
	})
	return a, err
}

// notAwarded refuses a second certificate of one programme for one learner, also
// while the first is decided on and not yet issued.
func notAwarded(ctx context.Context, tx Tx, a Application) error {
	others, err := tx.ApplicationsOf(ctx, a.Institution, a.Learner)
	if err != nil {
		return err
	}
	for _, o := range others {
		completes := o.Decision != nil && o.Decision.Outcome == Accept && o.Evaluation != nil && o.Evaluation.Result.Complete
		appealed := a.Appeal != nil && a.Appeal.Of == o.ID
		if o.ID != a.ID && !appealed && o.Programme == a.Programme && (o.CertificateCredential != "" || completes) {
			return &cairn.Error{Kind: cairn.Conflict, Code: "application.already-awarded", Object: string(o.ID),
				Message: "the learner has the certificate of this programme already", Hint: "refuse or return this application; a lost certificate is delivered again, not awarded again"}
		}
	}
	return nil
}

// AttestRequest is a person's word on a requirement that only a person can judge.
type AttestRequest struct {
	Institution cairn.InstitutionID
	Application cairn.ApplicationID
	Requirement string
	By          cairn.StaffID
	Role        string
	Reason      string // what it rests on; part of the decision
	Withdraw    bool   // takes such a word back
}

// Attest records that a requirement is met, or takes that back, while nothing is
// decided; the application is then evaluated anew. The same word again changes nothing.
func (s *Service) Attest(ctx context.Context, r AttestRequest) (Application, error) {
	if r.By == "" || r.Reason == "" || len(r.Reason) > maxReason {
		return Application{}, invalid("application.reason", "reason", "a reason of 1 to %d bytes and a name are needed", maxReason)
	}
	a, err := s.Application(ctx, r.Institution, r.Application)
	if err != nil {
		return a, err
	}
	p, _, err := s.Programme(ctx, a.Institution, a.ProgrammeDigest)
	if err != nil {
		return a, err
	}
	order := p.Attestable()
	if !slices.Contains(order, r.Requirement) {
		return a, &cairn.Error{Kind: cairn.NotFound, Code: "application.not-attested", Object: r.Requirement, Message: "the programme has no such requirement that a person attests"}
	}
	at := func(a Application) int {
		return slices.IndexFunc(a.Attestations, func(o Attestation) bool { return o.Requirement == r.Requirement })
	}
	if i := at(a); r.Withdraw && i < 0 || !r.Withdraw && i >= 0 && a.Attestations[i].By == r.By && a.Attestations[i].Reason == r.Reason {
		return a, nil
	}
	kind := "application.attested"
	if r.Withdraw {
		kind = "application.attestation-withdrawn"
	}
	return s.change(ctx, r.Institution, r.Application, kind, string(r.By), func(a *Application) error {
		if a.State != Evaluated && a.State != Submitted {
			return wrongState(*a, "not decided")
		}
		a.Attestations = slices.Clone(a.Attestations)
		if i := at(*a); i >= 0 {
			a.Attestations = slices.Delete(a.Attestations, i, i+1)
		}
		if !r.Withdraw {
			a.Attestations = append(a.Attestations, Attestation{Requirement: r.Requirement, By: r.By, Role: r.Role, Reason: r.Reason, At: s.now()})
			slices.SortFunc(a.Attestations, func(x, y Attestation) int {
				return slices.Index(order, x.Requirement) - slices.Index(order, y.Requirement)
			})
		}
		a.State = Submitted
		return nil
	})
}

// reserve spends the credentials that count, all or none, in the transaction that
// records it. A unique key in the store makes a second spending impossible.
func (s *Service) reserve(ctx context.Context, a Application) error {
	if a.Decision.Outcome != Accept {
		a.State = Reserved // a refusal spends nothing
		return s.save(ctx, a, "application.reserved")
	}
	// A step may run long after the one before it, when the server was stopped in
	// between. What was revoked meanwhile is not awarded: the registrar decides anew.
	again := a
	again.Items = slices.Clone(a.Items)
	fresh, err := s.evaluation(ctx, &again)
	if err != nil {
		return err
	}
	same, err := sameResult(a.Evaluation, fresh)
	if err != nil {
		return err
	}
	if !same {
		again.Evaluation, again.State, again.Decision = fresh, Evaluated, nil
		again.Note = "a credential or a list has changed since the decision; it is decided anew"
		return s.save(ctx, again, "application.evaluation-changed")
	}
	counted := map[string]bool{}
	for _, l := range a.Evaluation.Result.Lines {
		counted[l.Credential] = true
	}
	var clash error
	err = s.Tx(ctx, func(tx Tx) error {
		for _, h := range a.Evaluation.Held {
			if !counted[h.Digest] {
				continue
			}
			clash = tx.ReserveCredit(ctx, CreditUse{Institution: a.Institution, Issuer: h.Issuer, Credential: h.Credential, Achievement: h.Achievement, Learner: a.Learner, Programme: a.Programme, Application: a.ID, At: s.now()})
			if clash != nil {
				return clash
			}
		}
		if a.Appeal != nil {
			if err := s.supersede(ctx, tx, a); err != nil {
				return err
			}
		}
		next := a
		next.State = Reserved
		return s.store(ctx, tx, &next, "application.reserved", "engine")
	})
	if clash != nil && cairn.CodeOf(clash) == "credit.spent" {
		// Somebody was quicker. The registrar decides anew on what is left.
		a.State, a.Decision, a.Note = Submitted, nil, clash.Error()
		return s.save(ctx, a, "application.credit-spent")
	}
	return err
}

// award issues the decision and, for an acceptance, the transcript and perhaps the
// certificate. Each has an idempotency key of its own, so that a crash in between
// issues nothing twice.
func (s *Service) award(ctx context.Context, a Application) error {
	p, _, err := s.Programme(ctx, a.Institution, a.ProgrammeDigest)
	if err != nil {
		return err
	}
	decision, err := s.issueDecision(ctx, a, p)
	if err != nil {
		return err
	}
	a.DecisionCredential = decision.ID()
	s.Trace("decision")
	if a.Decision.Outcome == Accept {
		var certificate *issue.Issued
		switch {
		case a.Appeal != nil && a.Appeal.Certificate != "":
			c, err := s.Issue.Credential(ctx, a.Institution, a.Appeal.Certificate)
			if err != nil {
				return err
			}
			a.CertificateCredential, certificate = c.ID(), &c
		case a.Evaluation.Result.Complete:
			c, err := s.issueCertificate(ctx, a, p)
			if err != nil {
				return err
			}
			a.CertificateCredential, certificate = c.ID(), &c
			s.Trace("certificate")
		}
		transcript, err := s.issueTranscript(ctx, a, p, decision, certificate)
		if err != nil {
			return err
		}
		a.TranscriptCredential = transcript.ID()
		s.Trace("transcript")
		if a.Appeal != nil {
			if err := s.revokeEarlier(ctx, a); err != nil {
				return err
			}
			s.Trace("superseded")
		}
	}
	a.State = Awarded
	return s.save(ctx, a, "application.awarded")
}

// deliver makes what was issued available on the learner's own page. Claim codes
// for other ways are made when somebody asks for them, since only their hashes
// are stored.
func (s *Service) deliver(ctx context.Context, a Application) error {
	a.Deliveries = nil
	for _, d := range []Delivery{{issue.KindDecision, a.DecisionCredential}, {issue.KindCertificate, a.CertificateCredential}, {issue.KindTranscript, a.TranscriptCredential}} {
		if d.Credential == "" {
			continue
		}
		if _, err := s.Issue.Credential(ctx, a.Institution, d.Credential); err != nil {
			return err // delivered is only what was finalised
		}
		a.Deliveries = append(a.Deliveries, d)
	}
	a.State = Delivered
	return s.save(ctx, a, "application.delivered")
}
