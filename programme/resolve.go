package programme

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairn.example"
)

// What Resolve and CheckDates find.
const (
	LintReferenceMissing  = "reference-missing"  // a document that is used was not given
	LintReferenceDiffers  = "reference-differs"  // a document of that id was given, with another digest
	LintReferenceKind     = "reference-kind"     // the document is of another kind, or has another id
	LintReferenceTwice    = "reference-twice"    // two documents say the same thing differently
	LintReferenceNothing  = "reference-nothing"  // a document says nothing for the programme
	LintLayersContradict  = "layers-contradict"  // a narrower policy loosens a wider one
	LintAgreementParty    = "agreement-party"    // the receiving institution is another one
	LintAgreementSlot     = "agreement-slot"     // a slot that an agreement names is not there
	LintAgreementDates    = "agreement-dates"    // an agreement is not in force on a day
	LintOverlapTooLow     = "overlap-too-low"    // an agreement has less in common than the policy asks for
	LintLevelNone         = "level-none"         // a level that is asked for is not one of the framework
	LintRoundingUnaligned = "rounding-unaligned" // what is asked for is no multiple of the step after summing
	LintConversion        = "conversion-differs" // a unit has other hours than the programme says
)

// RuleFindings lists the codes of what Resolve and CheckDates find;
// docs/specs/rules.md explains them.
func RuleFindings() []string {
	return []string{LintReferenceMissing, LintReferenceDiffers, LintReferenceKind, LintReferenceTwice, LintReferenceNothing, LintLayersContradict, LintAgreementParty, LintAgreementSlot,
		LintAgreementDates, LintOverlapTooLow, LintLevelNone, LintRoundingUnaligned, LintConversion}
}

// Resolved reports whether the programme uses no rule documents, or has them all.
func (p *Programme) Resolved() bool { return len(p.Uses) == 0 || p.rules != nil }

// Rules are the documents that the programme uses, once it is resolved.
func (p *Programme) Rules() []*Rules { return slices.Clone(p.rules) }

// Resolve puts the rules of the documents that a programme uses together with its own.
// The result is what Evaluate applies; its digest is that of the programme's document,
// which fixes the others by theirs. With a finding that is an error there is no result.
// Whether an agreement is signed is for the caller to know: the package has no keys.
func (p *Programme) Resolve(documents []*Rules) (*Programme, []Finding) {
	q := *p
	q.Grades, q.Agreements = slices.Clone(p.Grades), slices.Clone(p.Agreements)
	q.Levels.Map, q.Credit.Systems = slices.Clone(p.Levels.Map), slices.Clone(p.Credit.Systems)
	q.rules = []*Rules{}
	r := &resolver{linter: linter{p: &q, count: map[string]int{}}}
	if p.source != nil {
		if t, err := readTree(p.source); err == nil {
			r.tree = &t
		}
	}
	var policies []*PolicyLayer
	for i, u := range p.Uses {
		at := fmt.Sprintf("uses[%d]", i)
		d := r.find(at, u, documents)
		if d == nil {
			continue
		}
		q.rules = append(q.rules, d)
		switch d.Kind {
		case KindGradeScale:
			r.scale(at, d.Scale)
		case KindLevelFramework:
			r.framework(at, d.Framework)
		case KindCreditConversion:
			r.conversion(at, d.Conversion)
		case KindPolicy:
			policies = append(policies, d.Policy)
		case KindAgreement:
			r.agreement(at, d.Agreement)
		}
	}
	r.policies(policies)
	r.overlap()
	r.steps()
	r.whole()
	slices.SortStableFunc(r.list, func(a, b Finding) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column)) })
	if slices.ContainsFunc(r.list, func(f Finding) bool { return f.Severity == LintError }) {
		return nil, r.list
	}
	return &q, r.list
}

