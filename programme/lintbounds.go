package programme

import (
	"fmt"
	"slices"

	"cairn.example"
)

// bounds finds caps and floors that can't be kept or that change nothing, and rules
// about routes that come too late.
func (l *linter) bounds() {
	policy := &l.p.Policy
	for i := range policy.Caps {
		b := &policy.Caps[i]
		credit, places, pools := l.holds(b.Requirements)
		if b.Of == ofCounted || b.Per != "" {
			continue
		}
		most, room := l.p.boundLimit(b), credit
		if b.counts() {
			if pools {
				continue // how many credentials fill a pool nobody knows
			}
			most, room = l.number(b), cairn.WholeCredits(int64(places))
		}
		if most.Cmp(room) >= 0 {
			l.say(LintNote, LintBoundWithoutEffect, fmt.Sprintf("policy.caps[%d]", i), b.Clause, "the cap %s is not below what its requirements hold, %s, so it caps nothing", b.ID, room.Decimal())
		}
	}
	for i := range policy.Floors {
		b := &policy.Floors[i]
		at := fmt.Sprintf("policy.floors[%d]", i)
		if b.Of == ofCounted || b.Average != nil {
			continue
		}
		credit, places, pools := l.holds(b.Requirements)
		least, room := l.p.boundLimit(b), credit
		if b.counts() || b.Distinct != "" {
			if least, room = l.number(b), cairn.WholeCredits(int64(places)); pools {
				continue
			}
		}
		if least.Cmp(room) > 0 {
			l.say(LintError, LintFloorImpossible, at, b.Clause, "the floor %s asks for %s, and its requirements hold no more than %s", b.ID, least.Decimal(), room.Decimal())
			continue
		}
		for j := range policy.Caps {
			c := &policy.Caps[j]
			if c.Of == ofCounted || c.Per != "" || len(c.Requirements) > 0 || c.counts() != b.counts() || b.Distinct != "" || !l.covers(c, b) {
				continue
			}
			most := l.p.boundLimit(c)
			if c.counts() {
				most = l.number(c)
			}
			if least.Cmp(most) > 0 {
				l.say(LintError, LintFloorImpossible, at, b.Clause, "the floor %s asks for %s, and the cap %s (clause %s) allows no more than %s of it", b.ID, least.Decimal(), c.ID, c.Clause, most.Decimal())
				break
			}
		}
	}
	for i := range policy.Routing {
		if j := slices.IndexFunc(policy.Routing[:i], func(r Routing) bool { return l.p.within(&policy.Routing[i].Match, &r.Match) }); j >= 0 {
			l.say(LintWarning, LintRoutingUnreached, fmt.Sprintf("policy.routing[%d]", i), policy.Routing[i].Clause, "everything that this rule is about, the rule of clause %s is about too, and it comes first", policy.Routing[j].Clause)
		}
	}
}

// covers reports whether everything that a floor is about surely is under a cap.
func (l *linter) covers(c, floor *Bound) bool {
	return c.Match == nil || floor.Match != nil && l.p.within(floor.Match, c.Match)
}

// number is what a bound says in credentials.
func (l *linter) number(b *Bound) cairn.Credits {
	if b.Number > 0 {
		return cairn.WholeCredits(int64(b.Number))
	}
	return rounded(cairn.WholeCredits(int64(l.p.places())).Mul(b.Percent).Div(cairn.WholeCredits(100)), b.Round)
}

// holds is the most credit, and the places, of some requirements, or of all; pools
// says whether one of them takes any number of credentials.
func (l *linter) holds(ids []string) (credit cairn.Credits, places int, pools bool) {
	for i := range l.p.Requirements {
		r := &l.p.Requirements[i]
		if len(ids) > 0 && !slices.Contains(ids, r.ID) {
			continue
		}
		credit, places, pools = credit.Add(r.Credits), places+r.want(), pools || r.Credits.Sign() > 0
		var each []cairn.Credits
		for _, s := range r.Slots() {
			each = append(each, s.Credits)
		}
		slices.SortFunc(each, cairn.Credits.Cmp)
		for _, c := range each[len(each)-min(r.want(), len(each)):] {
			credit = credit.Add(c)
		}
	}
	return credit, places, pools
}
