package programme

import (
	"cmp"
	"slices"
)

// state is a branch of the search: what is settled in it.
type state struct {
	fill     []int // class of each slot, or -1
	shut     bool  // no further slot is filled
	closed   []bool
	barred   []bool // classes that an exclusive set leaves out
	standing []standing
	least    []int64 // that each way into a pool must carry
	most     []int64 // that it may carry
	settled  []bool  // choices of which the tracks are chosen
	dropped  []bool  // requirements in which nothing counts
	opened   []bool  // requirements of which what comes before them must be met
}

func (st *state) clone() state {
	return state{fill: slices.Clone(st.fill), shut: st.shut, closed: slices.Clone(st.closed), barred: slices.Clone(st.barred),
		standing: slices.Clone(st.standing), least: slices.Clone(st.least), most: slices.Clone(st.most), settled: slices.Clone(st.settled), dropped: slices.Clone(st.dropped), opened: slices.Clone(st.opened)}
}

// isOpen reports whether a slot may still be filled.
func (st *state) isOpen(slot int) bool { return !st.shut && st.fill[slot] < 0 }

// outcome is an allocation by classes.
type outcome struct {
	score
	fill   []int
	barred []bool
	full   []bool  // of each pool
	pool   []int64 // what each way into a pool carries
}

// search finds the best allocation by branch and bound. The relaxation guides it:
// where the flow already obeys every whole-number rule, it is an allocation; where
// it doesn't, the search branches on what the flow divided.
type search struct {
	s *problem
	f *relaxation
	// beside has relaxations with the caps that f has not; they only bound.
	beside []*relaxation
	state

	budget, nodes int
	exhausted     bool
	best          outcome
	found         bool
}

// search returns the best allocation and the bound of the whole problem.
func (s *problem) search(budget int) (*search, score) {
	held, left := s.nested()
	q := &search{s: s, f: newRelaxation(s, held), budget: budget}
	for len(left) > 0 {
		also, _ := s.nested(left[0])
		q.beside = append(q.beside, newRelaxation(s, also))
		left = slices.DeleteFunc(left, func(c int) bool { return slices.Contains(also, c) })
	}
	q.fill = slices.Repeat([]int{-1}, len(s.slots))
	q.closed = make([]bool, len(q.f.edges))
	q.barred = make([]bool, len(s.classes))
	q.standing = make([]standing, len(s.p.Requirements))
	for i := range q.standing {
		q.standing[i] = open
	}
	q.least, q.most = make([]int64, len(s.poolEdges)), slices.Repeat([]int64{infinite}, len(s.poolEdges))
	q.state.settled, q.dropped = make([]bool, len(s.p.Choices)), make([]bool, len(s.p.Requirements))
	q.opened = make([]bool, len(s.p.Requirements))
	top := q.visit()
	return q, top
}

// visit searches the branch of the present state and returns its bound.
func (q *search) visit() score {
	if q.exhausted {
		return score{}
	}
	if q.nodes++; q.nodes > q.budget && q.found {
		q.exhausted = true
		return score{}
	}
	b, ok := q.f.solve(&q.state)
	if !ok {
		return b.score
	}
	q.bound(&b.score)
	if q.beaten(b.score) {
		return b.score
	}
	flow := q.read(&q.state)
	for _, f := range q.beside {
		other, ok := f.solve(&q.state)
		if !ok {
			return b.score
		}
		q.bound(&other.score)
		if other.compare(b.score) < 0 {
			b.score = other.score
		}
	}
	if q.beaten(b.score) {
		return b.score
	}
	if flow.whole {
		q.record(flow.outcome)
	} else {
		q.round(flow)
	}
	if q.beaten(b.score) {
		return b.score
	}
	if b.satisfied > q.best.satisfied {
		b.satisfied = min(b.satisfied, q.f.apart(&q.state))
		q.s.complete(&b.score)
		if q.beaten(b.score) {
			return b.score
		}
	}
	q.branch(flow, b)
	return b.score
}

