package programme

import (
	"errors"
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
	complete  bool // with the floors; where there are none, the others say it
	satisfied int
	credits   int64
	floors    int
	outside   int64 // less is better
}

func (a score) compare(b score) int {
	switch {
	case a.complete != b.complete:
		if a.complete {
			return 1
		}
		return -1
	case a.satisfied != b.satisfied:
		return a.satisfied - b.satisfied
	case a.credits != b.credits:
		return sign(a.credits - b.credits)
	case a.floors != b.floors:
		return a.floors - b.floors
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
	tree       *structure
	candidates []*candidate
	scale      int64
	amount     []int64 // of each candidate
	slots      []slotRef
	pools      []int // requirements that are pools
	need       []int64
	caps       []sourceCap
	asked      int64   // by all requirements together
	total      int64   // that completes the programme
	rank       []int64 // of each candidate: what lapses sooner is used first
	classes    []class
	poolEdges  []poolRef
	classOf    []int  // of each candidate; -1 for what counts nowhere
	anyFree    bool   // a class counts without credit
	attested   []bool // of each requirement
	apart      []bool // of each candidate: a rule counts it by itself, so it has a class of its own
	rules      []general
	goals      []*floorGoal
	perPoint   int64 // whole numbers to a point of a grade
}

// sourceCap bounds the credit of some credentials, wherever it counts.
type sourceCap struct {
	among   []bool // of each candidate
	classes []bool // of each class
	limit   int64
	mixed   bool  // it is on one's own credit together with that from elsewhere
	left    int64 // of the limit in the present state of the search
}

// poolRef is a way from a class into a pool, by its index in the class.
type poolRef struct{ class, edge int }

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
	free    bool  // it counts without credit

	copy   bool // of another class, to count beside it
	of     int  // that class
	share  int  // by this rule of the policy
	copied bool // it has copies
}

type poolEdge struct{ pool, limit int }

