package programme

import (
	"encoding/json"
	"fmt"
	"slices"

	"cairn.example"
)

// layered is one policy among several: the widest first, the programme's own last.
type layered struct {
	name   string
	at     string // place in the programme
	policy *Policy
	loosen []string
}

// policies puts the policies of all layers together. The tightest of each rule holds.
// A narrower layer that loosens a rule needs the leave of every wider one that has it.
func (r *resolver) policies(documents []*PolicyLayer) {
	var list []layered
	for _, layer := range layers {
		for _, d := range documents {
			if d.Layer == layer {
				i := slices.IndexFunc(r.p.Uses, func(u Reference) bool { return u.Kind == KindPolicy && u.ID == d.ID })
				list = append(list, layered{fmt.Sprintf("the %s policy %s", d.Layer, d.ID), fmt.Sprintf("uses[%d]", i), &d.Policy, d.Loosen})
			}
		}
	}
	own := r.p.Policy
	list = append(list, layered{"the programme", "policy", &own, nil})
	var out Policy
	for _, rule := range policyRules {
		r.rule(list, rule, &out)
	}
	r.p.Policy = out
}

// policyRule puts one rule of the layers together. It compares what two layers say:
// below zero when the second is looser than the first.
type policyRule struct {
	name    string
	given   func(*Policy) bool
	clause  func(*Policy) string
	compare func(p *Programme, wide, narrow *Policy) (tighter int, how string)
	take    func(into, from *Policy)
	// gather is for rules of which several may stand side by side.
	gather func(r *resolver, list []layered, out *Policy)
}