// CheckDates finds the agreements of a resolved programme that are not in force on a
// day.
func (p *Programme) CheckDates(day time.Time) []Finding {
	l := &linter{p: p, count: map[string]int{}}
	if p.source != nil {
		if t, err := readTree(p.source); err == nil {
			l.tree = &t
		}
	}
	for _, d := range p.rules {
		if d.Agreement == nil {
			continue
		}
		if v := d.Agreement.Valid; !(Dates{v.From, v.Until}).spans(day) {
			l.say(LintWarning, LintAgreementDates, p.useOf(d), d.Agreement.Clause, "the agreement %s is in force %s, and not on %s", d.ID, Dates{v.From, v.Until}, dayText(day))
		}
	}
	return l.list
}

// inDocument is the place of an agreement that comes from a document of its own: where
// the programme names the document. Other places stay.
func (p *Programme) inDocument(field string) string {
	var i int
	if n, err := fmt.Sscanf(field, "agreements[%d]", &i); n != 1 || err != nil {
		return field
	}
	for _, d := range slices.Backward(p.rules) {
		if d.Agreement == nil {
			continue
		}
		if i >= len(p.Agreements)-len(d.Agreement.agreements(p.ID)) {
			return p.useOf(d)
		}
		i += len(d.Agreement.agreements(p.ID))
	}
	return field
}

func (p *Programme) useOf(d *Rules) string {
	return fmt.Sprintf("uses[%d]", slices.IndexFunc(p.Uses, func(u Reference) bool { return u.Digest == d.digest }))
}

// resolver puts a programme together.
type resolver struct{ linter }

func (r *resolver) find(at string, u Reference, documents []*Rules) *Rules {
	var other *Rules
	for _, d := range documents {
		switch {
		case d.digest == u.Digest && (d.Kind != u.Kind || d.ID != u.ID):
			r.say(LintError, LintReferenceKind, at, "", "the document with this digest is the %s %s", d.Kind, d.ID)
			return nil
		case d.digest == u.Digest:
			return d
		case d.Kind == u.Kind && d.ID == u.ID:
			other = d
		}
	}
	if other != nil {
		r.say(LintError, LintReferenceDiffers, at+".digest", "", "the %s %s that was given is version %s with the digest %s", u.Kind, u.ID, other.Version, other.digest)
	} else {
		r.say(LintError, LintReferenceMissing, at, "", "the %s %s was not given", u.Kind, u.ID)
	}
	return nil
}

func (r *resolver) scale(at string, g *GradeScale) {
	if slices.ContainsFunc(r.p.Grades, func(o Grade) bool { return o.Scale == g.Scale }) {
		r.say(LintError, LintReferenceTwice, at, "", "the scale %s is there already", g.Scale)
		return
	}
	r.p.Grades = append(r.p.Grades, g.grade())
}

func (r *resolver) framework(at string, l *LevelFramework) {
	own, its := &r.p.Levels, l.levels()
	if own.Framework != "" && own.Framework != its.Framework || len(own.Steps) > 0 {
		r.say(LintError, LintReferenceTwice, at, "", "the programme has levels of %s already", own.Framework)
		return
	}
	for _, m := range its.Map {
		if slices.ContainsFunc(own.Map, func(o LevelMap) bool {
			return o.Framework == m.Framework && o.Value.Equal(m.Value) && !o.Is.Equal(m.Is)
		}) {
			r.say(LintError, LintReferenceTwice, at, "", "level %s of %s is mapped to two levels", m.Value.Decimal(), m.Framework)
		}
	}
	its.Map = append(own.Map, its.Map...)
	*own = its
}

func (r *resolver) conversion(at string, v *CreditConversion) {
	own := &r.p.Credit
	for _, s := range v.Systems {
		hours := s.HoursPerCredit
		if s.Unit == own.Unit && !hours.Equal(own.HoursPerCredit) {
			r.say(LintError, LintConversion, at, "", "one of the %s is %s hours there, and %s hours in the programme", s.Unit, hours.Decimal(), own.HoursPerCredit.Decimal())
		}
		if slices.ContainsFunc(own.Systems, func(o UnitSystem) bool { return o.Unit == s.Unit && !o.HoursPerCredit.Equal(hours) }) {
			r.say(LintError, LintReferenceTwice, at, "", "the unit %s has two lengths", s.Unit)
		}
	}
	own.Systems = append(own.Systems, v.Systems...)
	switch {
	case v.Round == nil:
	case own.Round != nil && (own.Round.Direction != v.Round.Direction || !own.Round.Step.Equal(v.Round.Step) || own.Round.When != v.Round.When):
		r.say(LintError, LintReferenceTwice, at, v.Round.Clause, "credit is rounded in two ways")
	default:
		own.Round = v.Round
	}
}

