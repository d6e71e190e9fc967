package programme

import (
	"fmt"
	"slices"
	"strings"

	"cairn.example"
)

// Surplus says what becomes of what is left of a credential where it fills a place:
// it counts in some requirements only, or nowhere. Without the rule it counts
// wherever it may.
type Surplus struct {
	To     []string `yaml:"to,omitempty"` // requirements; nowhere when none is given
	Clause string   `yaml:"clause"`
}

// Sharing lets a credential count in several requirements. Its credit counts towards
// the programme once; in the others it only satisfies.
type Sharing struct {
	Clause       string        `yaml:"clause"`
	Requirements []string      `yaml:"requirements"`
	Credits      cairn.Credits `yaml:"credits,omitempty"` // at most so much in common
	Number       int           `yaml:"number,omitempty"`  // at most so many credentials in common
}

// Opening says which credit opens what comes after a prerequisite; without the rule
// any does.
type Opening struct {
	Routes []Route `yaml:"routes"`
	Clause string  `yaml:"clause"`
}

// single keeps each credential in one place, beside those for what is left.
type single struct {
	s  *problem
	to []bool // of each requirement: what is left may count in it
}

func (r *single) excess(u *uses) (n int64) {
	places := make([]int64, len(r.s.classes))
	u.each(func(k, requirement, _ int, _ int64) {
		if !r.to[requirement] && !r.s.classes[k].free {
			if places[k]++; places[k] > 1 {
				n++
			}
		}
	})
	return n
}

func (r *single) weighs(k, requirement, _ int) bool {
	c := &r.s.classes[k]
	return !r.to[requirement] && !c.free && len(c.slots)+len(c.pools) > 1
}
func (r *single) touches(k, requirement, slot int) bool { return r.weighs(k, requirement, slot) }
func (r *single) divisible() bool                       { return false }
func (r *single) tells(int) string                      { return "surplus" }

// prerequisite lets a credential count in a requirement only where others are met.
type prerequisite struct {
	s           *problem
	requirement int
	after       []trackedPlace
	inOrder     bool
	routes      []Route
}

// trackedPlace is a slot, or with slot -1 a requirement.
type trackedPlace struct {
	id                string
	requirement, slot int
}

// opened reports whether a place is met for a class, or whose routes and dates do.
func (r *prerequisite) opened(u *uses, at trackedPlace, c *candidate) bool {
	s := r.s
	counts := func(k int) bool {
		first := s.candidates[s.classes[k].members[0]]
		return (len(r.routes) == 0 || slices.Contains(r.routes, first.Route)) &&
			(!r.inOrder || !first.AwardedOn.IsZero() && !c.AwardedOn.IsZero() && !first.AwardedOn.Latest().After(c.AwardedOn.Earliest()))
	}
	if at.slot >= 0 {
		return u.fill[at.slot] >= 0 && counts(u.fill[at.slot])
	}
	if s.p.Requirements[at.requirement].AttestedBy != "" {
		return s.attested[at.requirement]
	}
	filled, into := 0, int64(0)
	u.each(func(k, requirement, slot int, n int64) {
		if requirement == at.requirement && counts(k) {
			into += n
			if slot >= 0 {
				filled++
			}
		}
	})
	if i := slices.Index(s.pools, at.requirement); i >= 0 {
		return into >= s.need[i]
	}
	return filled >= s.want(at.requirement)
}

// possible reports whether the credentials that open could meet a place at all.
func (r *prerequisite) possible(q *search, at trackedPlace) bool {
	s := r.s
	if s.p.Requirements[at.requirement].AttestedBy != "" {
		return s.attested[at.requirement]
	}
	var into int64
	places := map[int]bool{}
	for k := range s.classes {
		c := &s.classes[k]
		if q.barred[k] || len(r.routes) > 0 && !slices.Contains(r.routes, s.candidates[c.members[0]].Route) {
			continue
		}
		for _, i := range c.slots {
			if s.slots[i].requirement == at.requirement {
				places[i] = true
			}
		}
		if slices.ContainsFunc(c.pools, func(e poolEdge) bool { return s.pools[e.pool] == at.requirement }) {
			into += int64(len(c.members)) * c.amount
		}
	}
	if at.slot >= 0 {
		return places[at.slot]
	}
	if i := slices.Index(s.pools, at.requirement); i >= 0 {
		return into >= s.need[i]
	}
	return len(places) >= s.want(at.requirement)
}

// closed lists what is not met of what must be before a candidate counts.
func (r *prerequisite) closed(u *uses, c *candidate) (out []string) {
	for _, at := range r.after {
		if !r.opened(u, at, c) {
			out = append(out, at.id)
		}
	}
	return out
}

