package recognise

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cairn.example"
	"cairn.example/internal/issue"
	"cairn.example/programme"
)

// Uphold leaves the decision as it is that an appeal is against. The decision on the
// appeal says so, and why.
const Uphold Outcome = "uphold"

// Kinds of decisions, in their records.
const (
	kindDetermined = "determined"
	kindAppealed   = "appealed" // made on an appeal
)

// Appeal makes an application one against a decision: the same edition and the same
// credentials, and what the learner adds to them, judged by somebody else. It goes
// the way of every application, and ends in a decision of its own.
type Appeal struct {
	Of       cairn.ApplicationID `json:"of"`
	Decision cairn.CredentialID  `json:"decision"` // that it is against
	Reason   string              `json:"reason"`   // the learner's words
	Filed    time.Time           `json:"filed"`
	Until    string              `json:"until"`         // the last day on which it could be filed
	Within   int                 `json:"within"`        // days that the institution has; 0 when the programme names none
	Due      string              `json:"due,omitempty"` // the last of them, once it is handed in
	// Earlier and Before are the decision as it was, and the result that it rested on.
	Earlier Decision         `json:"earlier"`
	Before  programme.Result `json:"before"`
	// Certificate is what the earlier decision awarded; empty when nothing.
	Certificate cairn.CredentialID `json:"certificate,omitempty"`
}

// Deciders are the persons who signed the decision that the appeal is against.
func (a *Appeal) Deciders() []cairn.StaffID {
	out := []cairn.StaffID{a.Earlier.By}
	if a.Earlier.Second != nil {
		out = append(out, a.Earlier.Second.By)
	}
	return out
}

// Overdue reports whether the institution should have decided before a day.
func (a *Appeal) Overdue(today time.Time) bool {
	return a.Due != "" && today.UTC().Format(dayLayout) > a.Due
}

// AppealUntil is the last day on which a decision can be appealed; empty when its
// programme names no way. The clock begins with the last signature.
func AppealUntil(p *programme.Programme, d Decision) string {
	if p.Policy.Appeal == nil {
		return ""
	}
	at := d.At
	if d.Second != nil {
		at = d.Second.At
	}
	return at.UTC().AddDate(0, 0, p.Policy.Appeal.Days).Format(dayLayout)
}

func noAppeal(id cairn.ApplicationID, code, message, hint string) error {
	return &cairn.Error{Kind: cairn.Conflict, Code: code, Object: string(id), Message: message, Hint: hint}
}

// CanAppeal says why a decision can't be appealed on a day; nil when it can.
func (a Application) CanAppeal(p *programme.Programme, today time.Time) error {
	switch {
	case a.State != Delivered || a.Decision == nil || a.Evaluation == nil:
		return wrongState(a, string(Delivered))
	case a.Appeal != nil:
		return noAppeal(a.ID, "appeal.final", "this was decided on an appeal; the institution does not look at it a third time", "the decision says where else you can turn")
	case a.Superseded != "":
		return noAppeal(a.ID, "appeal.superseded", "another decision has taken the place of this one", "look at that one")
	case p.Policy.Appeal == nil:
		return noAppeal(a.ID, "appeal.no-way", "the rules of the programme name no way to appeal", "ask the institution")
	case today.UTC().Format(dayLayout) > AppealUntil(p, *a.Decision):
		return noAppeal(a.ID, "appeal.late", "the last day to appeal was "+AppealUntil(p, *a.Decision), "ask the institution; you can also apply again")
	}
	return nil
}

