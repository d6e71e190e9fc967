package programme

import (
	"fmt"
	"slices"
	"time"

	"cairn.example"
)

// Routing says by which route some credit comes in, where that does not follow from
// who awarded it, or that it can't be counted at all. Of several the first that picks
// a credential holds for it.
type Routing struct {
	Clause string   `yaml:"clause"`
	Match  Selector `yaml:"match"`
	To     Route    `yaml:"to,omitempty"`
	// Bar refuses the credit. With Evidence it may still be brought to a recognition of
	// prior learning, and learners are told so.
	Bar      bool `yaml:"bar,omitempty"`
	Evidence bool `yaml:"evidence,omitempty"`
}

// Override replaces the lowest grade for learning that was done in a window of time,
// such as while schools were closed. It holds for that learning years later, too.
type Override struct {
	Clause       string    `yaml:"clause"`
	Awarded      Dates     `yaml:"awarded"`
	Requirements []string  `yaml:"requirements,omitempty"` // all when none is given
	MinGrade     *MinGrade `yaml:"minGrade,omitempty"`
}

// What an age is counted from, and to.
const (
	fromAward     = "award"    // the day of the award: what is counted from unless said otherwise
	fromLearning  = "learning" // the day on which the learning ended
	fromIssue     = "issue"    // the day of the signature
	toEvaluation  = "evaluation"
	toApplication = "application"
	toAdmission   = "admission"
)

// What a grade rule does with a credential without a grade.
const (
	ungradedCounts  = "counts"
	ungradedRefused = "refused"
)

// elsewhere reports whether credit by a route was awarded by somebody else, and is
// under the cap on credit from outside.
func (r Route) elsewhere() bool { return r == Transfer || r == Articulation || r == AdvancedEntry }

// capName is the name of the cap that credit by a route is under; empty when there is
// none.
func (r Route) capName() string {
	switch {
	case r.elsewhere():
		return "outside"
	case r == RPL:
		return "rpl"
	}
	return ""
}

// routed finds the route of a candidate. It says false when the credit is barred, or
// when a person must look.
func (p *Programme) routed(c *candidate) bool {
	if c.agreement != nil && c.agreement.Route != "" && !c.uncertain {
		c.Route = c.agreement.Route
	}
	for i := range p.Policy.Routing {
		r := &p.Policy.Routing[i]
		picked, doubts := p.picksWith(&r.Match, c)
		switch {
		case !picked:
			continue
		case len(doubts) > 0:
			for _, d := range doubts {
				d.Clause = r.Clause
				c.reasons = append(c.reasons, d)
			}
			c.look = true
			return false
		case r.Bar && r.Evidence:
			c.reasons = []Reason{{Code: ReasonEvidenceOnly, Clause: r.Clause}}
			return false
		case r.Bar:
			c.reasons = []Reason{{Code: ReasonBarred, Clause: r.Clause}}
			return false
		}
		c.Route = r.To
		break
	}
	return true
}

// learned is the day from which the age of a candidate counts by a rule. What renews
// it counts instead when it is later.
func (c *candidate) learned(limit *Currency) cairn.PartialDate {
	on := c.AwardedOn
	switch limit.From {
	case fromLearning:
		on = c.LearnedOn
	case fromIssue:
		on = c.IssuedOn
	}
	for _, a := range limit.RenewedBy {
		if again, ok := c.renewals[a]; ok && again.Earliest().After(on.Latest()) {
			on = again
		}
	}
	return on
}

// until is the day to which an age counts, and whether that day stands still.
func (d days) until(limit *Currency) (day time.Time, fixed bool) {
	switch {
	case limit.To == toApplication && !d.application.IsZero():
		return d.application, true
	case limit.To == toAdmission && !d.admission.IsZero():
		return d.admission, true
	}
	return d.at, false
}

// days are those that rules look at.
type days struct{ at, application, admission time.Time }

func (o Options) days(at time.Time) days {
	whole := func(t time.Time) time.Time {
		if t.IsZero() {
			return t
		}
		return t.UTC().Truncate(24 * time.Hour)
	}
	return days{whole(at), whole(o.Application), whole(o.Admission)}
}