func (r *prerequisite) excess(u *uses) (n int64) {
	u.each(func(k, requirement, _ int, _ int64) {
		if requirement == r.requirement && len(r.closed(u, r.s.candidates[r.s.classes[k].members[0]])) > 0 {
			n++
		}
	})
	return n
}

func (r *prerequisite) weighs(_, requirement, _ int) bool { return requirement == r.requirement }
func (r *prerequisite) touches(_, requirement, _ int) bool {
	return requirement == r.requirement || slices.ContainsFunc(r.after, func(at trackedPlace) bool { return at.requirement == requirement })
}
func (r *prerequisite) divisible() bool { return false }
func (r *prerequisite) tells(c int) string {
	if c < 0 || !r.inOrder {
		return ""
	}
	return r.s.candidates[c].AwardedOn.String()
}

// sharing lets copies of credentials count beside them, without credit, each in a
// requirement of its own and for no more than the credential counts itself.
type sharing struct {
	s     *problem
	rule  *Sharing
	index int
	scope []bool // of each requirement
	limit int64
}

func (r *sharing) excess(u *uses) (n int64) {
	s := r.s
	own, copies := map[int]map[int]int64{}, map[int]map[int][]int64{}
	u.each(func(k, requirement, _ int, n int64) {
		c := &s.classes[k]
		switch {
		case !r.scope[requirement]:
		case !c.copy:
			if own[k] == nil {
				own[k] = map[int]int64{}
			}
			own[k][requirement] += n
		case c.share == r.index:
			if copies[c.of] == nil {
				copies[c.of] = map[int][]int64{}
			}
			copies[c.of][requirement] = append(copies[c.of][requirement], n)
		}
	})
	var common []int64 // of each credential
	var all int64
	for k, in := range copies {
		var counts, shared int64
		for _, amount := range own[k] {
			counts = max(counts, amount)
		}
		for requirement, amounts := range in {
			for i, amount := range amounts {
				shared += amount
				if own[k][requirement] > 0 || i > 0 {
					n += amount
				} else {
					n += max(0, amount-counts)
				}
			}
		}
		common = append(common, shared)
		all += shared
	}
	if r.rule.Credits.Sign() > 0 {
		n += max(0, all-r.limit)
	}
	if r.rule.Number > 0 && len(common) > r.rule.Number {
		slices.Sort(common)
		for _, amount := range common[:len(common)-r.rule.Number] {
			n += amount
		}
	}
	return n
}

func (r *sharing) weighs(k, requirement, _ int) bool {
	return r.scope[requirement] && r.s.classes[k].copy && r.s.classes[k].share == r.index
}
func (r *sharing) touches(k, requirement, _ int) bool {
	c := &r.s.classes[k]
	return r.scope[requirement] && (c.copy && c.share == r.index || c.copied)
}
func (r *sharing) divisible() bool  { return true }
func (r *sharing) tells(int) string { return "" }

// compilePlaces makes rules of what the policy says of surplus, prerequisites and
// sharing.
func (s *problem) compilePlaces() {
	p := s.p
	scope := func(ids []string) []bool {
		out := make([]bool, len(p.Requirements))
		for i := range out {
			out[i] = slices.Contains(ids, p.Requirements[i].ID)
		}
		return out
	}
	if p.Policy.Surplus != nil {
		for i, c := range s.candidates {
			s.apart[i] = s.apart[i] || len(c.edges) > 1
		}
		s.rules = append(s.rules, &single{s, scope(p.Policy.Surplus.To)})
	}
	for i := range p.Requirements {
		r := &p.Requirements[i]
		if len(r.After) == 0 {
			continue
		}
		rule := &prerequisite{s: s, requirement: i, inOrder: r.InOrder}
		if p.Policy.Opening != nil {
			rule.routes = p.Policy.Opening.Routes
		}
		for _, id := range r.After {
			rule.after = append(rule.after, s.place(id))
		}
		s.rules = append(s.rules, rule)
	}
	for i := range p.Policy.Sharing {
		r := &sharing{s: s, rule: &p.Policy.Sharing[i], index: i, scope: scope(p.Policy.Sharing[i].Requirements), limit: s.whole(p.Policy.Sharing[i].Credits)}
		for j, c := range s.candidates {
			s.apart[j] = s.apart[j] || len(c.within(r.scope)) > 1
		}
		s.rules = append(s.rules, r)
	}
}

// within lists the requirements of a scope in which a candidate may count.
func (c *candidate) within(scope []bool) (out []int) {
	for _, e := range c.edges {
		if e.open() && scope[e.requirement] && !slices.Contains(out, e.requirement) {
			out = append(out, e.requirement)
		}
	}
	return out
}