// policyRules are the rules of a policy; a test holds them against the type.
var policyRules = []policyRule{
	{name: "outside", given: func(l *Policy) bool { return l.Outside != nil }, clause: func(l *Policy) string { return l.Outside.Clause },
		compare: func(p *Programme, a, b *Policy) (int, string) { return p.compareCaps(a.Outside, b.Outside) }, take: func(o, l *Policy) { o.Outside = l.Outside }},
	{name: "rpl", given: func(l *Policy) bool { return l.RPL != nil }, clause: func(l *Policy) string { return l.RPL.Clause },
		compare: func(p *Programme, a, b *Policy) (int, string) { return p.compareCaps(a.RPL, b.RPL) }, take: func(o, l *Policy) { o.RPL = l.RPL }},
	{name: "maxAge", given: func(l *Policy) bool { return l.MaxAge != nil }, clause: func(l *Policy) string { return l.MaxAge.Clause },
		compare: func(_ *Programme, a, b *Policy) (int, string) {
			months := func(c *Currency) int { return c.Years*12 + c.Months }
			return months(a.MaxAge) - months(b.MaxAge), fmt.Sprintf("%d months, and not %d", months(b.MaxAge), months(a.MaxAge))
		}, take: func(o, l *Policy) { o.MaxAge = l.MaxAge }},
	{name: "repeat", given: func(l *Policy) bool { return l.Repeat != nil }, clause: func(l *Policy) string { return l.Repeat.Clause },
		compare: func(_ *Programme, a, b *Policy) (int, string) {
			return unlike(a.Repeat.Keep != b.Repeat.Keep), fmt.Sprintf("the %s counts, and not the %s", b.Repeat.Keep, a.Repeat.Keep)
		}, take: func(o, l *Policy) { o.Repeat = l.Repeat }},
	{name: "reuse", given: func(l *Policy) bool { return l.Reuse != nil }, clause: func(l *Policy) string { return l.Reuse.Clause },
		compare: func(_ *Programme, a, b *Policy) (int, string) {
			again := func(l *Policy) cairn.Credits { return (&Programme{Policy: *l}).Again() }
			return again(a).Cmp(again(b)), fmt.Sprintf("%s %% count again, and not %s %%", again(b).Decimal(), again(a).Decimal())
		}, take: func(o, l *Policy) { o.Reuse = l.Reuse }},
	{name: "terms", given: func(l *Policy) bool { return len(l.Terms) > 0 }, clause: func(*Policy) string { return "" },
		compare: func(_ *Programme, a, b *Policy) (int, string) {
			return unlike(!slices.Equal(a.Terms, b.Terms)), fmt.Sprintf("terms begin on %v, and not on %v", b.Terms, a.Terms)
		}, take: func(o, l *Policy) { o.Terms = l.Terms }},
	{name: "appeal", given: func(l *Policy) bool { return l.Appeal != nil }, clause: func(*Policy) string { return "" },
		compare: func(_ *Programme, a, b *Policy) (int, string) { // what protects learners is tight when it is long
			if a.Appeal.DecideWithin > 0 && (b.Appeal.DecideWithin == 0 || b.Appeal.DecideWithin > a.Appeal.DecideWithin) {
				return -1, fmt.Sprintf("decided within %d days, and not within %d (0: not said)", b.Appeal.DecideWithin, a.Appeal.DecideWithin)
			}
			return b.Appeal.Days - a.Appeal.Days, fmt.Sprintf("%d days, and not %d", b.Appeal.Days, a.Appeal.Days)
		}, take: func(o, l *Policy) { o.Appeal = l.Appeal }},
	{name: "overlap", given: func(l *Policy) bool { return l.Overlap != nil }, clause: func(l *Policy) string { return l.Overlap.Clause },
		compare: func(_ *Programme, a, b *Policy) (int, string) {
			return b.Overlap.Percent.Cmp(a.Overlap.Percent), fmt.Sprintf("%s %%, and not %s %%", b.Overlap.Percent.Decimal(), a.Overlap.Percent.Decimal())
		}, take: func(o, l *Policy) { o.Overlap = l.Overlap }},
	{name: "surplus", given: func(l *Policy) bool { return l.Surplus != nil }, clause: func(l *Policy) string { return l.Surplus.Clause },
		compare: func(_ *Programme, a, b *Policy) (int, string) {
			return subset(b.Surplus.To, a.Surplus.To), fmt.Sprintf("what is left over counts in %v, and not only in %v", b.Surplus.To, a.Surplus.To)
		}, take: func(o, l *Policy) { o.Surplus = l.Surplus }},
	{name: "opening", given: func(l *Policy) bool { return l.Opening != nil }, clause: func(l *Policy) string { return l.Opening.Clause },
		compare: func(_ *Programme, a, b *Policy) (int, string) {
			return subset(b.Opening.Routes, a.Opening.Routes), fmt.Sprintf("credit by %v opens, and not only by %v", b.Opening.Routes, a.Opening.Routes)
		}, take: func(o, l *Policy) { o.Opening = l.Opening }},
	{name: "exceptions", given: func(l *Policy) bool { return l.Exceptions != nil }, clause: func(l *Policy) string { return l.Exceptions.Clause },
		compare: func(_ *Programme, a, b *Policy) (int, string) {
			return subset(b.Exceptions.Reserved, a.Exceptions.Reserved), fmt.Sprintf("%v are allowed, and not only %v", b.Exceptions.Reserved, a.Exceptions.Reserved)
		}, take: func(o, l *Policy) { o.Exceptions = l.Exceptions }},
	{name: "secondSignature", given: func(l *Policy) bool { return l.SecondSignature != nil }, clause: func(l *Policy) string { return l.SecondSignature.Clause },
		compare: func(_ *Programme, a, b *Policy) (int, string) {
			return subset(a.SecondSignature.For, b.SecondSignature.For), fmt.Sprintf("two sign %v, and not all of %v", b.SecondSignature.For, a.SecondSignature.For)
		}, take: func(o, l *Policy) { o.SecondSignature = l.SecondSignature }},
	{name: "caps", gather: func(r *resolver, list []layered, out *Policy) { r.layeredBounds(list, "caps", out) }},
	{name: "floors", gather: func(r *resolver, list []layered, out *Policy) { r.layeredBounds(list, "floors", out) }},
	// Of these every layer may have its own, the widest first: of routings the first that
	// picks a credential holds for it.
	{name: "routing", gather: func(_ *resolver, list []layered, out *Policy) {
		for _, l := range list {
			out.Routing = append(out.Routing, l.policy.Routing...)
		}
	}},
	{name: "overrides", gather: func(_ *resolver, list []layered, out *Policy) {
		for _, l := range list {
			out.Overrides = append(out.Overrides, l.policy.Overrides...)
		}
	}},
	{name: "sharing", gather: func(_ *resolver, list []layered, out *Policy) {
		for _, l := range list {
			out.Sharing = append(out.Sharing, l.policy.Sharing...)
		}
	}},
}

// subset is zero when everything in a list is in another, and else below.
func subset[T comparable](list, in []T) int {
	return unlike(slices.ContainsFunc(list, func(one T) bool { return !slices.Contains(in, one) }))
}

