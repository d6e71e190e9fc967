package programme

import (
	"fmt"
	"math/big"
	"slices"
	"time"

	"cairn.example"
)

// Limits of the parts of a programme that documents of their own may hold.
const (
	maxSystems   = 100 // units of credit
	maxSteps     = 100 // levels of a framework
	maxLevelMap  = 1000
	maxGrades    = 200  // of a scale
	maxGradeMap  = 2000 // of a scale
	maxReference = 100
)

// UnitSystem is a unit of credit and what one of it is in hours.
type UnitSystem struct {
	Unit           string        `yaml:"unit"`
	HoursPerCredit cairn.Credits `yaml:"hoursPerCredit"`
}

// Rounding is how the credit of a credential becomes credit of the programme. With
// when "before", which is the default, each credential's credit is rounded by itself.
// With "after" the sums would be, and only down: what is asked for is a multiple of
// the step then, so that exact sums are compared and nothing is given away.
type Rounding struct {
	Direction string        `yaml:"direction"` // down, up or nearest (half goes up)
	Step      cairn.Credits `yaml:"step"`
	When      string        `yaml:"when,omitempty"` // before or after summing
	Clause    string        `yaml:"clause"`
}

// PassFail are grades of a scale that say only that something was passed, and the
// grade that they stand for. Without As a person looks where a grade is asked for.
type PassFail struct {
	Grades []string `yaml:"grades"`
	As     string   `yaml:"as,omitempty"`
	Clause string   `yaml:"clause"`
}

// GradeMap says what a grade of another scale is on a scale.
type GradeMap struct {
	Scale string `yaml:"scale"`
	Grade string `yaml:"grade"`
	Is    string `yaml:"is"`
}

// Overlap is the least part of the contents, in percent, that must be the same for
// an agreement to apply. One that does not say its part is not held to it.
type Overlap struct {
	Percent cairn.Credits `yaml:"percent"`
	Clause  string        `yaml:"clause"`
}

// The days that an agreement's dates can be about.
const (
	governsStudy       = "study"
	governsApplication = "application"
)

// open reports whether documents that are not there yet may still say what is
// missing.
func (c *checker) open() bool { return len(c.p.Uses) > 0 && c.p.rules == nil }

// frame checks the units, scales and levels that the rules are counted in.
func (c *checker) frame(p *Programme) {
	c.systems("credit.systems", p.Credit.Systems)
	c.rounding("credit.round", p.Credit.Round)
	c.framework("levels", p.Levels)
	for i, g := range p.Grades {
		c.scale(fmt.Sprintf("grades[%d]", i), g)
	}
	for i, a := range p.Agreements {
		c.conditions(fmt.Sprintf("agreements[%d]", i), a)
	}
	if len(p.Uses) > maxReference {
		c.bad("uses", "more than %d documents", maxReference)
	}
	seen := map[string]bool{}
	for i, u := range p.Uses {
		at := fmt.Sprintf("uses[%d]", i)
		if !slices.Contains(Kinds(), u.Kind) {
			c.bad(at+".kind", "there is no kind %q", u.Kind)
		}
		if !identifier.MatchString(u.ID) {
			c.bad(at+".id", "the id must be letters, digits, dots and dashes")
		}
		if !digestForm.MatchString(u.Digest) || seen[u.Digest] {
			c.bad(at+".digest", "a document is named by a digest of its own, as cairn rules check prints it")
		}
		seen[u.Digest] = true
	}
}

// policy checks the rules of a policy that do not speak of requirements.
func (c *checker) policy() {
	l := &c.p.Policy
	c.cap("policy.outside", l.Outside)
	c.cap("policy.rpl", l.RPL)
	c.try(l.MaxAge.validate("policy.maxAge"))
	c.try(l.Repeat.validate("policy.repeat"))
	c.try(l.Reuse.validate("policy.reuse"))
	if o := l.Overlap; o != nil && (o.Percent.Sign() <= 0 || o.Percent.Cmp(cairn.WholeCredits(100)) > 0 || o.Clause == "") {
		c.bad("policy.overlap", "the least overlap is a percentage up to 100, with a clause")
	}
}

func (c *checker) conditions(at string, a Agreement) {
	if !slices.Contains([]string{"", governsStudy, governsApplication}, a.Governs) {
		c.bad(at+".governs", "the dates are about study or application, not %q", a.Governs)
	}
	if a.MinGrade != nil && c.p.gradeRank(a.MinGrade.Scale, a.MinGrade.Grade) < 0 && !c.open() {
		c.bad(at+".minGrade", "the grade %q is not on the scale %q", a.MinGrade.Grade, a.MinGrade.Scale)
	}
	if a.MinGrade != nil && a.MinGrade.Ungraded != "" {
		c.bad(at+".minGrade.ungraded", "ungraded belongs to the lowest grade of a requirement")
	}
	if a.Cohort != nil {
		c.cohort(at, a.Cohort)
	}
	if a.Overlap.Cmp(cairn.WholeCredits(100)) > 0 {
		c.bad(at+".overlap", "a percentage is at most 100")
	}
}

