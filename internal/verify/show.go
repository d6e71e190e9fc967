package verify

import (
	"strings"
	"unicode"

	"cairn.example/openbadges"
	"cairn.example/vc"
)

// show collects what may be shown of a document whose proof is good.
func show(kind string, tree map[string]any, cred vc.Credential) (*Shown, error) {
	s := &Shown{CredentialID: cred.ID, Title: clean(cred.Name), SubjectID: cred.SubjectID, Issuer: cred.Issuer, ValidFrom: cred.ValidFrom, ValidUntil: cred.ValidUntil}
	if issuer, ok := tree["issuer"].(map[string]any); ok {
		name, _ := issuer["name"].(string)
		s.IssuerSays = clean(name)
	}
	switch kind {
	case KindBadge:
		return s, s.badge(tree)
	case KindTranscript:
		return s, s.transcript(tree)
	case KindDecision:
		if len(cred.Subjects) == 1 {
			s.Record = cred.Subjects[0]["record"]
		}
	}
	return s, nil
}

func (s *Shown) badge(tree map[string]any) error {
	f, err := openbadges.Read(tree)
	if err != nil {
		return err
	}
	s.Title, s.AchievementID, s.AchievementType = clean(f.AchievementName), f.AchievementID, f.AchievementType
	s.Description, s.Criteria, s.Language, s.Field = clean(f.Description), clean(f.Criteria), string(f.Language), clean(f.Field)
	s.Grade, s.AwardedOn = clean(f.Grade), f.AwardedOn.String()
	s.Learner = learner(f.Identities)
	if f.Credit != nil {
		s.Credits, s.CreditUnit, s.HoursPerCredit = f.CreditsEarned.String(), clean(f.Credit.Unit), f.Credit.HoursPerCredit.String()
	}
	if f.Level != nil {
		s.LevelFramework, s.Level = clean(f.Level.Framework), f.Level.Value.String()
	}
	return nil
}

func (s *Shown) transcript(tree map[string]any) error {
	f, err := openbadges.ReadTranscript(tree)
	if err != nil {
		return err
	}
	s.Title, s.Language, s.AwardedOn, s.Learner = clean(f.Name), string(f.Language), f.AwardedOn.String(), learner(f.Identities)
	s.Programme, s.CreditUnit = clean(f.Programme.Title), clean(f.Programme.CreditUnit)
	if f.Programme.CreditsCounted.Sign() > 0 {
		s.Credits = f.Programme.CreditsCounted.String()
	}
	for _, l := range f.Lines {
		s.Lines = append(s.Lines, Line{CredentialID: string(l.CredentialID), Title: clean(l.Title), Requirement: clean(l.RequirementTitle),
			Credits: l.Credits.String(), Source: clean(l.SourceName), Route: l.Route})
	}
	return nil
}

// learner returns the name that was signed, if any.
func learner(ids []openbadges.Identity) string {
	for _, id := range ids {
		if id.Type == "name" && !id.Hashed {
			return clean(id.Value)
		}
	}
	return ""
}

// Identities returns the identities of the subject of a verified badge, for
// matching with a person whom the caller knows.
func Identities(tree map[string]any) ([]openbadges.Identity, error) {
	f, err := openbadges.Read(tree)
	return f.Identities, err
}

// clean makes a signed text safe to show: characters that turn the direction of
// writing or are invisible are taken out, since they can make one text look like
// another.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || r == '\u200c' || r == '\u200d' {
			return r
		}
		if unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
}