func unlike(yes bool) int {
	if yes {
		return -1
	}
	return 0
}

func (p *Programme) compareCaps(wide, narrow *Cap) (int, string) {
	a, b := p.CapLimit(wide), p.CapLimit(narrow)
	return a.Cmp(b), fmt.Sprintf("%s %s, and not %s", b.Decimal(), p.Credit.Unit, a.Decimal())
}

func (r *resolver) rule(list []layered, rule policyRule, out *Policy) {
	if rule.gather != nil {
		rule.gather(r, list, out)
		return
	}
	for i, l := range list {
		if !rule.given(l.policy) {
			continue
		}
		tightest, allowed := true, true
		for _, wide := range list[:i] {
			if !rule.given(wide.policy) {
				continue
			}
			if tighter, how := rule.compare(r.p, wide.policy, l.policy); tighter < 0 {
				tightest = false
				if !slices.Contains(wide.loosen, rule.name) {
					allowed = false
					r.contradict(rule.name, wide, l, rule.clause(wide.policy), rule.clause(l.policy), how)
				}
			}
		}
		if tightest || allowed {
			rule.take(out, l.policy)
		}
	}
}

func (r *resolver) contradict(rule string, wide, narrow layered, wideClause, clause, how string) {
	of := func(name, clause string) string {
		if clause == "" {
			return name
		}
		return name + " (clause " + clause + ")"
	}
	r.say(LintError, LintLayersContradict, narrow.at, clause, "%s loosens %s of %s: %s. A narrower policy may only tighten a rule, unless the wider one says mayLoosen: [%s]",
		of(narrow.name, clause), rule, of(wide.name, wideClause), how, rule)
}

// layeredBounds collects the general caps or floors of all layers: every one holds. One
// with the id of a wider layer's stands for it, when it is as tight or may be loose.
func (r *resolver) layeredBounds(list []layered, name string, out *Policy) {
	of := func(l *Policy) *[]Bound {
		if name == "caps" {
			return &l.Caps
		}
		return &l.Floors
	}
	into := of(out)
	from := map[string]layered{}
	for _, l := range list {
		for _, b := range *of(l.policy) {
			wide, known := from[b.ID]
			i := slices.IndexFunc(*into, func(o Bound) bool { return o.ID == b.ID })
			if known && i >= 0 {
				before := (*into)[i]
				if !slices.Contains(wide.loosen, name) && !tighterBound(before, b, name == "floors") {
					r.contradict(name, wide, l, before.Clause, b.Clause, fmt.Sprintf("%s is not the same rule with a tighter figure", b.ID))
				}
				(*into)[i] = b
			} else {
				*into = append(*into, b)
			}
			from[b.ID] = l
		}
	}
	if len(*into) > maxBounds {
		r.say(LintError, LintLayersContradict, "policy."+name, "", "all layers together have more than %d", maxBounds)
	}
}

// tighterBound reports whether a bound is the same as another but for a figure that
// is as tight.
func tighterBound(wide, narrow Bound, floor bool) bool {
	figure := func(b Bound) cairn.Credits {
		switch {
		case b.Average != nil:
			return b.Average.Min
		case b.Number > 0:
			return cairn.WholeCredits(int64(b.Number))
		case !b.Percent.IsZero():
			return b.Percent
		}
		return b.Credits
	}
	bare := func(b Bound) Bound {
		none := cairn.Credits{}
		if b.Average != nil {
			a := *b.Average
			a.Min = none
			b.Average = &a
		}
		if b.Number > 0 {
			b.Number = 1
		}
		if !b.Percent.IsZero() {
			b.Percent = cairn.WholeCredits(1)
		}
		if !b.Credits.IsZero() {
			b.Credits = cairn.WholeCredits(1)
		}
		b.Clause, b.Title = "", nil
		return b
	}
	c := figure(wide).Cmp(figure(narrow))
	if floor {
		c = -c
	}
	a, errA := json.Marshal(bare(wide))
	b, errB := json.Marshal(bare(narrow))
	return errA == nil && errB == nil && c >= 0 && string(a) == string(b)
}

// Layered lists the rules of a policy that layers are put together of, by their names
// in documents.
func Layered() []string {
	var out []string
	for _, r := range policyRules {
		out = append(out, r.name)
	}
	return out
}
