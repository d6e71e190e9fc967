package verify

import (
	"time"

	"cairn.example"
	"cairn.example/internal/trust"
	"cairn.example/vc"
)

// issuer answers whether the trust lists recognise the issuer for this.
func (c *check) issuer(kind string, cred vc.Credential, shown *Shown) (Finding, *trust.Standing) {
	f, s := c.standing(kind, cred, shown)
	if c.bundleEnded() && f.Code != "issuer.no-list" && f.Code != "issuer.list-ended" {
		f.Outcome, f.Code = Unknown, "issuer.bundle-ended"
		if s != nil {
			s.State = trust.Unknown
		}
	}
	return f, s
}

// standing asks the lists as if they were of today.
func (c *check) standing(kind string, cred vc.Credential, shown *Shown) (Finding, *trust.Standing) {
	f := Finding{Axis: AxisIssuer, Outcome: Unknown, Args: map[string]string{"issuer": cred.Issuer}}
	if c.trustErr != nil {
		f.Code, f.Args = "issuer.lists-unavailable", because(c.trustErr, "issuer", cred.Issuer)
		return f, nil
	}
	broken := c.snapshot.Broken()
	if len(c.snapshot.Lists())+len(broken) == 0 {
		f.Code = "issuer.no-list"
		return f, nil
	}
	for _, l := range c.snapshot.Lists() {
		if string(l.Operator) == cred.Issuer && (kind == KindTrustList || kind == KindTrustBundle) {
			f.Outcome, f.Code, f.AsOf, f.Source = Yes, "issuer.operator", l.ValidFrom, l.ID
			return f, nil
		}
	}
	q := trust.Query{Issuer: cairn.DID(cred.Issuer), Now: c.now}
	first, last := cred.ValidFrom, cred.ValidFrom
	if shown != nil {
		q.AchievementType, q.Field = shown.AchievementType, shown.Field
		if level, err := cairn.ParseCredits(shown.Level); err == nil && shown.LevelFramework != "" {
			q.Level = &cairn.Level{Framework: shown.LevelFramework, Value: level}
		}
		if day, err := cairn.ParsePartialDate(shown.AwardedOn); err == nil && !day.IsZero() {
			first, last = day.Earliest(), day.Latest()
		}
	}
	switch kind { // these are said as an institution, not as a kind of achievement
	case KindTranscript:
		q.AchievementType = "Transcript"
	case KindEndorsement:
		q.AchievementType = "Endorsement"
	case KindDecision:
		q.AchievementType = "RecognitionDecision"
	case KindIdentity:
		q.AchievementType = "Identity"
	case KindStatusList:
		q.AchievementType = "StatusList"
	}
	s, sure := c.onEachDay(q, first, last)
	f.AsOf, f.Source = s.AsOf, s.List
	if name, _ := s.Name.In(); name != "" {
		f.Args["name"] = name
	}
	if s.Authority != "" {
		f.Args["authority"] = s.Authority
	}
	if !sure {
		f.Code, s.State = "issuer.no-date", trust.Unknown
		return f, &s
	}
	switch s.State {
	case trust.Recognised:
		f.Outcome, f.Code = Yes, "issuer.recognised"
	case trust.OutsideScope:
		f.Outcome, f.Code = No, "issuer.outside-scope"
	case trust.NotAtThatTime:
		f.Outcome, f.Code = No, "issuer.not-at-that-time"
	case trust.NotListed:
		f.Code = "issuer.not-listed"
	case trust.Unknown:
		f.Code = "issuer.list-ended"
		if len(broken) > 0 {
			f.Code = "issuer.lists-unavailable"
		}
	default:
		f.Code = "issuer.not-checked"
	}
	return f, &s
}

// onEachDay asks the lists for every day that the day of an award can be: a paper
// may know the year only, and a credential no day at all. When the answer depends
// on the day, nobody can give it.
func (c *check) onEachDay(q trust.Query, first, last time.Time) (s trust.Standing, sure bool) {
	q.At = last
	s = c.snapshot.Standing(q)
	if last.IsZero() && s.State == trust.NotAtThatTime {
		return s, false
	}
	for q.At = first; q.At.Before(last); q.At = q.At.AddDate(0, 0, 1) {
		if c.snapshot.Standing(q).State != s.State {
			return s, false
		}
	}
	return s, true
}
