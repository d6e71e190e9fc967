package programme

import (
	"slices"
	"time"

	"cairn.example"
)

// Difference is what is different between two results for the same credentials,
// under two editions of a programme or on two days.
type Difference struct {
	Before       cairn.Credits           `json:"before"` // counted
	After        cairn.Credits           `json:"after"`
	Completed    bool                    `json:"completed"` // before
	Completes    bool                    `json:"completes"` // after
	Requirements []RequirementDifference `json:"requirements,omitempty"`
	Credentials  []CredentialDifference  `json:"credentials,omitempty"`
	// Proven says that both allocations are known to be the best: when it is false,
	// some of the difference may be of the search and not of the rules.
	Proven bool `json:"proven"`
}

// RequirementDifference is a requirement that is met to another part, or that one
// side does not have: its status is then empty.
type RequirementDifference struct {
	Requirement string        `json:"requirement"`
	Clause      string        `json:"clause"` // of the later side, when it has the requirement
	Before      Status        `json:"before,omitempty"`
	After       Status        `json:"after,omitempty"`
	Had         cairn.Credits `json:"had"`
	Has         cairn.Credits `json:"has"`
	Needed      cairn.Credits `json:"needed"`
	Needs       cairn.Credits `json:"needs"`
}

// CredentialDifference is a credential that counts for another amount, or whose
// reasons are others.
type CredentialDifference struct {
	Credential string        `json:"credential"` // digest
	Before     cairn.Credits `json:"before"`
	After      cairn.Credits `json:"after"`
	New        []Reason      `json:"new,omitempty"`  // reasons that were not there before
	Gone       []Reason      `json:"gone,omitempty"` // reasons that are no more
}

// Effect says what a difference means for whoever it is about.
type Effect string

// The effects, the worst first. Loses and Gains go by what somebody would notice:
// first whether the programme is complete, then the credit that counts, then the
// requirements that are met.
const (
	Loses   Effect = "loses"
	Differs Effect = "differs" // neither more nor less, and not the same
	Gains   Effect = "gains"
	Same    Effect = "same"
)

// Effect says what the difference means.
func (d Difference) Effect() Effect {
	met := func(s Status) int {
		if s.Met() {
			return 1
		}
		return 0
	}
	satisfied := 0
	for _, r := range d.Requirements {
		if r.Before != "" && r.After != "" {
			satisfied += met(r.After) - met(r.Before)
		}
	}
	switch {
	case d.Completed && !d.Completes:
		return Loses
	case !d.Completed && d.Completes:
		return Gains
	case d.After.Cmp(d.Before) < 0:
		return Loses
	case d.After.Cmp(d.Before) > 0:
		return Gains
	case satisfied < 0:
		return Loses
	case satisfied > 0:
		return Gains
	case len(d.Requirements)+len(d.Credentials) > 0:
		return Differs
	}
	return Same
}

// Differ compares two results for the same credentials. The order of what it lists
// is that of the later result, and then that of the earlier one.
func Differ(before, after Result) Difference {
	d := Difference{Before: before.Counted, After: after.Counted, Completed: before.Complete, Completes: after.Complete, Proven: before.Optimality.Proven && after.Optimality.Proven}
	for _, is := range after.Requirements {
		i := slices.IndexFunc(before.Requirements, func(q RequirementResult) bool { return q.Requirement == is.Requirement })
		one := RequirementDifference{Requirement: is.Requirement, Clause: is.Clause, After: is.Status, Has: is.Have, Needs: is.Need}
		if i >= 0 {
			was := before.Requirements[i]
			one.Before, one.Had, one.Needed = was.Status, was.Have, was.Need
			if was.Status == is.Status && was.Have.Equal(is.Have) && was.Need.Equal(is.Need) {
				continue
			}
		}
		d.Requirements = append(d.Requirements, one)
	}
	for _, was := range before.Requirements {
		if !slices.ContainsFunc(after.Requirements, func(q RequirementResult) bool { return q.Requirement == was.Requirement }) {
			d.Requirements = append(d.Requirements, RequirementDifference{Requirement: was.Requirement, Clause: was.Clause, Before: was.Status, Had: was.Have, Needed: was.Need})
		}
	}
	seen := map[string]CredentialResult{}
	for _, c := range before.Credentials {
		seen[c.Credential] = c
	}
	for _, is := range after.Credentials {
		was := seen[is.Credential]
		one := CredentialDifference{Credential: is.Credential, Before: was.Counted, After: is.Counted, New: without(is.Reasons, was.Reasons), Gone: without(was.Reasons, is.Reasons)}
		if !was.Counted.Equal(is.Counted) || len(one.New)+len(one.Gone) > 0 {
			d.Credentials = append(d.Credentials, one)
		}
	}
	return d
}

// without lists the reasons of a that are not in b. What a reason counted is in the
// amounts already, so of its arguments only the place and the limit make it another one.
func without(a, b []Reason) []Reason {
	var out []Reason
	for _, r := range a {
		if !slices.ContainsFunc(b, func(o Reason) bool {
			return o.Code == r.Code && o.Clause == r.Clause && o.Requirement == r.Requirement && o.Args["slot"] == r.Args["slot"] && o.Args["limit"] == r.Args["limit"]
		}) {
			out = append(out, r)
		}
	}
	return out
}

// Turns is the first day after a day on which a rule about age answers differently
// about any of the credentials, also of one that does not count; empty when there is
// none. It is never later than Result.NextChange.
func (p *Programme) Turns(held []Held, at time.Time) string {
	days := p.boundaries(held, at.UTC().Truncate(24*time.Hour), Options{})
	if len(days) == 0 {
		return ""
	}
	return dayText(days[0])
}