func (q *search) beaten(b score) bool { return q.found && b.compare(q.best.score) <= 0 }

func (q *search) record(o outcome) {
	if !q.found || o.score.compare(q.best.score) > 0 {
		q.best, q.found = o, true
	}
}

// reading is the flow of a node, as the rules for whole numbers and the general
// ones see it.
type reading struct {
	outcome
	whole     bool    // it is an allocation
	use       []int64 // of each edge
	fraction  []float64
	conflict  int   // an exclusive set of which several members are used, or -1
	divided   []int // slots that are filled in part or by several classes
	crowded   []int // slots of a class, or of a requirement, that fills too many
	pretended []int // requirements that count and aren't satisfied
	overdone  bool  // it counts in more tracks of a choice than are chosen
	broken    int   // the first general rule that it breaks, or -1; known when nothing else is wrong
}

// read finds what in the flow breaks a rule.
func (q *search) read(st *state) reading {
	s, f := q.s, q.f
	r := reading{use: make([]int64, len(f.edges)), fraction: make([]float64, len(f.targets)), conflict: -1, broken: -1}
	r.fill = slices.Clone(st.fill)
	r.full, r.pool = make([]bool, len(s.pools)), make([]int64, len(s.poolEdges))
	for e, arc := range f.edge {
		r.use[e] = f.flow(arc)
	}
	for e, at := range s.poolEdges {
		r.pool[e] = f.flow(f.pool[at.class][at.edge]) + st.least[e]
	}
	taken, filled := make([]int, len(s.classes)), make([]int, len(f.targets))
	active := make([]bool, len(s.classes))
	for i := range s.slots {
		for _, e := range f.of[i] {
			if r.use[e] == 0 {
				continue
			}
			if r.fill[i] >= 0 || r.use[e] < s.slots[i].credits {
				r.divided = append(r.divided, i)
				break
			}
			r.fill[i] = f.edges[e].class
		}
		if k := r.fill[i]; k >= 0 {
			taken[k]++
			filled[s.slots[i].requirement]++
		}
	}
	for i, k := range r.fill {
		if k >= 0 && st.fill[i] < 0 && (taken[k] > len(s.classes[k].members) || filled[s.slots[i].requirement] > f.targets[s.slots[i].requirement].want) {
			r.crowded = append(r.crowded, i)
		}
	}
	for k := range s.classes {
		active[k] = taken[k] > 0 || f.flow(f.class[k]) > 0
	}
	for e, n := range r.pool {
		active[s.poolEdges[e].class] = active[s.poolEdges[e].class] || n > 0
	}
	for i, set := range f.sets {
		n := 0
		for _, k := range set {
			if active[k] {
				n++
			}
		}
		if n > 1 {
			r.conflict = i
			break
		}
	}
	met := make([]bool, len(f.targets))
	for i := range f.targets {
		t := &f.targets[i]
		r.fraction[i] = t.fraction()
		met[i] = filled[i] >= t.want
		if t.pool >= 0 {
			met[i] = t.fixed+t.in == s.need[t.pool]
			r.full[t.pool] = met[i]
		}
		if !met[i] && r.fraction[i] == 1 {
			r.pretended = append(r.pretended, i)
		}
	}
	if r.whole = r.conflict < 0 && len(r.divided)+len(r.crowded) == 0; r.whole && len(s.p.Choices) > 0 {
		used := make([]bool, len(f.targets))
		for i := range f.targets {
			used[i] = f.targets[i].fixed+f.targets[i].in > 0
		}
		r.overdone = s.tree.overdone(used)
		r.whole = !r.overdone
	}
	if r.whole {
		u := uses{s, r.fill, r.pool}
		r.broken = s.broken(&u)
		r.whole = r.broken < 0
		r.score.credits, r.score.outside = q.total(st)
		s.judge(&r.score, met, &u)
		r.barred = slices.Clone(st.barred)
	}
	return r
}

