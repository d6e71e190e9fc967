package programme

import "slices"

// relaxation is the problem with its whole-number rules left out: slots may take
// parts of credentials, and general rules do not hold. What remains is a flow,
// source → caps → class → slot or pool → requirement, whose optimum bounds what a
// branch of the search can reach. Caps on credit are part of the flow where the sets
// that they bound lie in or beside each other; of sets that cross, the problem has a
// relaxation for each. So it has for caps on one's own credit together with that from
// elsewhere, since what follows needs that neither keeps the other out.
//
// One flow is the best in all three objectives at once. What reaches the
// requirements, and what leaves the routes, are independent sets of a matroid
// each (a gammoid): augmenting never takes from what has arrived, so serving the
// requirements in the order of their worth, first from one's own credit and then
// from outside, gives the most satisfied requirements, the most credit, and the
// least from outside together.
type relaxation struct {
	s     *problem
	edges []slotEdge // which class may fill which slot
	of    [][]int    // edges of each slot
	sets  [][]int    // classes of each exclusive set

	// The network: arcs in pairs, each with its reverse beside it.
	to      []int
	cap     []int64
	out     [][]int
	gate    []gateArc // of caps, nested
	mixed   bool      // one is on one's own credit together with that from elsewhere
	class   []int     // arc of each class, from the innermost of its caps
	hub     []int     // arc of each class, to its slots
	edge    []int     // arc of each edge
	slot    []int     // arc of each slot, to its requirement
	pool    [][]int
	limit   []limitArc
	limitOf map[poolEdge]int // index of its limit

	targets   []target
	component []int   // of each requirement
	order     []int   // of targets
	taken     []int   // members of each class that fill a slot for good
	supply    []int64 // what each class has left
	via       []int
	seen      []int // the search that reached each node last
	search    int   // number of the present search
	lost      []bool
	queue     []int
}

type slotEdge struct{ slot, class int }

type limitArc struct {
	arc int
	max int64
}

// gateArc is the arc of a cap, by its index in the problem.
type gateArc struct{ arc, cap int }

// target is a requirement as the flow sees it.
type target struct {
	node  int
	pool  int // index, or -1
	slots []int
	want  int // slots that satisfy it; 0 for a pool

	need  int64 // at least this comes in when it is satisfied
	room  int64 // at most this still comes in
	fixed int64 // has come in
	in    int64 // comes in by the flow
	state standing

	parts int64 // it is that part of something that is counted
}

type standing int

const (
	open   standing = iota // may be satisfied
	forced                 // must be, in this branch
	done                   // is
	dead                   // can't be, or isn't counted in this branch
)

// fraction is how far a requirement is satisfied when parts are allowed.
func (t *target) fraction() float64 {
	switch {
	case t.state == dead:
		return 0
	case t.state == done || t.state == forced:
		return 1
	}
	return min(1, float64(t.fixed+t.in)/float64(t.need))
}

