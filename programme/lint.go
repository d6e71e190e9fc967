package programme

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"cairn.example"
)

// Severity says how bad a finding is.
type Severity string

// The severities.
const (
	LintError   Severity = "error"   // nobody can complete it as it is written
	LintWarning Severity = "warning" // surely not what is meant, or it harms somebody
	LintNote    Severity = "note"    // worth a look
)

// Codes of findings. The set is closed; docs/specs/programme.md explains each.
const (
	LintTotalUnreachable    = "total-unreachable"
	LintTotalExceeded       = "total-exceeded"
	LintFigures             = "figures"
	LintSelectorEmpty       = "selector-empty"
	LintSlotUnreachable     = "slot-unreachable"
	LintReservedOutside     = "reserved-outside"
	LintLevelImpossible     = "level-impossible"
	LintLevelUnmapped       = "level-unmapped"
	LintGradeImpossible     = "grade-impossible"
	LintAgeImpossible       = "age-impossible"
	LintAgeWithoutEffect    = "age-without-effect"
	LintLimitsTooLow        = "limits-too-low"
	LintLimitWithoutEffect  = "limit-without-effect"
	LintCapImpossible       = "cap-impossible"
	LintCapWithoutEffect    = "cap-without-effect"
	LintFloorImpossible     = "floor-impossible"
	LintBoundWithoutEffect  = "bound-without-effect"
	LintRoutingUnreached    = "routing-unreached"
	LintExclusiveImpossible = "exclusive-impossible"
	LintExclusiveRepeat     = "exclusive-repeat"
	LintClash               = "requirements-clash"
	LintOverlap             = "overlap"
	LintSameAchievement     = "same-achievement"
	LintAgreementRepeated   = "agreement-repeated"
	LintAgreementOverlap    = "agreement-overlap"
	LintAgreementReserved   = "agreement-reserved"
	LintAgreementTooSmall   = "agreement-too-small"
	LintTranslation         = "translation-missing"
	LintNothingOffered      = "nothing-offered"
	LintUndecided           = "undecided"
)

// LintCodes lists every code that a finding can have.
func LintCodes() []string {
	return []string{LintTotalUnreachable, LintTotalExceeded, LintFigures, LintSelectorEmpty, LintSlotUnreachable, LintReservedOutside, LintLevelImpossible, LintLevelUnmapped,
		LintGradeImpossible, LintAgeImpossible, LintAgeWithoutEffect, LintLimitsTooLow, LintLimitWithoutEffect, LintCapImpossible, LintCapWithoutEffect, LintFloorImpossible, LintBoundWithoutEffect, LintRoutingUnreached, LintExclusiveImpossible, LintExclusiveRepeat,
		LintClash, LintOverlap, LintSameAchievement, LintAgreementRepeated, LintAgreementOverlap, LintAgreementReserved, LintAgreementTooSmall, LintTranslation, LintNothingOffered, LintUndecided}
}

// Finding is something in a programme that can be read and is still wrong, or may
// be.
type Finding struct {
	Severity Severity `json:"severity"`
	Code     string   `json:"code"`
	Problem
}

// maxFindings bounds the findings of one kind; more of it say nothing new.
const maxFindings = 20

// Lint finds contradictions, clauses that nothing can satisfy or reach, and clauses
// that overlap. The errors are exact: the engine itself is run on the best
// credentials that anybody could hold, so an error means that no learner can ever
// complete the programme. Without errors there may still be what it does not look
// for: whether rules are fair, or what their authors mean.
//
// The catalogue is what can be earned, as far as it is known, each as if somebody
// held it; it may be nil, and then nothing is said about it.
func Lint(p *Programme, catalogue []Held) []Finding {
	l := &linter{p: p, dead: map[int]bool{}, count: map[string]int{}}
	if p.source != nil {
		if t, err := readTree(p.source); err == nil {
			l.tree = &t
		}
	}
	if !p.Resolved() {
		l.say(LintWarning, LintReferenceMissing, "uses", "", "the programme uses %d documents that are not here; nothing else was looked at", len(p.Uses))
		return l.list
	}
	l.totals()
	for i := range p.Requirements {
		l.requirement(i)
	}
	l.policy()
	l.bounds()
	l.agreements()
	l.overlaps()
	l.translations()
	l.offered(catalogue)
	l.unsatisfiable()
	slices.SortStableFunc(l.list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Code, b.Code))
	})
	return l.list
}