// total is the credit and the outside credit of a flow with what is settled.
func (q *search) total(st *state) (credits, outside int64) {
	s, f := q.s, q.f
	add := func(k int, n int64) {
		if c := &s.classes[k]; !c.free {
			credits += n
			if c.route != InResidence {
				outside += n
			}
		}
	}
	for k := range s.classes {
		add(k, f.flow(f.class[k]))
	}
	for i, k := range st.fill {
		if k >= 0 {
			add(k, s.slots[i].credits)
		}
	}
	for e, n := range st.least {
		add(s.poolEdges[e].class, n)
	}
	return credits, outside
}

// round makes an allocation near a flow: it fills slots by a matching that
// prefers what the flow prefers, keeps the caps, and lets the rest flow.
func (q *search) round(r reading) {
	s, f := q.s, q.f
	st := q.state.clone()
	st.shut = true
	q.settleSets(&st, r)
	q.settleChoices(&st, r)
	var slots []int
	for i := range s.slots {
		if st.fill[i] < 0 && (r.fraction[s.slots[i].requirement] == 1 || slices.ContainsFunc(f.of[i], func(e int) bool { return r.use[e] > 0 })) {
			slots = append(slots, i)
		}
	}
	sure := func(i int) bool { return r.fraction[s.slots[i].requirement] == 1 }
	slices.SortStableFunc(slots, func(a, b int) int {
		switch {
		case sure(a) == sure(b):
			return 0
		case sure(a):
			return -1
		}
		return 1
	})
	if q.nodes&(q.nodes-1) == 0 { // at first often, then now and then
		one := st.clone()
		q.matchByWeight(&one, slots, sure)
		q.consider(&one, slots)
	}
	m := matching{q: q, r: r, st: &st, members: make([][]int, len(s.classes)), filled: make([]int, len(f.targets))}
	for i, k := range st.fill {
		if k >= 0 {
			m.filled[s.slots[i].requirement]++
			m.members[k] = append(m.members[k], -1) // can't be moved
		}
	}
	for _, i := range slots {
		if at := s.slots[i].requirement; m.filled[at] < f.targets[at].want {
			m.tried = make([]bool, len(s.slots))
			if m.place(i) {
				m.filled[at]++
			}
		}
	}
	q.consider(&st, slots)
}

// maxRepairs bounds how often a filling is changed to keep the general rules.
const maxRepairs = 12

// consider makes a filling keep the caps and the general rules, lets the rest flow,
// and records what comes of it.
func (q *search) consider(st *state, slots []int) {
	q.keepCaps(st, slots)
	for range maxRepairs {
		if _, ok := q.f.solve(st); !ok {
			// A requirement that this branch demands is not met; the filling counts
			// for what it is.
			for i := range st.standing {
				if st.standing[i] == forced {
					st.standing[i] = open
				}
			}
			if _, ok := q.f.solve(st); !ok {
				return
			}
		}
		flow := q.read(st)
		if flow.whole {
			q.record(flow.outcome)
		}
		if flow.broken < 0 || !q.repair(st, flow, slots) {
			return
		}
	}
}

// repair takes away of what breaks a general rule, the least needed first; false when
// that can't help.
func (q *search) repair(st *state, r reading, slots []int) bool {
	s, u := q.s, uses{q.s, r.fill, r.pool}
	broken := s.rules[r.broken]
	excess := broken.excess(&u)
	changed := false
	for e := len(r.pool) - 1; e >= 0 && excess > 0; e-- {
		at := s.poolEdges[e]
		if to := s.pools[s.classes[at.class].pools[at.edge].pool]; broken.weighs(at.class, to, -1) && r.pool[e] > st.least[e] {
			less := r.pool[e] - st.least[e]
			if broken.divisible() {
				less = min(less, excess)
			}
			st.most[e] = r.pool[e] - less
			excess -= less
			changed = true
		}
	}
	for _, i := range slices.Backward(slots) {
		if k := st.fill[i]; excess > 0 && k >= 0 && q.fill[i] < 0 && broken.weighs(k, s.slots[i].requirement, i) {
			st.fill[i] = -1
			excess -= s.slots[i].credits
			changed = true
		}
	}
	return changed
}

