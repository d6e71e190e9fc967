package programme

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cairn.example"
)

// maxHeld bounds the credentials of one evaluation.
const maxHeld = 2000

// Options of an evaluation.
type Options struct {
	// Nodes is the budget of the search; 0 for the default, which shrinks with
	// the number of credentials so that no evaluation runs away.
	Nodes int
	// Attested lists the requirements (with attestedBy) that a person has attested.
	Attested []string
	// Exceptions are what persons allowed for the learner; see CheckException.
	Exceptions []Exception
	// Application and Admission are days to which some rules about age count. Where
	// they are not known, the day of the evaluation stands for them.
	Application, Admission time.Time
}

// Evaluate applies a programme to credentials as of a day. The result does not
// depend on the order of held. It fails only on input over its limits.
func Evaluate(p *Programme, held []Held, at time.Time, o Options) (Result, error) {
	if len(held) > maxHeld {
		return Result{}, &cairn.Error{Kind: cairn.TooLarge, Code: "programme.too-many", Message: fmt.Sprintf("more than %d credentials", maxHeld)}
	}
	if !p.Resolved() {
		return Result{}, &cairn.Error{Kind: cairn.Invalid, Code: "programme.unresolved", Object: string(p.ID), Message: "the programme uses rule documents that are not here", Hint: "resolve it with them first"}
	}
	at = at.UTC().Truncate(24 * time.Hour)
	p, err := p.with(o.Exceptions)
	if err != nil {
		return Result{}, err
	}
	p = p.on(at)
	attested := make([]bool, len(p.Requirements))
	for _, id := range o.Attested {
		i := slices.IndexFunc(p.Requirements, func(r Requirement) bool { return r.ID == id && r.AttestedBy != "" })
		if i < 0 {
			return Result{}, &cairn.Error{Kind: cairn.Invalid, Code: "programme.not-attested", Object: id, Message: "the programme has no such requirement that a person attests"}
		}
		attested[i] = true
	}
	for i, r := range p.Requirements {
		attested[i] = attested[i] || r.AttestedBy != "" && p.waived(r.ID, at)
	}
	candidates := p.prepare(held, o.days(at))
	candidates = append(candidates, p.waivers(len(candidates), at)...)
	if o.Nodes == 0 {
		n := len(candidates)
		o.Nodes = min(defaultNodes, 60_000_000/(n*n+1))
	}
	s, err := p.newProblem(candidates, attested)
	if err != nil {
		return Result{}, err
	}
	found, bound := s.search(o.Nodes)
	a, err := s.settle(found)
	if err != nil {
		return Result{}, err
	}

	r := Result{Engine: EngineVersion, Programme: p.ID, Edition: p.Edition, Digest: p.digest, At: dayText(at), Unit: p.Credit.Unit, Total: p.Credit.Total, LetOff: p.let,
		Optimality: Optimality{Proven: !found.exhausted, Nodes: min(found.nodes, found.budget), Objective: Objective, BoundSatisfied: bound.satisfied, BoundCredits: s.credits(bound.credits)}}
	s.lines(&r, a)
	s.requirements(&r, a, at)
	s.choices(&r)
	s.bounds(&r, a)
	s.explain(&r, &a.uses, found.exhausted)
	s.reusedResults(&r)
	for _, l := range r.Lines {
		if !l.Shared {
			r.Counted = r.Counted.Add(l.Credits)
		}
	}
	r.Complete = a.score.satisfied == s.tree.tops &&
		!slices.ContainsFunc(r.Floors, func(f FloorResult) bool { return !f.Kept }) && r.Counted.Cmp(r.Needed()) >= 0
	r.NextChange = s.nextChange(r)
	s.exceptionResults(&r, a, at)
	return r, nil
}

func (c *candidate) edgeTo(requirement, slot int) edge {
	i := slices.IndexFunc(c.edges, func(e edge) bool { return e.requirement == requirement && e.slot == slot })
	return c.edges[i]
}