type linter struct {
	p     *Programme
	tree  *tree
	list  []Finding
	count map[string]int
	dead  map[int]bool // requirements that have an error of their own
	work  int          // of running the engine; see maxIdealWork
}

func (l *linter) say(how Severity, code, field, clause, format string, args ...any) {
	if l.count[code]++; l.count[code] > maxFindings {
		return
	}
	field = l.p.inDocument(field)
	f := Finding{how, code, Problem{Field: field, Clause: clause, Message: fmt.Sprintf(format, args...)}}
	if l.tree != nil {
		f.Line, f.Column = l.tree.at(field)
	}
	l.list = append(l.list, f)
}

// in says something about a requirement; rest is the path inside of it.
func (l *linter) in(i int, rest string, how Severity, code, format string, args ...any) {
	r := &l.p.Requirements[i]
	at := fmt.Sprintf("requirements[%d]%s", i, rest)
	n := len(l.list)
	l.say(how, code, at, r.Clause, format, args...)
	if len(l.list) > n {
		l.list[n].Requirement = r.ID
	}
	if how == LintError {
		l.dead[i] = true
	}
}

// slotPath is the path of a slot inside its requirement.
func (r *Requirement) slotPath(j int) string {
	switch {
	case len(r.All) > 0:
		return fmt.Sprintf(".all[%d]", j)
	case r.Number > 0:
		return "" // its places are not written one by one
	}
	return fmt.Sprintf(".of[%d]", j)
}

// totals compares what the requirements can bring in with the total.
func (l *linter) totals() {
	var least, most cairn.Credits
	for _, r := range l.p.Requirements {
		least, most = least.Add(r.Credits), most.Add(r.Credits)
		var each []cairn.Credits
		for _, s := range r.Slots() {
			each = append(each, s.Credits)
		}
		slices.SortFunc(each, cairn.Credits.Cmp)
		n := len(each)
		if r.Choose > 0 {
			n = min(r.Choose, n)
		}
		for i := range n {
			least, most = least.Add(each[i]), most.Add(each[len(each)-1-i])
		}
	}
	total, unit := l.p.Credit.Total, l.p.Credit.Unit
	switch {
	case most.Cmp(total) < 0:
		l.say(LintError, LintTotalUnreachable, "credit.total", "", "the total is %s %s, and all requirements together bring in no more than %s", total.Decimal(), unit, most.Decimal())
	case len(l.p.Choices) == 0 && least.Cmp(total) > 0:
		l.say(LintWarning, LintTotalExceeded, "credit.total", "", "the total is %s %s, and whoever satisfies the requirements has at least %s; the total asks for nothing", total.Decimal(), unit, least.Decimal())
	}
}

// requirement looks at what can be seen in a requirement alone.
func (l *linter) requirement(i int) {
	r := &l.p.Requirements[i]
	if len(r.Limits) > 0 {
		l.limits(i, r)
	}
	if r.MinLevel != nil && len(l.p.Levels.Map) > 0 && !slices.ContainsFunc(l.p.Levels.Map, func(m LevelMap) bool { return m.Is.Cmp(*r.MinLevel) >= 0 }) {
		l.in(i, ".minLevel", LintWarning, LintLevelUnmapped, "no level of another framework is mapped to %s or above; nothing from there counts without a person", r.MinLevel.Decimal())
	}
	if a, b := r.MaxAge, l.p.Policy.MaxAge; a != nil && b != nil && a.Years*12+a.Months >= b.Years*12+b.Months {
		l.in(i, ".maxAge", LintWarning, LintAgeWithoutEffect, "clause %s already asks for learning that is as young, or younger", b.Clause)
	}
}

func (l *linter) limits(i int, r *Requirement) {
	limited := map[string]bool{}
	var sum cairn.Credits
	for j, limit := range r.Limits {
		sum = sum.Add(limit.Credits)
		at := fmt.Sprintf(".limits[%d]", j)
		reached := len(r.Match.Fields) == 0
		for _, f := range limit.Fields {
			limited[f] = true
			reached = reached || slices.Contains(r.Match.Fields, f)
		}
		switch {
		case !reached:
			l.in(i, at, LintWarning, LintLimitWithoutEffect, "the limit of clause %s is on fields that the requirement does not take", limit.Clause)
		case limit.Credits.Cmp(r.Credits) >= 0:
			l.in(i, at, LintWarning, LintLimitWithoutEffect, "the limit of clause %s is not below what the requirement asks for, so it limits nothing", limit.Clause)
		}
	}
	free := func(f string) bool { return !limited[f] }
	if len(r.Match.Fields) > 0 && !slices.ContainsFunc(r.Match.Fields, free) && sum.Cmp(r.Credits) < 0 {
		l.in(i, ".limits", LintError, LintLimitsTooLow, "every field has a limit, together %s, and the requirement asks for %s", sum.Decimal(), r.Credits.Decimal())
	}
}