// newRelaxation makes the relaxation that holds some caps, which must not cross; the
// innermost come first.
func newRelaxation(s *problem, caps []int) *relaxation {
	f := &relaxation{s: s, of: make([][]int, len(s.slots)), sets: make([][]int, len(s.p.Exclusive))}
	source := f.node()
	gateNode := make([]int, len(caps))
	for i := range slices.Backward(caps) {
		f.mixed = f.mixed || s.caps[caps[i]].mixed
		gateNode[i] = f.node()
		above := source
		for j := i + 1; j < len(caps); j++ {
			if within(s.caps[caps[i]].classes, s.caps[caps[j]].classes) {
				above = gateNode[j]
				break
			}
		}
		f.gate = append(f.gate, gateArc{f.arc(above, gateNode[i]), caps[i]})
	}
	f.targets = make([]target, len(s.p.Requirements))
	for i := range s.p.Requirements {
		f.targets[i] = target{node: f.node(), pool: slices.Index(s.pools, i), want: s.want(i), parts: s.tree.parts[i]}
	}
	slotNode := make([]int, len(s.slots))
	for i, ref := range s.slots {
		slotNode[i] = f.node()
		f.slot = append(f.slot, f.arc(slotNode[i], f.targets[ref.requirement].node))
		f.targets[ref.requirement].slots = append(f.targets[ref.requirement].slots, i)
	}
	limitNode := map[poolEdge]int{}
	f.limitOf = map[poolEdge]int{}
	for i, r := range s.pools {
		for j, l := range s.p.Requirements[r].Limits {
			n := f.node()
			limitNode[poolEdge{i, j}] = n
			f.limitOf[poolEdge{i, j}] = len(f.limit)
			f.limit = append(f.limit, limitArc{f.arc(n, f.targets[r].node), s.whole(l.Credits)})
		}
	}
	for k, c := range s.classes {
		node, hub := f.node(), f.node()
		above := source
		if i := slices.IndexFunc(caps, func(i int) bool { return s.caps[i].classes[k] }); i >= 0 {
			above = gateNode[i]
		}
		f.class = append(f.class, f.arc(above, node))
		f.hub = append(f.hub, f.arc(node, hub))
		for _, i := range c.slots {
			f.of[i] = append(f.of[i], len(f.edges))
			f.edges = append(f.edges, slotEdge{i, k})
			f.edge = append(f.edge, f.arc(hub, slotNode[i]))
		}
		var pools []int
		for _, e := range c.pools {
			n, ok := limitNode[e]
			if !ok {
				n = f.targets[s.pools[e.pool]].node
			}
			pools = append(pools, f.arc(node, n))
		}
		f.pool = append(f.pool, pools)
		for _, set := range c.sets {
			f.sets[set] = append(f.sets[set], k)
		}
	}
	f.supply = make([]int64, len(s.classes))
	f.via, f.seen, f.lost, f.taken = make([]int, len(f.out)), make([]int, len(f.out)), make([]bool, len(f.out)), make([]int, len(s.classes))
	f.components()
	return f
}

func (f *relaxation) node() int {
	f.out = append(f.out, nil)
	return len(f.out) - 1
}

func (f *relaxation) arc(from, to int) int {
	id := len(f.to)
	f.to = append(f.to, to, from)
	f.cap = append(f.cap, 0, 0)
	f.out[from], f.out[to] = append(f.out[from], id), append(f.out[to], id+1)
	return id
}

// flow is what an arc carries.
func (f *relaxation) flow(arc int) int64 { return f.cap[arc^1] }

// components finds which requirements share no credential, however indirectly.
func (f *relaxation) components() {
	f.component = make([]int, len(f.targets))
	for i := range f.component {
		f.component[i] = i
	}
	join := func(a, b int) {
		a, b = f.component[a], f.component[b]
		for i, c := range f.component {
			if c == b {
				f.component[i] = a
			}
		}
	}
	for i := range f.s.p.Choices { // parts of one thing that is counted
		first := -1
		for j := range f.s.p.Choices[i].Tracks {
			f.s.tree.inside(trackRef{i, j}, func(r int) {
				if first < 0 {
					first = r
				}
				join(first, r)
			})
		}
	}
	for _, c := range f.s.classes {
		first := -1
		at := func(r int) {
			if first < 0 {
				first = r
			}
			join(first, r)
		}
		for _, i := range c.slots {
			at(f.s.slots[i].requirement)
		}
		for _, e := range c.pools {
			at(f.s.pools[e.pool])
		}
	}
}

// bound is what no allocation within a branch can exceed.
type bound struct {
	score
	fractional bool // a requirement counts in part
}

// solve finds the optimum of the relaxation for a state of the search. It says
// false when nothing fits the state. A requirement that no longer can be
// satisfied is counted only for its credit.
func (f *relaxation) solve(st *state) (b bound, ok bool) {
	fixed, ok := f.prepare(st)
	if !ok {
		return b, false
	}
	f.sort()
	own := f.sendFrom(func(c *class) bool { return !c.free && c.route == InResidence })
	if f.mixed { // then what is best to send is not best to send first: two flows, each a bound
		f.prepare(st)
		f.sort()
	}
	all := f.sendFrom(func(c *class) bool { return !c.free && (f.mixed || c.route != InResidence) })
	if !f.mixed {
		all += own
	}
	if f.s.anyFree {
		f.sendFrom(func(c *class) bool { return c.free })
	}
	b.credits, b.outside = fixed.credits+all, fixed.outside+max(0, all-own)
	sum := 0.0
	for i := range f.targets {
		t := &f.targets[i]
		if t.state == forced && t.fixed+t.in < t.need {
			return b, false
		}
		part := t.fraction()
		sum += part / float64(t.parts)
		b.fractional = b.fractional || part > 0 && part < 1
	}
	b.satisfied = wholePart(sum)
	return b, true
}

