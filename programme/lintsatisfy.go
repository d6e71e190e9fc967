package programme

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// unsatisfiable finds what nobody can satisfy, by running the engine on the best
// credentials that anybody could hold, and which clause makes it so.
func (l *linter) unsatisfiable() {
	if rule := unknownRule(reflect.ValueOf(*l.p)); rule != "" {
		// What completes the programme proves that it can be completed. That nothing does
		// proves nothing here.
		days, ok := l.p.idealDays()
		if ok && (l.tryWith(l.p, l.p, days).complete || l.tryWith(l.p, l.p.asFloorsAsk(), days).complete) {
			return
		}
		l.say(LintNote, LintUndecided, "", "", "whether everything can be satisfied was not settled: %s is not looked at here", rule)
		return
	}
	days, ok := l.p.idealDays()
	if !ok {
		l.say(LintNote, LintUndecided, "", "", "whether everything can be satisfied was not settled: there are too many dates")
		return
	}
	for i := range l.p.Requirements {
		if !l.places(i, days) {
			l.say(LintNote, LintUndecided, fmt.Sprintf("requirements[%d]", i), l.p.Requirements[i].Clause, "whether everything can be satisfied was not settled: there are too many ways")
			return
		}
	}
	if len(l.dead) > 0 {
		return // the rest would say it again
	}
	whole := l.try(l.p, days)
	if whole.complete {
		return
	}
	for i := range l.p.Requirements {
		l.alone(i, days)
	}
	if len(l.dead) == 0 {
		l.together(whole, days)
	}
}

// outcome of trying a programme on its best case.
type trial struct {
	complete  bool // everything is satisfied, and the total reached
	satisfied bool // everything is satisfied
	undecided bool
	open      []string // requirements that stay open, on the day with the fewest
	err       error
}

// asFloorsAsk is the programme with the levels that its floors ask for in every
// requirement: what is ideal there is ideal for the floors too.
func (p *Programme) asFloorsAsk() *Programme {
	out := *p
	out.Requirements = slices.Clone(p.Requirements)
	for _, f := range p.Policy.Floors {
		if f.Match == nil || f.Match.Levels == nil || f.Match.Levels.Min == nil {
			continue
		}
		for i := range out.Requirements {
			if r := &out.Requirements[i]; r.AttestedBy == "" && (r.MinLevel == nil || r.MinLevel.Cmp(*f.Match.Levels.Min) < 0) {
				r.MinLevel = f.Match.Levels.Min
			}
		}
	}
	return &out
}

// try runs the engine on the best credentials of each day.
func (l *linter) try(p *Programme, days []time.Time) trial { return l.tryWith(p, p, days) }

// tryWith runs the engine on the best credentials for another programme.
func (l *linter) tryWith(p, other *Programme, days []time.Time) trial {
	t := trial{}
	for n, day := range days {
		held, _, ok := other.ideals(day)
		if !ok || l.work > maxIdealWork {
			t.undecided = true
			continue
		}
		r, err := Evaluate(p, held, day, Options{Nodes: min(idealNodes, 1+maxIdealWork/20/(len(held)+1)), Attested: p.Attestable()})
		if err != nil {
			return trial{err: err}
		}
		l.work += (len(held) + 1) * (r.Optimality.Nodes + 4)
		var open []string
		for _, q := range r.Requirements {
			if q.Status != Satisfied {
				open = append(open, q.Requirement)
			}
		}
		if n == 0 || len(open) < len(t.open) {
			t.open = open
		}
		t.satisfied = t.satisfied || len(open) == 0
		t.complete = t.complete || r.Complete
		t.undecided = t.undecided || !r.Optimality.Proven && !r.Complete
		if t.complete {
			return t
		}
	}
	return t
}

// places looks whether each place of a requirement can be filled at all, without the
// rules that bind several places together. It returns false when that is too much to
// find out.
func (l *linter) places(i int, days []time.Time) bool {
	r := l.p.Requirements[i]
	ok := true
	fillable := func(r Requirement, slot int) bool {
		return slices.ContainsFunc(days, func(day time.Time) bool {
			b := &lab{Programme: l.p, at: day}
			n := 0
			if slot < 0 {
				n = len(b.pool(&r))
			} else {
				n = len(b.slot(&r, slot))
			}
			ok = ok && (n > 0 || !b.cut)
			return n > 0
		})
	}
	var empty []int
	count := len(r.Slots())
	for j := range count {
		if !fillable(r, j) {
			empty = append(empty, j)
		}
	}
	if r.Credits.Sign() > 0 && !fillable(r, -1) {
		empty = append(empty, -1)
	}
	how := LintError
	if r.Choose > 0 && count-len(empty) >= r.Choose {
		how = LintWarning // the others are enough
	}
	for _, j := range empty {
		rest, name := ".match", "the requirement"
		if j >= 0 {
			rest, name = r.slotPath(j), "slot "+r.Slots()[j].ID
		}
		l.whyEmpty(i, j, rest, name, how, fillable)
	}
	return ok
}