func (s *problem) lines(r *Result, a allocation) {
	for i, f := range a.fill {
		if f < 0 || s.candidates[f].waiver != "" {
			continue
		}
		ref := s.slots[i]
		req := s.p.Requirements[ref.requirement]
		e := s.candidates[f].edgeTo(ref.requirement, ref.slot)
		r.Lines = append(r.Lines, Line{Credential: s.candidates[f].Digest, Requirement: req.ID, Slot: req.Slots()[ref.slot].ID,
			Credits: s.lineCredits(f, ref.credits), Clause: req.Clause, Agreement: e.agreement, Shared: a.shared[i], Exception: e.exception})
	}
	for _, l := range a.pools {
		if s.candidates[l.candidate].waiver != "" {
			continue
		}
		requirement := s.pools[l.pool]
		req := s.p.Requirements[requirement]
		e := s.candidates[l.candidate].edgeTo(requirement, -1)
		r.Lines = append(r.Lines, Line{Credential: s.candidates[l.candidate].Digest, Requirement: req.ID, Credits: s.credits(l.credits), Clause: req.Clause, Agreement: e.agreement, Shared: s.sharedEdge(l.edge), Exception: e.exception})
	}
	order := map[string]int{}
	for i, req := range s.p.Requirements {
		order[req.ID] = i
	}
	slices.SortStableFunc(r.Lines, func(x, y Line) int {
		if d := order[x.Requirement] - order[y.Requirement]; d != 0 {
			return d
		}
		if d := strings.Compare(x.Slot, y.Slot); d != 0 {
			return d
		}
		return strings.Compare(x.Credential, y.Credential)
	})
}

// lineCredits is what a line counts for; nothing where a candidate counts without
// credit.
func (s *problem) lineCredits(candidate int, n int64) cairn.Credits {
	if s.candidates[candidate].free() {
		return cairn.Credits{}
	}
	return s.credits(n)
}

// sharedEdge reports whether a way into a pool is of a copy.
func (s *problem) sharedEdge(e int) bool { return s.classes[s.poolEdges[e].class].copy }

func (s *problem) requirements(r *Result, a allocation, at time.Time) {
	for i, req := range s.p.Requirements {
		q := RequirementResult{Requirement: req.ID, Clause: req.Clause, Need: req.Credits, Status: Missing}
		filled, waived := 0, req.AttestedBy != "" && s.p.waived(req.ID, at)
		for j, ref := range s.slots {
			if ref.requirement != i {
				continue
			}
			slot := SlotResult{Slot: req.Slots()[ref.slot].ID, Credits: s.credits(ref.credits)}
			if req.want() == len(req.Slots()) {
				q.Need = q.Need.Add(slot.Credits)
			}
			if f := a.fill[j]; f >= 0 {
				if c := s.candidates[f]; c.waiver != "" {
					slot.Waived, waived = c.waiver, true
				} else {
					slot.Credential = c.Digest
				}
				filled++
			}
			q.Slots = append(q.Slots, slot)
		}
		if req.Choose > 0 && req.Choose < len(req.Of) {
			q.Need = s.smallest(req)
		}
		for _, l := range r.Lines {
			if l.Requirement == req.ID {
				q.Have = q.Have.Add(l.Credits)
			}
		}
		full := filled >= s.want(i)
		if k := slices.Index(s.pools, i); k >= 0 {
			full = a.full[k]
			waived = slices.ContainsFunc(a.pools, func(l poolLine) bool { return l.pool == k && s.candidates[l.candidate].waiver != "" })
		}
		switch {
		case (full || s.attested[i]) && waived:
			q.Status = Waived
		case full, s.attested[i]:
			q.Status = Satisfied
		case req.AttestedBy != "", s.p.waiting(req.ID, at):
			q.Status = Waiting
		case q.Have.Sign() > 0 || filled > 0:
			q.Status = Partly
		}
		r.Requirements = append(r.Requirements, q)
	}
}

// choices says how far the choices are met. What nobody needs, since other tracks
// meet its choice, is neither missing nor open.
func (s *problem) choices(r *Result) {
	met, used := make([]bool, len(r.Requirements)), make([]bool, len(r.Requirements))
	for i, q := range r.Requirements {
		met[i], used[i] = q.Status.Met(), q.Have.Sign() > 0 || q.Status.Met()
	}
	for i := range s.p.Choices {
		c := &s.p.Choices[i]
		out := ChoiceResult{Choice: c.ID, Clause: c.Clause, Status: Missing, Choose: c.Choose}
		begun := s.tree.begun(i, used)
		if len(begun) > 0 {
			out.Status = Partly
		}
		if s.tree.choice(i, met) {
			out.Status = Satisfied
		}
		for j, track := range c.Tracks {
			t := TrackResult{Track: track.ID, Status: Missing}
			switch {
			case s.tree.track(trackRef{i, j}, met):
				t.Status = Satisfied
			case slices.Contains(begun, j):
				t.Status = Partly
			case out.Status == Satisfied:
				t.Status = NotNeeded
				s.tree.inside(trackRef{i, j}, func(k int) { r.Requirements[k].Status = NotNeeded })
			}
			out.Tracks = append(out.Tracks, t)
		}
		r.Choices = append(r.Choices, out)
	}
}