// renewals are the last days on which each achievement that renews was awarded.
func (p *Programme) renewals(held []Held) map[cairn.AchievementID]cairn.PartialDate {
	out := map[cairn.AchievementID]cairn.PartialDate{}
	limits := []*Currency{p.Policy.MaxAge}
	for i := range p.Requirements {
		limits = append(limits, p.Requirements[i].MaxAge)
	}
	for _, limit := range limits {
		if limit == nil {
			continue
		}
		for _, h := range held {
			if last, known := out[h.Achievement]; h.Blocked == "" && slices.Contains(limit.RenewedBy, h.Achievement) && (!known || h.AwardedOn.Earliest().After(last.Earliest())) {
				out[h.Achievement] = h.AwardedOn
			}
		}
	}
	return out
}

// lowest is the lowest grade that counts in a requirement for a candidate, and whether
// it is not known which of two holds.
func (p *Programme) lowest(r *Requirement, c *candidate) (g *MinGrade, clause string, doubtful bool) {
	g, clause = r.MinGrade, r.Clause
	for i := range p.Policy.Overrides {
		o := &p.Policy.Overrides[i]
		if g == nil || o.MinGrade == nil || o.MinGrade.Scale != g.Scale || len(o.Requirements) > 0 && !slices.Contains(o.Requirements, r.ID) {
			continue
		}
		if surely, perhaps := o.Awarded.holds(c.AwardedOn); surely {
			return o.MinGrade, o.Clause, false
		} else if perhaps {
			doubtful = true
		}
	}
	return g, clause, doubtful
}

func (c *checker) routes() {
	policy := c.p.Policy
	for i := range policy.Routing {
		r, at := &policy.Routing[i], fmt.Sprintf("policy.routing[%d]", i)
		if r.Clause == "" {
			c.bad(at+".clause", "the rule needs the clause that it rests on")
		}
		if r.Match.empty() {
			c.bad(at+".match", "what the rule is about is not said")
		}
		c.selector(at+".match", r.Match)
		if r.Bar == (r.To != "") || r.Evidence && !r.Bar {
			c.bad(at, "a rule about routes says either to or bar, and evidence with bar only")
		}
		// What another institution awarded is not one's own because a rule says so.
		if r.To != "" && (r.To == InResidence || !slices.Contains(routes, r.To)) {
			c.bad(at+".to", "credit can be led to any route but in-residence, and %q is none", r.To)
		}
	}
	for i, o := range policy.Overrides {
		at := fmt.Sprintf("policy.overrides[%d]", i)
		if o.Clause == "" || o.MinGrade == nil || o.Awarded.From.IsZero() || o.Awarded.Until.IsZero() {
			c.bad(at, "an override needs a clause, the days from and until which it is about, and the grade that is enough")
		}
		c.try(o.Awarded.validate(at + ".awarded"))
		if g := o.MinGrade; g != nil && c.p.gradeRank(g.Scale, g.Grade) < 0 {
			c.bad(at+".minGrade", "the grade %q is not on the scale %q", g.Grade, g.Scale)
		}
		for j, id := range o.Requirements {
			if !slices.ContainsFunc(c.p.Requirements, func(r Requirement) bool { return r.ID == id && r.MinGrade != nil }) {
				c.bad(fmt.Sprintf("%s.requirements[%d]", at, j), "there is no requirement %q that asks for a grade", id)
			}
		}
	}
	for i, a := range c.p.Agreements {
		if a.Route != "" && (a.Route == InResidence || !slices.Contains(routes, a.Route)) {
			c.bad(fmt.Sprintf("agreements[%d].route", i), "an agreement can lead credit to any route but in-residence, and %q is none", a.Route)
		}
	}
	c.currency("policy.maxAge", policy.MaxAge, true)
	for i := range c.p.Requirements {
		c.currency(fmt.Sprintf("requirements[%d].maxAge", i), c.p.Requirements[i].MaxAge, false)
	}
}

func (c *checker) currency(at string, limit *Currency, general bool) {
	if limit == nil {
		return
	}
	if !slices.Contains([]string{"", fromAward, fromLearning, fromIssue}, limit.From) {
		c.bad(at+".from", "an age counts from: award, learning, issue")
	}
	if !slices.Contains([]string{"", toEvaluation, toApplication, toAdmission}, limit.To) {
		c.bad(at+".to", "an age counts to: evaluation, application, admission")
	}
	if !general && len(limit.Except) > 0 {
		c.bad(at+".except", "except belongs to policy.maxAge")
	}
	for i, id := range limit.Except {
		if general && !slices.ContainsFunc(c.p.Requirements, func(r Requirement) bool { return r.ID == id }) {
			c.bad(fmt.Sprintf("%s.except[%d]", at, i), "there is no requirement %q in which credentials count", id)
		}
	}
}