func (r *resolver) agreement(at string, a *AgreementDocument) {
	if a.Receiving.DID != r.p.Institution {
		r.say(LintError, LintAgreementParty, at, a.Clause, "the agreement is with %s, and the programme is of %s; an agreement runs one way", a.Receiving.DID, r.p.Institution)
		return
	}
	list := a.agreements(r.p.ID)
	if len(list) == 0 {
		r.say(LintWarning, LintReferenceNothing, at, a.Clause, "the agreement %s says nothing about this programme", a.ID)
	}
	slots := map[string]bool{}
	for i := range r.p.Requirements {
		for _, s := range r.p.Requirements[i].Slots() {
			slots[s.ID] = true
		}
	}
	missing := map[string]bool{}
	for _, one := range list {
		for _, s := range one.CountsAs {
			if !slots[s] && !missing[s] {
				missing[s] = true
				r.say(LintError, LintAgreementSlot, at, a.Clause, "the agreement %s names the slot %s, which the programme has not", a.ID, s)
			}
		}
	}
	r.p.Agreements = append(r.p.Agreements, list...)
}

// overlap names the agreements that the policy keeps from applying.
func (r *resolver) overlap() {
	least := r.p.Policy.Overlap
	if least == nil {
		return
	}
	for _, d := range r.p.rules {
		if d.Agreement == nil {
			continue
		}
		for _, t := range d.Agreement.Terms {
			if t.Overlap.Sign() > 0 && t.Overlap.Cmp(least.Percent) < 0 {
				r.say(LintWarning, LintOverlapTooLow, r.p.useOf(d), least.Clause, "by the agreement %s, %s %% of the contents are the same, and the policy asks for %s %%; it is not applied there", d.ID, t.Overlap.Decimal(), least.Percent.Decimal())
			}
		}
	}
}

// steps looks for levels that the framework has not, and amounts that rounding after
// summing would change.
func (r *resolver) steps() {
	level := func(at string, v *cairn.Credits, clause string) {
		if v != nil && !r.p.Levels.has(*v) {
			r.say(LintError, LintLevelNone, at, clause, "%s has no level %s", r.p.Levels.Framework, v.Decimal())
		}
	}
	round := r.p.Credit.Round
	amount := func(at string, c cairn.Credits, clause string) {
		if round != nil && round.When == "after" && !multiple(c, round.Step) {
			r.say(LintError, LintRoundingUnaligned, at, clause, "sums are rounded down to multiples of %s, and %s is none", round.Step.Decimal(), c.Decimal())
		}
	}
	amount("credit.total", r.p.Credit.Total, "")
	for i := range r.p.Requirements {
		q := &r.p.Requirements[i]
		at := fmt.Sprintf("requirements[%d]", i)
		level(at+".minLevel", q.MinLevel, q.Clause)
		amount(at+".credits", q.Credits, q.Clause)
		selectors := []Selector{q.Match}
		for _, s := range q.Slots() {
			selectors = append(selectors, s.Match)
		}
		for _, s := range selectors {
			if s.Levels != nil {
				level(at, s.Levels.Min, q.Clause)
				level(at, s.Levels.Max, q.Clause)
			}
		}
	}
}

// whole checks the programme as Parse does, now that nothing is missing any more.
func (r *resolver) whole() {
	if slices.ContainsFunc(r.list, func(f Finding) bool { return f.Severity == LintError }) {
		return // what follows from them says nothing new
	}
	for _, one := range r.p.check().list {
		if i := strings.IndexByte(one.Field, '['); i > 0 && r.tree != nil {
			one.Line, one.Column = r.tree.at(one.Field)
		}
		r.list = append(r.list, Finding{LintError, "programme.document", one})
	}
}
