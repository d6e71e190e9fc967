package programme

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"cairn.example"
)

// candidate is a credential as the rules see it: in the programme's unit, level
// frame and order.
type candidate struct {
	Held
	index     int
	amount    cairn.Credits // in the programme's unit; zero when it carries none, less what may not count again
	carries   cairn.Credits // the whole of it
	counts    cairn.Credits // what of it can be used at most
	level     *cairn.Credits
	agreement *Agreement
	// uncertain is set when it is not known whether the agreement was in force on
	// the day of the award.
	uncertain bool
	fields    []string // its own field, and the one an agreement gives it
	reasons   []Reason // why it can't count at all
	was       Route    // as it was presented
	look      bool     // a person must look whether it may count at all
	edges     []edge
	waiver    string // id of the exception that it stands for; empty for a credential
	renewals  map[cairn.AchievementID]cairn.PartialDate
}

// edge says that a candidate may count in a place. reasons is empty when it may;
// otherwise every failing rule is kept, not only the first.
type edge struct {
	requirement int
	slot        int // index in the requirement, or -1 for a pool of credits
	agreement   string
	exception   string // id of the exception that opens the place
	reasons     []Reason
	undecided   bool      // a person must look: the facts are not exact enough
	lapses      time.Time // first day on which a rule about age will drop it; zero when none
}

// free reports whether a candidate counts without credit.
func (c *candidate) free() bool { return c.waiver != "" || c.Route == Exemption }

// pooled reports whether a candidate may count in a pool.
func (c *candidate) pooled() bool {
	return slices.ContainsFunc(c.edges, func(e edge) bool { return e.open() && e.slot < 0 })
}

func (e edge) open() bool { return len(e.reasons) == 0 }

// prepare brings the credentials into a fixed order that does not depend on how
// they were presented, and finds where each may count.
func (p *Programme) prepare(held []Held, on days) []*candidate {
	sorted := slices.Clone(held)
	slices.SortFunc(sorted, func(a, b Held) int {
		if c := a.AwardedOn.Earliest().Compare(b.AwardedOn.Earliest()); c != 0 {
			return c
		}
		return strings.Compare(a.Digest, b.Digest)
	})
	var out []*candidate
	seen := map[string]bool{}
	renewals := p.renewals(held)
	for _, h := range sorted {
		h = p.inFrame(h)
		c := &candidate{Held: h, was: h.Route, index: len(out), renewals: renewals}
		out = append(out, c)
		if h.Blocked == "" && seen[h.Digest] {
			c.Blocked = BlockedDuplicate
		}
		seen[h.Digest] = true
		if c.Blocked != "" {
			c.reasons = []Reason{p.blocked(c.Blocked)}
			continue
		}
		c.level = p.levelOf(h.Level)
		c.agreement, c.uncertain = p.agreementFor(h, on)
		if h.Field != "" {
			c.fields = append(c.fields, h.Field)
		}
		if c.agreement != nil && c.agreement.Field != "" {
			c.fields = append(c.fields, c.agreement.Field)
		}
		if !p.routed(c) {
			continue
		}
		switch {
		case h.Credit != nil && h.Credit.Amount.Sign() > 0 && h.Credit.HoursPerCredit.Sign() > 0:
			c.amount = h.Credit.Amount.Mul(h.Credit.HoursPerCredit).Div(p.Credit.HoursPerCredit)
			if !p.reuse(c) {
				continue
			}
			if c.agreement != nil && !c.uncertain && c.agreement.Credits.Sign() > 0 {
				p.creditBy(c)
			}
		case !c.free():
			c.reasons = []Reason{{Code: ReasonNoCredit}}
			continue
		}
		p.findEdges(c, on)
		p.except(c, on)
	}
	p.settleRepeats(out)
	return out
}