// sendFrom opens the arcs of some classes and sends what they have.
func (f *relaxation) sendFrom(which func(*class) bool) int64 {
	for k := range f.s.classes {
		if which(&f.s.classes[k]) {
			f.cap[f.class[k]] = f.supply[k]
		}
	}
	return f.send()
}

// wholePart rounds down, except where only the rounding of the sum is missing.
func wholePart(sum float64) int { return int(sum + 1e-9) }

// apart is a second bound on satisfied requirements: without the caps,
// requirements that share no credential are apart, and each such part satisfies a
// whole number. It leaves the flow without the caps behind.
func (f *relaxation) apart(st *state) int {
	f.prepare(st)
	f.sort()
	for _, g := range f.gate {
		f.cap[g.arc] = infinite
	}
	f.sendFrom(func(*class) bool { return true })
	sums := make([]float64, len(f.targets))
	for i := range f.targets {
		sums[f.component[i]] += f.targets[i].fraction() / float64(f.targets[i].parts)
	}
	n := 0
	for _, sum := range sums {
		n += wholePart(sum)
	}
	return n
}

// settled is what a state has settled already.
type settled struct{ credits, outside int64 }

// prepare sets the capacities that a state leaves, all but those of the classes, and
// says what is settled in it; false when it breaks a bound that the flow knows.
func (f *relaxation) prepare(st *state) (fixed settled, ok bool) {
	s := f.s
	clear(f.cap)
	used := make([]int64, len(s.classes))
	clear(f.taken)
	for i := range f.targets {
		t := &f.targets[i]
		t.fixed, t.in = 0, 0
	}
	settle := func(k, requirement int, w int64) {
		used[k] += w
		f.targets[requirement].fixed += w
		if c := &s.classes[k]; !c.free {
			fixed.credits += w
			if c.route != InResidence {
				fixed.outside += w
			}
		}
	}
	for i, k := range st.fill {
		if k >= 0 {
			settle(k, s.slots[i].requirement, s.slots[i].credits)
			f.taken[k]++
		}
	}
	for i := range f.limit {
		f.cap[f.limit[i].arc] = f.limit[i].max
	}
	for e, least := range st.least {
		if least == 0 {
			continue
		}
		at := s.poolEdges[e]
		to := s.classes[at.class].pools[at.edge]
		settle(at.class, s.pools[to.pool], least)
		if i, limited := f.limitOf[to]; limited {
			if f.cap[f.limit[i].arc] -= least; f.cap[f.limit[i].arc] < 0 {
				return fixed, false
			}
		}
	}
	for k, n := range f.taken {
		if c := &s.classes[k]; n > len(c.members) || used[k] > int64(len(c.members))*c.amount || st.barred[k] && used[k] > 0 {
			return fixed, false
		}
	}
	for i := range s.caps {
		c := &s.caps[i]
		c.left = c.limit
		for k, in := range c.classes {
			if in {
				c.left -= used[k]
			}
		}
		if c.left < 0 {
			return fixed, false
		}
	}
	for _, g := range f.gate {
		f.cap[g.arc] = s.caps[g.cap].left
	}
	widest := make([]int64, len(s.classes))
	for i := range f.targets {
		if !f.setTarget(i, st) {
			return fixed, false
		}
	}
	for i := range s.slots {
		if !st.isOpen(i) {
			continue
		}
		w := s.slots[i].credits
		f.cap[f.slot[i]] = w
		for _, e := range f.of[i] {
			if k := f.edges[e].class; f.usable(e, st) {
				f.cap[f.edge[e]] = w
				widest[k] = max(widest[k], w)
			}
		}
	}
	e := 0
	for k, c := range s.classes {
		f.supply[k] = 0
		if !st.barred[k] {
			f.supply[k] = int64(len(c.members))*c.amount - used[k]
			f.cap[f.hub[k]] = int64(len(c.members)-f.taken[k]) * widest[k]
		}
		for _, arc := range f.pool[k] {
			if !st.barred[k] {
				f.cap[arc] = st.most[e] - st.least[e]
			}
			e++
		}
	}
	return fixed, true
}

