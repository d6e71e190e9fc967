package programme

import (
	"slices"
	"strings"

	"cairn.example"
)

// How much of what was used for another award may count again.
const (
	ReuseForbidden = "forbidden"
	ReuseShare     = "share"
	ReuseFree      = "free"
)

// Reuse says whether credit that was used for another award counts here as well:
// not at all, in part, or whole. Without the rule it does not.
type Reuse struct {
	Allow   string        `yaml:"allow"`             // forbidden, share or free
	Percent cairn.Credits `yaml:"percent,omitempty"` // of what was used, with share
	Clause  string        `yaml:"clause"`
}

func (r *Reuse) validate(at string) error {
	switch {
	case r == nil:
		return nil
	case !slices.Contains([]string{ReuseForbidden, ReuseShare, ReuseFree}, r.Allow):
		return invalid(at+".allow", "credit that was used before is forbidden, counts by a share, or is free, not %q", r.Allow)
	case (r.Allow == ReuseShare) != (r.Percent.Sign() > 0 && r.Percent.Cmp(cairn.WholeCredits(100)) < 0) || r.Allow != ReuseShare && !r.Percent.IsZero():
		return invalid(at+".percent", "a share has a percentage between 0 and 100, and nothing else has one")
	case r.Clause == "" || strings.ContainsFunc(r.Clause, hidden):
		return invalid(at+".clause", "the rule needs the clause that it rests on, without hidden characters")
	}
	return nil
}

// Again is the percentage that counts again of what was used for another award; zero
// when the credential does not count at all then.
func (p *Programme) Again() cairn.Credits {
	switch r := p.Policy.Reuse; {
	case r == nil || r.Allow == ReuseForbidden:
		return cairn.Credits{}
	case r.Allow == ReuseFree:
		return cairn.WholeCredits(100)
	default:
		return r.Percent
	}
}

// Available is what of a credential may count when a part of it was used for other
// awards, in the credential's own credit: what was not used, and the share of the
// rest. Nothing is when the programme forbids it and something was used.
func (p *Programme) Available(earned, usedElsewhere cairn.Credits) cairn.Credits {
	if usedElsewhere.Sign() <= 0 {
		return earned
	}
	again := p.Again()
	if again.Sign() <= 0 {
		return cairn.Credits{}
	}
	kept := cairn.WholeCredits(100).Sub(again).Mul(usedElsewhere).Div(cairn.WholeCredits(100))
	if kept.Cmp(earned) >= 0 {
		return cairn.Credits{}
	}
	return earned.Sub(kept)
}

// reuse reduces what a candidate can bring by what was used of it elsewhere. It
// reports whether anything is left.
func (p *Programme) reuse(c *candidate) bool {
	c.carries = c.amount
	if c.UsedElsewhere == nil || c.UsedElsewhere.Sign() <= 0 {
		return true
	}
	left := p.Available(c.Credit.Amount, *c.UsedElsewhere)
	c.amount = left.Mul(c.Credit.HoursPerCredit).Div(p.Credit.HoursPerCredit)
	switch {
	case p.Again().Sign() <= 0:
		c.reasons = []Reason{p.blocked(BlockedSpent)}
	case c.amount.Sign() <= 0:
		c.reasons = []Reason{p.reused(c)}
	}
	return len(c.reasons) == 0
}

// blocked is the reason for what can't count whatever the rules say, with the clause
// when there is one.
func (p *Programme) blocked(code string) Reason {
	r := Reason{Code: code}
	if code == BlockedSpent && p.Policy.Reuse != nil && p.Policy.Reuse.Allow == ReuseForbidden {
		r.Clause = p.Policy.Reuse.Clause
	}
	return r
}

func (p *Programme) reused(c *candidate) Reason {
	used := c.UsedElsewhere.Mul(c.Credit.HoursPerCredit).Div(p.Credit.HoursPerCredit)
	return Reason{Code: ReasonReused, Clause: p.Policy.Reuse.Clause,
		Args: map[string]string{"used": used.String(), "percent": p.Again().String(), "left": c.amount.String(), "rest": c.carries.Sub(c.amount).String()}}
}

// reusedResults names the rule wherever it left less of a credential to count.
func (s *problem) reusedResults(r *Result) {
	for _, c := range s.candidates {
		if c.carries.Cmp(c.amount) <= 0 {
			continue
		}
		for i := range r.Credentials {
			q := &r.Credentials[i]
			if q.Credential != c.Digest || q.Carries.Cmp(c.amount) != 0 {
				continue
			}
			q.Carries = c.carries
			if c.free() {
				continue // what counts without credit loses none
			}
			if q.Status == Used {
				q.Status = PartlyUsed
			}
			if why := s.p.Policy.Reuse; why != nil && len(c.reasons) == 0 {
				q.Reasons = append(q.Reasons, s.p.reused(c))
			}
		}
	}
}