// smallest is the least credit with which a choice can be met.
func (s *problem) smallest(r Requirement) cairn.Credits {
	var all []cairn.Credits
	for _, slot := range r.Of {
		all = append(all, slot.Credits)
	}
	slices.SortFunc(all, cairn.Credits.Cmp)
	var sum cairn.Credits
	for _, c := range all[:r.Choose] {
		sum = sum.Add(c)
	}
	return sum
}

func (s *problem) bounds(r *Result, a allocation) {
	used := map[string]cairn.Credits{} // by the name of the cap
	limited := map[[2]int]cairn.Credits{}
	for i, f := range a.fill {
		if f >= 0 && !a.shared[i] {
			name := s.candidates[f].Route.capName()
			used[name] = used[name].Add(s.credits(s.slots[i].credits))
		}
	}
	for _, l := range a.pools {
		if name := s.candidates[l.candidate].Route.capName(); !s.sharedEdge(l.edge) {
			used[name] = used[name].Add(s.credits(l.credits))
		}
		if j := s.limitOf(l.candidate, s.pools[l.pool]); j >= 0 {
			at := [2]int{s.pools[l.pool], j}
			limited[at] = limited[at].Add(s.credits(l.credits))
		}
	}
	for _, c := range []struct {
		name string
		cap  *Cap
	}{{"outside", s.p.Policy.Outside}, {"rpl", s.p.Policy.RPL}} {
		if c.cap != nil {
			r.Caps = append(r.Caps, CapResult{Name: c.name, Clause: c.cap.Clause, Used: used[c.name], Limit: *s.p.capLimit(c.cap)})
		}
	}
	for i, req := range s.p.Requirements {
		for j, l := range req.Limits {
			r.Caps = append(r.Caps, CapResult{Name: req.ID + ":" + strings.Join(l.Fields, "+"), Clause: l.Clause, Used: limited[[2]int{i, j}], Limit: l.Credits})
		}
	}
	for _, rule := range s.rules {
		if m, ok := rule.(*measure); ok {
			r.Caps = append(r.Caps, m.used(&a.uses))
		}
	}
	for _, g := range s.goals {
		r.Floors = append(r.Floors, g.result(&a.uses))
	}
}

// explain gives every credential a status and every reason that holds for it, in
// the order of the candidates.
func (s *problem) explain(r *Result, u *uses, exhausted bool) {
	for _, c := range s.candidates {
		if c.waiver != "" {
			continue
		}
		q := CredentialResult{Credential: c.Digest, Carries: c.amount, Status: NotUsed}
		if c.Route != c.was {
			q.Route = c.Route
		}
		if c.Blocked != BlockedDuplicate {
			for _, l := range r.Lines {
				if l.Credential == c.Digest {
					code := ReasonUsed
					switch {
					case l.Shared:
						code = ReasonShared
					case c.free():
						code = ReasonExempted
					default:
						q.Counted = q.Counted.Add(l.Credits)
					}
					q.Reasons = append(q.Reasons, Reason{Code: code, Clause: l.Clause, Requirement: l.Requirement,
						Args: map[string]string{"credits": l.Credits.String(), "slot": l.Slot, "agreement": l.Agreement}})
					if l.Exception != "" {
						i := slices.IndexFunc(s.p.exceptions, func(x Exception) bool { return x.ID == l.Exception })
						q.Reasons = append(q.Reasons, Reason{Code: ReasonException, Clause: l.Clause, Requirement: l.Requirement, Args: s.p.exceptions[i].args()})
					}
				}
			}
		}
		switch {
		case len(c.reasons) > 0:
			q.Reasons = append(q.Reasons, c.reasons...)
			if c.look || c.Blocked == BlockedIdentity || c.Blocked == BlockedUndetermined || c.reasons[0].Code == ReasonRepeatUncertain {
				q.Status = Undecided
			}
		case q.Counted.Sign() > 0 && q.Counted.Cmp(c.amount) >= 0, c.free() && len(q.Reasons) > 0:
			q.Status = Used
		default:
			if q.Counted.Sign() > 0 {
				q.Status = PartlyUsed
			}
			q.Reasons = append(q.Reasons, s.whyNot(r, u, c, q.Counted)...)
			if q.Status == NotUsed && slices.ContainsFunc(c.edges, func(e edge) bool { return e.undecided }) {
				q.Status = Undecided
			}
		}
		if exhausted && q.Status != Used {
			q.Reasons = append(q.Reasons, Reason{Code: ReasonNotProven})
		}
		r.Credentials = append(r.Credentials, q)
	}
}

