package programme

import (
	"slices"
	"strings"

	"cairn.example"
)

// Repeat says which of several credentials for one achievement of one issuer counts:
// the one with the best grade, the last or the first. Of equal grades the last counts.
// Without the rule all of them may count; internal/recognise then keeps the last.
type Repeat struct {
	Keep   string `yaml:"keep"` // best, last or first
	Clause string `yaml:"clause"`
}

func (r *Repeat) validate(at string) error {
	switch {
	case r == nil:
		return nil
	case !slices.Contains([]string{"best", "last", "first"}, r.Keep):
		return invalid(at+".keep", "of what was repeated the best, the last or the first counts, not %q", r.Keep)
	case r.Clause == "":
		return invalid(at+".clause", "the rule needs the clause that it rests on")
	}
	return nil
}

// settleRepeats leaves one of each group of credentials for the same achievement of
// the same issuer. Where the facts do not say which, none counts and a person looks.
func (p *Programme) settleRepeats(candidates []*candidate) {
	if p.Policy.Repeat == nil {
		return
	}
	type learning struct {
		issuer      cairn.DID
		achievement cairn.AchievementID
	}
	groups := map[learning][]*candidate{}
	var order []learning
	for _, c := range candidates {
		if len(c.edges) == 0 || c.Achievement == "" {
			continue // counts nowhere as it is
		}
		k := learning{c.Issuer, c.Achievement}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], c)
	}
	for _, k := range order {
		group := groups[k]
		if len(group) < 2 {
			continue
		}
		kept := p.kept(group)
		for _, c := range group {
			switch {
			case kept == nil:
				c.settled(Reason{Code: ReasonRepeatUncertain, Clause: p.Policy.Repeat.Clause, Args: map[string]string{"title": c.Title}})
			case c != kept:
				c.settled(Reason{Code: ReasonRepeated, Clause: p.Policy.Repeat.Clause, Args: map[string]string{"title": kept.Title, "awarded": kept.AwardedOn.String(), "grade": kept.Grade}})
			}
		}
	}
}

// settled takes a candidate out for a reason that no place changes.
func (c *candidate) settled(r Reason) { c.edges, c.reasons = nil, append(c.reasons, r) }

// kept is the candidate of a group that counts; nil when that can't be said.
func (p *Programme) kept(group []*candidate) *candidate {
	if p.Policy.Repeat.Keep == "best" {
		// What counts nowhere, being too old say, does not stand in the way of a retake.
		if counts := slices.DeleteFunc(slices.Clone(group), (*candidate).hopeless); len(counts) > 0 {
			group = counts
		}
		top := -1
		for _, c := range group {
			rank := p.gradeRank(c.GradeScale, c.Grade) // the best grade comes first
			if rank < 0 || c.GradeScale != group[0].GradeScale {
				return nil
			}
			if top < 0 || rank < top {
				top = rank
			}
		}
		group = slices.DeleteFunc(slices.Clone(group), func(c *candidate) bool { return p.gradeRank(c.GradeScale, c.Grade) != top })
	}
	best := group[0]
	for _, c := range group[1:] {
		if before(best, c) != (p.Policy.Repeat.Keep == "first") {
			best = c
		}
	}
	for _, c := range group {
		if c == best {
			continue
		}
		early, late := c, best
		if p.Policy.Repeat.Keep == "first" {
			early, late = best, c
		}
		if !early.AwardedOn.Latest().Before(late.AwardedOn.Earliest()) && !sameDay(early, late) || early.AwardedOn.IsZero() || late.AwardedOn.IsZero() {
			return nil
		}
	}
	return best
}

// hopeless reports whether every place refuses a candidate.
func (c *candidate) hopeless() bool {
	return !slices.ContainsFunc(c.edges, func(e edge) bool { return e.open() || e.undecided })
}

// before orders by the day of the award; on one day, by digest.
func before(a, b *candidate) bool {
	if n := a.AwardedOn.Earliest().Compare(b.AwardedOn.Earliest()); n != 0 {
		return n < 0
	}
	return strings.Compare(a.Digest, b.Digest) < 0
}

// sameDay reports whether both are known to be of one day.
func sameDay(a, b *candidate) bool {
	day := a.AwardedOn.Earliest()
	return day.Equal(a.AwardedOn.Latest()) && day.Equal(b.AwardedOn.Earliest()) && day.Equal(b.AwardedOn.Latest())
}
