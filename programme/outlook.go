package programme

import (
	"slices"
	"strings"
	"time"

	"cairn.example"
)

// Limits of one outlook: the days on which it evaluates again, and the nodes of all
// those searches together.
const (
	maxBoundaries   = 200
	maxOutlookNodes = 60_000
)

// Prospect is what will change for somebody who earns nothing more.
type Prospect struct {
	At      string   `json:"at"`
	Changes []Change `json:"changes"`
	// Agreements that begin or end. They are about what will be earned: what was
	// earned while an agreement was in force goes on counting.
	Agreements []AgreementChange `json:"agreements"`
	// Until is the day up to which everything was looked at, when there is more
	// after it than one outlook looks at; empty when this is all.
	Until string `json:"until,omitempty"`
}

// Change is what is different from a day on.
type Change struct {
	On     string        `json:"on"`
	Before cairn.Credits `json:"before"` // counted until the day before
	After  cairn.Credits `json:"after"`  // counted from this day on
	// Completed and Completes say whether the programme is complete the day before,
	// and from this day on.
	Completed    bool                `json:"completed"`
	Completes    bool                `json:"completes"`
	Requirements []RequirementChange `json:"requirements"`
	Credentials  []CredentialChange  `json:"credentials"`
	Proven       bool                `json:"proven"` // both allocations are known to be the best
}

// RequirementChange is a requirement of which another part is met.
type RequirementChange struct {
	Requirement string        `json:"requirement"`
	Clause      string        `json:"clause"`
	Before      Status        `json:"before"`
	After       Status        `json:"after"`
	Had         cairn.Credits `json:"had"`
	Has         cairn.Credits `json:"has"`
	Need        cairn.Credits `json:"need"`
}

// CredentialChange is a credential that counts for less, or for more when it takes
// the place of another.
type CredentialChange struct {
	Credential string        `json:"credential"` // digest
	Before     cairn.Credits `json:"before"`
	After      cairn.Credits `json:"after"`
	Reasons    []Reason      `json:"reasons,omitempty"` // why it counts for less
}

// AgreementChange is an agreement that begins to hold, or no longer holds, for what
// is awarded from a day on.
type AgreementChange struct {
	On          string              `json:"on"`
	Agreement   string              `json:"agreement"`
	Issuer      cairn.DID           `json:"issuer"`
	Achievement cairn.AchievementID `json:"achievement"`
	Begins      bool                `json:"begins"`
}

// Outlook evaluates again on each later day on which a rule about age drops
// something, or can no longer tell, and says what changes. Nothing else in a
// programme depends on the day. Days on which nothing changes are left out.
func Outlook(p *Programme, held []Held, at time.Time, o Options) (Prospect, error) {
	at = at.UTC().Truncate(24 * time.Hour)
	p, err := p.with(o.Exceptions)
	if err != nil {
		return Prospect{}, err
	}
	out := Prospect{At: dayText(at), Agreements: p.agreementChanges(held, at)}
	before, err := Evaluate(p, held, at, o)
	if err != nil {
		return Prospect{}, err
	}
	nodes := 0
	for i, on := range p.boundaries(held, at, o) {
		if i == maxBoundaries || nodes >= maxOutlookNodes {
			out.Until = dayText(on.AddDate(0, 0, -1))
			break
		}
		after, err := Evaluate(p, held, on, o)
		if err != nil {
			return Prospect{}, err
		}
		nodes += after.Optimality.Nodes
		if c := changed(before, after); c != nil {
			out.Changes = append(out.Changes, *c)
		}
		before = after
	}
	return out, nil
}

// boundaries are the days after a day on which an age rule answers differently, in
// order. A date that is not exact has two: from the first it may be too old, from
// the second it is.
func (p *Programme) boundaries(held []Held, at time.Time, o Options) []time.Time {
	var out []time.Time
	for _, x := range p.exceptions {
		if end, err := time.Parse(dayLayout, x.Until); err == nil && !end.Before(at) {
			out = append(out, end.AddDate(0, 0, 1))
		}
	}
	every := *p
	every.Policy.Repeat = nil // what another taking stands in for may come back when that lapses
	for _, c := range every.prepare(held, o.days(at)) {
		for _, e := range c.edges {
			for _, limit := range []*Currency{p.Requirements[e.requirement].MaxAge, p.Policy.MaxAge} {
				if limit == nil || c.learned(limit).IsZero() || !c.RecognisedOn.IsZero() {
					continue
				}
				if _, fixed := o.days(at).until(limit); fixed {
					continue
				}
				learned := c.learned(limit)
				for _, on := range []time.Time{limit.lapses(learned.Earliest()), limit.lapses(learned.Latest())} {
					if on.After(at) {
						out = append(out, on)
					}
				}
			}
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return slices.CompactFunc(out, time.Time.Equal)
}

// changed says what is different in a later result; nil when nothing is that a
// learner would notice.
func changed(before, after Result) *Change {
	c := Change{On: after.At, Before: before.Counted, After: after.Counted, Completed: before.Complete, Completes: after.Complete, Proven: before.Optimality.Proven && after.Optimality.Proven}
	for i, was := range before.Requirements {
		is := after.Requirements[i]
		if was.Status != is.Status || !was.Have.Equal(is.Have) {
			c.Requirements = append(c.Requirements, RequirementChange{Requirement: is.Requirement, Clause: is.Clause, Before: was.Status, After: is.Status, Had: was.Have, Has: is.Have, Need: is.Need})
		}
	}
	// Both list the same credentials in the same order: it depends on dates of award.
	for i, was := range before.Credentials {
		is := after.Credentials[i]
		if was.Counted.Equal(is.Counted) {
			continue
		}
		one := CredentialChange{Credential: is.Credential, Before: was.Counted, After: is.Counted}
		if is.Counted.Cmp(was.Counted) < 0 {
			for _, r := range is.Reasons {
				if r.Code != ReasonUsed && !slices.ContainsFunc(was.Reasons, func(o Reason) bool {
					return o.Code == r.Code && o.Clause == r.Clause && o.Requirement == r.Requirement
				}) {
					one.Reasons = append(one.Reasons, r)
				}
			}
		}
		c.Credentials = append(c.Credentials, one)
	}
	if len(c.Requirements)+len(c.Credentials) == 0 && c.Before.Equal(c.After) && c.Completed == c.Completes {
		return nil
	}
	return &c
}

// agreementChanges lists the agreements about something that is not held yet which
// begin or end after a day.
func (p *Programme) agreementChanges(held []Held, at time.Time) []AgreementChange {
	var out []AgreementChange
	for _, a := range p.Agreements {
		if slices.ContainsFunc(held, func(h Held) bool {
			return h.Blocked == "" && h.Issuer == a.Issuer && h.Achievement == a.Achievement
		}) {
			continue
		}
		one := AgreementChange{Agreement: a.ID, Issuer: a.Issuer, Achievement: a.Achievement}
		if !a.From.IsZero() && a.From.Earliest().After(at) {
			one.On, one.Begins = dayText(a.From.Earliest()), true
			out = append(out, one)
		}
		if !a.Until.IsZero() && !a.Until.Latest().Before(at) {
			one.On, one.Begins = dayText(a.Until.Latest().AddDate(0, 0, 1)), false
			out = append(out, one)
		}
	}
	slices.SortStableFunc(out, func(x, y AgreementChange) int { return strings.Compare(x.On, y.On) })
	return out
}