// place finds a requirement or a slot by its id.
func (s *problem) place(id string) trackedPlace {
	for i, ref := range s.slots {
		if s.p.Requirements[ref.requirement].Slots()[ref.slot].ID == id {
			return trackedPlace{id, ref.requirement, i}
		}
	}
	return trackedPlace{id, slices.IndexFunc(s.p.Requirements, func(r Requirement) bool { return r.ID == id }), -1}
}

// copies adds the copies of credentials that may count in several requirements.
func (s *problem) copies() {
	for _, rule := range s.rules {
		r, ok := rule.(*sharing)
		if !ok {
			continue
		}
		for k := range len(s.classes) {
			if s.classes[k].copy || s.classes[k].free {
				continue
			}
			own := s.classes[k]
			extra := class{members: own.members, amount: own.amount, route: own.route, free: true, copy: true, of: k, share: r.index}
			for _, i := range own.slots {
				if r.scope[s.slots[i].requirement] {
					extra.slots = append(extra.slots, i)
				}
			}
			for _, e := range own.pools {
				if r.scope[s.pools[e.pool]] {
					extra.pools = append(extra.pools, e)
				}
			}
			n := len(s.candidates[own.members[0]].within(r.scope))
			for range n - 1 {
				s.classes[k].copied = true
				s.classes = append(s.classes, extra)
			}
		}
	}
}

func (c *checker) places() {
	known := func(at string, ids []string) {
		for i, id := range ids {
			if !slices.ContainsFunc(c.p.Requirements, func(r Requirement) bool { return r.ID == id && r.AttestedBy == "" }) {
				c.bad(fmt.Sprintf("%s[%d]", at, i), "there is no requirement %q in which credentials count", id)
			}
		}
	}
	if s := c.p.Policy.Surplus; s != nil {
		known("policy.surplus.to", s.To)
		if s.Clause == "" {
			c.bad("policy.surplus.clause", "the rule needs the clause that it rests on")
		}
	}
	if o := c.p.Policy.Opening; o != nil {
		if o.Clause == "" || len(o.Routes) == 0 {
			c.bad("policy.opening", "what opens prerequisites needs routes and a clause")
		}
		for i, r := range o.Routes {
			if !slices.Contains(routes, r) {
				c.bad(fmt.Sprintf("policy.opening.routes[%d]", i), "there is no route %q", r)
			}
		}
	}
	if len(c.p.Policy.Sharing) > maxBounds {
		c.bad("policy.sharing", "more than %d", maxBounds)
	}
	for i, s := range c.p.Policy.Sharing {
		at := fmt.Sprintf("policy.sharing[%d]", i)
		known(at+".requirements", s.Requirements)
		if s.Clause == "" || len(s.Requirements) < 2 || s.Number < 0 || s.Number > 0 && s.Credits.Sign() > 0 {
			c.bad(at, "sharing needs a clause, at least two requirements, and at most one limit: credits or number")
		}
	}
	c.prerequisites()
}

// prerequisites checks that what comes after something is there, and that nothing
// comes after itself.
func (c *checker) prerequisites() {
	at := map[string]int{} // of requirements and slots
	for i := range c.p.Requirements {
		r := &c.p.Requirements[i]
		at[r.ID] = i
		if r.Number > maxNumber {
			continue
		}
		for _, s := range r.Slots() {
			at[s.ID] = i
		}
	}
	for i, r := range c.p.Requirements {
		if r.InOrder && len(r.After) == 0 {
			c.bad(fmt.Sprintf("requirements[%d].inOrder", i), "inOrder belongs to after")
		}
		for j, id := range r.After {
			if _, ok := at[id]; !ok {
				c.bad(fmt.Sprintf("requirements[%d].after[%d]", i, j), "there is no requirement or slot %q", id)
			}
		}
	}
	state := make([]int, len(c.p.Requirements)) // 1 while it is looked at, 2 when it is known
	var path []string
	var visit func(i int)
	visit = func(i int) {
		if state[i] == 1 {
			c.bad(fmt.Sprintf("requirements[%d].after", i), "%s comes after itself: %s", c.p.Requirements[i].ID, strings.Join(append(path, c.p.Requirements[i].ID), " → "))
		}
		if state[i] != 0 {
			return
		}
		state[i] = 1
		path = append(path, c.p.Requirements[i].ID)
		for _, id := range c.p.Requirements[i].After {
			if next, ok := at[id]; ok {
				visit(next)
			}
		}
		path = path[:len(path)-1]
		state[i] = 2
	}
	for i := range c.p.Requirements {
		visit(i)
	}
}
