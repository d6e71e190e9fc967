package recognise

import (
	"context"

	"cairn.example"
)

// ContinueRequest goes on from what was recognised in part, perhaps years ago.
type ContinueRequest struct {
	Institution cairn.InstitutionID
	Application cairn.ApplicationID // that was accepted, without completing the programme
	Key         string              // idempotency key
	// Newest has everything judged by the newest edition. Otherwise the edition stays
	// that was applied, and what it recognised is as old as it was on that day.
	Newest bool
}

// CanContinue says why an application can't be gone on from; nil when it can.
func (a Application) CanContinue() error {
	switch {
	case a.State != Delivered || a.Decision == nil || a.Evaluation == nil:
		return wrongState(a, string(Delivered))
	case a.Superseded != "":
		return &cairn.Error{Kind: cairn.Conflict, Code: "application.superseded", Object: string(a.ID), Message: "another decision has taken the place of this one", Hint: "go on from that one"}
	case a.Decision.Outcome != Accept || a.CertificateCredential != "":
		return &cairn.Error{Kind: cairn.Conflict, Code: "application.nothing-to-continue", Object: string(a.ID), Message: "nothing was recognised in part here that could be gone on with", Hint: "apply for the programme instead"}
	}
	return nil
}

// Continue begins an application that goes on from an earlier one: with its
// credentials, and under its edition also with what persons confirmed and allowed.
// The learner adds what they have learned since. The same key again returns the same
// application.
func (s *Service) Continue(ctx context.Context, r ContinueRequest) (Application, error) {
	of, learner, err := s.applicant(ctx, r.Institution, r.Application)
	if err != nil {
		return of, err
	}
	if err := of.CanContinue(); err != nil {
		return Application{}, err
	}
	digest := of.ProgrammeDigest
	if r.Newest {
		p, err := s.newest(ctx, r.Institution, of.Programme)
		if err != nil {
			return Application{}, err
		}
		digest = p.Digest()
	}
	a, err := s.blank(of.Institution, of.Learner, of.Programme, digest, r.Key)
	if err != nil {
		return a, err
	}
	a.Continues = of.ID
	for _, item := range of.Items {
		item.Report = nil
		a.Items = append(a.Items, item)
	}
	if !r.Newest {
		a.Attestations, a.Exceptions, a.Granted = of.Attestations, of.Exceptions, of.Granted
		a.Kept = map[string]cairn.PartialDate{}
		for _, l := range of.Evaluation.Result.Lines {
			day, ok := of.Kept[l.Credential]
			if !ok {
				day = dayOf(of.Evaluation.At)
			}
			a.Kept[l.Credential] = day
		}
	}
	return s.begin(ctx, a, learner.FullName)
}