func (p *Programme) levelOf(l *cairn.Level) *cairn.Credits {
	if l == nil {
		return nil
	}
	if l.Framework == p.Levels.Framework {
		return &l.Value
	}
	for _, m := range p.Levels.Map {
		if m.Framework == l.Framework && m.Value.Equal(l.Value) {
			return &m.Is
		}
	}
	return nil
}

// agreementFor finds the agreement in force on the day of the award, or else one
// that may have been: when the day is not known exactly, a person must look.
func (p *Programme) agreementFor(h Held, on days) (found *Agreement, uncertain bool) {
	for i, a := range p.Agreements {
		if a.Issuer != h.Issuer || a.Achievement != h.Achievement {
			continue
		}
		switch surely, perhaps := p.applies(&a, h, on); {
		case surely:
			return &p.Agreements[i], false
		case perhaps:
			found, uncertain = &p.Agreements[i], true
		}
	}
	return found, uncertain
}

func (p *Programme) findEdges(c *candidate, on days) {
	for i := range p.Requirements {
		r := &p.Requirements[i]
		slots := r.Slots()
		for j := range slots {
			s := &slots[j]
			byAgreement := c.agreement != nil && slices.Contains(c.agreement.CountsAs, s.ID)
			picked, doubts := p.picksWith(&s.Match, c)
			if !byAgreement && !picked {
				continue
			}
			e := p.edge(c, r, on)
			e.requirement, e.slot = i, j
			switch {
			case !byAgreement:
				e.doubt(r, doubts)
			case c.uncertain:
				e.agreement = c.agreement.ID
				// Without the agreement the selector would have to pick it.
				if own, why := p.picks(&s.Match, c, c.Field); !own || len(why) > 0 {
					e.doubt(r, []Reason{c.agreementDoubt()})
				}
			default:
				e.agreement = c.agreement.ID
				c.agreement.lapses(&e, on)
			}
			if !c.free() && c.amount.Cmp(s.Credits) < 0 {
				e.reasons = append(e.reasons, Reason{Code: ReasonTooFewCredits, Clause: r.Clause, Requirement: r.ID,
					Args: map[string]string{"have": c.amount.String(), "need": s.Credits.String(), "slot": s.ID}})
			}
			c.edges = append(c.edges, e)
		}
		if picked, doubts := p.picksWith(&r.Match, c); r.Credits.Sign() > 0 && picked && !c.free() {
			e := p.edge(c, r, on)
			e.requirement, e.slot = i, -1
			if c.agreement != nil && len(r.Match.Fields) > 0 && slices.Contains(r.Match.Fields, c.agreement.Field) && c.Field != c.agreement.Field {
				e.agreement = c.agreement.ID
			}
			e.doubt(r, doubts)
			c.edges = append(c.edges, e)
		}
	}
	if len(c.edges) == 0 {
		c.reasons = []Reason{{Code: ReasonNoMatch}}
	}
}

// picksWith reports whether a selector picks a candidate in its own field or that of
// its agreement. Where that depends on an agreement that may not have been in force,
// it is doubtful.
func (p *Programme) picksWith(s *Selector, c *candidate) (picked bool, doubts []Reason) {
	picked, doubts = p.picks(s, c, c.fields...)
	if !c.uncertain {
		return picked, doubts
	}
	own, why := p.picks(s, c, c.Field)
	if own == picked && len(why) == len(doubts) {
		return picked, doubts
	}
	if !picked {
		doubts = why
	}
	return true, append(doubts, c.agreementDoubt())
}

func (c *candidate) agreementDoubt() Reason {
	return Reason{Code: ReasonAgreementUncertain, Args: map[string]string{"agreement": c.agreement.ID, "awarded": c.AwardedOn.String()}}
}

// doubt leaves a place to a person.
func (e *edge) doubt(r *Requirement, doubts []Reason) {
	for _, d := range doubts {
		d.Clause, d.Requirement = r.Clause, r.ID
		e.reasons, e.undecided = append(e.reasons, d), true
	}
}

