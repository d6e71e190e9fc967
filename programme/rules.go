package programme

import (
	"fmt"
	"math/big"
	"slices"

	"cairn.example"
)

// general is a general rule: what counts anywhere bears on it, so the flow does not
// know it, and the search keeps it by branching.
type general interface {
	// excess says by how much an allocation breaks the rule; 0 when it keeps it.
	excess(u *uses) int64
	// weighs reports whether less of a class in a place makes the excess smaller. The
	// slot is -1 in a pool.
	weighs(class, requirement, slot int) bool
	// touches reports whether a class in a place bears on the rule at all.
	touches(class, requirement, slot int) bool
	// tells is what of a candidate the rule can tell apart; of -1, the rule's name.
	tells(candidate int) string
	// divisible reports whether a part less in a pool makes the excess smaller by as much.
	divisible() bool
}

// uses is an allocation by classes.
type uses struct {
	s    *problem
	fill []int   // class of each slot, or -1
	pool []int64 // what each way into a pool carries
}

// each calls a function for everything that counts somewhere.
func (u *uses) each(f func(class, requirement, slot int, n int64)) {
	for i, k := range u.fill {
		if k >= 0 {
			f(k, u.s.slots[i].requirement, i, u.s.slots[i].credits)
		}
	}
	for e, n := range u.pool {
		if n > 0 {
			at := u.s.poolEdges[e]
			f(at.class, u.s.pools[u.s.classes[at.class].pools[at.edge].pool], -1, n)
		}
	}
}

// broken returns the first rule that an allocation breaks, or -1.
func (s *problem) broken(u *uses) int {
	return slices.IndexFunc(s.rules, func(r general) bool { return r.excess(u) > 0 })
}

// judge completes a score, of which the credit is known: what is satisfied and kept.
func (s *problem) judge(b *score, met []bool, u *uses) {
	b.satisfied, b.floors = s.tree.satisfied(met), 0
	for _, g := range s.goals {
		if g.kept(u) {
			b.floors++
		}
	}
	s.complete(b)
}

// complete says whether a score completes the programme.
func (s *problem) complete(b *score) {
	b.complete = len(s.goals) > 0 && b.satisfied == s.tree.tops && b.floors == len(s.goals) && b.credits >= s.total
}

// bound adds to a bound of the flow what a branch may reach at most besides.
func (q *search) bound(b *score) {
	b.floors = 0
	for _, g := range q.s.goals {
		if g.reachable(q) {
			b.floors++
		}
	}
	q.s.complete(b)
}

// measure is a cap or a floor, for one group where it holds for each of them.
type measure struct {
	s     *problem
	bound *Bound
	name  string
	floor bool
	among []bool   // of each candidate: it is about it
	of    []bool   // of each candidate: a percentage is of what counts of it; nil for a fixed limit
	scope []bool   // of each requirement
	kinds []string // of each candidate, where different ones are counted; empty when not known
	worth []int64  // of each candidate, where an average is asked for: its points above the least, in whole numbers
	limit int64    // in credits or a number
}

// floorGoal is a measure that should be reached.
type floorGoal struct{ measure }

func (m *measure) first(class int) int { return m.s.classes[class].members[0] }

// about reports whether what a class counts in a requirement is measured.
func (m *measure) about(class, requirement int) bool {
	return m.scope[requirement] && m.among[m.first(class)] && !m.s.classes[class].free
}

// have is what an allocation has of the measure, and need the limit for it.
func (m *measure) have(u *uses) (have, need int64) {
	var all int64
	seen, counted := map[string]bool{}, map[int]bool{}
	u.each(func(k, requirement, _ int, n int64) {
		if !m.scope[requirement] || m.s.classes[k].free {
			return
		}
		c := m.first(k)
		if m.bound.counts() {
			if n = 1; m.s.apart[c] && counted[k] {
				n = 0
			}
			counted[k] = true
		}
		if m.of != nil && m.of[c] {
			all += n
		}
		switch {
		case !m.among[c]:
		case m.bound.Average != nil:
			have += n * m.worth[c]
		case m.bound.Distinct != "":
			if kind := m.kinds[c]; kind != "" && !seen[kind] {
				seen[kind] = true
				have++
			}
		default:
			have += n
		}
	})
	if m.of == nil {
		return have, m.limit
	}
	return have, m.share(all)
}

