package demo

import (
	"cairn.example"
	"cairn.example/internal/issue"
	"cairn.example/internal/staff"
)

// RegistrarPassword opens the registrar's account of the demo. It is no secret.
const RegistrarPassword = "a stone for every step"

// desk leaves something to do for whoever opens the pages: an account for the
// registrar, an application that waits for a decision, and a code to claim with.
func (p *player) desk() error {
	p.title("The registrar's desk, for you to try")
	account := staff.Account{Institution: university, ID: "registrar", Name: "Grace Uwase", Roles: []staff.Role{staff.Registrar}}
	if err := p.Staff.Create(p.ctx, account, RegistrarPassword, "demo"); err != nil {
		return err
	}
	p.story.Registrar = account.ID
	l, err := p.Issue.RegisterLearner(p.ctx, cairn.Learner{Institution: university, FullName: "Otieno", Number: "UNIVERSITY-2"})
	if err != nil {
		return err
	}
	var last issue.Issued
	for _, m := range []struct{ slug, day string }{{"crop-health", "2025-06-01"}, {"soil-laboratory", "2025-07-01"}, {"mobile-money", "2025-09-01"}} {
		if last, err = p.Issue.Award(p.ctx, issue.AwardRequest{Institution: university, Key: "otieno/" + m.slug, Achievement: p.module(m.slug).id(p.Config.BaseURL),
			Learner: l.ID, AwardedOn: must(cairn.ParsePartialDate(m.day)).Earliest(), Actor: "registrar"}); err != nil {
			return err
		}
	}
	a, err := p.Recognise.Draft(p.ctx, university, l.ID, "diploma-sustainable-agriculture", "otieno")
	if err != nil {
		return err
	}
	if a, err = p.Recognise.AddOwn(p.ctx, university, a.ID); err != nil {
		return err
	}
	// A record of another institution that names nobody by an identifier: only a
	// person can say that it is his.
	if a, err = p.Recognise.Add(p.ctx, university, a.ID, p.issued["digital-literacy"].Document()); err != nil {
		return err
	}
	if a, err = p.Recognise.Submit(p.ctx, university, a.ID); err != nil {
		return err
	}
	if a, err = p.Recognise.Advance(p.ctx, university, a.ID); err != nil {
		return err
	}
	p.story.Waiting = a.ID
	d, err := p.Issue.Deliver(p.ctx, last)
	if err != nil {
		return err
	}
	p.story.ClaimCode = d.Code
	p.tell("Otieno's application waits: %s of %s credits, and one record that a person must look at.", a.Evaluation.Result.Counted, a.Evaluation.Result.Total)
	return nil
}
