package programme

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cairn.example"
)

// defaultNodes is the budget of the search. It is a number of nodes and never a
// time, so that the result is the same on every machine.
const defaultNodes = 20_000

// maxScale bounds the common denominator to which all credits are brought.
const maxScale = 1_000_000

// score is the objective, compared in this order.
type score struct {
	satisfied int
	credits   int64
	outside   int64 // less is better
}

func (a score) compare(b score) int {
	switch {
	case a.satisfied != b.satisfied:
		return a.satisfied - b.satisfied
	case a.credits != b.credits:
		return sign(a.credits - b.credits)
	}
	return sign(b.outside - a.outside)
}

func sign(n int64) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

// slotRef is a slot of a requirement.
type slotRef struct {
	requirement, slot int
	credits           int64
}

// problem is an evaluation in whole numbers: what the search works on.
type problem struct {
	p          *Programme
	candidates []*candidate
	scale      int64
	amount     []int64 // of each candidate
	slots      []slotRef
	pools      []int // requirements that are pools
	need       []int64
	outsideCap int64
	rplCap     int64
	rank       []int64 // of each candidate: what lapses sooner is used first
	classes    []class
	attested   []bool // of each requirement
}

// class is a set of credentials that no rule tells apart: the same amount by the
// same route, with the same places open. The search moves classes, so that it
// never tries the same thing once for each of them.
type class struct {
	members []int // what lapses sooner comes first
	amount  int64 // of each
	route   Route
	slots   []int
	pools   []poolEdge
	sets    []int // exclusive sets that it belongs to
}

type poolEdge struct{ pool, limit int }

// newProblem brings all credits to whole numbers of a common fraction.
func (p *Programme) newProblem(candidates []*candidate) (*problem, error) {
	s := &problem{p: p, candidates: candidates, outsideCap: infinite, rplCap: infinite}
	var all []cairn.Credits
	for _, r := range p.Requirements {
		all = append(all, r.Credits)
		for _, slot := range r.Slots() {
			all = append(all, slot.Credits)
		}
		for _, l := range r.Limits {
			all = append(all, l.Credits)
		}
	}
	outside, rpl := p.capLimit(p.Policy.Outside), p.capLimit(p.Policy.RPL)
	for _, c := range []*cairn.Credits{outside, rpl} {
		if c != nil {
			all = append(all, *c)
		}
	}
	// More than everything that is asked for is never used, so larger amounts are
	// counted as that; sums stay small.
	var asked cairn.Credits
	for _, r := range p.Requirements {
		asked = asked.Add(r.Credits)
		for _, slot := range r.Slots() {
			asked = asked.Add(slot.Credits)
		}
	}
	for _, c := range candidates {
		if c.counts = c.amount; asked.Cmp(c.amount) < 0 {
			c.counts = asked
		}
		all = append(all, c.counts)
	}
	s.scale = 1
	for _, c := range all {
		_, d, ok := c.Parts()
		if s.scale = s.scale / gcd(s.scale, d) * min(d, maxScale+1); !ok || s.scale > maxScale {
			return nil, invalid("", "the fractions of the credits have no common part that is large enough to count with")
		}
	}
	for _, c := range candidates {
		s.amount = append(s.amount, s.whole(c.counts))
	}
	if outside != nil {
		s.outsideCap = s.whole(*outside)
	}
	if rpl != nil {
		s.rplCap = s.whole(*rpl)
	}
	for i, r := range p.Requirements {
		if r.Credits.Sign() > 0 {
			s.pools = append(s.pools, i)
			s.need = append(s.need, s.whole(r.Credits))
		}
		for j, slot := range r.Slots() {
			s.slots = append(s.slots, slotRef{requirement: i, slot: j, credits: s.whole(slot.Credits)})
		}
	}
	s.rank = ranks(candidates)
	s.classify()
	return s, nil
}

// classify groups the candidates that may count somewhere.
func (s *problem) classify() {
	slotAt, poolAt := map[[2]int]int{}, map[int]int{}
	for i, ref := range s.slots {
		slotAt[[2]int{ref.requirement, ref.slot}] = i
	}
	for i, r := range s.pools {
		poolAt[r] = i
	}
	byRank := slices.Clone(s.candidates)
	slices.SortFunc(byRank, func(a, b *candidate) int { return sign(s.rank[a.index] - s.rank[b.index]) })
	known := map[string]int{}
	for _, c := range byRank {
		k := class{members: []int{c.index}, amount: s.amount[c.index], route: c.Route}
		var key strings.Builder
		fmt.Fprint(&key, k.amount, k.route)
		for _, e := range c.edges {
			switch {
			case !e.open():
			case e.slot >= 0:
				at := slotAt[[2]int{e.requirement, e.slot}]
				k.slots = append(k.slots, at)
				fmt.Fprint(&key, " s", at)
			default:
				at := poolEdge{poolAt[e.requirement], s.limitOf(c.index, e.requirement)}
				k.pools = append(k.pools, at)
				fmt.Fprint(&key, " p", at.pool, ",", at.limit)
			}
		}
		if len(k.slots)+len(k.pools) == 0 {
			continue
		}
		for i, set := range s.p.Exclusive {
			if slices.Contains(set.Achievements, c.Achievement) {
				k.sets = append(k.sets, i)
			}
		}
		if at, ok := known[key.String()]; ok && len(k.sets) == 0 {
			s.classes[at].members = append(s.classes[at].members, c.index)
			continue
		}
		if len(k.sets) == 0 {
			known[key.String()] = len(s.classes)
		}
		s.classes = append(s.classes, k)
	}
}