// share is the part of an amount that a percentage makes, rounded as the rule says.
// What is not rounded is cut to the common fraction, which for a cap is exact: no
// amount lies between.
func (m *measure) share(all int64) int64 {
	unit := m.s.scale
	if m.bound.counts() {
		unit = 1
	}
	n, d, _ := m.bound.Percent.Parts()
	d *= 100
	floor := func(step int64) int64 { return all * n / (d * step) * step }
	exact := all*n%d == 0
	switch low := floor(unit); {
	case m.bound.Round == "down":
		return low
	case m.bound.Round == "up" && all*n > low*d:
		return low + unit
	case m.bound.Round == "up":
		return low
	case m.bound.Round == "nearest":
		if 2*(all*n-low*d) >= unit*d {
			return low + unit
		}
		return low
	}
	if low := floor(1); exact || !m.floor {
		return low
	} else {
		return low + 1 // a floor that is not whole is reached above it
	}
}

func (m *measure) excess(u *uses) int64 {
	have, need := m.have(u)
	return max(0, have-need)
}

func (m *measure) weighs(class, requirement, _ int) bool { return m.about(class, requirement) }

func (m *measure) touches(class, requirement, _ int) bool {
	return m.about(class, requirement) || m.of != nil && m.scope[requirement] && m.of[m.first(class)]
}

func (m *measure) tells(c int) string {
	if c < 0 {
		return m.name
	}
	out := fmt.Sprint(m.among[c], m.kinds[c], m.of != nil && m.of[c])
	if m.worth != nil {
		out += fmt.Sprint(m.worth[c])
	}
	return out
}

func (m *measure) divisible() bool { return !m.bound.counts() && m.bound.Distinct == "" }

func (g *floorGoal) kept(u *uses) bool {
	have, need := g.have(u)
	if g.bound.Average != nil {
		return have >= 0 && g.any(u)
	}
	return have >= need
}

// any reports whether anything measured counts: of nothing there is no average.
func (g *floorGoal) any(u *uses) (yes bool) {
	u.each(func(k, requirement, _ int, _ int64) {
		yes = yes || g.about(k, requirement) && g.kinds[g.first(k)] != ""
	})
	return yes
}

// reachable reports whether a branch may keep the floor, by what no branch can exceed:
// all that is measured, each credential wherever it may count.
func (g *floorGoal) reachable(q *search) bool {
	s := g.s
	can := func(k int) bool {
		if q.barred[k] || !g.among[g.first(k)] || s.classes[k].free {
			return false
		}
		c := &s.classes[k]
		return slices.ContainsFunc(c.slots, func(i int) bool { return g.scope[s.slots[i].requirement] && (q.isOpen(i) || q.fill[i] == k) }) ||
			slices.ContainsFunc(c.pools, func(e poolEdge) bool { return g.scope[s.pools[e.pool]] })
	}
	var most int64
	seen := map[string]bool{}
	for k := range s.classes {
		if !can(k) {
			continue
		}
		c := &s.classes[k]
		first := g.first(k)
		switch {
		case g.bound.Average != nil:
			if g.worth[first] >= 0 && g.kinds[first] != "" {
				return true
			}
		case g.bound.Distinct != "":
			if kind := g.kinds[first]; kind != "" && !seen[kind] {
				seen[kind] = true
				most++
			}
		case g.bound.counts():
			most += int64(len(c.members))
		default:
			most += int64(len(c.members)) * c.amount
		}
	}
	switch {
	case g.bound.Average != nil:
		return false // of nothing there is no average
	case g.of != nil:
		return true // of nothing, nothing is enough
	}
	return most >= g.limit
}