// matchByWeight fills slots so that they hold the most credit, those of
// requirements that can be satisfied first, with the least from outside and the
// least that pools could use.
func (q *search) matchByWeight(st *state, slots []int, sure func(int) bool) {
	s, f := q.s, q.f
	classNode, slotNode, requirementNode := 2, 2+len(s.classes), 2+len(s.classes)+len(s.slots)
	n := newNetwork(requirementNode + len(f.targets))
	widest := int64(1)
	for i := range s.slots {
		widest = max(widest, s.slots[i].credits)
	}
	taken, filled := make([]int, len(s.classes)), make([]int, len(f.targets))
	for i, k := range st.fill {
		if k >= 0 {
			taken[k]++
			filled[s.slots[i].requirement]++
		}
	}
	for k, c := range s.classes {
		if free := len(c.members) - taken[k]; free > 0 && !st.barred[k] {
			n.add(0, classNode+k, int64(free), 0)
		}
	}
	arcs := make([]int, len(f.edges))
	for i := range s.slots {
		if st.fill[i] >= 0 {
			continue
		}
		weight := 1000 * s.slots[i].credits / widest // a heuristic needs no more digits
		worth := 1000 * (weight + 1)
		if sure(i) {
			worth += 1_000_000_000
		}
		n.add(slotNode+i, requirementNode+s.slots[i].requirement, 1, -worth)
		for _, e := range f.of[i] {
			c := s.classes[f.edges[e].class]
			if st.closed[e] || st.barred[f.edges[e].class] {
				continue
			}
			cost := int64(0)
			if c.route != InResidence {
				cost += weight / 2
			}
			if len(c.pools) > 0 {
				cost++
			}
			arcs[e] = n.add(classNode+f.edges[e].class, slotNode+i, 1, cost) + 1
		}
	}
	for i, t := range f.targets {
		if more := t.want - filled[i]; more > 0 {
			n.add(requirementNode+i, 1, int64(more), 0)
		}
	}
	n.runWhileGaining(0, 1)
	for e, arc := range arcs {
		if arc > 0 && n.flow(arc-1) > 0 {
			st.fill[f.edges[e].slot] = f.edges[e].class
		}
	}
}

// settleSets keeps, of each exclusive set, the class that the flow uses most.
func (q *search) settleSets(st *state, r reading) {
	for _, set := range q.f.sets {
		keep, most := -1, int64(-1)
		for _, k := range set {
			if st.barred[k] {
				continue
			}
			n := int64(0)
			for i, c := range r.fill {
				if c == k {
					n += q.s.slots[i].credits
				}
			}
			for e, use := range r.use {
				if q.f.edges[e].class == k {
					n += use
				}
			}
			if n += q.f.flow(q.f.class[k]); slices.Contains(st.fill, k) {
				n = infinite
			}
			if n > most {
				keep, most = k, n
			}
		}
		for _, k := range set {
			st.barred[k] = st.barred[k] || k != keep
		}
	}
}

// matching fills slots one after the other, moving earlier ones where that makes
// room (augmenting paths).
type matching struct {
	q       *search
	r       reading
	st      *state
	members [][]int // slots that each class fills
	filled  []int
	tried   []bool
}

func (m *matching) place(slot int) bool {
	m.tried[slot] = true
	f := m.q.f
	edges := slices.Clone(f.of[slot])
	slices.SortStableFunc(edges, func(a, b int) int { return cmp.Compare(m.r.use[b], m.r.use[a]) })
	for _, e := range edges {
		k := f.edges[e].class
		if m.st.closed[e] || m.st.barred[k] {
			continue
		}
		if len(m.members[k]) < len(m.q.s.classes[k].members) {
			m.members[k] = append(m.members[k], slot)
			m.st.fill[slot] = k
			return true
		}
		for at, other := range m.members[k] {
			if other >= 0 && !m.tried[other] && m.place(other) {
				m.members[k][at] = slot
				m.st.fill[slot] = k
				return true
			}
		}
	}
	return false
}

