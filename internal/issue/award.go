package issue

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"cairn.example"
	"cairn.example/jcs"
	"cairn.example/openbadges"
	"cairn.example/statuslist"
	"cairn.example/vc"
)

// DefineAchievement records a version of an achievement. The same version can't
// be defined twice with different content, because awards refer to it.
func (s *Service) DefineAchievement(ctx context.Context, a cairn.Achievement) error {
	if a.Version == "" {
		return invalid("achievement.version", "version", "the achievement needs a version, such as 1")
	}
	inst, err := s.Institution(ctx, a.Institution)
	if err != nil {
		return err
	}
	// A trial badge finds what the standard or a reader would refuse.
	now := s.now()
	trial := openbadges.Badge{ID: "urn:uuid:00000000-0000-4000-8000-000000000000", Issuer: issuerOf(inst, a.Language), Achievement: a,
		Subject: openbadges.Subject{DID: inst.DID}, AwardedOn: now, ValidFrom: now}
	doc, err := trial.Document()
	if err != nil {
		return err
	}
	if err := signable(doc); err != nil {
		return err
	}
	return s.Tx(ctx, func(tx Tx) error {
		known, err := tx.Achievement(ctx, a.Institution, a.ID, a.Version)
		if err == nil {
			before, err := json.Marshal(known)
			if err != nil {
				return err
			}
			after, err := json.Marshal(a)
			if err != nil {
				return err
			}
			if string(before) == string(after) {
				return nil
			}
			return &cairn.Error{Kind: cairn.Conflict, Code: "achievement.version-used", Field: "version", Object: string(a.ID),
				Message: "version " + a.Version + " is already defined with other content", Hint: "give the new content a new version"}
		}
		if cairn.KindOf(err) != cairn.NotFound {
			return err
		}
		if err := tx.InsertAchievement(ctx, a, now); err != nil {
			return err
		}
		return tx.AppendEvent(ctx, Event{Institution: a.Institution, At: now, Kind: "achievement.defined", Object: string(a.ID), Actor: "officer", Detail: map[string]string{"version": a.Version}})
	})
}

// Achievements returns the newest version of each achievement.
func (s *Service) Achievements(ctx context.Context, inst cairn.InstitutionID) (list []cairn.Achievement, err error) {
	err = s.View(ctx, func(tx Tx) error {
		list, err = tx.Achievements(ctx, inst)
		return err
	})
	return list, err
}

// Achievement returns a version of an achievement, the newest for "".
func (s *Service) Achievement(ctx context.Context, inst cairn.InstitutionID, id cairn.AchievementID, version string) (a cairn.Achievement, err error) {
	err = s.View(ctx, func(tx Tx) error {
		a, err = tx.Achievement(ctx, inst, id, version)
		return err
	})
	return a, err
}

// AwardRequest says that a learner earned an achievement.
type AwardRequest struct {
	Institution cairn.InstitutionID `json:"institution"`
	// Key makes the award idempotent; it is the institution's own number for it.
	Key           string              `json:"key"`
	Kind          string              `json:"kind,omitempty"` // KindBadge when empty
	Achievement   cairn.AchievementID `json:"achievement"`
	Version       string              `json:"version,omitempty"` // the newest when empty
	Learner       cairn.LearnerID     `json:"learner"`
	AwardedOn     time.Time           `json:"awardedOn"`
	ActivityStart time.Time           `json:"activityStart,omitzero"`
	ActivityEnd   time.Time           `json:"activityEnd,omitzero"`
	ValidUntil    time.Time           `json:"validUntil,omitzero"`
	Credits       *cairn.Credits      `json:"credits,omitempty"` // earned; the whole credit when nil
	Grade         string              `json:"grade,omitempty"`
	GradeScale    string              `json:"gradeScale,omitempty"`
	Narrative     string              `json:"narrative,omitempty"`
	Actor         string              `json:"-"`
}

// oldest is the earliest day on which an award can lie.
var oldest = time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC)

// earliestZone is how far the first clocks on Earth are ahead of UTC: a day that
// has begun there is not in the future.
const earliestZone = 14 * time.Hour

// Award issues a micro-credential, or another Open Badge, for an achievement.
// The same request again gives the same credential, whatever has changed since.
func (s *Service) Award(ctx context.Context, r AwardRequest) (Issued, error) {
	if r.Kind == "" {
		r.Kind = KindBadge
	}
	// The fingerprint is of what was asked: a newer version of the achievement
	// must not turn the same request into another one.
	asked, err := json.Marshal(r)
	if err != nil {
		return Issued{}, err
	}
	request := Request{Institution: r.Institution, Key: r.Key, Fingerprint: jcs.Digest(asked), Kind: r.Kind, Learner: r.Learner, Actor: r.Actor, WithStatus: true}
	record, known, err := s.known(ctx, request)
	if err != nil {
		return Issued{}, err
	}
	if known {
		return s.complete(ctx, record, r.Actor)
	}
	a, err := s.Achievement(ctx, r.Institution, r.Achievement, r.Version)
	if err != nil {
		return Issued{}, err
	}
	learner, err := s.Learner(ctx, r.Institution, r.Learner)
	if err != nil {
		return Issued{}, err
	}
	if err := s.checkAward(ctx, r, a); err != nil {
		return Issued{}, err
	}
	request.Title = first(a.Name.In(a.Language))
	request.Build = func(slot Slot) (map[string]any, error) { return badge(slot, r, a, learner).Document() }
	return s.Issue(ctx, request)
}