// whyNot collects every reason why a credential, or the rest of it, does not
// count.
func (s *problem) whyNot(r *Result, u *uses, c *candidate, counted cairn.Credits) []Reason {
	var out []Reason
	add := func(q Reason) {
		same := func(o Reason) bool { return o.Code == q.Code && o.Clause == q.Clause && o.Requirement == q.Requirement }
		if !slices.ContainsFunc(out, same) {
			out = append(out, q)
		}
	}
	for _, set := range s.p.Exclusive {
		if slices.Contains(set.Achievements, c.Achievement) {
			for _, o := range s.candidates {
				if o != c && slices.Contains(set.Achievements, o.Achievement) && slices.ContainsFunc(r.Lines, func(l Line) bool { return l.Credential == o.Digest }) {
					add(Reason{Code: ReasonExclusive, Clause: set.Clause, Args: map[string]string{"title": o.Title}})
				}
			}
		}
	}
	rest := c.amount.Sub(counted).String()
	for _, e := range c.edges {
		req := s.p.Requirements[e.requirement]
		if !e.open() {
			for _, q := range e.reasons {
				add(q)
			}
			continue
		}
		if e.slot >= 0 && counted.Sign() > 0 && slices.ContainsFunc(r.Lines, func(l Line) bool { return l.Credential == c.Digest && l.Slot != "" }) {
			continue // it fills a slot already; only what is left matters
		}
		var more cairn.Credits // that it would need at least to count here
		if e.slot >= 0 {
			more = req.Slots()[e.slot].Credits
		}
		capped := false
		for _, rule := range s.rules {
			if after, ok := rule.(*prerequisite); ok && after.requirement == e.requirement {
				if closed := after.closed(u, c); len(closed) > 0 {
					add(Reason{Code: ReasonPrerequisite, Clause: req.Clause, Requirement: req.ID, Args: map[string]string{"need": strings.Join(closed, ", ")}})
					capped = true
				}
			}
			if one, ok := rule.(*single); ok && counted.Sign() > 0 && !one.to[e.requirement] {
				add(Reason{Code: ReasonSurplus, Clause: s.p.Policy.Surplus.Clause, Args: map[string]string{"rest": rest}})
				capped = true
			}
			if m, ok := rule.(*measure); ok && m.among[c.index] && m.scope[e.requirement] && m.tight(u, s.whole(more)) {
				have, limit := m.have(u)
				add(Reason{Code: ReasonCap, Clause: m.bound.Clause, Args: map[string]string{"cap": m.name, "used": m.amount(have).String(), "limit": m.amount(limit).String(), "rest": rest}})
				capped = true
			}
		}
		if q := r.cap(c.Route); q != nil && (q.Used.Equal(q.Limit) || q.Used.Add(more).Cmp(q.Limit) > 0) {
			code := ReasonOutsideCap
			if c.Route == RPL {
				code = ReasonRPLCap
			}
			add(Reason{Code: code, Clause: q.Clause, Args: map[string]string{"limit": q.Limit.String(), "rest": rest}})
			continue
		}
		if e.slot < 0 {
			if j := s.limitOf(c.index, e.requirement); j >= 0 {
				l := req.Limits[j]
				i := slices.IndexFunc(r.Caps, func(q CapResult) bool { return q.Name == req.ID+":"+strings.Join(l.Fields, "+") })
				if r.Caps[i].Used.Equal(l.Credits) {
					add(Reason{Code: ReasonLimit, Clause: l.Clause, Requirement: req.ID,
						Args: map[string]string{"limit": l.Credits.String(), "counted": counted.String(), "carries": c.amount.String(), "fields": strings.Join(l.Fields, ", "), "rest": rest}})
					continue
				}
			}
		}
		if capped {
			continue
		}
		add(Reason{Code: ReasonFull, Clause: req.Clause, Requirement: req.ID, Args: map[string]string{"rest": rest}})
	}
	if len(out) == 0 {
		// It fills its place, and nothing in the programme asks for what is left.
		out = append(out, Reason{Code: ReasonNoMatch, Args: map[string]string{"rest": rest}})
	}
	return out
}

func (r *Result) cap(route Route) *CapResult {
	for i := range r.Caps {
		if name := route.capName(); name != "" && r.Caps[i].Name == name {
			return &r.Caps[i]
		}
	}
	return nil
}

// nextChange finds the first day on which something that counts is too old.
func (s *problem) nextChange(r Result) string {
	var first time.Time
	for _, c := range s.candidates {
		for _, l := range r.Lines {
			if l.Credential != c.Digest {
				continue
			}
			for _, e := range c.edges {
				if s.p.Requirements[e.requirement].ID == l.Requirement && e.open() && !e.lapses.IsZero() && (first.IsZero() || e.lapses.Before(first)) {
					first = e.lapses
				}
			}
		}
	}
	if first.IsZero() {
		return ""
	}
	return dayText(first)
}