// compileBounds makes measures of the caps and floors of the policy. Caps on credit
// by credential alone go into the flow; the others are kept by the search.
func (s *problem) compileBounds() error {
	var points []cairn.Credits
	for i := range s.p.Policy.Floors {
		if a := s.p.Policy.Floors[i].Average; a != nil {
			points = append(points, a.least())
			for _, g := range s.p.Grades {
				points = append(points, g.Points...)
			}
		}
	}
	var ok bool
	if s.perPoint, ok = commonPart(points); !ok || s.perPoint > 1_000_000_000/s.scale {
		return invalid("", "the fractions of the points of grades have no common part that is large enough to count with")
	}
	for _, list := range []struct {
		bounds []Bound
		floor  bool
	}{{s.p.Policy.Caps, false}, {s.p.Policy.Floors, true}} {
		for i := range list.bounds {
			for _, m := range s.measures(&list.bounds[i], list.floor) {
				for c := range s.candidates {
					// One that may count in pools, where its parts don't show how many there are.
					s.apart[c] = s.apart[c] || m.bound.counts() && (m.among[c] || m.of != nil) && s.candidates[c].pooled()
				}
				if list.floor {
					s.goals = append(s.goals, &floorGoal{*m})
					continue
				}
				if len(m.bound.Requirements) == 0 && !m.bound.counts() {
					limit := m.limit
					if m.of != nil {
						limit = m.share(s.asked) // no more than that counts in all
					}
					s.caps = append(s.caps, sourceCap{among: m.among, limit: limit})
				}
				s.rules = append(s.rules, m)
			}
		}
	}
	return nil
}

// measures makes one measure of a bound, or one for each group of credentials that
// it holds for.
func (s *problem) measures(b *Bound, floor bool) []*measure {
	groups, group := []string{""}, make([]string, len(s.candidates))
	if b.Per != "" {
		groups = nil
		for i, c := range s.candidates {
			if !c.free() {
				group[i] = s.p.kind(b.Per, c)
				groups = append(groups, group[i])
			}
		}
		slices.Sort(groups)
		groups = slices.Compact(groups)
		if b.Per != "field" && len(groups) > 1 && groups[0] == "" {
			groups = groups[1:] // what is not known is in each of them
		}
	}
	var out []*measure
	for _, name := range groups {
		m := &measure{s: s, bound: b, name: b.ID, floor: floor, among: make([]bool, len(s.candidates)), scope: make([]bool, len(s.p.Requirements)), kinds: make([]string, len(s.candidates))}
		if b.Per != "" {
			m.name += ":" + name
		}
		if b.Of == ofCounted {
			m.of = make([]bool, len(s.candidates))
		}
		for i := range m.scope {
			m.scope[i] = len(b.Requirements) == 0 || slices.Contains(b.Requirements, s.p.Requirements[i].ID)
		}
		for i, c := range s.candidates {
			if c.free() {
				continue // it gives no credit that could be measured
			}
			// Of which group a credential is may not be known. A cap then holds for it in each.
			in := group[i] == name || group[i] == "" && b.Per != "field"
			picked, doubts := true, []Reason(nil)
			if b.Match != nil {
				picked, doubts = s.p.picksWith(b.Match, c)
			}
			m.among[i] = in && picked && (len(doubts) == 0 || !floor)
			if m.of != nil {
				m.of[i] = in
			}
			switch {
			case b.Average != nil:
				if points, ok := s.p.points(b.Average.Scale, c); ok {
					m.kinds[i] = c.Grade
					m.worth = append(m.worth, inParts(points.Sub(b.Average.least()), s.perPoint))
				} else {
					m.worth, m.among[i] = append(m.worth, 0), false
				}
			case b.Distinct != "":
				m.kinds[i] = s.p.kind(b.Distinct, c)
			}
		}
		switch {
		case b.Number > 0:
			m.limit = int64(b.Number)
		case b.Average != nil || m.of != nil:
		case b.counts():
			m.limit = m.share(int64(s.p.places()))
		default:
			m.limit = s.whole(s.p.boundLimit(b))
		}
		out = append(out, m)
	}
	return out
}