// whyEmpty names the rule without which a place could be filled.
func (l *linter) whyEmpty(i, slot int, rest, name string, how Severity, fillable func(Requirement, int) bool) {
	r := l.p.Requirements[i]
	without := func(drop func(*Requirement)) bool {
		q := r
		drop(&q)
		return fillable(q, slot)
	}
	match := r.Match
	if slot >= 0 {
		match = r.Slots()[slot].Match
	}
	switch {
	case match.empty():
		l.in(i, rest, how, LintSlotUnreachable, "%s has no selector, and no agreement counts as it", name)
	case !without(func(q *Requirement) { q.Reserved, q.MinLevel, q.MinGrade, q.MaxAge = false, nil, nil, nil }):
		l.in(i, rest, how, LintSelectorEmpty, "%s can't be filled: what its selector asks for contradicts itself", name)
	case r.Reserved && without(func(q *Requirement) { q.Reserved = false }):
		l.in(i, rest, how, LintReservedOutside, "%s is reserved to the institution itself, and its selector takes only what comes from elsewhere", name)
	case r.MinLevel != nil && without(func(q *Requirement) { q.MinLevel = nil }):
		l.in(i, rest, how, LintLevelImpossible, "%s needs level %s, and its selector takes only lower ones", name, r.MinLevel.Decimal())
	case r.MinGrade != nil && without(func(q *Requirement) { q.MinGrade = nil }):
		l.in(i, rest, how, LintGradeImpossible, "%s needs grade %s of the scale %s, and its selector takes none such", name, r.MinGrade.Grade, r.MinGrade.Scale)
	default:
		l.in(i, rest, how, LintSelectorEmpty, "%s can't be filled: its selector contradicts several rules of the requirement", name)
	}
}

// rule is one that binds several places together.
type rule struct {
	code, field, clause, name string
	drop                      func(*Programme)
}

func (l *linter) rules() []rule {
	var out []rule
	if c := l.p.Policy.Outside; c != nil {
		out = append(out, rule{LintCapImpossible, "policy.outside", c.Clause, "the cap on credit from elsewhere", func(q *Programme) { q.Policy.Outside = nil }})
	}
	if c := l.p.Policy.RPL; c != nil {
		out = append(out, rule{LintCapImpossible, "policy.rpl", c.Clause, "the cap on recognised prior learning", func(q *Programme) { q.Policy.RPL = nil }})
	}
	if c := l.p.Policy.MaxAge; c != nil {
		out = append(out, rule{LintAgeImpossible, "policy.maxAge", c.Clause, "the age of learning", func(q *Programme) { q.Policy.MaxAge = nil }})
	}
	for i, e := range l.p.Exclusive {
		out = append(out, rule{LintExclusiveImpossible, fmt.Sprintf("exclusive[%d]", i), e.Clause, "the exclusive set", func(q *Programme) { q.Exclusive = slices.Delete(slices.Clone(q.Exclusive), i, i+1) }})
	}
	return out
}

// alone tries one requirement under the rules that bind its places together.
func (l *linter) alone(i int, days []time.Time) {
	q := *l.p
	q.Requirements = l.p.Requirements[i : i+1]
	if t := l.try(&q, days); t.satisfied || t.undecided || t.err != nil {
		return
	}
	r := &l.p.Requirements[i]
	rules := l.rules()
	if len(r.Limits) > 0 {
		rules = append(rules, rule{LintLimitsTooLow, ".limits", r.Limits[0].Clause, "the limits", func(q *Programme) { q.Requirements[0].Limits = nil }})
	}
	if r.MaxAge != nil {
		rules = append(rules, rule{LintAgeImpossible, ".maxAge", r.MaxAge.Clause, "the age of learning", func(q *Programme) { q.Requirements[0].MaxAge = nil }})
	}
	if k := slices.IndexFunc(rules, func(u rule) bool { return l.without(q, u, days) }); k >= 0 {
		clause := rules[k].clause
		if clause == "" {
			clause = r.Clause
		}
		l.in(i, "", LintError, rules[k].code, "nobody can satisfy this requirement: %s (clause %s) does not allow it", rules[k].name, clause)
		return
	}
	l.in(i, "", LintError, LintClash, "nobody can satisfy this requirement: its rules contradict each other")
}

func (l *linter) without(q Programme, u rule, days []time.Time) bool {
	q.Requirements = slices.Clone(q.Requirements)
	u.drop(&q)
	return l.try(&q, days).satisfied
}

// together says why requirements that can be satisfied one by one can't all be.
func (l *linter) together(whole trial, days []time.Time) {
	switch {
	case whole.err != nil:
		l.say(LintError, LintFigures, "requirements", "", "no application can be evaluated: %v", whole.err)
	case whole.undecided:
		l.say(LintNote, LintUndecided, "requirements", "", "whether everything can be satisfied together was not settled: the search ended before everything was tried")
	case whole.satisfied:
		// totals has said it when the figures alone show it.
		if l.count[LintTotalUnreachable] == 0 {
			l.say(LintError, LintTotalUnreachable, "credit.total", "", "everything can be satisfied, and still nobody can reach the total of %s under the caps", l.p.Credit.Total.Decimal())
		}
	default:
		rules := l.rules()
		for i, r := range l.p.Requirements {
			if r.MaxAge != nil {
				rules = append(rules, rule{LintAgeImpossible, fmt.Sprintf("requirements[%d].maxAge", i), r.MaxAge.Clause, "the age of learning", func(q *Programme) { q.Requirements[i].MaxAge = nil }})
			}
		}
		if k := slices.IndexFunc(rules, func(u rule) bool { return l.without(*l.p, u, days) }); k >= 0 {
			l.say(LintError, rules[k].code, rules[k].field, rules[k].clause, "nobody can satisfy all requirements together: %s does not allow it (%s stay open at best)", rules[k].name, strings.Join(whole.open, ", "))
			return
		}
		l.say(LintError, LintClash, "requirements", "", "nobody can satisfy all requirements together: %s stay open at best", strings.Join(whole.open, ", "))
	}
}