// keepCaps empties slots, the least needed first, until the caps hold.
func (q *search) keepCaps(st *state, slots []int) {
	for i := range q.s.caps {
		c := &q.s.caps[i]
		used := int64(0)
		for i, k := range st.fill {
			if k >= 0 && c.classes[k] {
				used += q.s.slots[i].credits
			}
		}
		for _, i := range slices.Backward(slots) {
			if k := st.fill[i]; used > c.limit && k >= 0 && c.classes[k] {
				st.fill[i] = -1
				used -= q.s.slots[i].credits
			}
		}
	}
}

// branch divides the problem where the flow broke a rule, or where it could keep a
// floor that it doesn't.
func (q *search) branch(r reading, b bound) {
	q.f.prepare(&q.state) // others were tried meanwhile
	choice := q.unsettled()
	switch {
	case choice >= 0:
		q.branchChoice(choice, r)
	case r.conflict >= 0:
		q.branchSet(q.f.sets[r.conflict])
	case b.fractional && b.satisfied > q.best.satisfied && q.branchRequirement(r):
	case len(r.divided) > 0:
		q.branchSlot(q.mostUsed(r, r.divided))
	case len(r.crowded) > 0:
		q.branchSlot(q.mostUsed(r, r.crowded))
	case len(r.pretended) > 0 && q.branchPretended(r):
	case r.broken >= 0:
		q.branchRule(r, q.s.rules[r.broken])
	case b.fractional && q.branchRequirement(r):
	case q.branchGoal(r):
	case len(q.s.goals)+len(q.s.p.Choices) > 0: // nothing is left to choose
	default:
		q.exhausted = true // not reached; were it, nothing is called proven
	}
}

// branchRule takes a place that bears on a rule that is broken: where nothing is left
// to choose, nothing in this branch keeps it.
func (q *search) branchRule(r reading, broken general) {
	first, _ := broken.(*prerequisite)
	if first != nil && !q.opened[first.requirement] {
		q.branchOpening(first)
		return
	}
	excess := broken.excess(&uses{q.s, r.fill, r.pool})
	if q.branchPlace(r, broken.weighs, broken.divisible(), excess) || q.branchPlace(r, broken.touches, broken.divisible(), 0) {
		return
	}
	if first != nil { // how much counts in what comes first matters too
		q.branchPlace(r, broken.touches, true, 0)
	}
}

// branchOpening divides by a prerequisite: in one branch what comes first is met, in
// the other nothing counts in what comes after it.
func (q *search) branchOpening(r *prerequisite) {
	before := slices.Clone(q.standing)
	possible := true
	for _, at := range r.after {
		possible = possible && r.possible(q, at)
		if at.slot >= 0 || q.s.p.Requirements[at.requirement].AttestedBy != "" {
			continue
		}
		if q.standing[at.requirement] == open {
			q.standing[at.requirement] = forced
		}
		possible = possible && q.standing[at.requirement] != dead
	}
	if possible {
		q.opened[r.requirement] = true
		q.visit()
		q.opened[r.requirement] = false
	}
	copy(q.standing, before)
	if !q.dropped[r.requirement] {
		q.dropped[r.requirement] = true
		q.visit()
		q.dropped[r.requirement] = false
	}
}

// branchGoal takes a place that bears on a floor that is not kept and may be.
func (q *search) branchGoal(r reading) bool {
	u := uses{q.s, r.fill, r.pool}
	for _, g := range q.s.goals {
		if !g.kept(&u) && q.branchPlace(r, g.touches, g.divisible(), 0) {
			return true
		}
	}
	return false
}

