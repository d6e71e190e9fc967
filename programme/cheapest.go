package programme

import (
	"container/heap"
	"slices"

	"cairn.example"
)

// gap is what a goal needs, of which it is certain before any search that what is
// held can't give it. It serves only to skip sets that can't do: which set does is
// for Evaluate to say.
type gap struct {
	slots   []place                 // each needs an offer of its own
	dear    []cairn.Credits         // the least that the slots from each on can cost
	pools   map[int]cairn.Credits   // requirement → credit that offers must bring
	choices map[int][]cairn.Credits // requirement → the least that its empty places can cost
	least   cairn.Credits           // credit of any set that does
	lacking []string
}

// place is a slot of a requirement.
type place struct{ requirement, slot int }

func (c *choice) gapOf(g goal) gap {
	out := gap{pools: map[int]cairn.Credits{}, choices: map[int][]cairn.Credits{}}
	for _, i := range g.requirements {
		r := &c.p.Requirements[i]
		var bare []cairn.Credits // places that nothing held can fill
		fillable := 0
		for j, s := range r.Slots() {
			at := place{i, j}
			byHeld, byOffer := c.fills(c.mine, at), c.fills(c.offers, at)
			if byHeld || byOffer {
				fillable++
			} else if r.Choose == 0 {
				out.lacking = append(out.lacking, s.ID)
			}
			if byHeld {
				continue
			}
			bare = append(bare, s.Credits)
			if r.Choose == 0 && byOffer {
				out.slots = append(out.slots, at)
				out.least = out.least.Add(s.Credits)
			}
		}
		if r.Choose > 0 {
			if fillable < r.Choose {
				out.lacking = append(out.lacking, r.ID)
			}
			slices.SortFunc(bare, cairn.Credits.Cmp)
			if n := r.Choose - (len(r.Of) - len(bare)); n > 0 {
				for _, x := range bare[:n] {
					out.least = out.least.Add(x)
				}
			}
		}
		if r.Credits.Sign() > 0 {
			need := r.Credits.Sub(c.amounts(c.mine, i))
			if need.Sign() > 0 {
				out.pools[i] = need
				out.least = out.least.Add(need)
				if c.amounts(c.offers, i).Cmp(need) < 0 {
					out.lacking = append(out.lacking, r.ID)
				}
			}
		}
	}
	out.dear = make([]cairn.Credits, len(out.slots)+1)
	for k := len(out.slots) - 1; k >= 0; k-- { // offers are in the order of their credit
		at := out.slots[k]
		cheapest := slices.IndexFunc(c.offers, func(o *candidate) bool { return o.opens(at.requirement, at.slot) })
		out.dear[k] = out.dear[k+1].Add(c.offers[cheapest].amount)
	}
	if g.whole {
		var mine cairn.Credits
		for _, h := range c.mine {
			if len(h.open()) > 0 {
				mine = mine.Add(h.amount)
			}
		}
		if need := c.p.Credit.Total.Sub(c.p.let).Sub(mine); need.Cmp(out.least) > 0 {
			out.least = need
		}
	}
	return out
}

func (c *choice) fills(list []*candidate, at place) bool {
	return slices.ContainsFunc(list, func(h *candidate) bool { return h.opens(at.requirement, at.slot) })
}

// amounts is all the credit that could go to a pool.
func (c *choice) amounts(list []*candidate, requirement int) (sum cairn.Credits) {
	for _, h := range list {
		if h.opens(requirement, -1) {
			sum = sum.Add(h.amount)
		}
	}
	return sum
}

// partial is a set of offers on the way to one that does. bound is the least credit,
// and items the least number, of any set that it can become.
type partial struct {
	set    []int // in ascending order
	filled int   // slots of the gap for which an offer was chosen
	last   int   // the last offer that was added beyond those
	sum    cairn.Credits
	bound  cairn.Credits
	items  int
}

func (a *partial) compare(b *partial) int {
	if d := a.bound.Cmp(b.bound); d != 0 {
		return d
	}
	if d := a.items - b.items; d != 0 {
		return d
	}
	if d := b.filled - a.filled; d != 0 {
		return d
	}
	if d := len(b.set) - len(a.set); d != 0 {
		return d
	}
	return slices.Compare(a.set, b.set)
}

type queue []*partial

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].compare(q[j]) < 0 }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(*partial)) }
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}