// newProblem brings all credits to whole numbers of a common fraction.
func (p *Programme) newProblem(candidates []*candidate, attested []bool) (*problem, error) {
	s := &problem{p: p, tree: p.structure(), candidates: candidates, attested: attested, apart: make([]bool, len(candidates))}
	all := []cairn.Credits{p.Credit.Total, p.let}
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
	for i := range p.Policy.Sharing {
		all = append(all, p.Policy.Sharing[i].Credits)
	}
	for _, bounds := range [][]Bound{p.Policy.Caps, p.Policy.Floors} {
		for i := range bounds {
			if b := &bounds[i]; !b.counts() && b.Of != ofCounted {
				all = append(all, p.boundLimit(b))
			}
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
		if c.counts = c.amount; asked.Cmp(c.amount) < 0 || c.Route == Exemption {
			c.counts = asked
		}
		all = append(all, c.counts)
	}
	var ok bool
	if s.scale, ok = commonPart(all); !ok {
		return nil, invalid("", "the fractions of the credits have no common part that is large enough to count with")
	}
	s.asked, s.total = s.whole(asked), s.whole(p.Credit.Total.Sub(p.let))
	for _, c := range candidates {
		s.amount = append(s.amount, s.whole(c.counts))
	}
	for _, c := range []struct {
		name  string
		limit *cairn.Credits
	}{{"outside", outside}, {"rpl", rpl}} {
		if c.limit != nil {
			s.caps = append(s.caps, sourceCap{among: s.among(func(k *candidate) bool { return k.Route.capName() == c.name }), limit: s.whole(*c.limit)})
		}
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
	if err := s.compileBounds(); err != nil {
		return nil, err
	}
	s.compilePlaces()
	s.classify()
	return s, nil
}

// among marks candidates.
func (s *problem) among(which func(*candidate) bool) []bool {
	out := make([]bool, len(s.candidates))
	for i, c := range s.candidates {
		out[i] = which(c)
	}
	return out
}

// some reports whether one of some candidates is such.
func (s *problem) some(among []bool, such func(*candidate) bool) bool {
	return slices.ContainsFunc(s.candidates, func(c *candidate) bool { return among[c.index] && such(c) })
}

// commonPart is the number of equal parts of 1 of which all amounts are whole
// multiples; false when it would be too large to count with.
func commonPart(all []cairn.Credits) (int64, bool) {
	scale := int64(1)
	for _, c := range all {
		_, d, ok := c.Parts()
		if scale = scale / gcd(scale, d) * min(d, maxScale+1); !ok || scale > maxScale {
			return 0, false
		}
	}
	return scale, true
}

// want is how many slots satisfy a requirement here.
func (s *problem) want(i int) int {
	r := &s.p.Requirements[i]
	if r.AttestedBy != "" && !s.attested[i] {
		return 1 // of no slots: it can't be met here
	}
	return r.want()
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
		k := class{members: []int{c.index}, amount: s.amount[c.index], route: c.Route, free: c.free()}
		var key strings.Builder
		fmt.Fprint(&key, k.amount, k.route, k.free)
		if s.apart[c.index] {
			fmt.Fprint(&key, " alone", c.index)
		}
		for i := range s.caps {
			fmt.Fprint(&key, s.caps[i].among[c.index])
		}
		for _, r := range s.rules {
			fmt.Fprint(&key, " ", r.tells(c.index))
		}
		for _, g := range s.goals {
			fmt.Fprint(&key, " ", g.tells(c.index))
		}
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
	s.copies()
	for i := range s.caps {
		c := &s.caps[i]
		c.classes = make([]bool, len(s.classes))
		c.mixed = s.some(c.among, func(k *candidate) bool { return k.Route == InResidence }) && s.some(c.among, func(k *candidate) bool { return k.Route != InResidence })
	}
	s.classOf = slices.Repeat([]int{-1}, len(s.candidates))
	for k := range s.classes {
		c := &s.classes[k]
		for _, m := range c.members {
			if !c.copy {
				s.classOf[m] = k
			}
		}
		for i := range s.caps {
			s.caps[i].classes[k] = s.caps[i].among[c.members[0]] && !c.free
		}
		for e := range c.pools {
			s.poolEdges = append(s.poolEdges, poolRef{k, e})
		}
		s.anyFree = s.anyFree || c.free
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
func (s *problem) whole(c cairn.Credits) int64 { return inParts(c, s.scale) }

// inParts writes an amount as a whole number of equal parts of 1, of which
// commonPart has found how many there must be.
func inParts(c cairn.Credits, parts int64) int64 {
	n, d, _ := c.Parts()
	return n * (parts / d)
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
	score  score
	fill   []int  // candidate of each slot, or -1
	shared []bool // of each slot: it is filled by what counts elsewhere too
	pools  []poolLine
	full   []bool // of each pool
	uses   uses
}

type poolLine struct {
	candidate, pool int
	credits         int64
	edge            int // of the class into the pool
}

// settle turns what the search found into an allocation: members of classes for
// slots, and the division of what is left of them among the pools, of which those
// in full are to be full. Where general rules hold, the division that prefers what
// lapses sooner may break one; then the one that the search found stays.
func (s *problem) settle(q *search) (allocation, error) {
	o := q.best
	a := allocation{fill: make([]int, len(s.slots)), shared: make([]bool, len(s.slots)), full: make([]bool, len(s.pools))}
	next := make([]int, len(s.classes))
	left := slices.Clone(s.amount)
	for i, k := range o.fill {
		if a.fill[i] = -1; k < 0 {
			continue
		}
		c := s.classes[k].members[next[k]]
		next[k]++
		a.fill[i], a.shared[i] = c, s.classes[k].copy
		if !a.shared[i] {
			left[c] -= s.slots[i].credits
		}
	}
	general := s.anyFree || len(s.rules)+len(s.goals)+len(s.p.Choices) > 0
	a.pools = s.byDate(o, left)
	if err := s.rescore(&a, o.fill); slices.ContainsFunc(s.classes, func(c class) bool { return c.copy }) || err != nil || general && a.score.compare(o.score) != 0 {
		a.pools = s.asFound(o, left)
		if err := s.rescore(&a, o.fill); err != nil {
			return a, err
		}
	}
	if d := a.score.compare(o.score); d < 0 || d > 0 && !q.exhausted {
		// Nothing may be decided on an allocation that is not what was compared.
		return a, fmt.Errorf("programme: the allocation scores %v, and the search said %v", a.score, o.score)
	}
	return a, nil
}

// byDate divides what is left of the credentials so that what lapses sooner is used
// first.
func (s *problem) byDate(o outcome, left []int64) (lines []poolLine) {
	room := make([]int64, len(s.caps))
	for i := range s.caps {
		room[i] = s.caps[i].limit
		for slot, k := range o.fill {
			if k >= 0 && s.caps[i].classes[k] {
				room[i] -= s.slots[slot].credits
			}
		}
	}
	g := s.newGraph(room)
	for i, pool := range s.pools {
		cost := s.forceCost()
		if o.full[i] {
			cost = 0
		}
		g.sink(pool, s.need[i], cost)
	}
	for k, class := range s.classes {
		for _, c := range class.members {
			if !class.copy && !o.barred[k] && left[c] > 0 {
				g.candidate(k, c, left[c])
			}
		}
	}
	g.net.run(0, 1)
	for _, l := range g.lines {
		if n := g.net.flow(l.arc); n > 0 {
			k := s.classOf[l.candidate]
			e := slices.IndexFunc(s.poolEdges, func(at poolRef) bool { return at.class == k && s.classes[k].pools[at.edge].pool == l.pool })
			lines = append(lines, poolLine{l.candidate, l.pool, n, e})
		}
	}
	return lines
}

// asFound divides what each class counts in a pool among its members in their order.
func (s *problem) asFound(o outcome, left []int64) (lines []poolLine) {
	left = slices.Clone(left)
	for e, n := range o.pool {
		at := s.poolEdges[e]
		c := &s.classes[at.class]
		for _, m := range c.members {
			part := min(n, left[m])
			if c.copy {
				part = n
			}
			if part > 0 {
				lines = append(lines, poolLine{m, c.pools[at.edge].pool, part, e})
				if !c.copy {
					left[m] -= part
				}
				n -= part
			}
		}
	}
	return lines
}

// rescore works out the score of an allocation anew, from the classes in its slots
// and its lines in pools. It fails when the allocation breaks a general rule.
func (s *problem) rescore(a *allocation, fill []int) error {
	u := uses{s, fill, make([]int64, len(s.poolEdges))}
	a.score = score{}
	for _, l := range a.pools {
		u.pool[l.edge] += l.credits
	}
	filled, into, used := make([]int, len(s.p.Requirements)), make([]int64, len(s.p.Requirements)), make([]bool, len(s.p.Requirements))
	u.each(func(k, requirement, slot int, n int64) {
		used[requirement] = true
		if slot >= 0 {
			filled[requirement]++
		} else {
			into[requirement] += n
		}
		if c := &s.classes[k]; !c.free {
			a.score.credits += n
			if c.route != InResidence {
				a.score.outside += n
			}
		}
	})
	met := make([]bool, len(s.p.Requirements))
	for i := range met {
		met[i] = filled[i] >= s.want(i)
	}
	for i, requirement := range s.pools {
		a.full[i] = into[requirement] == s.need[i]
		met[requirement] = a.full[i]
	}
	a.uses = u
	s.judge(&a.score, met, &u)
	if i := s.broken(&u); i >= 0 {
		return fmt.Errorf("programme: the allocation breaks general rule %d", i)
	}
	if s.tree.overdone(used) {
		return errors.New("programme: the allocation counts in more tracks than are chosen")
	}
	return nil
}