// tryAward finds what would refuse an award, without recording anything.
func (s *Service) tryAward(ctx context.Context, r AwardRequest, a cairn.Achievement, l LearnerRecord) error {
	if r.Kind == "" {
		r.Kind = KindBadge
	}
	asked, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, known, err := s.known(ctx, Request{Institution: r.Institution, Key: r.Key, Fingerprint: jcs.Digest(asked), Kind: r.Kind})
	if err != nil || known {
		return err
	}
	if err := s.checkAward(ctx, r, a); err != nil {
		return err
	}
	inst, err := s.Institution(ctx, r.Institution)
	if err != nil {
		return err
	}
	slot := Slot{CredentialID: "urn:uuid:00000000-0000-4000-8000-000000000000", Institution: inst, Issuer: inst.DID, Now: s.now(),
		Status: &statuslist.Entry{Purpose: statuslist.Revocation, List: s.listURL(inst.ID, "0")}}
	_, err = badge(slot, r, a, l).Document()
	return err
}

func first(s string, _ cairn.Lang) string { return s }

func issuerOf(i cairn.Institution, l cairn.Lang) openbadges.Issuer {
	return openbadges.Issuer{DID: i.DID, Name: first(i.Name.In(l, i.Language)), URL: i.URL}
}

func (s *Service) checkAward(ctx context.Context, r AwardRequest, a cairn.Achievement) error {
	now := s.now()
	switch {
	case r.AwardedOn.IsZero():
		return invalid("award.date-missing", "awardedOn", "the day of the award is missing")
	case r.AwardedOn.After(now.Add(earliestZone)):
		return invalid("award.date-future", "awardedOn", "the day of the award is in the future")
	case r.AwardedOn.Before(oldest):
		return invalid("award.date-old", "awardedOn", "the day of the award is before %s", vc.FormatTime(oldest)[:10])
	case !r.ActivityStart.IsZero() && !r.ActivityEnd.IsZero() && r.ActivityEnd.Before(r.ActivityStart):
		return invalid("award.activity", "activityEnd", "the activity ends before it starts")
	case !r.ValidUntil.IsZero() && !r.ValidUntil.After(now):
		return invalid("award.ended", "validUntil", "the credential would have ended before it is issued")
	}
	if r.Credits != nil {
		switch {
		case a.Credit == nil:
			return invalid("award.credits-without-unit", "credits", "the achievement carries no credit, so none can be earned")
		case r.Credits.Sign() <= 0:
			return invalid("award.credits", "credits", "the credit earned must be more than nothing")
		case r.Credits.Cmp(a.Credit.Amount) > 0:
			return invalid("award.credits-too-many", "credits", "%s credits are more than the %s that the achievement carries", r.Credits, a.Credit.Amount)
		}
	}
	inst, err := s.Institution(ctx, r.Institution)
	if err != nil || s.Scope == nil {
		return err
	}
	return s.Scope(ctx, inst.DID, a, now)
}

// badge fills in the standard form. The name is always in it, since a person
// reads it; a learner without a wallet is also named by a salted hash of the
// institution's number, which the institution can recognise later.
func badge(slot Slot, r AwardRequest, a cairn.Achievement, l LearnerRecord) openbadges.Badge {
	subject := openbadges.Subject{DID: l.DID, Identities: []openbadges.Identity{{Type: "name", Value: l.FullName}}}
	if l.Number != "" {
		subject.Identities = append(subject.Identities, openbadges.Identity{Type: "sourcedId", Value: openbadges.HashIdentity(l.Number, l.Salt), Salt: l.Salt, Hashed: true})
	}
	b := openbadges.Badge{
		ID: slot.CredentialID, Issuer: issuerOf(slot.Institution, a.Language), Achievement: a, Subject: subject,
		AwardedOn: r.AwardedOn, ActivityStart: r.ActivityStart, ActivityEnd: r.ActivityEnd,
		ValidFrom: slot.Now, ValidUntil: r.ValidUntil, Grade: r.Grade, GradeScale: r.GradeScale, Narrative: r.Narrative, Status: slot.Status,
	}
	if r.Credits != nil {
		b.CreditsEarned = *r.Credits
	}
	return b
}

// Kinds lists what can be issued, for forms and for checks.
func Kinds() []string {
	return slices.Clone([]string{KindBadge, KindCertificate, KindTranscript, KindDecision, KindTrustList, KindTrustBundle})
}
