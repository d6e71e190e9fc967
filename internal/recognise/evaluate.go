package recognise

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/internal/verify"
	"cairn.example/openbadges"
	"cairn.example/programme"
	"cairn.example/strictjson"
)

// AssessmentRPL is the assessment type of achievements that an institution awards
// by recognition of prior learning.
const AssessmentRPL = "recognition-of-prior-learning"

// heldFrom brings the facts of a genuine credential into the form that rules see.
// own is the institution whose programme it is.
func heldFrom(document []byte, digest string, own cairn.DID) (programme.Held, error) {
	h := programme.Held{Digest: digest}
	tree, err := strictjson.ParseObject(document, strictjson.Default)
	if err != nil {
		return h, err
	}
	f, err := openbadges.Read(tree)
	if err != nil {
		return h, err
	}
	h.Credential, h.Issuer, h.Achievement, h.Type, h.Title = cairn.CredentialID(f.CredentialID), cairn.DID(f.Issuer), cairn.AchievementID(f.AchievementID), f.AchievementType, f.AchievementName
	h.Level, h.Field, h.Tags, h.GradeScale, h.Grade, h.AwardedOn = f.Level, f.Field, slices.Clone(f.Tags), f.GradeScale, f.Grade, f.AwardedOn
	h.Assessment, h.Supervision = f.AssessmentType, f.Supervision
	h.LearnedOn, h.IssuedOn = dayOf(f.ActivityEnd), dayOf(f.ValidFrom)
	slices.Sort(h.Tags)
	for _, a := range f.Alignments {
		h.Alignments = append(h.Alignments, a.TargetURL)
	}
	slices.Sort(h.Alignments)
	if f.Credit != nil {
		h.Credit = &cairn.CreditValue{Amount: f.CreditsEarned, Unit: f.Credit.Unit, HoursPerCredit: f.Credit.HoursPerCredit}
		if f.CreditsEarned.IsZero() {
			h.Credit.Amount = f.Credit.Amount
		}
	}
	switch {
	case h.Issuer != own:
		h.Route = programme.Transfer
	case f.AssessmentType == AssessmentRPL:
		h.Route = programme.RPL
	default:
		h.Route = programme.InResidence
	}
	return h, nil
}

// dayOf is the day of a time in UTC; zero for none.
func dayOf(t time.Time) cairn.PartialDate {
	if t.IsZero() {
		return cairn.PartialDate{}
	}
	y, m, d := t.UTC().Date()
	return cairn.PartialDate{Year: y, Month: m, Day: d}
}

// judge verifies every credential of an application and brings them into the form
// that rules see. It touches the network, never the store's writer.
func (s *Service) judge(ctx context.Context, a *Application, p *programme.Programme) ([]programme.Held, error) {
	var held []programme.Held
	for i := range a.Items {
		item := &a.Items[i]
		report := s.Verify.Verify(ctx, item.Document, verify.Options{})
		item.Report = &report
		h := seen(*item, p.Institution)
		h.RecognisedOn = a.Kept[item.Digest]
		held = append(held, h)
	}
	if p.Policy.Repeat == nil { // else the programme says which one counts
		markDuplicates(held)
	}
	return held, s.markSpent(ctx, a, held)
}

// seen is what rules see of an item that was verified. own is the institution whose
// programme it is.
func seen(item Item, own cairn.DID) programme.Held {
	report := item.Report
	h, err := heldFrom(item.Document, item.Digest, own)
	switch {
	case err != nil || report.Verdict == verify.Invalid || report.Kind != verify.KindBadge:
		// Nothing of a document that is not genuine reaches the rules.
		h = programme.Held{Digest: item.Digest, Blocked: programme.BlockedNotValid, Route: programme.Transfer}
		if report.Shown != nil {
			h.Title, h.Credential, h.Issuer = report.Shown.Title, cairn.CredentialID(report.Shown.CredentialID), cairn.DID(report.Shown.Issuer)
		}
	case report.Verdict != verify.Valid:
		h.Blocked = programme.BlockedUndetermined
	case item.Identity == IdentityOpen:
		h.Blocked = programme.BlockedIdentity
	}
	if report.Standing != nil {
		h.IssuerName, _ = report.Standing.Name.In("en")
	}
	return h
}

// markDuplicates keeps one of several credentials for the same achievement of the
// same issuer: the one awarded last.
func markDuplicates(held []programme.Held) {
	better := func(x, y programme.Held) bool {
		if c := x.AwardedOn.Latest().Compare(y.AwardedOn.Latest()); c != 0 {
			return c > 0
		}
		return x.Digest < y.Digest
	}
	for i := range held {
		for j := range held {
			if i != j && held[i].Blocked == "" && held[j].Blocked == "" && held[i].Issuer == held[j].Issuer && held[i].Achievement == held[j].Achievement && better(held[j], held[i]) {
				held[i].Blocked = programme.BlockedDuplicate
			}
		}
	}
}

