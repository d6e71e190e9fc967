package recognise

import (
	"context"
	"fmt"
	"strings"

	"cairn.example"
	"cairn.example/programme"
)

// Review says what is wrong, or may be, with the rules of a programme, given what
// an institution offers.
func (s *Service) Review(ctx context.Context, inst cairn.InstitutionID, p *programme.Programme) ([]programme.Finding, error) {
	whole, found, err := s.resolved(ctx, inst, p)
	if err != nil || whole == nil {
		return found, err
	}
	p = whole
	all, err := s.Issue.Achievements(ctx, inst)
	if err != nil {
		return nil, err
	}
	var catalogue []programme.Held
	for _, a := range all {
		if a.ID == p.Award.Achievement || a.Credit == nil {
			continue
		}
		h := programme.Held{Digest: string(a.ID), Issuer: p.Institution, Achievement: a.ID, Type: a.Type, Route: programme.InResidence, Credit: a.Credit, Level: a.Level, Field: a.FieldOfStudy, Tags: a.Tags}
		for _, t := range a.Alignments {
			h.Alignments = append(h.Alignments, t.TargetURL)
		}
		catalogue = append(catalogue, h)
	}
	return append(found, programme.Lint(p, catalogue)...), nil
}

// publishable puts a programme together and refuses rules that no learner can ever
// satisfy.
func (s *Service) publishable(ctx context.Context, inst cairn.InstitutionID, p *programme.Programme) (*programme.Programme, error) {
	whole, found, err := s.resolved(ctx, inst, p)
	if err != nil {
		return nil, err
	}
	if err := notWhole(p, found); err != nil {
		return nil, err
	}
	return whole, completable(whole)
}

// completable refuses rules that no learner can ever satisfy.
func completable(p *programme.Programme) error {
	var why []string
	for _, f := range programme.Lint(p, nil) {
		if f.Severity == programme.LintError {
			why = append(why, fmt.Sprintf("%s (%s)", f.String(), f.Code))
		}
	}
	if len(why) == 0 {
		return nil
	}
	return &cairn.Error{Kind: cairn.Invalid, Code: "programme.impossible", Object: string(p.ID), Message: "nobody can complete this programme: " + strings.Join(why, "; "), Hint: "change the rules that are named"}
}