// Appeal begins an appeal against what an application led to, within the clock of
// its programme. The learner can add credentials to it and hands it in as any
// application. An appeal that there is already is returned.
func (s *Service) Appeal(ctx context.Context, inst cairn.InstitutionID, id cairn.ApplicationID, reason string) (Application, error) {
	if reason == "" || len(reason) > maxReason {
		return Application{}, invalid("appeal.reason", "reason", "say in 1 to %d bytes why the decision should be looked at again", maxReason)
	}
	of, learner, err := s.applicant(ctx, inst, id)
	if err != nil {
		return of, err
	}
	p, _, err := s.Programme(ctx, inst, of.ProgrammeDigest)
	if err != nil {
		return of, err
	}
	number, err := s.random()
	if err != nil {
		return of, err
	}
	challenge, err := s.random()
	if err != nil {
		return of, err
	}
	now := s.now()
	var a Application
	err = s.Tx(ctx, func(tx Tx) error {
		if of, err = tx.Application(ctx, inst, id); err != nil {
			return err
		}
		all, err := tx.ApplicationsOf(ctx, inst, of.Learner)
		if err != nil {
			return err
		}
		before := 0
		for _, o := range all {
			if o.Appeal != nil && o.Appeal.Of == id {
				if o.State != Withdrawn {
					a = o
					return nil
				}
				before++
			}
		}
		if err := of.CanAppeal(p, now); err != nil {
			return err
		}
		if len(all) >= maxEver {
			return &cairn.Error{Kind: cairn.Conflict, Code: "application.too-many-open", Object: string(of.Learner), Message: fmt.Sprintf("a learner has at most %d applications", maxEver), Hint: "ask the institution"}
		}
		a = Application{ID: cairn.ApplicationID(number), Key: fmt.Sprintf("appeal/%s/%d", id, before), Institution: inst, Learner: of.Learner, Programme: of.Programme, ProgrammeDigest: of.ProgrammeDigest,
			State: Draft, Challenge: challenge, Created: now, Updated: now, Attestations: of.Attestations, Exceptions: of.Exceptions, Granted: of.Granted, Continues: of.Continues, Kept: of.Kept,
			Appeal: &Appeal{Of: id, Decision: of.DecisionCredential, Reason: reason, Filed: now, Until: AppealUntil(p, *of.Decision), Within: p.Policy.Appeal.DecideWithin,
				Earlier: *of.Decision, Before: of.Evaluation.Result, Certificate: of.CertificateCredential}}
		for _, item := range of.Items {
			item.Report = nil
			a.Items = append(a.Items, item)
		}
		err = tx.InsertApplication(ctx, a, learner.FullName)
		if cairn.KindOf(err) == cairn.Conflict {
			return &cairn.Error{Kind: cairn.Conflict, Code: "application.open", Object: string(of.Programme), Message: "the learner has an open application for this programme",
				Hint: "go on with that one, or withdraw it", Err: err}
		}
		if err != nil {
			return err
		}
		return tx.AppendEvent(ctx, issue.Event{Institution: inst, At: now, Kind: "application.appealed", Object: string(a.ID), Actor: "learner", Detail: map[string]string{"of": string(id), "decision": string(of.DecisionCredential)}})
	})
	return a, err
}

// otherDecider refuses whoever signed the decision that an appeal is against.
func (a Application) otherDecider(by cairn.StaffID) error {
	if a.Appeal != nil && slices.Contains(a.Appeal.Deciders(), by) {
		return &cairn.Error{Kind: cairn.Conflict, Code: "appeal.same-decider", Object: string(a.ID), Message: "an appeal is for somebody who did not sign the decision that it is against", Hint: "leave it to a colleague"}
	}
	return nil
}

// onAppeal checks what is special about a decision on an appeal.
func (s *Service) onAppeal(ctx context.Context, a Application, r DecideRequest) error {
	if a.Appeal == nil {
		if r.Outcome == Uphold {
			return invalid("application.outcome", "outcome", "there is no decision that could be upheld")
		}
		return nil
	}
	if err := a.otherDecider(r.By); err != nil {
		return err
	}
	if r.Outcome == Refuse {
		return invalid("application.outcome", "outcome", "an appeal is accepted, or the decision upheld")
	}
	if r.Outcome == Return {
		return nil
	}
	if r.Original != a.Appeal.Decision {
		return invalid("appeal.original", "original", "a decision on an appeal names the decision that it is against: %s", a.Appeal.Decision)
	}
	of, err := s.Application(ctx, a.Institution, a.Appeal.Of)
	if err != nil {
		return err
	}
	c, err := s.Issue.Credential(ctx, a.Institution, a.Appeal.Decision)
	if err != nil {
		return err
	}
	if of.DecisionCredential != a.Appeal.Decision || of.State != Delivered || of.Superseded != "" || !c.Revoked().IsZero() {
		return &cairn.Error{Kind: cairn.Conflict, Code: "appeal.original-gone", Object: string(a.Appeal.Of), Message: "the decision that the appeal is against does not stand any more", Hint: "return the appeal, and say why"}
	}
	return nil
}