// hunt is one search for the cheapest sets.
type hunt struct {
	*choice
	goal   goal
	gap    gap
	way    Way
	budget int // of effort
	spent  int
	// doubtful is set when a set was rejected that may do: its evaluation ended early.
	doubtful bool
	seen     map[string]bool
	queue    queue
	states   int
}

// way searches in the order of cost: first an offer for each slot that needs one,
// then further ones. The first set that the rules accept is the cheapest.
func (c *choice) way(g goal, budget int) (Way, error) {
	h := &hunt{choice: c, goal: g, gap: c.gapOf(g), budget: budget, seen: map[string]bool{}}
	if h.way.Lacking = h.gap.lacking; len(h.gap.lacking) > 0 {
		h.way.Answer, h.way.Proven = WayNone, true
		return h.way, nil
	}
	ended := false
	h.push(nil, 0, -1)
	for h.queue.Len() > 0 && len(h.way.Sets) < maxSets {
		if h.spent >= h.budget || h.states >= maxStates {
			ended = true
			break
		}
		at := heap.Pop(&h.queue).(*partial)
		if at.filled < len(h.gap.slots) {
			h.fillNext(at)
			continue
		}
		covered := slices.ContainsFunc(h.way.Sets, func(s Set) bool { return h.contains(at.set, s) })
		if covered {
			continue
		}
		if at.sum.Equal(at.bound) && at.items == len(at.set) {
			done, err := h.try(at.set)
			if err != nil {
				return Way{}, err
			}
			if done {
				continue
			}
		}
		h.addOne(at)
	}
	switch {
	case len(h.way.Sets) > 0:
		// Whatever came before in the order of cost was tried.
		h.way.Answer = WayFound
	case !ended && !h.doubtful:
		h.way.Answer, h.way.Proven = WayNone, true
	default:
		return h.way, h.suggest()
	}
	return h.way, nil
}

// contains reports whether a set has every item of one that was found.
func (h *hunt) contains(set []int, found Set) bool {
	for _, item := range found.Items {
		if !slices.ContainsFunc(set, func(i int) bool { return h.offers[i].Digest == item.Offer }) {
			return false
		}
	}
	return true
}

// push adds a set to the queue, with the least that it can become.
func (h *hunt) push(set []int, filled, last int) {
	key := string(rune(filled)) + "|" + string(rune(last+1)) + "|"
	for _, i := range set {
		key += string(rune(i + 1))
	}
	if h.seen[key] {
		return
	}
	h.seen[key] = true
	h.states++
	s := &partial{set: set, filled: filled, last: last, items: len(set) + len(h.gap.slots) - filled}
	for _, i := range set {
		s.sum = s.sum.Add(h.offers[i].amount)
	}
	var pools cairn.Credits
	for i, need := range h.gap.pools {
		for _, j := range set {
			if h.offers[j].opens(i, -1) {
				need = need.Sub(h.offers[j].amount)
			}
		}
		if need.Sign() > 0 {
			pools = pools.Add(need)
		}
	}
	more := h.gap.dear[filled]
	if pools.Cmp(more) > 0 {
		more = pools
	}
	s.bound = s.sum.Add(more)
	if h.gap.least.Cmp(s.bound) > 0 {
		s.bound = h.gap.least
	}
	if s.items == len(set) && s.bound.Cmp(s.sum) > 0 {
		s.items++
	}
	heap.Push(&h.queue, s)
}

// fillNext chooses an offer for the next slot that needs one: of those that the rules
// treat alike, the first that is left.
func (h *hunt) fillNext(at *partial) {
	slot := h.gap.slots[at.filled]
	tried := map[string]bool{}
	for i, o := range h.offers {
		if tried[h.like[i]] || slices.Contains(at.set, i) || !o.opens(slot.requirement, slot.slot) {
			continue
		}
		tried[h.like[i]] = true
		h.push(with(at.set, i), at.filled+1, -1)
	}
}

// addOne adds one more offer, each set in one order only.
func (h *hunt) addOne(at *partial) {
	tried := map[string]bool{}
	for i := range h.offers {
		if slices.Contains(at.set, i) || tried[h.like[i]] {
			continue
		}
		tried[h.like[i]] = true
		if i > at.last {
			h.push(with(at.set, i), at.filled, i)
		}
	}
}

func with(set []int, i int) []int {
	out := append(slices.Clone(set), i)
	slices.Sort(out)
	return out
}