func (c *checker) cohort(at string, d *Dates) {
	if d.From.IsZero() && d.Until.IsZero() {
		c.bad(at+".cohort", "a cohort needs from, until or both")
	}
	c.try(d.validate(at + ".cohort"))
}

func (c *checker) systems(at string, list []UnitSystem) {
	if len(list) > maxSystems {
		c.bad(at, "more than %d units", maxSystems)
	}
	for i, s := range list {
		where := fmt.Sprintf("%s[%d]", at, i)
		if s.Unit == "" || s.HoursPerCredit.Sign() <= 0 {
			c.bad(where, "a unit needs a name and its hours")
		}
		if slices.ContainsFunc(list[:i], func(o UnitSystem) bool { return o.Unit == s.Unit }) {
			c.bad(where+".unit", "the unit %q is there twice", s.Unit)
		}
	}
}

func (c *checker) rounding(at string, r *Rounding) {
	if r == nil {
		return
	}
	if !slices.Contains([]string{"down", "up", "nearest"}, r.Direction) {
		c.bad(at+".direction", "credit is rounded down, up or nearest, not %q", r.Direction)
	}
	if r.Step.Sign() <= 0 {
		c.bad(at+".step", "rounding needs a step, such as 1 or 1/2")
	}
	if !slices.Contains([]string{"", "before", "after"}, r.When) {
		c.bad(at+".when", "credit is rounded before or after it is summed up, not %q", r.When)
	}
	if r.When == "after" && r.Direction != "down" {
		c.bad(at+".direction", "after summing, credit is rounded down only: otherwise a sum that is too small would be enough")
	}
	if r.Clause == "" {
		c.bad(at+".clause", "rounding needs the clause that it rests on")
	}
}

func (c *checker) framework(at string, l Levels) {
	if len(l.Steps) > maxSteps {
		c.bad(at+".steps", "more than %d levels", maxSteps)
	}
	if len(l.Map) > maxLevelMap {
		c.bad(at+".map", "more than %d levels are mapped", maxLevelMap)
		return
	}
	for i, s := range l.Steps {
		if i > 0 && s.Cmp(l.Steps[i-1]) <= 0 {
			c.bad(fmt.Sprintf("%s.steps[%d]", at, i), "levels are listed once each, the lowest first")
		}
	}
	type level struct{ framework, value string }
	seen := map[level]bool{}
	for i, m := range l.Map {
		where := fmt.Sprintf("%s.map[%d]", at, i)
		if k := (level{m.Framework, m.Value.String()}); seen[k] && len(l.Steps) > 0 {
			c.bad(where, "level %s of %s is mapped twice", m.Value.Decimal(), m.Framework)
		} else {
			seen[k] = true
		}
		if !l.has(m.Is) {
			c.bad(where+".is", "there is no level %s", m.Is.Decimal())
		}
	}
}

// has reports whether a level is one of the framework.
func (l Levels) has(v cairn.Credits) bool {
	return len(l.Steps) == 0 || slices.ContainsFunc(l.Steps, v.Equal)
}

func (c *checker) scale(at string, g Grade) {
	if len(g.Grades) > maxGrades || len(g.Map) > maxGradeMap {
		c.bad(at, "more than %d grades, or %d that are mapped", maxGrades, maxGradeMap)
		return
	}
	if g.Pass != "" && !slices.Contains(g.Grades, g.Pass) {
		c.bad(at+".pass", "the grade %q is not on the scale", g.Pass)
	}
	if (g.Pass == "") != (g.Clause == "") {
		c.bad(at+".clause", "a pass mark needs the clause that it rests on, and the clause is its")
	}
	if f := g.PassFail; f != nil {
		if len(f.Grades) == 0 || f.Clause == "" {
			c.bad(at+".passFail", "what says only passed needs grades and a clause")
		}
		if f.As != "" && !slices.Contains(g.Grades, f.As) {
			c.bad(at+".passFail.as", "the grade %q is not on the scale", f.As)
		}
		for i, one := range f.Grades {
			if one == "" || slices.Contains(g.Grades, one) {
				c.bad(fmt.Sprintf("%s.passFail.grades[%d]", at, i), "%q is a grade of the scale already", one)
			}
		}
	}
	seen := map[GradeMap]bool{}
	for i, m := range g.Map {
		where := fmt.Sprintf("%s.map[%d]", at, i)
		k := GradeMap{Scale: m.Scale, Grade: m.Grade}
		if m.Scale == "" || m.Grade == "" || m.Scale == g.Scale || seen[k] {
			c.bad(where, "a grade of another scale is mapped once")
		}
		seen[k] = true
		if !slices.Contains(g.Grades, m.Is) {
			c.bad(where+".is", "the grade %q is not on the scale", m.Is)
		}
	}
}