// markSpent finds what was used for another award already: the credential, or the
// same learning under another identifier.
func (s *Service) markSpent(ctx context.Context, a *Application, held []programme.Held) error {
	return s.View(ctx, func(tx Tx) error {
		for i, h := range held {
			if h.Blocked != "" {
				continue
			}
			for _, use := range []func() (CreditUse, error){
				func() (CreditUse, error) { return tx.CreditUse(ctx, a.Institution, h.Issuer, h.Credential) },
				func() (CreditUse, error) {
					return tx.LearningUse(ctx, a.Institution, h.Issuer, h.Achievement, a.Learner)
				},
			} {
				u, err := use()
				switch {
				case cairn.KindOf(err) == cairn.NotFound:
				case err != nil:
					return err
				case u.Learner != a.Learner || u.Programme != a.Programme:
					held[i].Blocked = programme.BlockedSpent
				}
			}
		}
		return nil
	})
}

// optionsFor is what an application brings to an evaluation beside credentials, as far as
// an edition knows it: it need not be the edition of the application, and the
// application may be nil. Standings, and trials of other editions, go by it.
func optionsFor(p *programme.Programme, a *Application) programme.Options {
	if a == nil {
		return programme.Options{}
	}
	return fitting(p, a.options())
}

// fitting leaves out what an edition does not know.
func fitting(p *programme.Programme, o programme.Options) programme.Options {
	known := p.Attestable()
	var words []string
	for _, id := range o.Attested {
		if slices.Contains(known, id) {
			words = append(words, id)
		}
	}
	var exceptions []programme.Exception
	for _, e := range o.Exceptions {
		if p.CheckException(e) == nil {
			exceptions = append(exceptions, e)
		}
	}
	o.Attested, o.Exceptions = words, exceptions
	return o
}

// evaluation verifies and evaluates an application as of now.
func (s *Service) evaluation(ctx context.Context, a *Application) (*Evaluation, error) {
	p, _, err := s.Programme(ctx, a.Institution, a.ProgrammeDigest)
	if err != nil {
		return nil, err
	}
	held, err := s.judge(ctx, a, p)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(held, func(x, y programme.Held) int { return strings.Compare(x.Digest, y.Digest) })
	now := s.now()
	result, err := programme.Evaluate(p, held, now, a.options())
	if err != nil {
		return nil, err
	}
	return &Evaluation{At: now, Applied: dayOf(a.Submitted), Held: held, Result: result}, nil
}

// Simulate evaluates what an institution itself issued to a learner, together with
// other documents, against a programme. Nothing is stored and nothing is signed.
// That a document is about the learner counts when it was established in one of
// the learner's applications, though a new application asks for it once more.
func (s *Service) Simulate(ctx context.Context, inst cairn.InstitutionID, learner cairn.LearnerID, id cairn.ProgrammeID, documents ...[]byte) (Evaluation, *programme.Programme, error) {
	p, err := s.newest(ctx, inst, id)
	if err != nil {
		return Evaluation{}, nil, err
	}
	l, err := s.Issue.Learner(ctx, inst, learner)
	if err != nil {
		return Evaluation{}, nil, err
	}
	a := Application{Institution: inst, Learner: learner, Programme: p.ID, ProgrammeDigest: p.Digest(), State: Draft}
	own, err := s.ownItems(ctx, inst, learner)
	if err != nil {
		return Evaluation{}, nil, err
	}
	for _, item := range own {
		if err := a.add(item); err != nil {
			return Evaluation{}, nil, err
		}
	}
	established, err := s.established(ctx, inst, learner)
	if err != nil {
		return Evaluation{}, nil, err
	}
	for _, d := range documents {
		item, _, err := s.identified(ctx, d, l)
		if err != nil {
			return Evaluation{}, nil, err
		}
		if before, ok := established[item.Digest]; ok && item.Identity == IdentityOpen {
			item.Identity, item.IdentityBy, item.IdentityReason = before.Identity, before.IdentityBy, before.IdentityReason
		}
		if err := a.add(item); err != nil {
			return Evaluation{}, nil, err
		}
	}
	e, err := s.evaluation(ctx, &a)
	if err != nil {
		return Evaluation{}, nil, err
	}
	return *e, p, nil
}

// established finds, by digest, the credentials that a learner's key or a registrar
// has tied to the learner in any application, withdrawn ones too: what happened
// to the application says nothing about whose credential it is.
func (s *Service) established(ctx context.Context, inst cairn.InstitutionID, learner cairn.LearnerID) (map[string]Item, error) {
	applications, err := s.ApplicationsOf(ctx, inst, learner)
	if err != nil {
		return nil, err
	}
	found := map[string]Item{}
	for _, a := range applications {
		for _, item := range a.Items {
			if item.Identity == IdentityProven || item.Identity == IdentityConfirmed && found[item.Digest].Identity != IdentityProven {
				found[item.Digest] = item
			}
		}
	}
	return found, nil
}

// sameResult compares evaluations by everything but the day they were made.
func sameResult(a, b *Evaluation) (bool, error) {
	x, y := *a, *b
	x.At, y.At, x.Result.At, y.Result.At = time.Time{}, time.Time{}, "", ""
	bx, err := json.Marshal(x)
	if err != nil {
		return false, err
	}
	by, err := json.Marshal(y)
	return string(bx) == string(by), err
}