// try evaluates a set once and keeps it when it does.
func (h *hunt) try(set []int) (bool, error) {
	key := "="
	for _, i := range set {
		key += string(rune(i + 1))
	}
	if h.seen[key] {
		return false, nil
	}
	h.seen[key] = true
	done, _, err := h.does(set, nil)
	if err != nil || !done {
		return false, err
	}
	if len(h.way.Sets) == 0 {
		h.way.Proven = !h.doubtful
	}
	one, err := h.describe(set)
	if err != nil {
		return false, err
	}
	h.way.Sets = append(h.way.Sets, one)
	return true, nil
}

// does asks the rules. A short search that says yes is asked again with the budget
// of an ordinary evaluation, as the learner will be judged by that one.
func (h *hunt) does(set []int, passed map[int]bool) (bool, Result, error) {
	held := h.together(set, passed)
	if !h.goal.whole {
		held = h.settled(held)
	}
	evaluate := func(o Options) (Result, error) {
		o.Attested = h.goal.rules.Attestable()
		r, err := Evaluate(h.goal.rules, held, h.at, o)
		h.way.Evaluations++
		h.spent += r.Optimality.Nodes + effortEvaluation
		return r, err
	}
	r, err := evaluate(Options{Nodes: hypotheticalNodes})
	if err == nil && h.goal.reached(r) && !r.Optimality.Proven {
		r, err = evaluate(Options{})
	}
	if err != nil {
		return false, r, err
	}
	done := h.goal.reached(r)
	if !done && !r.Optimality.Proven {
		h.doubtful = true
	}
	return done, r, nil
}

// describe says of each item what does as well, and whether it needs a grade.
func (h *hunt) describe(set []int) (Set, error) {
	passed := map[int]bool{} // those of which any grade will do, all at once
	for _, i := range set {
		if !h.ungraded[h.offers[i].Digest] || h.spent >= h.budget {
			continue
		}
		passed[i] = true
		done, _, err := h.does(set, passed)
		if err != nil {
			return Set{}, err
		}
		if !done {
			delete(passed, i)
		}
	}
	r, err := Evaluate(h.p, h.together(set, passed), h.at, Options{Attested: h.p.Attestable()})
	if err != nil {
		return Set{}, err
	}
	out := Set{Counted: r.Counted, Complete: r.Complete}
	for _, i := range set {
		item := Item{Offer: h.offers[i].Digest, Credits: h.offers[i].amount}
		out.Credits = out.Credits.Add(item.Credits)
		if h.ungraded[item.Offer] && !passed[i] {
			item.Grade = h.assumed
		}
		for j, other := range h.offers {
			if len(item.Or) == maxAlternatives || h.spent >= h.budget {
				break
			}
			if h.like[j] != h.like[i] || slices.Contains(set, j) {
				continue
			}
			done, _, err := h.does(with(slices.DeleteFunc(slices.Clone(set), func(k int) bool { return k == i }), j), nil)
			if err != nil {
				return Set{}, err
			}
			if done {
				item.Or = append(item.Or, other.Digest)
			}
		}
		out.Items = append(out.Items, item)
	}
	return out, nil
}

// suggest finds a set that does without searching them all: everything that counts
// when all is earned, and then without whatever is not needed, the dearest first.
func (h *hunt) suggest() error {
	h.way.Answer, h.way.Proven = WayUnknown, false
	h.budget = h.spent + max(h.budget, leastEffort)
	var set []int
	for i := range h.offers {
		set = append(set, i)
	}
	if len(set)+len(h.held) > maxHeld {
		return nil
	}
	done, r, err := h.does(set, nil)
	if err != nil || !done {
		return err
	}
	set = slices.DeleteFunc(set, func(i int) bool {
		return !slices.ContainsFunc(r.Lines, func(l Line) bool { return l.Credential == h.offers[i].Digest })
	})
	if done, _, err = h.does(set, nil); err != nil || !done {
		return err
	}
	for _, i := range slices.Backward(slices.Clone(set)) {
		if h.spent >= h.budget {
			break // what is left does, too
		}
		less := slices.DeleteFunc(slices.Clone(set), func(k int) bool { return k == i })
		done, _, err := h.does(less, nil)
		if err != nil {
			return err
		}
		if done {
			set = less
		}
	}
	one, err := h.describe(set)
	if err != nil {
		return err
	}
	h.way.Answer, h.way.Sets = WayFound, []Set{one}
	return nil
}
