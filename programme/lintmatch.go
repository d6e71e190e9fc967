package programme

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"cairn.example"
)

// maxSelectorWork bounds the work of comparing selectors with each other, in entries of
// their lists.
const maxSelectorWork = 2_000_000

// overlaps finds slots that the same credential fills by two selectors of which one
// is part of the other.
func (l *linter) overlaps() {
	type at struct{ requirement, slot int }
	var all []at
	for i, r := range l.p.Requirements {
		for j := range r.Slots() {
			all = append(all, at{i, j})
		}
	}
	slot := func(a at) *Slot { return &l.p.Requirements[a.requirement].Slots()[a.slot] }
	work := 0
	for n, a := range all {
		s := slot(a)
		for m, b := range all {
			if a.requirement == b.requirement && l.p.Requirements[a.requirement].Number > 0 {
				continue // its places are all alike
			}
			o := slot(b)
			if work += s.Match.size() * o.Match.size(); work > maxSelectorWork {
				l.say(LintNote, LintUndecided, "requirements", "", "there are too many selectors to compare them all with each other")
				return
			}
			rest := l.p.Requirements[a.requirement].slotPath(a.slot) + ".match"
			clause := l.p.Requirements[b.requirement].Clause
			one, other := s.Match.Achievements, o.Match.Achievements
			switch {
			case m < n && len(one) == 1 && len(other) == 1 && one[0] == other[0]:
				l.in(a.requirement, rest, LintWarning, LintSameAchievement, "slots %s and %s (clause %s) ask for the same single achievement; who has earned it once can fill only one", s.ID, o.ID, clause)
			case m != n && l.p.within(&s.Match, &o.Match) && !(m > n && l.p.within(&o.Match, &s.Match)):
				l.in(a.requirement, rest, LintNote, LintOverlap, "everything that slot %s takes, slot %s (clause %s) takes too", s.ID, o.ID, clause)
			}
		}
	}
}

// size is about how much work it is to compare a selector.
func (s *Selector) size() int {
	return 1 + len(s.Achievements) + len(s.Alignments) + len(s.Fields) + len(s.Tags) + len(s.Types) + len(s.Issuers) + len(s.Routes) + len(s.Assessments) + len(s.Supervision)
}

// within reports whether a selector surely picks nothing that another one does not
// pick.
func (p *Programme) within(a, b *Selector) bool {
	if a.empty() || b.empty() || unknownRule(reflect.ValueOf(a)) != "" || unknownRule(reflect.ValueOf(b)) != "" {
		return false
	}
	return part(a.Achievements, b.Achievements) && part(a.Alignments, b.Alignments) && part(a.Fields, b.Fields) && part(a.Tags, b.Tags) && part(a.Types, b.Types) &&
		part(a.Issuers, b.Issuers) && part(a.Routes, b.Routes) && part(a.Assessments, b.Assessments) && part(a.Supervision, b.Supervision) &&
		levelsWithin(a.Levels, b.Levels) && p.gradeWithin(a.MinGrade, b.MinGrade) && datesWithin(a.Awarded, b.Awarded) &&
		(b.Not == nil || reflect.DeepEqual(a.Not, b.Not))
}

// part reports whether a list asks for no more than another; an empty one asks for
// anything.
func part[T comparable](a, b []T) bool {
	return len(b) == 0 || len(a) > 0 && !slices.ContainsFunc(a, func(v T) bool { return !slices.Contains(b, v) })
}

func levelsWithin(a, b *LevelRange) bool {
	switch {
	case b == nil:
		return true
	case a == nil, b.Min != nil && (a.Min == nil || a.Min.Cmp(*b.Min) < 0):
		return false
	}
	return b.Max == nil || a.Max != nil && a.Max.Cmp(*b.Max) <= 0
}

func (p *Programme) gradeWithin(a, b *MinGrade) bool {
	return b == nil || a != nil && a.Scale == b.Scale && p.gradeRank(a.Scale, a.Grade) <= p.gradeRank(b.Scale, b.Grade)
}

func datesWithin(a, b *Dates) bool {
	switch {
	case b == nil:
		return true
	case a == nil, !b.From.IsZero() && (a.From.IsZero() || a.From.Earliest().Before(b.From.Earliest())):
		return false
	}
	return b.Until.IsZero() || !a.Until.IsZero() && !a.Until.Latest().After(b.Until.Latest())
}

// offered looks for places that nothing in a catalogue can fill, and for agreements
// about achievements that carry too little.
func (l *linter) offered(catalogue []Held) {
	if len(catalogue) == 0 {
		return
	}
	at := time.Date(1900, 1, 2, 0, 0, 0, 0, time.UTC)
	filled := map[spot]bool{}
	carries := map[cairn.AchievementID]cairn.Credits{}
	for _, h := range catalogue[:min(len(catalogue), maxHeld)] {
		h.AwardedOn, h.Blocked = cairn.PartialDate{}, "" // no date rule is decided
		for _, c := range l.p.prepare([]Held{h}, Options{}.days(at)) {
			carries[h.Achievement] = c.amount
			for _, e := range c.edges {
				if e.open() || e.undecided {
					filled[spot{e.requirement, e.slot}] = true
				}
			}
		}
	}
	byAgreement := map[string]bool{}
	for i, a := range l.p.Agreements {
		for _, s := range a.CountsAs {
			byAgreement[s] = true
		}
		have, known := carries[a.Achievement]
		if !known {
			continue
		}
		for j, id := range a.CountsAs {
			if need, clause := l.p.slotCredits(id); need.Cmp(have) > 0 {
				l.say(LintWarning, LintAgreementTooSmall, fmt.Sprintf("agreements[%d].countsAs[%d]", i, j), clause, "agreement %s can't count as %s: the achievement carries %s, and the slot asks for %s", a.ID, id, have.Decimal(), need.Decimal())
			}
		}
	}
	for i := range l.p.Requirements {
		r := &l.p.Requirements[i]
		how, words := LintNote, "none of the %d achievements that are offered counts here"
		if r.Reserved {
			how, words = LintWarning, "none of the %d achievements that are offered counts here, and nothing from elsewhere does"
		}
		for j, s := range r.Slots() {
			if !filled[spot{i, j}] && !byAgreement[s.ID] {
				l.in(i, r.slotPath(j), how, LintNothingOffered, words, len(catalogue))
			}
		}
		if r.Credits.Sign() > 0 && !filled[spot{i, -1}] {
			l.in(i, "", how, LintNothingOffered, words, len(catalogue))
		}
	}
}

// slotCredits returns what a slot asks for, and the clause of its requirement.
func (p *Programme) slotCredits(id string) (cairn.Credits, string) {
	for _, r := range p.Requirements {
		for _, s := range r.Slots() {
			if s.ID == id {
				return s.Credits, r.Clause
			}
		}
	}
	return cairn.Credits{}, ""
}
