package programme

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cairn.example"
)

// Selector picks credentials. All that is given must hold; an empty selector picks
// nothing. Where a fact that is asked for is not known, or not exactly enough, a
// person must look.
type Selector struct {
	Achievements []cairn.AchievementID `yaml:"achievements,omitempty"`
	Alignments   []string              `yaml:"alignments,omitempty"` // target addresses
	Fields       []string              `yaml:"fields,omitempty"`
	Tags         []string              `yaml:"tags,omitempty"`
	Types        []string              `yaml:"types,omitempty"`
	Issuers      []cairn.DID           `yaml:"issuers,omitempty"`
	Routes       []Route               `yaml:"routes,omitempty"`
	Assessments  []string              `yaml:"assessments,omitempty"` // how it was assessed, as issuers write it
	Supervision  []string              `yaml:"supervision,omitempty"` // of the assessment: onsite, online, none
	Levels       *LevelRange           `yaml:"levels,omitempty"`
	MinGrade     *MinGrade             `yaml:"minGrade,omitempty"`
	Awarded      *Dates                `yaml:"awarded,omitempty"`
	// Not leaves out what this other selector picks. It has no Not of its own.
	Not *Selector `yaml:"not,omitempty"`
}

// LevelRange is of levels in the programme's framework, both ends included.
type LevelRange struct {
	Min *cairn.Credits `yaml:"min,omitempty"`
	Max *cairn.Credits `yaml:"max,omitempty"`
}

// Dates is a span of days, both ends included. A date of which only the year or the
// month is given counts from its first to its last day; without a date that side is
// open.
type Dates struct {
	From  cairn.PartialDate `yaml:"from,omitempty"`
	Until cairn.PartialDate `yaml:"until,omitempty"`
}

// String writes the dates as 2020 – 2024-06, with … for a side that is open.
func (d Dates) String() string {
	side := func(p cairn.PartialDate) string {
		if p.IsZero() {
			return "…"
		}
		return p.String()
	}
	return side(d.From) + " – " + side(d.Until)
}

// spans reports whether a day lies within the dates.
func (d Dates) spans(day time.Time) bool {
	return (d.From.IsZero() || !day.Before(d.From.Earliest())) && (d.Until.IsZero() || !day.After(d.Until.Latest()))
}

// holds reports whether every day of a date lies within the dates, and whether some
// day may. A date that is not known may be any.
func (d Dates) holds(p cairn.PartialDate) (surely, perhaps bool) {
	if d.From.IsZero() && d.Until.IsZero() {
		return true, true
	}
	if p.IsZero() {
		return false, true
	}
	surely = d.spans(p.Earliest()) && d.spans(p.Latest())
	perhaps = (d.From.IsZero() || !p.Latest().Before(d.From.Earliest())) && (d.Until.IsZero() || !p.Earliest().After(d.Until.Latest()))
	return surely, perhaps
}

func (d Dates) validate(at string) error {
	if !d.From.IsZero() && !d.Until.IsZero() && d.Until.Latest().Before(d.From.Earliest()) {
		return invalid(at, "it ends before it begins")
	}
	return nil
}

// supervisions are what an achievement says of its assessment.
var supervisions = []string{"onsite", "online", "none"}

func (s *Selector) empty() bool {
	return len(s.Achievements)+len(s.Alignments)+len(s.Fields)+len(s.Tags)+len(s.Types)+len(s.Issuers)+len(s.Routes)+len(s.Assessments)+len(s.Supervision) == 0 &&
		s.Levels == nil && s.MinGrade == nil && s.Awarded == nil && s.Not == nil
}