// branchPlace divides by the place that carries most of those that bear on a rule;
// when less is wanted, an amount in a pool is divided where the excess is gone, and
// where only matters whether there is any, at nothing.
func (q *search) branchPlace(r reading, bears func(k, requirement, slot int) bool, divisible bool, excess int64) bool {
	s, f := q.s, q.f
	at, most := -1, int64(-1)
	for e, edge := range f.edges {
		if n := r.use[e]; n > most && q.isOpen(edge.slot) && f.usable(e, &q.state) && f.targets[s.slots[edge.slot].requirement].state != done && bears(edge.class, s.slots[edge.slot].requirement, edge.slot) {
			at, most = e, n
		}
	}
	pool := -1
	for e, n := range r.pool {
		c := s.poolEdges[e]
		to := s.pools[s.classes[c.class].pools[c.edge].pool]
		if top := q.ceiling(e); !q.barred[c.class] && q.least[e] < top && n > most && (divisible || q.least[e] == 0) && bears(c.class, to, -1) {
			at, pool, most = -1, e, n
		}
	}
	switch {
	case pool >= 0:
		low, high := q.least[pool], q.most[pool]
		split := min(r.pool[pool], q.ceiling(pool)-1) // the last amount of the lower part
		switch {
		case !divisible:
			split = 0
		case excess > 0:
			split = max(low, r.pool[pool]-excess)
		}
		q.most[pool] = split
		q.visit()
		q.most[pool], q.least[pool] = high, split+1
		q.visit()
		q.least[pool] = low
	case at >= 0:
		q.branchSlot(at)
	default:
		return false
	}
	return true
}

// ceiling is the most that a way into a pool can carry.
func (q *search) ceiling(e int) int64 {
	at := q.s.poolEdges[e]
	c := &q.s.classes[at.class]
	return min(q.most[e], int64(len(c.members))*c.amount, q.s.need[c.pools[at.edge].pool])
}

func (q *search) branchSet(set []int) {
	var members []int
	for _, k := range set {
		if !q.barred[k] {
			members = append(members, k)
		}
	}
	for _, keep := range members {
		for _, k := range members {
			q.barred[k] = k != keep
		}
		if k := slices.IndexFunc(q.fill, func(k int) bool { return k >= 0 && q.barred[k] }); k < 0 {
			q.visit()
		}
	}
	for _, k := range members {
		q.barred[k] = false
	}
}

// branchRequirement takes the requirement that is nearest to being satisfied and
// isn't: in one branch it must be, in the other it is not counted.
func (q *search) branchRequirement(r reading) bool {
	at := -1
	for i, part := range r.fraction {
		if q.standing[i] == open && part > 0 && part < 1 && (at < 0 || part > r.fraction[at]) {
			at = i
		}
	}
	if at < 0 {
		return false
	}
	for _, as := range []standing{forced, dead} {
		q.standing[at] = as
		q.visit()
	}
	q.standing[at] = open
	return true
}

// mostUsed is the edge that carries most among those of some slots.
func (q *search) mostUsed(r reading, slots []int) int {
	at, most := -1, 0.0
	for _, i := range slots {
		for _, e := range q.f.of[i] {
			if part := float64(r.use[e]) / float64(q.s.slots[i].credits); part > most {
				at, most = e, part
			}
		}
	}
	return at
}

// branchPretended takes a slot of a requirement that the flow counts as satisfied
// though too few of its slots are filled.
func (q *search) branchPretended(r reading) bool {
	for _, at := range r.pretended {
		for _, i := range q.f.targets[at].slots {
			if r.fill[i] >= 0 {
				continue
			}
			for _, e := range q.f.of[i] {
				if q.f.usable(e, &q.state) {
					q.branchSlot(e)
					return true
				}
			}
		}
	}
	return false
}

// branchSlot lets a class fill a slot in one branch, and not in the other.
func (q *search) branchSlot(edge int) {
	e := q.f.edges[edge]
	q.fill[e.slot] = e.class
	q.visit()
	q.fill[e.slot] = -1
	q.closed[edge] = true
	q.visit()
	q.closed[edge] = false
}