// better refuses to accept an appeal that changes nothing, or takes something away.
func (a Application) better() error {
	if a.Appeal == nil || a.Appeal.Earlier.Outcome != Accept {
		return nil
	}
	before, after := a.Appeal.Before, a.Evaluation.Result
	if after.Counted.Cmp(before.Counted) < 0 || before.Complete && !after.Complete || a.Appeal.Certificate != "" && !after.Complete {
		return &cairn.Error{Kind: cairn.Conflict, Code: "appeal.worse", Object: string(a.ID), Message: "less would be recognised than before; nobody loses by an appeal", Hint: "uphold the decision"}
	}
	if slices.EqualFunc(before.Lines, after.Lines, func(x, y programme.Line) bool {
		return x.Credential == y.Credential && x.Requirement == y.Requirement && x.Slot == y.Slot && x.Credits.Equal(y.Credits)
	}) && before.Complete == after.Complete {
		return &cairn.Error{Kind: cairn.Conflict, Code: "appeal.same", Object: string(a.ID), Message: "the result is the same as before", Hint: "uphold the decision, or record what changes it"}
	}
	return nil
}

// supersede lets an accepted appeal take the place of the decision that it is
// against, in the transaction that reserves its credits: what counts no longer is
// free again for other awards.
func (s *Service) supersede(ctx context.Context, tx Tx, a Application) error {
	of, err := tx.Application(ctx, a.Institution, a.Appeal.Of)
	if err != nil {
		return err
	}
	if of.Superseded == a.ID {
		return nil
	}
	counts := map[string]bool{}
	for _, l := range a.Evaluation.Result.Lines {
		counts[l.Credential] = true
	}
	if of.Decision.Outcome == Accept {
		for _, l := range of.Evaluation.Result.Lines {
			i := slices.IndexFunc(of.Evaluation.Held, func(h programme.Held) bool { return h.Digest == l.Credential })
			if h := of.Evaluation.Held[i]; !counts[h.Digest] {
				counts[h.Digest] = true // released once
				if err := tx.ReleaseCredit(ctx, CreditUse{Institution: of.Institution, Issuer: h.Issuer, Credential: h.Credential, Achievement: h.Achievement, Learner: of.Learner, Programme: of.Programme, Application: of.ID}); err != nil {
					return err
				}
			}
		}
	}
	of.Superseded = a.ID
	return s.store(ctx, tx, &of, "application.superseded", "engine")
}

// revokeEarlier withdraws the documents of the decision that an accepted appeal
// takes the place of. The certificate stays.
func (s *Service) revokeEarlier(ctx context.Context, a Application) error {
	of, err := s.Application(ctx, a.Institution, a.Appeal.Of)
	if err != nil {
		return err
	}
	for _, id := range []cairn.CredentialID{of.DecisionCredential, of.TranscriptCredential} {
		if id == "" {
			continue
		}
		c, err := s.Issue.Credential(ctx, a.Institution, id)
		if err != nil {
			return err
		}
		if !c.Revoked().IsZero() {
			continue // done before a crash
		}
		if err := s.Issue.Revoke(ctx, a.Institution, id, string(a.Decision.By), "superseded on appeal by "+string(a.DecisionCredential)); err != nil {
			return err
		}
	}
	return nil
}

// Compared is one line of what an appeal would change: a requirement, or a
// credential.
type Compared struct {
	Requirement string // id; empty for a credential
	Credential  string // digest; empty for a requirement
	Before      *programme.RequirementResult
	After       *programme.RequirementResult
	Was         *programme.CredentialResult // nil when it was not presented
	Is          *programme.CredentialResult // nil when it was taken out
	Changed     bool
}

// Compare puts two results of one edition beside each other, line by line.
func Compare(before, after programme.Result) (out []Compared) {
	for i := range after.Requirements {
		is := &after.Requirements[i]
		line := Compared{Requirement: is.Requirement, After: is, Changed: true}
		for j := range before.Requirements {
			if was := &before.Requirements[j]; was.Requirement == is.Requirement {
				line.Before, line.Changed = was, was.Status != is.Status || !was.Have.Equal(is.Have)
			}
		}
		out = append(out, line)
	}
	for i := range after.Credentials {
		is := &after.Credentials[i]
		line := Compared{Credential: is.Credential, Is: is, Changed: true}
		for j := range before.Credentials {
			if was := &before.Credentials[j]; was.Credential == is.Credential {
				same := slices.EqualFunc(was.Reasons, is.Reasons, func(x, y programme.Reason) bool {
					return x.Code == y.Code && x.Clause == y.Clause && x.Requirement == y.Requirement
				})
				line.Was, line.Changed = was, was.Status != is.Status || !was.Counted.Equal(is.Counted) || !same
			}
		}
		out = append(out, line)
	}
	for i := range before.Credentials {
		was := &before.Credentials[i]
		if !slices.ContainsFunc(after.Credentials, func(c programme.CredentialResult) bool { return c.Credential == was.Credential }) {
			out = append(out, Compared{Credential: was.Credential, Was: was, Changed: true})
		}
	}
	return out
}