// setTarget works out what a requirement needs and may take; false when it has more
// than it may.
func (f *relaxation) setTarget(i int, st *state) bool {
	t := &f.targets[i]
	if st.dropped[i] {
		t.state, t.need, t.room = dead, t.fixed, 0
		return t.fixed == 0 && st.standing[i] != forced
	}
	if t.pool >= 0 {
		t.need, t.room = f.s.need[t.pool], f.s.need[t.pool]-t.fixed
		t.state = st.standing[i]
		return t.room >= 0
	}
	filled := 0
	var free []int64
	for _, j := range t.slots {
		switch {
		case st.fill[j] >= 0:
			filled++
		case st.isOpen(j) && f.fillable(j, st):
			free = append(free, f.s.slots[j].credits)
		}
	}
	slices.Sort(free)
	more := t.want - filled
	t.room = 0
	if more < 0 && len(t.slots) > 0 {
		return false
	}
	switch {
	case more <= 0:
		t.state, t.need = done, t.fixed
	case more > len(free):
		t.state, t.need = dead, t.fixed
		if st.standing[i] == forced {
			t.state, t.need = forced, infinite // can't be met: solve sees it
		}
		for _, w := range free {
			t.room += w
		}
	default:
		t.state, t.need = st.standing[i], t.fixed
		for _, w := range free[:more] {
			t.need += w
		}
		for _, w := range free[len(free)-more:] {
			t.room += w
		}
	}
	return true
}

func (f *relaxation) fillable(slot int, st *state) bool {
	return slices.ContainsFunc(f.of[slot], func(e int) bool { return f.usable(e, st) })
}

// usable reports whether a class may fill a slot and has a member left for it.
func (f *relaxation) usable(edge int, st *state) bool {
	k := f.edges[edge].class
	return !st.closed[edge] && !st.barred[k] && f.taken[k] < len(f.s.classes[k].members)
}

// sort puts the requirements in the order of their worth: those that must be
// satisfied, then those of which a unit of credit satisfies the largest part.
func (f *relaxation) sort() {
	f.order = f.order[:0]
	for i := range f.targets {
		f.order = append(f.order, i)
	}
	class := func(t *target) int {
		switch t.state {
		case forced:
			return 0
		case open:
			return 1
		}
		return 2
	}
	slices.SortFunc(f.order, func(a, b int) int {
		x, y := &f.targets[a], &f.targets[b]
		if d := class(x) - class(y); d != 0 {
			return d
		}
		if d := x.need*x.parts - y.need*y.parts; class(x) == 1 && d != 0 {
			return sign(d)
		}
		return a - b
	})
}

// send augments the flow to every requirement in order: first as far as it
// satisfies, then as far as there is room.
func (f *relaxation) send() (total int64) {
	clear(f.lost)
	for _, i := range f.order {
		t := &f.targets[i]
		if t.state == open || t.state == forced {
			total += f.augment(t, t.need-t.fixed-t.in)
		}
	}
	for _, i := range f.order {
		t := &f.targets[i]
		total += f.augment(t, t.room-t.in)
	}
	return total
}

// augment brings up to an amount more to a requirement. It searches backwards, for
// few credentials lead to a requirement and many lead away from the source. Where a
// search ends without the source, no later one needs to look: whatever leads there
// leads from nowhere, and flow along other ways never opens it, until send begins anew.
func (f *relaxation) augment(t *target, most int64) (total int64) {
	for total < most && !f.lost[t.node] {
		f.search++
		f.queue = append(f.queue[:0], t.node)
		f.seen[t.node] = f.search
	search:
		for head := 0; head < len(f.queue); head++ {
			for _, back := range f.out[f.queue[head]] {
				u := f.to[back]
				if f.cap[back^1] == 0 || f.seen[u] == f.search || f.lost[u] {
					continue
				}
				f.seen[u], f.via[u] = f.search, back^1
				if u == 0 {
					break search
				}
				f.queue = append(f.queue, u)
			}
		}
		if f.seen[0] != f.search {
			for _, v := range f.queue {
				f.lost[v] = true
			}
			break
		}
		amount := most - total
		for v := 0; v != t.node; v = f.to[f.via[v]] {
			amount = min(amount, f.cap[f.via[v]])
		}
		for v := 0; v != t.node; v = f.to[f.via[v]] {
			f.cap[f.via[v]] -= amount
			f.cap[f.via[v]^1] += amount
		}
		total += amount
	}
	t.in += total
	return total
}