// used says how far a cap is used.
func (m *measure) used(u *uses) CapResult {
	have, limit := m.have(u)
	return CapResult{Name: m.name, Clause: m.bound.Clause, Number: m.bound.counts(), Used: m.amount(have), Limit: m.amount(limit)}
}

// tight reports whether a cap has no room for a credential that needs some credit.
func (m *measure) tight(u *uses, more int64) bool {
	have, limit := m.have(u)
	if m.bound.counts() {
		more = 1
	}
	return have+max(more, 1) > limit
}

func (g *floorGoal) result(u *uses) FloorResult {
	have, need := g.have(u)
	out := FloorResult{Name: g.name, Clause: g.bound.Clause, Kept: g.kept(u), Number: g.bound.counts() || g.bound.Distinct != "", Have: g.amount(have), Need: g.amount(need)}
	if a := g.bound.Average; a != nil {
		out.Have, out.Need = cairn.Credits{}, a.Min
		var sum, weight int64
		u.each(func(k, requirement, _ int, n int64) {
			if g.about(k, requirement) && g.kinds[g.first(k)] != "" {
				sum += n * g.worth[g.first(k)]
				weight += n
			}
		})
		if weight > 0 {
			average := new(big.Rat).SetFrac(big.NewInt(sum), new(big.Int).Mul(big.NewInt(weight), big.NewInt(g.s.perPoint)))
			out.Have = a.written(average.Add(average, a.least().Rat()))
		}
	}
	if g.bound.Match == nil {
		return out
	}
	u.each(func(k, requirement, _ int, _ int64) {
		if g.s.classes[k].free {
			return
		}
		for _, i := range g.s.classes[k].members {
			c := g.s.candidates[i]
			if picked, doubts := g.s.p.picksWith(g.bound.Match, c); g.scope[requirement] && picked && len(doubts) > 0 && !slices.Contains(out.Doubtful, c.Digest) {
				out.Doubtful = append(out.Doubtful, c.Digest)
			}
		}
	})
	slices.Sort(out.Doubtful)
	return out
}

// amount writes what is measured: credit, or a number.
func (m *measure) amount(n int64) cairn.Credits {
	if m.bound.counts() || m.bound.Distinct != "" {
		return cairn.WholeCredits(n)
	}
	return m.s.credits(n)
}

// nested picks caps of which no two cross, those that are asked for first, with the
// innermost first. When none is asked for, caps on one's own credit together with
// that from elsewhere are left out.
func (s *problem) nested(first ...int) (held, left []int) {
	order := slices.Clone(first)
	for i := range s.caps {
		if !slices.Contains(first, i) {
			order = append(order, i)
		}
	}
	for _, i := range order {
		a := s.caps[i].classes
		if len(first) == 0 && s.caps[i].mixed || slices.ContainsFunc(held, func(j int) bool {
			b := s.caps[j].classes
			return !within(a, b) && !within(b, a) && meet(a, b)
		}) {
			left = append(left, i)
			continue
		}
		held = append(held, i)
	}
	size := func(i int) (n int) {
		for _, in := range s.caps[i].classes {
			if in {
				n++
			}
		}
		return n
	}
	slices.SortStableFunc(held, func(i, j int) int { return size(i) - size(j) })
	return held, left
}

// within reports whether one set lies in another.
func within(a, b []bool) bool {
	for i := range a {
		if a[i] && !b[i] {
			return false
		}
	}
	return true
}

// meet reports whether two sets have something in common.
func meet(a, b []bool) bool {
	for i := range a {
		if a[i] && b[i] {
			return true
		}
	}
	return false
}

// points is the worth of a grade on a scale; false when it has none.
func (p *Programme) points(scale string, c *candidate) (cairn.Credits, bool) {
	i := slices.IndexFunc(p.Grades, func(g Grade) bool { return g.Scale == scale })
	rank := p.gradeRank(c.GradeScale, c.Grade)
	if c.GradeScale != scale || rank < 0 || rank >= len(p.Grades[i].Points) {
		return cairn.Credits{}, false
	}
	return p.Grades[i].Points[rank], true
}