// edge checks the rules of a requirement, and the general ones, for a credential.
func (p *Programme) edge(c *candidate, r *Requirement, on days) edge {
	var e edge
	add := func(code, clause string, args map[string]string) {
		e.reasons = append(e.reasons, Reason{Code: code, Clause: clause, Requirement: r.ID, Args: args})
	}
	if r.Reserved && c.Route != InResidence {
		add(ReasonReserved, r.Clause, nil)
	}
	if r.MinLevel != nil {
		switch {
		case c.level == nil:
			add(ReasonLevelUnknown, r.Clause, map[string]string{"need": r.MinLevel.String(), "framework": p.Levels.Framework})
			e.undecided = true
		case c.level.Cmp(*r.MinLevel) < 0:
			add(ReasonLevelTooLow, r.Clause, map[string]string{"have": c.level.String(), "need": r.MinLevel.String(), "framework": p.Levels.Framework})
		}
	}
	if least, clause, doubtful := p.lowest(r, c); least != nil {
		grade := func(code string, g *MinGrade) {
			add(code, clause, map[string]string{"have": c.Grade, "need": g.Grade})
		}
		switch rank := p.gradeRank(c.GradeScale, c.Grade); {
		case c.Grade == "" && least.Ungraded == ungradedCounts:
		case c.Grade == "" && least.Ungraded == ungradedRefused:
			grade(ReasonGradeTooLow, least)
		case rank < 0 || c.GradeScale != least.Scale:
			grade(ReasonGradeUnknown, least)
			e.undecided = true
		case rank > p.gradeRank(least.Scale, least.Grade): // the best grade comes first
			grade(ReasonGradeTooLow, least)
			e.undecided = e.undecided || doubtful
		}
	}
	p.frameRules(c, r, add)
	for i, limit := range []*Currency{r.MaxAge, p.Policy.MaxAge} {
		if limit == nil || i == 1 && slices.Contains(limit.Except, r.ID) {
			continue
		}
		clause := limit.Clause
		if clause == "" {
			clause = r.Clause
		}
		learned := c.learned(limit)
		at, fixed := on.until(limit)
		if !c.RecognisedOn.IsZero() { // the same edition has judged that
			at, fixed = c.RecognisedOn.Earliest(), true
		}
		args := map[string]string{"awarded": learned.String(), "limit": fmt.Sprint(limit.Years*12 + limit.Months), "years": fmt.Sprint(limit.Years)}
		switch first, last := limit.lapses(learned.Earliest()), limit.lapses(learned.Latest()); {
		case learned.IsZero():
			add(ReasonDateUncertain, clause, args)
			e.undecided = true
		case !at.Before(last):
			add(ReasonTooOld, clause, args)
		case !at.Before(first):
			add(ReasonDateUncertain, clause, args)
			e.undecided = true
		case !fixed && (e.lapses.IsZero() || first.Before(e.lapses)):
			e.lapses = first
		}
	}
	return e
}

// lapses is the first day on which learning of a day is too old: a limit of five
// years still counts what was learned five years ago to the day. In a month that
// has no such day, the last day of the month stands for it; otherwise what was
// learned later could lapse sooner.
func (c Currency) lapses(learned time.Time) time.Time {
	y, m, d := learned.Date()
	last := time.Date(y+c.Years, m+time.Month(c.Months)+1, 0, 0, 0, 0, 0, time.UTC)
	return last.AddDate(0, 0, min(d, last.Day())-last.Day()+1)
}

// capLimit is the cap in credits of the programme's unit.
func (p *Programme) capLimit(c *Cap) *cairn.Credits {
	if c == nil {
		return nil
	}
	limit := c.Credits
	if !c.Percent.IsZero() {
		limit = p.Credit.Total.Mul(c.Percent).Div(cairn.WholeCredits(100))
	}
	if c.Round == "down" {
		r := limit.Rat()
		limit = cairn.CreditsFromRat(new(big.Rat).SetInt(new(big.Int).Div(r.Num(), r.Denom())))
	}
	return &limit
}
