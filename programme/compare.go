package programme

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cairn.example"
)

// maxCompared bounds the programmes of one comparison.
const maxCompared = 200

// Near is how near somebody is to a full credential.
type Near struct {
	Programme    cairn.ProgrammeID `json:"programme"`
	Edition      string            `json:"edition"`
	Digest       string            `json:"digest"`
	Complete     bool              `json:"complete"`
	Satisfied    int               `json:"satisfied"`
	Requirements int               `json:"requirements"`
	Counted      cairn.Credits     `json:"counted"`
	Total        cairn.Credits     `json:"total"`
	Missing      cairn.Credits     `json:"missing"` // credit still to be earned, at least
	Unit         string            `json:"unit"`
	Hours        cairn.Credits     `json:"hours"` // of learning that the missing credit stands for
	Proven       bool              `json:"proven"`
}

// Compare ranks programmes for one learner: those that are complete first, then by
// the hours of learning that are missing, since credits of two programmes need not
// be alike, then by the requirements that are, then by name. Where the rules have
// more to say than credit, such as which places are empty, the figure is the least
// that is missing.
func Compare(programmes []*Programme, held []Held, at time.Time, o Options) ([]Near, error) {
	if len(programmes) > maxCompared {
		return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "programme.too-many", Message: fmt.Sprintf("more than %d programmes", maxCompared)}
	}
	var out []Near
	for _, p := range programmes {
		r, err := Evaluate(p, held, at, o)
		if err != nil {
			return nil, err
		}
		out = append(out, p.Nearness(r))
	}
	Rank(out)
	return out, nil
}

// Nearness says how near a result is to the full credential.
func (p *Programme) Nearness(r Result) Near {
	n := Near{Programme: p.ID, Edition: p.Edition, Digest: p.digest, Complete: r.Complete, Requirements: len(r.Requirements), Counted: r.Counted, Total: r.Total, Unit: r.Unit, Proven: r.Optimality.Proven}
	for i, q := range r.Requirements {
		if q.Status.Met() {
			n.Satisfied++
			continue
		}
		n.Missing = n.Missing.Add(p.missing(&p.Requirements[i], q))
	}
	if rest := r.Needed().Sub(r.Counted); rest.Cmp(n.Missing) > 0 {
		n.Missing = rest
	}
	n.Hours = n.Missing.Mul(p.Credit.HoursPerCredit)
	return n
}

// missing is the least credit that a requirement still needs.
func (p *Programme) missing(r *Requirement, q RequirementResult) (sum cairn.Credits) {
	if r.Credits.Sign() > 0 {
		if rest := q.Need.Sub(q.Have); rest.Sign() > 0 {
			sum = rest
		}
		return sum
	}
	var empty []cairn.Credits
	for _, s := range q.Slots {
		if s.Credential == "" && s.Waived == "" {
			empty = append(empty, s.Credits)
		}
	}
	if r.Choose > 0 {
		slices.SortFunc(empty, cairn.Credits.Cmp)
		empty = empty[:min(len(empty), max(0, r.Choose-(len(q.Slots)-len(empty))))]
	}
	for _, c := range empty {
		sum = sum.Add(c)
	}
	return sum
}

// Rank puts the nearest first.
func Rank(list []Near) {
	slices.SortFunc(list, func(a, b Near) int {
		if a.Complete != b.Complete {
			if a.Complete {
				return -1
			}
			return 1
		}
		if d := a.Hours.Cmp(b.Hours); d != 0 {
			return d
		}
		if d := (a.Requirements - a.Satisfied) - (b.Requirements - b.Satisfied); d != 0 {
			return d
		}
		return strings.Compare(string(a.Programme)+"\x00"+a.Digest, string(b.Programme)+"\x00"+b.Digest)
	})
}

// Trial is what would be, were some achievements earned. It is no evaluation of
// anything that anybody has, and nothing decides by it.
type Trial struct {
	Now     Result   `json:"now"`
	Then    Result   `json:"then"`    // with what is planned
	Planned []string `json:"planned"` // digests, by PlannedDigest
	// Satisfied are the requirements that the plan satisfies, and Idle what of the plan
	// would not count.
	Satisfied []string `json:"satisfied"`
	Idle      []string `json:"idle"`
}

// WhatIf evaluates what is held together with what is planned. Planned achievements
// that are not named as such are refused, and so is what is held under such a name.
func WhatIf(p *Programme, held, plan []Held, at time.Time, o Options) (Trial, error) {
	for _, h := range held {
		if strings.HasPrefix(h.Digest, PlannedPrefix) {
			return Trial{}, &cairn.Error{Kind: cairn.Invalid, Code: "programme.not-planned", Object: h.Digest, Message: "what is planned is given as if it were held"}
		}
	}
	now, err := Evaluate(p, held, at, o)
	if err != nil {
		return Trial{}, err
	}
	all, err := p.newTrial(held, plan)
	if err != nil {
		return Trial{}, err
	}
	then, err := Evaluate(p, all, at, o)
	if err != nil {
		return Trial{}, err
	}
	out := Trial{Now: now, Then: then}
	for _, q := range then.Credentials {
		if strings.HasPrefix(q.Credential, PlannedPrefix) {
			out.Planned = append(out.Planned, q.Credential)
			if q.Counted.IsZero() {
				out.Idle = append(out.Idle, q.Credential)
			}
		}
	}
	for i, q := range then.Requirements {
		if q.Status.Met() && !now.Requirements[i].Status.Met() {
			out.Satisfied = append(out.Satisfied, q.Requirement)
		}
	}
	return out, nil
}

// newTrial is what would be held with everything of a plan.
func (p *Programme) newTrial(held, plan []Held) ([]Held, error) {
	if err := checkPlanned(plan); err != nil {
		return nil, err
	}
	out := slices.Clone(held)
	grade := p.bestGradeAsked()
	for _, h := range plan {
		if h.Grade == "" && grade != nil {
			h.GradeScale, h.Grade = grade.Scale, grade.Grade
		}
		out = p.joined(out, h)
	}
	return out, nil
}

// joined adds what is earned to what is held. Of the same achievement, held and
// earned again, the later one stays, unless the programme says which.
func (p *Programme) joined(held []Held, h Held) []Held {
	for i := range held {
		if p.Policy.Repeat == nil && held[i].Blocked == "" && held[i].Issuer == h.Issuer && held[i].Achievement == h.Achievement {
			held[i].Blocked = BlockedDuplicate
		}
	}
	return append(held, h)
}

func checkPlanned(plan []Held) error {
	if len(plan) > maxOffers {
		return &cairn.Error{Kind: cairn.TooLarge, Code: "programme.too-many", Message: fmt.Sprintf("more than %d planned achievements", maxOffers)}
	}
	for _, h := range plan {
		if !strings.HasPrefix(h.Digest, PlannedPrefix) {
			return &cairn.Error{Kind: cairn.Invalid, Code: "programme.not-planned", Object: h.Digest, Message: "what is not earned must be named as planned"}
		}
	}
	return nil
}
