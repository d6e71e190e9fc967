package programme

import (
	"math/big"
	"slices"
	"time"

	"cairn.example"
)

// The search tries which credential fills which slot; for each choice, what is
// left of the credentials flows to the pools of credit, which is solved exactly
// as a flow. A relaxation in which slots take parts of credentials bounds what a
// branch can reach. The budget is a number of nodes and never a time, so that the
// result is the same on every machine.
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

// slotRef is a slot that some credential may fill.
type slotRef struct {
	requirement, slot int
	credits           int64
	who               []int // candidates, in order
}

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
	barred     []bool  // by an exclusive set
	rank       []int64 // of each candidate: what lapses sooner is used first

	budget, nodes int
	exhausted     bool
	best          score
	bestFill      []int // candidate of each slot, or -1
	bestPools     allocation
	found         bool
	fill          []int
	taken         []bool
}

// newProblem brings all credits to whole numbers of a common fraction.
func (p *Programme) newProblem(candidates []*candidate, budget int) (*problem, error) {
	s := &problem{p: p, candidates: candidates, budget: budget, outsideCap: infinite, rplCap: infinite}
	var all []cairn.Credits
	for _, c := range candidates {
		all = append(all, c.amount)
	}
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
	common := big.NewInt(1)
	for _, c := range all {
		d := c.Rat().Denom()
		g := new(big.Int).GCD(nil, nil, common, d)
		common.Mul(common, new(big.Int).Div(d, g))
		if common.Cmp(big.NewInt(maxScale)) > 0 {
			return nil, invalid("", "the fractions of the credits have no common part that is large enough to count with")
		}
	}
	s.scale = common.Int64()
	for _, c := range candidates {
		s.amount = append(s.amount, s.whole(c.amount))
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
			ref := slotRef{requirement: i, slot: j, credits: s.whole(slot.Credits)}
			for _, c := range candidates {
				for _, e := range c.edges {
					if e.requirement == i && e.slot == j && e.open() {
						ref.who = append(ref.who, c.index)
					}
				}
			}
			s.slots = append(s.slots, ref)
		}
	}
	s.rank = ranks(candidates)
	s.fill, s.taken, s.barred = make([]int, len(s.slots)), make([]bool, len(candidates)), make([]bool, len(candidates))
	return s, nil
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
	r := c.Rat()
	return new(big.Int).Div(new(big.Int).Mul(r.Num(), big.NewInt(s.scale)), r.Denom()).Int64()
}

func (s *problem) credits(n int64) cairn.Credits {
	return cairn.CreditsFromRat(big.NewRat(n, s.scale))
}

// solve finds the best allocation. It returns the bound of the whole problem.
func (s *problem) solve() score {
	for i := range s.fill {
		s.fill[i] = -1
	}
	bound := s.bound(0)
	s.exclusive(0)
	return bound
}

// exclusive tries, for each exclusive set, which of its members may count.
func (s *problem) exclusive(set int) {
	if set == len(s.p.Exclusive) {
		s.search(0)
		return
	}
	var members []int
	for _, c := range s.candidates {
		if len(c.reasons) == 0 && !s.barred[c.index] && slices.Contains(s.p.Exclusive[set].Achievements, c.Achievement) {
			members = append(members, c.index)
		}
	}
	if len(members) < 2 {
		s.exclusive(set + 1)
		return
	}
	for _, keep := range members {
		if s.exhausted {
			break
		}
		for _, m := range members {
			s.barred[m] = m != keep
		}
		s.exclusive(set + 1)
	}
	for _, m := range members {
		s.barred[m] = false
	}
}

func (s *problem) search(slot int) {
	if s.exhausted {
		return
	}
	if s.nodes++; s.nodes > s.budget {
		s.exhausted = true
		return
	}
	if slot == len(s.slots) {
		a := s.allocate()
		if !s.found || a.score.compare(s.best) > 0 {
			s.found, s.best, s.bestFill, s.bestPools = true, a.score, slices.Clone(s.fill), a
		}
		return
	}
	if s.found && s.bound(slot).compare(s.best) <= 0 {
		return
	}
	ref := s.slots[slot]
	if s.mayFill(ref) {
		for _, c := range ref.who {
			if s.taken[c] || s.barred[c] || s.amount[c] < ref.credits || !s.capAllows(c, ref.credits, slot) {
				continue
			}
			s.fill[slot], s.taken[c] = c, true
			s.search(slot + 1)
			s.fill[slot], s.taken[c] = -1, false
		}
	}
	s.search(slot + 1) // leave it empty
}

// mayFill reports whether another slot of the requirement counts: of "choose n",
// no more than n are filled.
func (s *problem) mayFill(ref slotRef) bool {
	r := s.p.Requirements[ref.requirement]
	if r.Choose == 0 {
		return true
	}
	filled := 0
	for i, other := range s.slots {
		if other.requirement == ref.requirement && s.fill[i] >= 0 {
			filled++
		}
	}
	return filled < r.Choose
}

// capAllows reports whether the caps leave room for credit of a candidate beside
// what the slots before this one have taken.
func (s *problem) capAllows(c int, credits int64, slot int) bool {
	outside, rpl := s.slotUse(slot)
	switch s.candidates[c].Route {
	case Transfer:
		return outside+credits <= s.outsideCap
	case RPL:
		return rpl+credits <= s.rplCap
	}
	return true
}

func (s *problem) slotUse(upTo int) (outside, rpl int64) {
	for i := range upTo {
		if c := s.fill[i]; c >= 0 {
			switch s.candidates[c].Route {
			case Transfer:
				outside += s.slots[i].credits
			case RPL:
				rpl += s.slots[i].credits
			}
		}
	}
	return outside, rpl
}