// ranks orders candidates by the day on which they lapse, the soonest first.
func ranks(candidates []*candidate) []int64 {
	order := slices.Clone(candidates)
	slices.SortStableFunc(order, func(a, b *candidate) int {
		x, y := a.lapses(), b.lapses()
		switch {
		case x.Equal(y):
			return a.index - b.index
		case x.IsZero():
			return 1
		case y.IsZero():
			return -1
		}
		return x.Compare(y)
	})
	out := make([]int64, len(candidates))
	for rank, c := range order {
		out[c.index] = int64(rank)
	}
	return out
}

// lapses is the first day on which a rule about age drops the candidate from some
// place; zero when no rule does.
func (c *candidate) lapses() (first time.Time) {
	for _, e := range c.edges {
		if e.open() && !e.lapses.IsZero() && (first.IsZero() || e.lapses.Before(first)) {
			first = e.lapses
		}
	}
	return first
}

// whole writes credits as a whole number of the common fraction.
func (s *problem) whole(c cairn.Credits) int64 {
	n, d, _ := c.Parts() // newProblem has seen to it that they fit
	return n * (s.scale / d)
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func (s *problem) credits(n int64) cairn.Credits {
	return cairn.NewCredits(n, s.scale)
}

// allocation is a complete solution.
type allocation struct {
	score score
	fill  []int // candidate of each slot, or -1
	pools []poolLine
	full  []bool // of each pool
}

type poolLine struct {
	candidate, pool int
	credits         int64
}

// settle turns what the search found into an allocation: members of classes for
// slots, and the division of what is left of them among the pools, of which those
// in full are to be full.
func (s *problem) settle(q *search) (allocation, error) {
	o := q.best
	a := allocation{fill: make([]int, len(s.slots)), full: make([]bool, len(s.pools))}
	next := make([]int, len(s.classes))
	left := slices.Clone(s.amount)
	var outside, rpl int64
	for i, k := range o.fill {
		if a.fill[i] = -1; k < 0 {
			continue
		}
		c := s.classes[k].members[next[k]]
		next[k]++
		a.fill[i] = c
		left[c] -= s.slots[i].credits
		a.score.credits += s.slots[i].credits
		switch s.candidates[c].Route {
		case Transfer:
			outside += s.slots[i].credits
		case RPL:
			rpl += s.slots[i].credits
		}
	}
	g := s.newGraph(s.outsideCap-outside, s.rplCap-rpl)
	for i, pool := range s.pools {
		cost := s.forceCost()
		if o.full[i] {
			cost = 0
		}
		g.sink(pool, s.need[i], cost)
	}
	for k, class := range s.classes {
		for _, c := range class.members {
			if !o.barred[k] && left[c] > 0 {
				g.candidate(c, left[c])
			}
		}
	}
	a.score.credits += g.net.run(0, 1)
	a.score.outside = outside + rpl
	for i := range s.pools {
		a.full[i] = g.net.flow(g.sinks[i]) == s.need[i]
	}
	for _, l := range g.lines {
		if n := g.net.flow(l.arc); n > 0 {
			a.pools = append(a.pools, poolLine{l.candidate, l.pool, n})
			if s.candidates[l.candidate].Route != InResidence {
				a.score.outside += n
			}
		}
	}
	a.score.satisfied = s.satisfied(a)
	if d := a.score.compare(o.score); d < 0 || d > 0 && !q.exhausted {
		// Nothing may be decided on an allocation that is not what was compared.
		return a, fmt.Errorf("programme: the allocation scores %v, and the search said %v", a.score, o.score)
	}
	return a, nil
}

func (s *problem) satisfied(a allocation) (n int) {
	filled := make([]int, len(s.p.Requirements))
	for i, f := range a.fill {
		if f >= 0 {
			filled[s.slots[i].requirement]++
		}
	}
	for i, r := range s.p.Requirements {
		switch {
		case len(r.All) > 0 && filled[i] == len(r.All), len(r.Of) > 0 && filled[i] >= r.Choose, s.attested[i]:
			n++
		}
	}
	for _, full := range a.full {
		if full {
			n++
		}
	}
	return n
}
