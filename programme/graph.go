package programme

import "slices"

// graph builds the flow network that divides credit among the pools once it is
// settled which credential fills which slot: source → caps → candidate →
// (limit of the pool) → pool → sink. Node 0 is the source and node 1 the sink.
type graph struct {
	s     *problem
	net   *network
	caps  []int       // that are in it, the innermost first
	pool  map[int]int // requirement → node
	limit map[[2]int]int
	sinks []int // arc of each pool
	lines []graphLine
}

type graphLine struct{ candidate, pool, arc int }

// Costs, in this order: filling a pool that is to be full outweighs any saving on
// routes, and that outweighs any preference by date. A cycle in the network
// changes the flow of each candidate at most once, so these factors keep the
// order strict.
func (s *problem) dateCost() int64  { n := int64(len(s.candidates)); return n*n + 1 }
func (s *problem) forceCost() int64 { n := int64(len(s.candidates)); return 2*(s.dateCost()+n*n) + 1 }

// newGraph makes the network with the room that each cap has left. Of caps that
// cross, only the first are in it.
func (s *problem) newGraph(room []int64) *graph {
	caps, _ := s.nested()
	nodes := 2 + len(caps)
	for _, r := range s.p.Requirements {
		nodes += 1 + len(r.Limits)
	}
	g := &graph{s: s, net: newNetwork(nodes + len(s.candidates)), caps: caps, pool: map[int]int{}, limit: map[[2]int]int{}}
	node := 2
	for i := range slices.Backward(caps) {
		above := 0
		for j := i + 1; j < len(caps); j++ {
			if within(s.caps[caps[i]].classes, s.caps[caps[j]].classes) {
				above = 2 + j
				break
			}
		}
		g.net.add(above, 2+i, max(room[caps[i]], 0), 0)
	}
	node += len(caps)
	for i, r := range s.p.Requirements {
		g.pool[i] = node
		node++
		for j, l := range r.Limits {
			g.limit[[2]int{i, j}] = node
			g.net.add(node, g.pool[i], s.whole(l.Credits), 0)
			node++
		}
	}
	return g
}

func (g *graph) sink(requirement int, need, cost int64) {
	g.sinks = append(g.sinks, g.net.add(g.pool[requirement], 1, need, cost))
}

func (g *graph) candidate(class, c int, amount int64) {
	node := len(g.net.head) - len(g.s.candidates) + c
	above, cost := 0, g.s.rank[c]
	if i := slices.IndexFunc(g.caps, func(i int) bool { return g.s.caps[i].classes[class] }); i >= 0 {
		above = 2 + i
	}
	if g.s.candidates[c].Route != InResidence {
		cost += g.s.dateCost()
	}
	g.net.add(above, node, amount, cost)
	for _, e := range g.s.candidates[c].edges {
		if !e.open() || e.slot >= 0 {
			continue
		}
		to := g.pool[e.requirement]
		if j := g.s.limitOf(c, e.requirement); j >= 0 {
			to = g.limit[[2]int{e.requirement, j}]
		}
		g.lines = append(g.lines, graphLine{c, slices.Index(g.s.pools, e.requirement), g.net.add(node, to, amount, 0)})
	}
}

// limitOf returns the limit of a pool that a candidate falls under, or -1. A
// candidate with several fields counts in the one that the pool asks for first.
func (s *problem) limitOf(c, requirement int) int {
	r := s.p.Requirements[requirement]
	for _, f := range s.candidates[c].fields {
		if len(r.Match.Fields) > 0 && !slices.Contains(r.Match.Fields, f) {
			continue
		}
		for j, l := range r.Limits {
			if slices.Contains(l.Fields, f) {
				return j
			}
		}
		return -1
	}
	return -1
}
