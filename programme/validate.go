package programme

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml"

	"cairn.example"
)

var identifier = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$`)

func invalid(field, format string, args ...any) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: "programme.document", Field: field, Message: fmt.Sprintf(format, args...)}
}

// diagnose says everything that is wrong with a document that can't be read, for
// which err is what the reader of YAML said, or that breaks a rule.
func diagnose[T any](data []byte, p *T, err error, check func(*T) *checker) error {
	t, unreadable := readTree(data)
	if unreadable != nil {
		return (&Problems{List: []Problem{misread(unreadable)}}).err()
	}
	s := &shape{tree: t}
	if err != nil {
		s.check(t.root, reflect.TypeFor[T](), "")
		if len(s.problems.List) == 0 {
			s.problems.add(misread(err))
		}
		var q T
		if s.unknown != len(s.problems.List) || yaml.Unmarshal(data, &q) != nil {
			return s.problems.err()
		}
		p = &q
	}
	found := s.problems
	for _, one := range check(p).list {
		one.Line, one.Column = t.at(one.Field)
		found.List = append(found.List, one)
	}
	slices.SortStableFunc(found.List, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	if len(found.List) > maxProblems {
		found.List, found.More = found.List[:maxProblems], true
	}
	return found.err()
}

// maxFound bounds what a checker keeps; what a document can hold is far more.
const maxFound = 200

// checker collects what breaks a rule.
type checker struct {
	p    *Programme
	list []Problem
	at   *Requirement // that is looked at; nil outside of requirements
}

func (c *checker) bad(field, format string, args ...any) {
	one := Problem{Field: strings.TrimPrefix(field, "."), Message: fmt.Sprintf(format, args...)}
	if c.at != nil {
		one.Requirement, one.Clause = c.at.ID, c.at.Clause
	}
	if len(c.list) < maxFound {
		c.list = append(c.list, one)
	}
}

// try keeps the error of a check of one value.
func (c *checker) try(err error) {
	var e *cairn.Error
	switch {
	case err == nil:
	case errors.As(err, &e):
		c.bad(e.Field, "%s", e.Message)
	default:
		c.bad("", "%v", err)
	}
}

func (p *Programme) check() *checker {
	c := &checker{p: p}
	for _, rule := range []struct {
		broken  bool
		field   string
		message string
	}{
		{!identifier.MatchString(string(p.ID)), "id", "the id must be letters, digits, dots and dashes"},
		{p.Edition == "", "edition", "the edition is missing"},
		{strings.ContainsFunc(p.Edition, hidden), "edition", "the edition must not have hidden characters"},
		{!strings.HasPrefix(string(p.Institution), "did:"), "institution", "the institution must be a decentralised identifier"},
		{!readable(p.Title), "title", "a title in at least one language is needed, without hidden characters"},
		{len(p.Description) > 0 && !readable(p.Description), "description", "the description must not be empty or have hidden characters"},
		{p.Language == "", "language", "the language of the award is missing"},
		{p.Award.Achievement == "", "award.achievement", "the award needs an achievement"},
		{p.Award.Type == "", "award.type", "the award needs a type"},
		{p.Credit.Unit == "", "credit.unit", "the credit needs a unit"},
		{p.Credit.HoursPerCredit.Sign() <= 0, "credit.hoursPerCredit", "the credit needs its hours"},
		{p.Credit.Total.Sign() <= 0, "credit.total", "the credit needs the total"},
		{len(p.Requirements) == 0 || len(p.Requirements) > maxRequirements, "requirements", fmt.Sprintf("there must be between 1 and %d requirements", maxRequirements)},
		{len(p.Agreements) > maxAgreements, "agreements", fmt.Sprintf("more than %d agreements", maxAgreements)},
	} {
		if rule.broken {
			c.bad(rule.field, "%s", rule.message)
		}
	}
	c.policy()
	c.frame(p)
	slots, ids := map[string]bool{}, map[string]bool{}
	for i := range p.Requirements {
		r := &p.Requirements[i]
		c.at = r
		at := fmt.Sprintf("requirements[%d]", i)
		if !identifier.MatchString(r.ID) || ids[r.ID] || slots[r.ID] {
			c.bad(at+".id", "a requirement needs an id of its own")
		}
		ids[r.ID] = true
		if r.Clause == "" || strings.ContainsFunc(r.Clause, hidden) {
			c.bad(at+".clause", "requirement %s needs a clause, without hidden characters", r.ID)
		}
		if !readable(r.Title) {
			c.bad(at+".title", "requirement %s needs a title, without hidden characters", r.ID)
		}
		c.requirement(at, *r, slots)
	}
	c.at = nil
	c.choices()
	c.bounds()
	c.exceptions()
	c.places()
	c.routes()
	if len(slots) > maxSlots {
		c.bad("requirements", "more than %d slots", maxSlots)
	}
	for i, a := range p.Agreements {
		at := fmt.Sprintf("agreements[%d]", i)
		if a.ID == "" || a.Issuer == "" || a.Achievement == "" || len(a.CountsAs) == 0 && a.Field == "" {
			c.bad(at, "an agreement needs an id, an issuer, an achievement, and what it counts as")
		}
		c.try((Dates{a.From, a.Until}).validate(at))
		for j, s := range a.CountsAs {
			if !slots[s] {
				c.bad(fmt.Sprintf("%s.countsAs[%d]", at, j), "there is no slot %q", s)
			}
		}
	}
	for i, e := range p.Exclusive {
		if e.Clause == "" || len(e.Achievements) < 2 {
			c.bad(fmt.Sprintf("exclusive[%d]", i), "an exclusive set needs a clause and at least two achievements")
		}
	}
	for i, g := range p.Grades {
		if g.Scale == "" || len(g.Grades) < 2 {
			c.bad(fmt.Sprintf("grades[%d]", i), "a scale needs a name and at least two grades")
		}
		if len(g.Points) > 0 && len(g.Points) != len(g.Grades) {
			c.bad(fmt.Sprintf("grades[%d].points", i), "the points of a scale are as many as its grades")
		}
	}
	return c
}

func (c *checker) cap(at string, limit *Cap) {
	if limit == nil {
		return
	}
	if limit.Percent.IsZero() == limit.Credits.IsZero() {
		c.bad(at, "a cap is either a percentage or an amount of credits")
	}
	if limit.Percent.Cmp(cairn.WholeCredits(100)) > 0 {
		c.bad(at+".percent", "a percentage is at most 100")
	}
	if limit.Round != "" && limit.Round != "down" {
		c.bad(at+".round", "round is \"down\" or absent")
	}
	if limit.Clause == "" {
		c.bad(at+".clause", "a cap needs the clause that it rests on")
	}
}

// readable reports whether there is a text, and every one of them can be seen.
func readable(t cairn.Text) bool {
	for _, s := range t {
		if s == "" || strings.ContainsFunc(s, hidden) {
			return false
		}
	}
	return len(t) > 0
}

// hidden reports whether a character is invisible or turns the direction of
// writing, so that one rule could look like another. Two joiners are part of how
// several languages are written; lines may end in a description.
func hidden(r rune) bool {
	return r != '\u200c' && r != '\u200d' && r != '\n' && (unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r))
}

func (c *Currency) validate(at string) error {
	if c != nil && (c.Years < 0 || c.Months < 0 || c.Years+c.Months == 0 || c.Years > 100 || c.Months > 1200) {
		return invalid(at, "an age limit needs years or months")
	}
	return nil
}

func (c *checker) requirement(at string, r Requirement, slots map[string]bool) {
	forms := 0
	for _, given := range []bool{len(r.All) > 0, len(r.Of) > 0, r.Credits.Sign() > 0, r.Number != 0, r.AttestedBy != ""} {
		if given {
			forms++
		}
	}
	if forms != 1 {
		c.bad(at, "requirement %s must say exactly one of: all, choose … of, credits, number, attestedBy", r.ID)
	}
	if len(r.Of) > 0 && (r.Choose < 1 || r.Choose > len(r.Of)) || len(r.Of) == 0 && r.Choose != 0 {
		c.bad(at+".choose", "requirement %s must choose between 1 and %d", r.ID, len(r.Of))
	}
	if (r.Credits.Sign() > 0 || r.Number > 0) && r.Match.empty() || r.Credits.IsZero() && (r.Number == 0 && !r.Match.empty() || len(r.Limits) > 0) {
		c.bad(at+".match", "requirement %s: match belongs to credits or a number, limits to credits", r.ID)
	}
	if r.Number < 0 || r.Number > maxNumber || (r.Number > 0) != (r.Each.Sign() > 0) {
		c.bad(at+".number", "requirement %s: a number is between 1 and %d, with the credit that each counts for", r.ID, maxNumber)
	}
	if r.AttestedBy != "" && (r.MinLevel != nil || r.MinGrade != nil || r.MaxAge != nil || r.Reserved) {
		c.bad(at, "requirement %s: a person attests it, so there is no credential that minLevel, minGrade, maxAge or reserved could be about", r.ID)
	}
	if len(r.AttestedBy) > maxAttester || strings.ContainsFunc(r.AttestedBy, hidden) || strings.Contains(r.AttestedBy, "\n") {
		c.bad(at+".attestedBy", "who attests requirement %s is at most %d bytes, without hidden characters", r.ID, maxAttester)
	}
	c.selector(at+".match", r.Match)
	c.try(r.MaxAge.validate(at + ".maxAge"))
	if r.MinLevel != nil && c.p.Levels.Framework == "" && !c.open() {
		c.bad(at+".minLevel", "a minimum level needs levels.framework")
	}
	if g := r.MinGrade; g != nil && !slices.Contains([]string{"", ungradedCounts, ungradedRefused}, g.Ungraded) {
		c.bad(at+".minGrade.ungraded", "what has no grade counts or is refused")
	}
	if r.MinGrade != nil && c.p.gradeRank(r.MinGrade.Scale, r.MinGrade.Grade) < 0 && !c.open() {
		c.bad(at+".minGrade", "the grade %q is not on the scale %q", r.MinGrade.Grade, r.MinGrade.Scale)
	}
	limited := map[string]bool{}
	for j, l := range r.Limits {
		where := fmt.Sprintf("%s.limits[%d]", at, j)
		if len(l.Fields) == 0 || l.Clause == "" {
			c.bad(where, "a limit needs fields and a clause")
		}
		for _, f := range l.Fields {
			if limited[f] {
				c.bad(where, "the field %q is in two limits; then it is not clear which one holds", f)
			}
			limited[f] = true
		}
	}
	if r.Number > 0 && r.Number <= maxNumber {
		for _, s := range r.Slots() {
			if slots[s.ID] {
				c.bad(at+".id", "the places of requirement %s need ids of their own, and %s is used", r.ID, s.ID)
			}
			slots[s.ID] = true
		}
	}
	c.slots(at+".all", r.All, slots)
	c.slots(at+".of", r.Of, slots)
}

func (c *checker) slots(at string, list []Slot, known map[string]bool) {
	for j, s := range list {
		where := fmt.Sprintf("%s[%d]", at, j)
		if !identifier.MatchString(s.ID) || known[s.ID] {
			c.bad(where+".id", "a slot needs an id of its own")
		}
		known[s.ID] = true
		if !readable(s.Title) {
			c.bad(where+".title", "slot %s needs a title, without hidden characters", s.ID)
		}
		if s.Credits.Sign() <= 0 {
			c.bad(where+".credits", "slot %s needs credits", s.ID)
		}
		c.selector(where+".match", s.Match)
	}
}