// allocation is a complete solution for a given filling of the slots.
type allocation struct {
	score score
	pools []poolLine
	full  []bool // of each pool
}

type poolLine struct {
	candidate, pool int
	credits         int64
}

// allocate solves the pools for the present filling of the slots.
func (s *problem) allocate() allocation {
	a := s.pour(nil)
	// When not every pool that could be full is, the same credit may still fill
	// more of them: try which ones, most first.
	if reachable := s.reachablePools(); countTrue(a.full) < len(reachable) {
		for size := len(reachable); size > countTrue(a.full); size-- {
			better := false
			subsets(len(reachable), size, func(chosen []int) bool {
				if s.nodes++; s.nodes > s.budget {
					s.exhausted = true
					return false
				}
				forced := make([]bool, len(s.pools))
				for _, i := range chosen {
					forced[reachable[i]] = true
				}
				b := s.pour(forced)
				for _, i := range chosen {
					if !b.full[reachable[i]] {
						return true
					}
				}
				if !better || b.score.compare(a.score) > 0 {
					a, better = b, true
				}
				return true
			})
			if better || s.exhausted {
				break
			}
		}
	}
	return a
}

func countTrue(l []bool) (n int) {
	for _, b := range l {
		if b {
			n++
		}
	}
	return n
}

// subsets calls f with every subset of a size of 0 … n-1, until f says false.
func subsets(n, size int, f func([]int) bool) {
	chosen := make([]int, size)
	var rec func(from, at int) bool
	rec = func(from, at int) bool {
		if at == size {
			return f(chosen)
		}
		for i := from; i <= n-(size-at); i++ {
			chosen[at] = i
			if !rec(i+1, at+1) {
				return false
			}
		}
		return true
	}
	rec(0, 0)
}

// reachablePools are the pools that could be full if no other pool took anything.
func (s *problem) reachablePools() []int {
	var out []int
	for i := range s.pools {
		only := make([]bool, len(s.pools))
		only[i] = true
		if s.pour(only).full[i] {
			out = append(out, i)
		}
	}
	return out
}

// pour lets what is left of the credentials flow to the pools. Pools that are
// forced are filled first; the total is the same either way.
func (s *problem) pour(forced []bool) allocation {
	outside, rpl := s.slotUse(len(s.slots))
	g := s.newGraph(s.outsideCap-outside, s.rplCap-rpl)
	for i, pool := range s.pools {
		cost := s.forceCost()
		if forced != nil && forced[i] {
			cost = 0
		}
		g.sink(pool, s.need[i], cost)
	}
	for c := range s.candidates {
		left := s.amount[c]
		for i, f := range s.fill {
			if f == c {
				left -= s.slots[i].credits
			}
		}
		if !s.barred[c] && left > 0 {
			g.candidate(c, left)
		}
	}
	total := g.net.run(0, 1)
	a := allocation{full: make([]bool, len(s.pools))}
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
	a.score.credits = total
	a.score.outside += outside + rpl
	for i, f := range s.fill {
		if f >= 0 {
			a.score.credits += s.slots[i].credits
		}
	}
	a.score.satisfied = s.satisfied(a.full)
	return a
}

func (s *problem) satisfied(full []bool) (n int) {
	filled := make([]int, len(s.p.Requirements))
	for i, f := range s.fill {
		if f >= 0 {
			filled[s.slots[i].requirement]++
		}
	}
	for i, r := range s.p.Requirements {
		switch {
		case len(r.All) > 0 && filled[i] == len(r.All), len(r.Of) > 0 && filled[i] >= r.Choose:
			n++
		}
	}
	return n + countTrue(full)
}

// bound is what no filling of the slots from here on can exceed.
func (s *problem) bound(slot int) score {
	outside, rpl := s.slotUse(slot)
	g := s.newGraph(s.outsideCap-outside, s.rplCap-rpl)
	for i, pool := range s.pools {
		g.sink(pool, s.need[i], 0)
	}
	var fixed int64
	for i := range slot {
		if s.fill[i] >= 0 {
			fixed += s.slots[i].credits
		}
	}
	g.slots(s.slots[slot:])
	free := make([]bool, len(s.candidates))
	for c := range s.candidates {
		left := s.amount[c]
		for i := range slot {
			if s.fill[i] == c {
				left -= s.slots[i].credits
			}
		}
		free[c] = !s.taken[c] && !s.barred[c]
		if !s.barred[c] && left > 0 {
			g.candidate(c, left)
		}
	}
	total := g.net.run(0, 1)
	b := score{credits: fixed + total, outside: outside + rpl}
	// The least that must come from outside: what one's own can't cover. The
	// flow took as little from outside as its total allows.
	b.outside += g.outsideFlow()
	b.satisfied = s.canSatisfy(slot, free)
	return b
}

// canSatisfy counts the requirements that the open slots and pools could still
// satisfy, each looked at alone.
func (s *problem) canSatisfy(slot int, free []bool) (n int) {
	for i, r := range s.p.Requirements {
		if r.Credits.Sign() > 0 {
			var sum int64
			for _, c := range s.candidates {
				if s.barred[c.index] {
					continue
				}
				for _, e := range c.edges {
					if e.requirement == i && e.slot < 0 && e.open() {
						sum += s.amount[c.index]
					}
				}
			}
			if sum >= s.whole(r.Credits) {
				n++
			}
			continue
		}
		possible := 0
		for j, ref := range s.slots {
			if ref.requirement != i {
				continue
			}
			if s.fill[j] >= 0 && j < slot || j >= slot && slices.ContainsFunc(ref.who, func(c int) bool { return free[c] && s.amount[c] >= ref.credits }) {
				possible++
			}
		}
		if want := max(len(r.All), r.Choose); possible >= want {
			n++
		}
	}
	return n
}
