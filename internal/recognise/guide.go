package recognise

import (
	"context"
	"slices"
	"strings"

	"cairn.example"
	"cairn.example/programme"
)

// Limits of what a learner is shown as ways to go on.
const (
	maxCatalogue = 400 // achievements that are tried against a programme
	maxPartners  = 20  // other institutions whose achievements are among them
	maxPlanned   = 50  // achievements of one plan
)

// Offer is an achievement that somebody could earn, as the rules would see it once it
// is earned.
type Offer struct {
	programme.Held
	Institution cairn.InstitutionID
	Name        cairn.Text
}

// Guide is what a learner may want to know beside how far they are. It is worked out
// anew each time, and nothing is stored or decided by it.
type Guide struct {
	Next      programme.Steps    `json:"next"`
	Outlook   programme.Prospect `json:"outlook"`
	Trial     *programme.Trial   `json:"whatIf,omitempty"` // nil without a plan
	Catalogue []Offer            `json:"-"`
}

// Offered finds an achievement of the catalogue by its digest.
func (g Guide) Offered(digest string) (Offer, bool) {
	i := slices.IndexFunc(g.Catalogue, func(o Offer) bool { return o.Digest == digest })
	if i < 0 {
		return Offer{}, false
	}
	return g.Catalogue[i], true
}

// Guide says what somebody who holds some credentials could earn next, what will
// lapse, and what a plan would change. What is planned must be in the catalogue.
func (s *Service) Guide(ctx context.Context, inst cairn.InstitutionID, p *programme.Programme, held []programme.Held, planned []cairn.AchievementID) (Guide, error) {
	if len(planned) > maxPlanned {
		return Guide{}, &cairn.Error{Kind: cairn.TooLarge, Code: "plan.too-many", Message: "there are too many achievements in the plan"}
	}
	catalogue, err := s.Catalogue(ctx, inst, p)
	if err != nil {
		return Guide{}, err
	}
	g := Guide{Catalogue: catalogue}
	var offers, plan []programme.Held
	for _, o := range catalogue {
		offers = append(offers, o.Held)
		if slices.Contains(planned, o.Achievement) {
			plan = append(plan, o.Held)
		}
	}
	for _, id := range planned {
		if !slices.ContainsFunc(plan, func(h programme.Held) bool { return h.Achievement == id }) {
			return Guide{}, &cairn.Error{Kind: cairn.NotFound, Code: "plan.no-such-achievement", Object: string(id), Message: "what is planned is not in the catalogue"}
		}
	}
	now := s.now()
	if g.Next, err = programme.Next(p, held, offers, now, programme.NextOptions{}); err != nil {
		return Guide{}, err
	}
	if g.Outlook, err = programme.Outlook(p, held, now, programme.Options{}); err != nil {
		return Guide{}, err
	}
	if len(plan) > 0 {
		t, err := programme.WhatIf(p, held, plan, now, programme.Options{})
		if err != nil {
			return Guide{}, err
		}
		g.Trial = &t
	}
	return g, nil
}

// Catalogue lists what could be earned for a programme: what its institution teaches,
// and what those institutions of this server teach that the programme names. Full
// credentials are none of it.
func (s *Service) Catalogue(ctx context.Context, inst cairn.InstitutionID, p *programme.Programme) ([]Offer, error) {
	programmes, err := s.Programmes(ctx, inst)
	if err != nil {
		return nil, err
	}
	awards := []cairn.AchievementID{p.Award.Achievement}
	for _, other := range programmes {
		awards = append(awards, other.Award.Achievement)
	}
	from := []cairn.Institution{{ID: inst, DID: p.Institution}}
	if named := issuersOf(p); len(named) > 0 {
		all, err := s.Issue.Institutions(ctx)
		if err != nil {
			return nil, err
		}
		for _, i := range all {
			if i.ID != inst && slices.Contains(named, i.DID) && len(from) <= maxPartners {
				from = append(from, i)
			}
		}
	}
	today := s.now()
	var out []Offer
	for _, i := range from {
		list, err := s.Issue.Achievements(ctx, i.ID)
		if err != nil {
			return nil, err
		}
		for _, a := range list {
			if a.Credit == nil || slices.Contains(awards, a.ID) || len(out) == maxCatalogue {
				continue
			}
			h := programme.Held{Digest: programme.PlannedDigest(i.DID, a.ID), Issuer: i.DID, Achievement: a.ID, Type: a.Type, Route: programme.InResidence, Credit: a.Credit, Level: a.Level, Field: a.FieldOfStudy,
				Tags: slices.Sorted(slices.Values(a.Tags)), Assessment: a.AssessmentType, Supervision: a.Supervision, AwardedOn: cairn.PartialDate{Year: today.Year(), Month: today.Month(), Day: today.Day()}}
			switch {
			case i.DID != p.Institution:
				h.Route = programme.Transfer
			case a.AssessmentType == AssessmentRPL:
				h.Route = programme.RPL
			}
			for _, t := range a.Alignments {
				h.Alignments = append(h.Alignments, t.TargetURL)
			}
			slices.Sort(h.Alignments)
			h.Title, _ = a.Name.In(p.Language)
			out = append(out, Offer{Held: h, Institution: i.ID, Name: a.Name})
		}
	}
	return out, nil
}

// issuersOf lists the institutions that a programme names.
func issuersOf(p *programme.Programme) []cairn.DID {
	var out []cairn.DID
	for _, a := range p.Agreements {
		out = append(out, a.Issuer)
	}
	for _, r := range p.Requirements {
		out = append(out, r.Match.Issuers...)
		for _, s := range r.Slots() {
			out = append(out, s.Match.Issuers...)
		}
	}
	slices.SortFunc(out, func(a, b cairn.DID) int { return strings.Compare(string(a), string(b)) })
	return slices.Compact(out)
}

// Compare ranks all programmes of an institution by how near a learner is to each,
// with what the institution itself issued and with other documents.
func (s *Service) Compare(ctx context.Context, inst cairn.InstitutionID, learner cairn.LearnerID, documents ...[]byte) ([]programme.Near, error) {
	if _, err := s.Issue.Learner(ctx, inst, learner); err != nil {
		return nil, err
	}
	programmes, err := s.Programmes(ctx, inst)
	if err != nil {
		return nil, err
	}
	var out []programme.Near
	for _, p := range programmes {
		// What was used for one award may be spent for another, so each is judged by
		// itself.
		e, edition, err := s.Simulate(ctx, inst, learner, p.ID, documents...)
		if err != nil {
			return nil, err
		}
		out = append(out, edition.Nearness(e.Result))
	}
	programme.Rank(out)
	return out, nil
}