func (l *linter) policy() {
	for _, c := range []struct {
		field string
		cap   *Cap
	}{{"policy.outside", l.p.Policy.Outside}, {"policy.rpl", l.p.Policy.RPL}} {
		if c.cap != nil && l.p.capLimit(c.cap).Cmp(l.p.Credit.Total) >= 0 {
			l.say(LintNote, LintCapWithoutEffect, c.field, c.cap.Clause, "the cap is not below the total, so it caps nothing")
		}
	}
	for i, e := range l.p.Exclusive {
		seen := map[cairn.AchievementID]bool{}
		for j, a := range e.Achievements {
			if seen[a] {
				l.say(LintWarning, LintExclusiveRepeat, fmt.Sprintf("exclusive[%d].achievements[%d]", i, j), e.Clause, "%s is in the set twice", a)
			}
			seen[a] = true
		}
	}
}

func (l *linter) agreements() {
	reserved := map[string]string{} // slot → clause
	for _, r := range l.p.Requirements {
		for _, s := range r.Slots() {
			if r.Reserved {
				reserved[s.ID] = r.Clause
			}
		}
	}
	type of struct {
		issuer      cairn.DID
		achievement cairn.AchievementID
	}
	ids, same := map[string]bool{}, map[of][]int{}
	for i, a := range l.p.Agreements {
		at := fmt.Sprintf("agreements[%d]", i)
		if ids[a.ID] && (i == 0 || l.p.inDocument(at) == at || l.p.inDocument(at) != l.p.inDocument(fmt.Sprintf("agreements[%d]", i-1))) {
			l.say(LintWarning, LintAgreementRepeated, at+".id", "", "there is another agreement %s; a decision that names it is not clear", a.ID)
		}
		ids[a.ID] = true
		key := of{a.Issuer, a.Achievement}
		for _, j := range same[key] {
			if b := l.p.Agreements[j]; (Dates{a.From, a.Until}).meets(Dates{b.From, b.Until}) {
				l.say(LintWarning, LintAgreementOverlap, at, "", "agreement %s is about the same achievement as %s on some days; then only one of them is applied", a.ID, b.ID)
				break
			}
		}
		same[key] = append(same[key], i)
		for j, s := range a.CountsAs {
			if clause := reserved[s]; clause != "" && a.Issuer != l.p.Institution {
				l.say(LintWarning, LintAgreementReserved, fmt.Sprintf("%s.countsAs[%d]", at, j), clause, "agreement %s can't count as %s: clause %s is reserved to the institution itself", a.ID, s, clause)
			}
		}
	}
}

// meets reports whether some day lies within both.
func (d Dates) meets(e Dates) bool {
	before := func(a, b Dates) bool {
		return !a.Until.IsZero() && !b.From.IsZero() && a.Until.Latest().Before(b.From.Earliest())
	}
	return !before(d, e) && !before(e, d)
}

// translations compares the titles with the languages of the programme's title.
func (l *linter) translations() {
	check := func(i int, rest string, t cairn.Text) {
		var missing []string
		for lang := range l.p.Title {
			if _, ok := t[lang]; !ok {
				missing = append(missing, string(lang))
			}
		}
		if slices.Sort(missing); len(missing) > 0 {
			l.in(i, rest+".title", LintWarning, LintTranslation, "the title is missing in %s", strings.Join(missing, ", "))
		}
	}
	if _, ok := l.p.Title[l.p.Language]; !ok {
		l.say(LintWarning, LintTranslation, "title", "", "the title is missing in %s, the language of the award", l.p.Language)
	}
	for i := range l.p.Requirements {
		r := &l.p.Requirements[i]
		check(i, "", r.Title)
		for j, s := range r.Slots() {
			check(i, r.slotPath(j), s.Title)
		}
	}
}
