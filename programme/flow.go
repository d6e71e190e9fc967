package programme

// network is a minimum-cost maximum-flow problem with whole-number capacities.
// Costs are small and not negative on the way in; the algorithm is the plain one
// of successive shortest paths, which is exact and always gives the same flow for
// the same order of arcs.
type network struct {
	head []int // first arc of each node, or -1
	arcs []arc
}

type arc struct {
	to, next  int
	cap, cost int64
}

func newNetwork(nodes int) *network {
	n := &network{head: make([]int, nodes), arcs: make([]arc, 0, 8*nodes)}
	for i := range n.head {
		n.head[i] = -1
	}
	return n
}

// add adds an arc and its reverse, and returns the arc's number.
func (n *network) add(from, to int, capacity, cost int64) int {
	id := len(n.arcs)
	n.arcs = append(n.arcs, arc{to, n.head[from], capacity, cost}, arc{from, n.head[to], 0, -cost})
	n.head[from], n.head[to] = id, id+1
	return id
}

// flow returns what an arc carries.
func (n *network) flow(id int) int64 { return n.arcs[id^1].cap }

const infinite = int64(1) << 60

// run sends as much as possible from s to t at the least cost.
func (n *network) run(s, t int) (total int64) { return n.send(s, t, infinite) }

// runWhileGaining sends from s to t as long as that makes the cost less.
func (n *network) runWhileGaining(s, t int) { n.send(s, t, 0) }

func (n *network) send(s, t int, below int64) (total int64) {
	nodes := len(n.head)
	dist, via, inQueue := make([]int64, nodes), make([]int, nodes), make([]bool, nodes)
	for {
		for i := range dist {
			dist[i], via[i] = infinite, -1
		}
		dist[s] = 0
		queue := []int{s}
		for len(queue) > 0 {
			u := queue[0]
			queue = queue[1:]
			inQueue[u] = false
			for a := n.head[u]; a >= 0; a = n.arcs[a].next {
				if e := n.arcs[a]; e.cap > 0 && dist[u]+e.cost < dist[e.to] {
					dist[e.to], via[e.to] = dist[u]+e.cost, a
					if !inQueue[e.to] {
						inQueue[e.to] = true
						queue = append(queue, e.to)
					}
				}
			}
		}
		if dist[t] >= below {
			return total
		}
		amount := infinite
		for v := t; v != s; v = n.arcs[via[v]^1].to {
			amount = min(amount, n.arcs[via[v]].cap)
		}
		for v := t; v != s; v = n.arcs[via[v]^1].to {
			n.arcs[via[v]].cap -= amount
			n.arcs[via[v]^1].cap += amount
		}
		total += amount
	}
}