func (c *checker) selector(at string, s Selector) {
	for _, n := range []int{len(s.Achievements), len(s.Alignments), len(s.Fields), len(s.Tags), len(s.Types), len(s.Issuers), len(s.Routes), len(s.Assessments), len(s.Supervision)} {
		if n > maxSelector {
			c.bad(at, "more than %d entries", maxSelector)
		}
	}
	for i, r := range s.Routes {
		if !slices.Contains(routes, r) {
			c.bad(fmt.Sprintf("%s.routes[%d]", at, i), "there is no route %q", r)
		}
	}
	for i, how := range s.Supervision {
		if !slices.Contains(supervisions, how) {
			c.bad(fmt.Sprintf("%s.supervision[%d]", at, i), "supervision is onsite, online or none, not %q", how)
		}
	}
	if l := s.Levels; l != nil {
		switch {
		case l.Min == nil && l.Max == nil:
			c.bad(at+".levels", "levels need min, max or both")
		case l.Min != nil && l.Max != nil && l.Max.Cmp(*l.Min) < 0:
			c.bad(at+".levels", "max is below min")
		case c.p.Levels.Framework == "" && !c.open():
			c.bad(at+".levels", "levels need levels.framework")
		}
	}
	if s.MinGrade != nil && s.MinGrade.Ungraded != "" {
		c.bad(at+".minGrade.ungraded", "ungraded belongs to the lowest grade of a requirement")
	}
	if g := s.MinGrade; g != nil && c.p.gradeRank(g.Scale, g.Grade) < 0 && !c.open() {
		c.bad(at+".minGrade", "the grade %q is not on the scale %q", g.Grade, g.Scale)
	}
	if d := s.Awarded; d != nil {
		if d.From.IsZero() && d.Until.IsZero() {
			c.bad(at+".awarded", "awarded needs from, until or both")
		}
		c.try(d.validate(at + ".awarded"))
	}
	switch {
	case s.Not == nil:
	case s.Not.Not != nil:
		c.bad(at+".not.not", "a not inside a not is not accepted; write what is meant")
	case s.Not.empty():
		c.bad(at+".not", "what is left out is not said")
	default:
		c.selector(at+".not", *s.Not)
	}
}

// picks reports whether a selector picks a candidate that counts in some fields.
// With doubts it may or may not: a person must look, for these reasons.
func (p *Programme) picks(s *Selector, c *candidate, fields ...string) (picked bool, doubts []Reason) {
	one := func(list []string, values ...string) bool {
		return len(list) == 0 || slices.ContainsFunc(values, func(v string) bool { return slices.Contains(list, v) })
	}
	if s.empty() || len(s.Achievements) > 0 && !slices.Contains(s.Achievements, c.Achievement) ||
		!one(s.Alignments, c.Alignments...) || !one(s.Fields, fields...) || !one(s.Tags, c.Tags...) || !one(s.Types, c.Type) ||
		len(s.Issuers) > 0 && !slices.Contains(s.Issuers, c.Issuer) || len(s.Routes) > 0 && !slices.Contains(s.Routes, c.Route) {
		return false, nil
	}
	for _, fact := range []struct {
		list    []string
		value   string
		unknown string
	}{{s.Assessments, c.Assessment, ReasonAssessmentUnknown}, {s.Supervision, c.Supervision, ReasonSupervisionUnknown}} {
		switch {
		case len(fact.list) == 0:
		case fact.value == "":
			doubts = append(doubts, Reason{Code: fact.unknown, Args: map[string]string{"need": strings.Join(fact.list, ", ")}})
		case !slices.Contains(fact.list, fact.value):
			return false, nil
		}
	}
	if l := s.Levels; l != nil {
		switch {
		case c.level == nil:
			doubts = append(doubts, Reason{Code: ReasonLevelUnknown, Args: map[string]string{"need": l.String(), "framework": p.Levels.Framework}})
		case l.Min != nil && c.level.Cmp(*l.Min) < 0, l.Max != nil && c.level.Cmp(*l.Max) > 0:
			return false, nil
		}
	}
	if g := s.MinGrade; g != nil {
		switch rank := p.gradeRank(c.GradeScale, c.Grade); {
		case rank < 0 || c.GradeScale != g.Scale:
			doubts = append(doubts, Reason{Code: ReasonGradeUnknown, Args: map[string]string{"have": c.Grade, "need": g.Grade}})
		case rank > p.gradeRank(g.Scale, g.Grade): // the best grade comes first
			return false, nil
		}
	}
	if s.Awarded != nil {
		switch surely, perhaps := s.Awarded.holds(c.AwardedOn); {
		case !perhaps:
			return false, nil
		case !surely:
			doubts = append(doubts, Reason{Code: ReasonAwardedUncertain, Args: map[string]string{"awarded": c.AwardedOn.String(), "dates": s.Awarded.String()}})
		}
	}
	if s.Not != nil {
		out, why := p.picks(s.Not, c, fields...)
		if out && len(why) == 0 {
			return false, nil
		}
		doubts = append(doubts, why...)
	}
	return true, doubts
}

// String writes a range as people do: 4–6, ≥ 4, ≤ 6.
func (l LevelRange) String() string {
	switch {
	case l.Max == nil:
		return "≥ " + l.Min.String()
	case l.Min == nil:
		return "≤ " + l.Max.String()
	}
	return fmt.Sprintf("%s–%s", l.Min, l.Max)
}
