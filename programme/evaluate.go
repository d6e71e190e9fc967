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
}

// Evaluate applies a programme to credentials as of a day. The result does not
// depend on the order of held. It fails only on input over its limits.
func Evaluate(p *Programme, held []Held, at time.Time, o Options) (Result, error) {
	if len(held) > maxHeld {
		return Result{}, &cairn.Error{Kind: cairn.TooLarge, Code: "programme.too-many", Message: fmt.Sprintf("more than %d credentials", maxHeld)}
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
	candidates := p.prepare(held, at)
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
	s.bounds(&r, a)
	s.explain(&r, &a.uses, found.exhausted)
	for _, l := range r.Lines {
		r.Counted = r.Counted.Add(l.Credits)
	}
	r.Complete = !slices.ContainsFunc(r.Requirements, func(q RequirementResult) bool { return !q.Status.Met() }) &&
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
		if f < 0 || s.candidates[f].free() {
			continue
		}
		ref := s.slots[i]
		req := s.p.Requirements[ref.requirement]
		e := s.candidates[f].edgeTo(ref.requirement, ref.slot)
		r.Lines = append(r.Lines, Line{Credential: s.candidates[f].Digest, Requirement: req.ID, Slot: req.Slots()[ref.slot].ID,
			Credits: s.credits(ref.credits), Clause: req.Clause, Agreement: e.agreement, Exception: e.exception})
	}
	for _, l := range a.pools {
		if s.candidates[l.candidate].free() {
			continue
		}
		requirement := s.pools[l.pool]
		req := s.p.Requirements[requirement]
		e := s.candidates[l.candidate].edgeTo(requirement, -1)
		r.Lines = append(r.Lines, Line{Credential: s.candidates[l.candidate].Digest, Requirement: req.ID, Credits: s.credits(l.credits), Clause: req.Clause, Agreement: e.agreement, Exception: e.exception})
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

func (s *problem) requirements(r *Result, a allocation, at time.Time) {
	for i, req := range s.p.Requirements {
		q := RequirementResult{Requirement: req.ID, Clause: req.Clause, Need: req.Credits, Status: Missing}
		filled, waived := 0, req.AttestedBy != "" && s.p.waived(req.ID, at)
		for j, ref := range s.slots {
			if ref.requirement != i {
				continue
			}
			slot := SlotResult{Slot: req.Slots()[ref.slot].ID, Credits: s.credits(ref.credits)}
			if len(req.All) > 0 {
				q.Need = q.Need.Add(slot.Credits)
			}
			if f := a.fill[j]; f >= 0 {
				if c := s.candidates[f]; c.free() {
					slot.Waived, waived = c.waiver, true
				} else {
					slot.Credential = c.Digest
				}
				filled++
			}
			q.Slots = append(q.Slots, slot)
		}
		if req.Choose > 0 {
			q.Need = s.smallest(req)
		}
		for _, l := range r.Lines {
			if l.Requirement == req.ID {
				q.Have = q.Have.Add(l.Credits)
			}
		}
		full := filled > 0 && (len(req.All) > 0 && filled == len(req.All) || req.Choose > 0 && filled >= req.Choose)
		if k := slices.Index(s.pools, i); k >= 0 {
			full = a.full[k]
			waived = slices.ContainsFunc(a.pools, func(l poolLine) bool { return l.pool == k && s.candidates[l.candidate].free() })
		}
		switch {
		case (full || s.attested[i]) && waived:
			q.Status = Waived
		case full, s.attested[i]:
			q.Status = Satisfied
		case req.AttestedBy != "", s.p.waiting(req.ID, at):
			q.Status = Waiting
		case q.Have.Sign() > 0:
			q.Status = Partly
		}
		r.Requirements = append(r.Requirements, q)
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
	used := map[Route]cairn.Credits{}
	limited := map[[2]int]cairn.Credits{}
	for i, f := range a.fill {
		if f >= 0 {
			used[s.candidates[f].Route] = used[s.candidates[f].Route].Add(s.credits(s.slots[i].credits))
		}
	}
	for _, l := range a.pools {
		route := s.candidates[l.candidate].Route
		used[route] = used[route].Add(s.credits(l.credits))
		if j := s.limitOf(l.candidate, s.pools[l.pool]); j >= 0 {
			at := [2]int{s.pools[l.pool], j}
			limited[at] = limited[at].Add(s.credits(l.credits))
		}
	}
	for _, c := range []struct {
		name  string
		cap   *Cap
		route Route
	}{{"outside", s.p.Policy.Outside, Transfer}, {"rpl", s.p.Policy.RPL, RPL}} {
		if c.cap != nil {
			r.Caps = append(r.Caps, CapResult{Name: c.name, Clause: c.cap.Clause, Used: used[c.route], Limit: *s.p.capLimit(c.cap)})
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
		if c.free() {
			continue
		}
		q := CredentialResult{Credential: c.Digest, Carries: c.amount, Status: NotUsed}
		if c.Blocked != BlockedDuplicate {
			for _, l := range r.Lines {
				if l.Credential == c.Digest {
					q.Counted = q.Counted.Add(l.Credits)
					q.Reasons = append(q.Reasons, Reason{Code: ReasonUsed, Clause: l.Clause, Requirement: l.Requirement,
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
			if c.Blocked == BlockedIdentity || c.Blocked == BlockedUndetermined || c.reasons[0].Code == ReasonRepeatUncertain {
				q.Status = Undecided
			}
		case q.Counted.Sign() > 0 && q.Counted.Cmp(c.amount) >= 0:
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
	name := map[Route]string{Transfer: "outside", RPL: "rpl"}[route]
	for i := range r.Caps {
		if r.Caps[i].Name == name {
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