// inFrame writes the credit and the grade of a credential in the units and scales of
// the programme.
func (p *Programme) inFrame(h Held) Held {
	if h.Credit != nil && (len(p.Credit.Systems) > 0 || p.Credit.Round != nil) {
		credit := *h.Credit
		if i := slices.IndexFunc(p.Credit.Systems, func(s UnitSystem) bool { return s.Unit == credit.Unit }); i >= 0 {
			credit.HoursPerCredit = p.Credit.Systems[i].HoursPerCredit
		}
		if r := p.Credit.Round; r != nil && r.When != "after" && credit.Amount.Sign() > 0 && credit.HoursPerCredit.Sign() > 0 {
			in := func(c cairn.Credits) cairn.Credits { return c.Mul(credit.HoursPerCredit).Div(p.Credit.HoursPerCredit) }
			if h.UsedElsewhere != nil {
				used := in(*h.UsedElsewhere)
				h.UsedElsewhere = &used
			}
			credit.Amount = r.apply(in(credit.Amount))
			credit.HoursPerCredit = p.Credit.HoursPerCredit
		}
		h.Credit = &credit
	}
	for _, g := range p.Grades {
		if f := g.PassFail; g.Scale == h.GradeScale && f != nil && f.As != "" && slices.Contains(f.Grades, h.Grade) {
			h.Grade = f.As
			return h
		}
	}
	if slices.ContainsFunc(p.Grades, func(g Grade) bool { return g.Scale == h.GradeScale }) {
		return h
	}
	for _, g := range p.Grades {
		for _, m := range g.Map {
			if m.Scale == h.GradeScale && m.Grade == h.Grade {
				h.GradeScale, h.Grade = g.Scale, m.Is
				return h
			}
		}
	}
	return h
}

// apply rounds an amount to a multiple of the step.
func (r *Rounding) apply(c cairn.Credits) cairn.Credits {
	return rounded(c.Div(r.Step), r.Direction).Mul(r.Step)
}

// frameRules checks what scales and levels say of every requirement.
func (p *Programme) frameRules(c *candidate, r *Requirement, add func(code, clause string, args map[string]string)) {
	if r.MinLevel != nil && p.Levels.Exact && c.level != nil && c.level.Cmp(*r.MinLevel) > 0 {
		add(ReasonLevelTooHigh, r.Clause, map[string]string{"have": c.level.String(), "need": r.MinLevel.String(), "framework": p.Levels.Framework})
	}
	for _, g := range p.Grades {
		if g.Scale != c.GradeScale || g.Pass == "" {
			continue
		}
		if rank := p.gradeRank(g.Scale, c.Grade); rank > p.gradeRank(g.Scale, g.Pass) {
			add(ReasonNotPassed, g.Clause, map[string]string{"have": c.Grade, "need": g.Pass})
		}
	}
}

// applies reports whether an agreement surely, or perhaps, holds for a credential. An
// agreement is never followed by another: what counts as something elsewhere does not
// count as what that counts as here.
func (p *Programme) applies(a *Agreement, h Held, on days) (surely, perhaps bool) {
	day := h.AwardedOn
	if a.Governs == governsApplication {
		when := on.at
		if !on.application.IsZero() {
			when = on.application
		}
		day = exactly(when)
	}
	surely, perhaps = Dates{a.From, a.Until}.holds(day)
	if a.Cohort != nil {
		in, maybe := a.Cohort.holds(exactly(on.admission))
		surely, perhaps = surely && in, perhaps && maybe
	}
	if o := p.Policy.Overlap; o != nil && a.Overlap.Sign() > 0 && a.Overlap.Cmp(o.Percent) < 0 {
		return false, false
	}
	if m := a.MinGrade; m != nil && perhaps {
		rank := p.gradeRank(h.GradeScale, h.Grade)
		switch {
		case rank < 0 || h.GradeScale != m.Scale:
			return false, true // a person may know the grade
		case rank > p.gradeRank(m.Scale, m.Grade):
			return false, false
		}
	}
	return surely, perhaps
}

// exactly is a day; none when it is not known.
func exactly(t time.Time) cairn.PartialDate {
	if t.IsZero() {
		return cairn.PartialDate{}
	}
	return cairn.PartialDate{Year: t.Year(), Month: t.Month(), Day: t.Day()}
}

// creditBy gives a credential the credit that its agreement says; of one that was used
// for another award no more than is left of it.
func (p *Programme) creditBy(c *candidate) {
	if c.UsedElsewhere != nil && c.UsedElsewhere.Sign() > 0 {
		if c.amount.Cmp(c.agreement.Credits) > 0 {
			c.amount = c.agreement.Credits
		}
		return
	}
	c.amount, c.carries = c.agreement.Credits, c.agreement.Credits
}

// lapses says when a place by agreement is lost by applying too late.
func (a *Agreement) lapses(e *edge, on days) {
	if a.Governs != governsApplication || a.Until.IsZero() || !on.application.IsZero() {
		return
	}
	if end := a.Until.Latest().AddDate(0, 0, 1); e.lapses.IsZero() || end.Before(e.lapses) {
		e.lapses = end
	}
}

// multiple reports whether an amount is a multiple of a step.
func multiple(c, step cairn.Credits) bool { return new(big.Rat).Set(c.Div(step).Rat()).IsInt() }
